import { describe, expect, it } from 'vitest';
import type { Sm2PrivateKey } from '#crypto/gm.ts';
import { createNodeNative } from '#crypto/node-native.ts';
import { createGm } from '#crypto/provider.ts';
import { createSmCrypto } from '#crypto/sm-crypto.ts';
import type { Bytes } from '#kernel/bytes.ts';
import { publicOf, text } from './support.ts';
import {
  bytesOf,
  families,
  type VectorGroup,
  type VectorTest,
  vectorProviders,
  vectors,
  wrongIn,
} from './vectors-support.ts';

const LAYOUTS = ['der', 'c1c3c2-04', 'c1c3c2', 'c1c2c3-04', 'c1c2c3', 'skf'];

describe.each(vectorProviders)('the published ciphertexts (%s)', (_, gm) => {
  const keys = new Map<VectorGroup, Sm2PrivateKey | undefined>();
  const keyOf = (group: VectorGroup): Sm2PrivateKey => {
    const key = keys.get(group) ?? gm.sm2.importPrivate(bytesOf(group, 'privateKey'));
    if (key === undefined) throw new Error('a good private key was refused');
    keys.set(group, key);
    return key;
  };
  const open = async (group: VectorGroup, test: VectorTest): Promise<Bytes | undefined> => {
    const opened = await gm.sm2.decrypt(keyOf(group), bytesOf(test, 'ct'));
    if (opened.ok && test.result === 'valid') expect(opened.layout).toBe(group['layout']);
    return opened.ok ? opened.plaintext : undefined;
  };

  it.each(families(vectors('sm2_decrypt_test')))('%s is judged right in every case', async (_family, cases) => {
    expect(await wrongIn(cases, open, (test) => bytesOf(test, 'msg'))).toEqual([]);
  });

  it('a layout is found where another was announced, with the same plaintext', async () => {
    const confused = vectors('sm2_decrypt_test').testGroups.flatMap((group) =>
      group.tests.filter(({ flags }) => flags.includes('LayoutConfusion')).map((test) => [group, test] as const),
    );
    expect(confused).toHaveLength(30);
    for (const [group, test] of confused) expect(text(await open(group, test))).toBe(test['msg']);
  });
});

describe('the published encryptions', () => {
  const cases = families(vectors('sm2_encrypt_test')).flatMap(([, found]) => found);

  it.each(cases)('come out with the given nonces: %#', async (group, test) => {
    const queue: Buffer[] = [];
    const nonce = () => queue.shift() ?? Buffer.alloc(32, 7);
    const gm = createGm({ providers: [createNodeNative(nonce), createSmCrypto()] });
    queue.push(...(test['k'] as string[]).map((k) => Buffer.from(k, 'hex')));
    const encrypted = gm.sm2.encrypt(publicOf(gm, bytesOf(group, 'publicKeyDer')), bytesOf(test, 'msg'));
    if (test.result === 'invalid') return expect(encrypted).rejects.toThrow(/1 byte/);
    expect(text(await encrypted)).toBe((test['ct'] as Record<string, string>)['der']);
    expect(queue, 'nonces not taken').toHaveLength(0);
  });

  it.each(vectorProviders)('open in every layout (%s)', async (_, gm) => {
    for (const [group, test] of cases.filter(([, { result }]) => result === 'valid')) {
      const key = gm.sm2.importPrivate(bytesOf(group, 'privateKey'));
      if (key === undefined) throw new Error('a good private key was refused');
      for (const layout of LAYOUTS) {
        const opened = await gm.sm2.decrypt(key, bytesOf(test['ct'] as Record<string, unknown>, layout));
        expect(opened.ok ? [opened.layout, text(opened.plaintext)] : 'refused').toEqual([layout, test['msg']]);
      }
    }
  });
});
