import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tlv, uint } from '#crypto/der.ts';
import type { Gm, Sm2PrivateKey, Sm2PublicKey } from '#crypto/gm.ts';
import { createGm, type GmOptions, type Primitive } from '#crypto/provider.ts';
import type { Bytes } from '#kernel/bytes.ts';

export const of = (text: string): Buffer => Buffer.from(text.replace(/\s+/g, ''), 'hex');
export const text = (bytes: Bytes | undefined): string | undefined =>
  bytes === undefined ? undefined : Buffer.from(bytes).toString('hex');

const PRIMITIVES: readonly Primitive[] = [
  'sm3',
  'hmac-sm3',
  'hkdf-sm3',
  'pbkdf2-sm3',
  'sm4',
  'sm2-sign',
  'sm2-verify',
  'sm2-encrypt',
  'sm2-decrypt',
  'sm2-keygen',
];

type Force = NonNullable<GmOptions['force']>;
const moved = (primitives: readonly Primitive[]): Force =>
  Object.fromEntries(primitives.map((primitive) => [primitive, 'sm-crypto'])) as Force;

/** The default choice, and everything moved to the second provider. */
export const bothProviders: readonly (readonly [string, Gm])[] = [
  ['node:crypto', createGm()],
  ['sm-crypto', createGm({ force: moved(PRIMITIVES) })],
];

/** Those two, and each primitive moved alone. */
export const everyMixture: readonly (readonly [string, Gm])[] = [
  ...bothProviders,
  ...PRIMITIVES.map((primitive) => [`${primitive} by sm-crypto`, createGm({ force: moved([primitive]) })] as const),
];

/** GB/T 32918.5 A: the key of the published examples. */
export const official = {
  d: of('3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8'),
  point: of(`04 09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020
    CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13`),
  k: of('59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21'),
  n: of('FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123'),
  message: Buffer.from('message digest'),
  z: of('B2E14C5C79C6DF5B85F4FE7ED8DB7A262B9DA7E07CCB0EA9F4747B8CCDA8A4F3'),
  e: of('F0B43E94BA45ACCAACE692ED534382EB17E6AB5A19CE7B31F4486FDFC0D28640'),
  r: of('F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3'),
  s: of('B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA'),
  der: of(`3046022100f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3
    022100b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa`),
  plaintext: Buffer.from('encryption standard'),
  x1: of('04EBFC718E8D1798620432268E77FEB6415E2EDE0E073C0F4F640ECD2E149A73'),
  y1: of('E858F9D81E5430A57B36DAAB8F950A3C64E6EE6A63094D99283AFF767E124DF0'),
  c3: of('59983C18F809E262923C53AEC295D30383B54E39D609D160AFCB1908D0BD8766'),
  c2: of('21886CA989CA9C7D58087307CA93092D651EFA'),
  sm2Cipher: of(`307c022004ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73
    022100e858f9d81e5430a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df0
    042059983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd8766041321886ca989ca9c7d58087307ca93092d651efa`),
} as const;

export function officialPrivate(gm: Gm): Sm2PrivateKey {
  const key = gm.sm2.importPrivate(official.d);
  if (key === undefined) throw new Error('the official private key was refused');
  return key;
}

export function publicOf(gm: Gm, key: Bytes): Sm2PublicKey {
  const imported = gm.sm2.importPublic(key);
  if (imported === undefined) throw new Error('a good public key was refused');
  return imported;
}

/** A private key as `EC PRIVATE KEY` and its SPKI as `PUBLIC KEY`, for openssl. */
export function pemOf(gm: Gm, key: Sm2PrivateKey): { readonly private: string; readonly public: string } {
  const sm2 = of('06082a811ccf5501822d');
  const point = tlv(0x03, Buffer.of(0), key.publicKey.point);
  const sec1 = tlv(0x30, uint(Buffer.of(1)), tlv(0x04, gm.sm2.exportPrivate(key)), tlv(0xa0, sm2), tlv(0xa1, point));
  return { private: pem('EC PRIVATE KEY', sec1), public: pem('PUBLIC KEY', gm.sm2.spki(key.publicKey)) };
}

const pem = (label: string, der: Bytes): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(der).toString('base64').replace(/.{64}/g, '$&\n')}\n-----END ${label}-----\n`;

/** Is there an openssl that knows SM2 with a distinguishing id? */
export const opensslVersion = ((): string | undefined => {
  try {
    return execFileSync('openssl', ['version'], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
})();

/** Runs openssl in an empty folder that holds the given files; answers its output, or undefined when it said no. */
export function openssl(args: readonly string[], files: Readonly<Record<string, Bytes | string>>): Buffer | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'openssl-'));
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    return execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return undefined;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
