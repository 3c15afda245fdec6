import { describe, expect, it } from 'vitest';
import { type Bytes, concat, fromHex, hex } from '#kernel/bytes.ts';
import { type Random, systemRandom as random } from '#kernel/random.ts';
import { bitString, derNull, oid, sequence } from '#pki/der-writer.ts';
import { oids } from '#pki/oids.ts';
import { makeSm2EnvelopedKey, openSm2EnvelopedKey } from '#pki/sm2-enveloped-key.ts';
import { gm } from './support.ts';

const signKey = gm.sm2.generateKey();
const bytes = (text: string): Bytes => fromHex(text) ?? new Uint8Array(0);
/** The private key of GB/T 32918.5 A.2 and the SM4 key of GB/T 32907 A.1. */
const D = bytes('3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8');
const SM4_KEY = bytes('0123456789abcdeffedcba9876543210');
const ENCRYPTED = 'c93242c4788d6b52f4904e246488f154efb2aaf2ce8ac9d31388fe337594af91';
const key = gm.sm2.importPrivate(D);
if (key === undefined) throw new Error('no key');

interface Shape {
  readonly algorithm?: Bytes;
  readonly point?: Bytes;
  readonly encrypted?: Bytes;
  readonly sm4Key?: Bytes;
}
const shape = async ({ algorithm, point, encrypted, sm4Key = SM4_KEY }: Shape): Promise<Bytes> =>
  sequence(
    algorithm ?? sequence(oid(oids.sm4Ecb)),
    await gm.sm2.encrypt(signKey.publicKey, sm4Key),
    bitString(point ?? key.publicKey.point),
    bitString(encrypted ?? bytes(ENCRYPTED)),
  );
const opens = async (der: Bytes, by = signKey): Promise<string> => {
  const opened = await openSm2EnvelopedKey(gm, by, der);
  return opened.ok ? hex(gm.sm2.exportPrivate(opened.key)) : 'no';
};

describe('a key envelope', () => {
  it('has the bytes of the check vector', async () => {
    const fixed: Random = { bytes: () => SM4_KEY };
    const der = await makeSm2EnvelopedKey(gm, { key, recipient: signKey.publicKey, random: fixed });
    expect(hex(der).endsWith(`032100${ENCRYPTED}`)).toBe(true);
  });

  it('opens for the signing key it was made for, and no other', async () => {
    const der = await makeSm2EnvelopedKey(gm, { key, recipient: signKey.publicKey, random });
    expect([await opens(der), await opens(der, gm.sm2.generateKey())]).toEqual([hex(D), 'no']);
  });

  it('opens in the spellings seen: …104, NULL, d padded, d right-aligned in 64 bytes', async () => {
    const ecb = (plain: Bytes, padding: boolean): Bytes => gm.sm4Encrypt('ecb', SM4_KEY, null, plain, { padding });
    const spellings: Shape[] = [
      { algorithm: sequence(oid(oids.sm4)) },
      { algorithm: sequence(oid(oids.sm4Ecb), derNull()) },
      { encrypted: ecb(D, true) },
      { encrypted: ecb(concat(new Uint8Array(32), D), false) },
    ];
    for (const spelling of spellings) expect(await opens(await shape(spelling))).toBe(hex(D));
  });

  it('is refused, always in one way, when its halves do not belong together', async () => {
    const other = gm.sm2.generateKey();
    const ecb = (plain: Bytes): Bytes => gm.sm4Encrypt('ecb', SM4_KEY, null, plain, { padding: false });
    const wrong: Shape[] = [
      { point: other.publicKey.point },
      { sm4Key: gm.sm3(SM4_KEY).subarray(0, 16) },
      { sm4Key: SM4_KEY.subarray(0, 15) },
      { encrypted: ecb(concat(Uint8Array.of(1), new Uint8Array(31), D)) },
      { encrypted: ecb(new Uint8Array(32)) },
      { encrypted: bytes(ENCRYPTED).subarray(0, 16) },
      { algorithm: sequence(oid(oids.sm4Cbc)) },
    ];
    for (const one of wrong) expect(await openSm2EnvelopedKey(gm, signKey, await shape(one))).toEqual({ ok: false });
    const der = await shape({});
    expect(await opens(concat(der, Uint8Array.of(0)))).toBe('no');
    expect(await opens(new Uint8Array(0))).toBe('no');
  });
});
