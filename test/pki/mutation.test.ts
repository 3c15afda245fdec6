import { describe, expect, it } from 'vitest';
import { DAY } from '#fixtures/pki/authority.ts';
import { companies } from '#fixtures/pki/identities.ts';
import { buildWorldPki } from '#fixtures/pki/world.ts';
import { type Bytes, concat, equalBytes } from '#kernel/bytes.ts';
import { type Certificate, parseCertificate } from '#pki/certificate.ts';
import { parseCrl, verifyCrl } from '#pki/crl.ts';
import { extractIdentity } from '#pki/identity.ts';
import { validatePath } from '#pki/path.ts';
import { gm, NOW, read } from './support.ts';

/** A small generator with a fixed seed: the same two thousand mutants on every run. */
function generator(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

type Mutate = (bytes: Uint8Array, next: (limit: number) => number) => Bytes;
const at = (bytes: Bytes, i: number): number => bytes[i] ?? 0;

const kinds: Readonly<Record<string, Mutate>> = {
  'one bit': (bytes, next) => {
    const i = next(bytes.length);
    bytes[i] = at(bytes, i) ^ (1 << next(8));
    return bytes;
  },
  'one byte': (bytes, next) => {
    const i = next(bytes.length);
    bytes[i] = (at(bytes, i) + 1 + next(255)) & 0xff;
    return bytes;
  },
  'a piece cut out': (bytes, next) => {
    const from = next(bytes.length);
    return concat(bytes.subarray(0, from), bytes.subarray(from + 1 + next(20)));
  },
  'a piece put in': (bytes, next) => {
    const from = next(bytes.length);
    return concat(
      bytes.subarray(0, from),
      bytes.subarray(next(bytes.length)).subarray(0, 1 + next(20)),
      bytes.subarray(from),
    );
  },
  'the end cut off': (bytes, next) => bytes.subarray(0, next(bytes.length)),
  'two bytes exchanged': (bytes, next) => {
    const [i, j] = [next(bytes.length), next(bytes.length)];
    [bytes[i], bytes[j]] = [at(bytes, j), at(bytes, i)];
    return bytes;
  },
  'a length blown up': (bytes, next) => {
    const i = next(bytes.length);
    return concat(bytes.subarray(0, i), Uint8Array.of(0x84, 0x7f, 0xff, 0xff, 0xff), bytes.subarray(i));
  },
};

function* mutants(original: Bytes, count: number): Generator<Bytes> {
  const next = generator(20_260_318);
  const recipes = Object.values(kinds);
  for (let made = 0; made < count; ) {
    const mutate = recipes[made % recipes.length];
    const mutant = mutate?.(new Uint8Array(original), next) ?? original;
    if (equalBytes(mutant, original)) continue;
    made += 1;
    yield mutant;
  }
}

const pki = await buildWorldPki(gm, { now: () => NOW, crlBase: (id) => `http://${id}.example` });
const vendor = pki.authority('beichen');
const pair = await pki.issueKeyPair({ authority: 'beichen', holder: companies.liaoning });
const [root, intermediate] = [read(vendor.root), read(vendor.intermediate)];

const accepts = (certificate: Certificate): boolean =>
  validatePath(gm, { certificate, intermediates: [intermediate], anchors: [root], at: NOW + DAY / 2, purpose: 'sign' })
    .ok;

describe('of two thousand mutants', () => {
  it('no certificate is accepted, and none makes the reader throw', () => {
    expect(accepts(read(pair.signCertificate))).toBe(true);
    let readable = 0;
    for (const mutant of mutants(pair.signCertificate, 1_400)) {
      const certificate = parseCertificate(gm, mutant);
      if (certificate === undefined) continue;
      readable += 1;
      extractIdentity(certificate);
      expect(certificate.subject.attributes.length).toBeGreaterThanOrEqual(0);
      expect(accepts(certificate)).toBe(false);
    }
    expect(readable).toBeGreaterThan(100); // else nothing but the reader was tried
  });

  it('no list is believed, and none makes the reader throw', async () => {
    pki.revoke('beichen', read(pair.signCertificate).serial);
    const original = await pki.crl('beichen');
    expect(verifyCrl(gm, parseCrl(gm, original) ?? never(), intermediate)).toBe(true);
    let readable = 0;
    for (const mutant of mutants(original, 700)) {
      const crl = parseCrl(gm, mutant);
      if (crl === undefined) continue;
      readable += 1;
      expect(verifyCrl(gm, crl, intermediate)).toBe(false);
    }
    expect(readable).toBeGreaterThan(50);
  });
});

function never(): never {
  throw new Error('the list that was mutated is unreadable itself');
}
