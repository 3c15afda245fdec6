import { readFileSync } from 'node:fs';
import { ASN1HEX, KJUR } from 'jsrsasign';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hex } from '#kernel/bytes.ts';
import { openStore } from '#store/store.ts';
import { pemOf } from '#test/crypto/support.ts';
import { gm, type HeldKey, type LoginWorld, openLoginWorld } from '#test/identity/world.ts';
import { openssl } from '#test/pki/openssl.ts';
import { quietLog } from '#test/support/store.ts';
import { closed } from './people.ts';

/** What encrypt answers, opened without a line of ours: jsrsasign reads the DER, openssl does SM2 and SM4. */
let world: LoginWorld;
let key: HeldKey;
const tool = openssl();
beforeAll(async () => {
  world = await openLoginWorld(await openStore({ kind: 'sqlite', file: ':memory:' }, { log: quietLog }));
  key = await world.enrolledKey();
});
afterAll(async () => {
  tool.close();
  await world.close();
  await world.store.close();
});

it.each([
  ['nothing', ''],
  ['one block of text', 'x'.repeat(16)],
  ['Chinese, emoji and escapes', JSON.stringify({ 报价: '¥ 1.00', 备注: '工期“180”天 🏗\n\u0000' })],
  ['1 MiB', '壹拾万🔑'.repeat(80_000)],
])('encdata of %s opens with openssl alone', async (_, text) => {
  const der = hex(await closed(world, key, text));
  const value = (...path: number[]): Buffer => Buffer.from(ASN1HEX.getVbyList(der, 0, path) ?? '', 'hex');
  const oid = (...path: number[]): string => KJUR.asn1.ASN1Util.oidHexToInt(hex(value(...path)));
  // GB/T 35275: ContentInfo{envelopedData, [0]{1, {RecipientInfo}, EncryptedContentInfo{data, sm4-cbc iv, [0]}}}
  expect(oid(0)).toBe('1.2.156.10197.6.1.4.2.3');
  expect(oid(1, 0, 2, 0)).toBe('1.2.156.10197.6.1.4.2.1');
  expect(oid(1, 0, 2, 1, 0)).toBe('1.2.156.10197.1.104.2');
  tool.file('key.pem', pemOf(gm, key.pair.encKey).private);
  tool.file('wrapped', value(1, 0, 1, 0, 3));
  tool.file('body', value(1, 0, 2, 2));
  tool.run('pkeyutl', '-decrypt', '-inkey', 'key.pem', '-in', 'wrapped', '-out', 'content.key');
  const contentKey = readFileSync(tool.path('content.key'));
  expect(contentKey).toHaveLength(16);
  const iv = hex(value(1, 0, 2, 1, 1));
  tool.run('enc', '-d', '-sm4-cbc', '-K', hex(contentKey), '-iv', iv, '-in', 'body', '-out', 'text');
  expect(readFileSync(tool.path('text'), 'utf8')).toBe(text);
});
