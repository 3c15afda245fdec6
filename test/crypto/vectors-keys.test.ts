import { describe, expect, it } from 'vitest';
import { bytesOf, families, vectorProviders, vectors, wrongIn } from './vectors-support.ts';

const uncompressed = (test: Readonly<Record<string, unknown>>) => bytesOf(test, 'uncompressed');

describe.each(vectorProviders)('the published keys (%s)', (_, gm) => {
  it.each(families(vectors('sm2_public_key_test')))('public: %s is judged right in every case', async (_f, cases) => {
    const ask = (_: unknown, test: Readonly<Record<string, unknown>>) =>
      gm.sm2.importPublic(bytesOf(test, 'encoded'))?.point;
    expect(await wrongIn(cases, ask, uncompressed)).toEqual([]);
  });

  it.each(families(vectors('sm2_private_key_test')))('private: %s is judged right in every case', async (_f, cases) => {
    const ask = (_: unknown, test: Readonly<Record<string, unknown>>) =>
      gm.sm2.importPrivate(bytesOf(test, 'd'))?.publicKey.point;
    expect(await wrongIn(cases, ask, uncompressed)).toEqual([]);
  });

  it('every private key that is taken signs and decrypts', async () => {
    const good = families(vectors('sm2_private_key_test')).flatMap(([, cases]) => cases);
    for (const [, test] of good.filter(([, { result }]) => result === 'valid')) {
      const key = gm.sm2.importPrivate(bytesOf(test, 'd'));
      if (key === undefined) throw new Error(test.comment);
      const message = Buffer.from(test.comment);
      expect(gm.sm2.verify(key.publicKey, [message], await gm.sm2.sign(key, [message]))).toBe(true);
      expect((await gm.sm2.decrypt(key, await gm.sm2.encrypt(key.publicKey, message))).ok).toBe(true);
    }
  });
});

describe.each(vectorProviders)('the published SM3, HMAC-SM3 and SM4 cases (%s)', (_, gm) => {
  it.each(families(vectors('sm3_test')))('SM3: %s', async (_f, cases) => {
    const ask = (_: unknown, test: Readonly<Record<string, unknown>>) => gm.sm3(bytesOf(test, 'msg'));
    expect(await wrongIn(cases, ask, (test) => bytesOf(test, 'digest'))).toEqual([]);
  });

  it.each(families(vectors('hmac_sm3_test')))('HMAC-SM3: %s', async (_f, cases) => {
    const ask = (_: unknown, test: Readonly<Record<string, unknown>>) =>
      Buffer.compare(gm.hmacSm3(bytesOf(test, 'key'), bytesOf(test, 'msg')), bytesOf(test, 'tag')) === 0;
    expect(await wrongIn(cases, ask)).toEqual([]);
  });

  for (const mode of ['ecb', 'cbc', 'ctr'] as const) {
    it.each(families(vectors(`sm4_${mode}_test`)))(`SM4-${mode}: %s`, async (_f, cases) => {
      const ivOf = (test: Readonly<Record<string, unknown>>) => (mode === 'ecb' ? null : bytesOf(test, 'iv'));
      const open = (_: unknown, test: Readonly<Record<string, unknown>>) =>
        gm.sm4Decrypt(mode, bytesOf(test, 'key'), ivOf(test), bytesOf(test, 'ct'));
      const seal = (_: unknown, test: Readonly<Record<string, unknown>>) =>
        gm.sm4Encrypt(mode, bytesOf(test, 'key'), ivOf(test), bytesOf(test, 'msg'));
      expect(await wrongIn(cases, open, (test) => bytesOf(test, 'msg'))).toEqual([]);
      const good = cases.filter(([, { result }]) => result === 'valid');
      expect(await wrongIn(good, seal, (test) => bytesOf(test, 'ct'))).toEqual([]);
    });
  }
});
