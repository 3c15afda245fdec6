/** A second reading of the written format (src/opening/capsule/README.md) with nothing of ours: openssl's SM2, SM3, SM4, HMAC and HKDF, and Lagrange by hand. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { systemRandom } from '#kernel/random.ts';
import { joinShares, splitSecret } from '#opening/capsule/shares.ts';
import { gm, holder, openingKey, seal, ticketOf } from './support.ts';

const dir = mkdtempSync(join(tmpdir(), 'capsule-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const missing = spawnSync('openssl', ['version']).status !== 0;
const openssl = (args: readonly string[], input?: Uint8Array): Buffer =>
  execFileSync('openssl', [...args], { input, maxBuffer: 64 * 1024 * 1024, stdio: ['pipe', 'pipe', 'ignore'] });
const sm3 = (...parts: Uint8Array[]): Buffer => openssl(['dgst', '-sm3', '-binary'], Buffer.concat(parts));
const bytesOf = (text: string): Buffer => Buffer.from(text.replace(/[^0-9A-Fa-f]/g, ''), 'hex');

/** SM2 decryption with the private scalar as a SEC1 key file. */
function unwrap(scalar: Uint8Array, wrapped: string): Buffer {
  const file = join(dir, 'key.der');
  writeFileSync(file, Buffer.concat([bytesOf('30310201010420'), scalar, bytesOf('a00a06082a811ccf5501822d')]));
  return openssl(['pkeyutl', '-decrypt', '-keyform', 'DER', '-inkey', file], Buffer.from(wrapped, 'base64'));
}

describe.skipIf(missing)('a third party with the written format and openssl', () => {
  it('opens a capsule of three chunks', async () => {
    const bidder = await holder('甲公司');
    const content = Buffer.from(systemRandom.bytes(200_000));
    const capsule = await seal(bidder, await ticketOf('joint'), content, { name: '投标文件.zip' });

    // head
    expect(capsule.subarray(0, 8).toString()).toBe('CAHUBCP1');
    const headerEnd = 16 + capsule.readUInt32BE(8);
    const bodyAt = headerEnd + capsule.readUInt32BE(12);
    const headerSm3 = sm3(capsule.subarray(16, headerEnd));
    const header = JSON.parse(capsule.subarray(16, headerEnd).toString());
    const { wraps } = JSON.parse(capsule.subarray(headerEnd, bodyAt).toString());
    expect(header).toMatchObject({ v: 1, keyModel: 'joint', padded: 262_144 });

    // both halves, and what the header says of them
    const kb = unwrap(gm.sm2.exportPrivate(bidder.encKey), wraps[0].wrapped);
    const ko = unwrap(gm.sm2.exportPrivate(openingKey), wraps[1].wrapped);
    const dek = Buffer.from(kb.map((byte, index) => byte ^ (ko[index] ?? 0)));
    const nonce = Buffer.from(header.nonce, 'hex');
    for (const [label, value] of Object.entries({ dek, kb, ko })) {
      expect(sm3(Buffer.from(`caihub/commit/1/${label}`), value, nonce).toString('hex')).toBe(
        header.commitments[label],
      );
    }

    // keys and chunks
    const derive = ['-kdfopt', 'digest:SM3', '-kdfopt', `hexkey:${dek.toString('hex')}`];
    const salted = ['-kdfopt', `hexsalt:${Buffer.from('caihub/capsule/1').toString('hex')}`];
    const info = ['-kdfopt', `hexinfo:${headerSm3.toString('hex')}`];
    const keys = bytesOf(openssl(['kdf', '-keylen', '48', ...derive, ...salted, ...info, 'HKDF']).toString());
    const inside: Buffer[] = [];
    for (let index = 0, at = bodyAt; at < capsule.length; index += 1) {
      const end = Math.min(at + 65_536, capsule.length - 32);
      const ciphertext = capsule.subarray(at, end);
      const place = Buffer.alloc(9);
      place.writeBigUInt64BE(BigInt(index));
      place[8] = end + 32 === capsule.length ? 1 : 0;
      const mac = [
        'mac',
        '-digest',
        'SM3',
        '-macopt',
        `hexkey:${keys.subarray(16).toString('hex')}`,
        '-binary',
        'HMAC',
      ];
      expect(openssl(mac, Buffer.concat([headerSm3, place, ciphertext])).equals(capsule.subarray(end, end + 32))).toBe(
        true,
      );
      const iv = Buffer.concat([place.subarray(0, 8), Buffer.alloc(8)]).toString('hex');
      inside.push(
        openssl(['enc', '-d', '-sm4-ctr', '-K', keys.subarray(0, 16).toString('hex'), '-iv', iv], ciphertext),
      );
      at = end + 32;
    }

    // inside
    const plain = Buffer.concat(inside);
    expect(plain.length).toBe(header.padded);
    const contentAt = 4 + plain.readUInt32BE(0);
    const preface = JSON.parse(plain.subarray(4, contentAt).toString());
    expect(preface).toMatchObject({ v: 1, kind: 'file', size: content.length, name: '投标文件.zip' });
    const signatureAt = contentAt + preface.size;
    expect(plain.subarray(contentAt, signatureAt).equals(content)).toBe(true);
    const signature = plain.subarray(signatureAt + 1, signatureAt + 1 + (plain[signatureAt] ?? 0));
    expect(plain.subarray(signatureAt + 1 + signature.length).every((byte) => byte === 0)).toBe(true);
    const text = `caihub-capsule/1\npurpose=seal\nheader=${headerSm3.toString('hex')}\ncontent=${sm3(content).toString('hex')}`;
    expect(verified(preface.signer.certificate, text, signature)).toBe(true);
    expect(verified(preface.signer.certificate, `${text} `, signature)).toBe(false);
  });
});

function verified(certificate: string, text: string, signature: Uint8Array): boolean {
  const files = { cert: join(dir, 'c.der'), key: join(dir, 'k.pem'), text: join(dir, 't'), signature: join(dir, 's') };
  writeFileSync(files.cert, Buffer.from(certificate, 'base64'));
  writeFileSync(files.key, openssl(['x509', '-inform', 'DER', '-in', files.cert, '-noout', '-pubkey']));
  writeFileSync(files.text, text);
  writeFileSync(files.signature, signature);
  const id = ['-pkeyopt', 'distid:1234567812345678'];
  const key = ['-pubin', '-inkey', files.key, '-sigfile', files.signature, '-in', files.text];
  return spawnSync('openssl', ['pkeyutl', '-verify', '-rawin', '-digest', 'sm3', ...id, ...key]).status === 0;
}

describe('shares, by Lagrange over GF(2^8) with the polynomial 0x11b worked out by hand', () => {
  const times = (a: number, b: number): number => {
    let product = 0;
    for (let bit = 0; bit < 8; bit += 1) {
      if ((b >> bit) & 1) product ^= a << bit;
    }
    for (let bit = 14; bit >= 8; bit -= 1) if ((product >> bit) & 1) product ^= 0x11b << (bit - 8);
    return product;
  };
  const inverse = (a: number): number => {
    let power = 1;
    for (let i = 0; i < 254; i += 1) power = times(power, a);
    return power;
  };
  const join_ = (shares: readonly Uint8Array[]): Buffer => {
    const xs = shares.map((share) => share.at(-1) ?? 0);
    return Buffer.from(
      Array.from({ length: (shares[0]?.length ?? 1) - 1 }, (_, at) =>
        shares.reduce((sum, share, i) => {
          const basis = xs.reduce((all, x, j) => (j === i ? all : times(all, times(x, inverse(x ^ (xs[i] ?? 0))))), 1);
          return sum ^ times(share[at] ?? 0, basis);
        }, 0),
      ),
    );
  };

  it('the field is the one of FIPS 197', () => {
    expect([times(0x57, 0x83), times(0x57, 0x13), inverse(0x53)]).toEqual([0xc1, 0xfe, 0xca]);
  });

  it('any threshold of them give the secret, fewer do not, and both implementations agree', async () => {
    for (const [n, t] of [
      [2, 2],
      [3, 2],
      [5, 3],
      [7, 7],
      [32, 16],
    ] as const) {
      const secret = systemRandom.bytes(32);
      const shares = await splitSecret(secret, n, t);
      expect(shares.map((share) => share.length)).toEqual(Array.from({ length: n }, () => 33));
      const some = shares.slice(n - t).reverse();
      expect(join_(some)).toEqual(Buffer.from(secret));
      expect(Buffer.from((await joinShares(some)) ?? [])).toEqual(Buffer.from(secret));
      expect(join_(some.slice(1))).not.toEqual(Buffer.from(secret));
    }
  });

  it('a polynomial worked out by hand comes back: f(x) = 0x42 + 0x17·x', async () => {
    const share = (x: number): Uint8Array => Uint8Array.of(0x42 ^ times(0x17, x), x);
    expect(await joinShares([share(1), share(2)])).toEqual(Uint8Array.of(0x42));
    expect(await joinShares([share(200), share(77)])).toEqual(Uint8Array.of(0x42));
  });

  it('what cannot be shares of one secret is no secret', async () => {
    const [a, b] = await splitSecret(systemRandom.bytes(32), 3, 2);
    if (a === undefined || b === undefined) throw new Error('no shares');
    const zero = Uint8Array.from(a);
    zero[32] = 0;
    for (const shares of [[], [a], [a, a], [a, b.subarray(1)], [zero, b]])
      expect(await joinShares(shares)).toBeUndefined();
    for (const [n, t] of [
      [1, 1],
      [3, 1],
      [2, 3],
      [33, 2],
      [3, 1.5],
    ] as const)
      await expect(splitSecret(a, n, t)).rejects.toThrow(RangeError);
  });
});
