import { tlv, uint } from '#crypto/der.ts';
import type { Gm, Sm2PrivateKey } from '#crypto/gm.ts';
import { createNodeNative } from '#crypto/node-native.ts';
import { ciphertextCandidates } from '#crypto/wire.ts';
import { type Bytes, concat, equalBytes, hex } from '#kernel/bytes.ts';
import { type Draw, drawFrom } from '#test/hostile/draw.ts';
import { bytesOf, readJson } from './vectors-support.ts';

/** A ciphertext as its writer meant it. */
export interface Genuine {
  readonly layout: string;
  readonly bytes: Bytes;
  readonly plaintext: Bytes;
}

/** Made by an old client itself (fixtures/vectors/old-clients.json), to the key of the published examples. */
export const oldClients: readonly (Genuine & { readonly comment: string })[] = (
  readJson('old-clients.json') as { tests: readonly (Record<string, unknown> & { layout: string; comment: string })[] }
).tests.map((test) => ({ ...test, bytes: bytesOf(test, 'ct'), plaintext: bytesOf(test, 'msg') }));

interface Parts {
  readonly point: Bytes;
  readonly c3: Bytes;
  readonly c2: Bytes;
}

const wide = (bytes: Bytes): Bytes => concat(Buffer.alloc(32), bytes);
const little = (length: number): Bytes => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(length);
  return bytes;
};

/** The same parts in all six layouts. */
export const inEveryLayout = ({ point, c3, c2 }: Parts): Readonly<Record<string, Bytes>> => {
  const [x, y] = [point.subarray(1, 33), point.subarray(33)];
  return {
    der: tlv(0x30, uint(x), uint(y), tlv(0x04, c3), tlv(0x04, c2)),
    'c1c3c2-04': concat(point, c3, c2),
    c1c3c2: concat(x, y, c3, c2),
    'c1c2c3-04': concat(point, c2, c3),
    c1c2c3: concat(x, y, c2, c3),
    skf: concat(wide(x), wide(y), c3, little(c2.length), c2),
  };
};

/** The parts of an old client's ciphertext. */
export const partsOf = ({ layout, bytes }: Genuine): Parts => {
  const rest = bytes.subarray(64);
  const [c3, c2] = layout.startsWith('c1c3c2')
    ? [rest.subarray(0, 32), rest.subarray(32)]
    : [rest.subarray(rest.length - 32), rest.subarray(0, rest.length - 32)];
  return { point: concat(Buffer.of(4), bytes.subarray(0, 64)), c3, c2 };
};

function genuineOnes(key: Sm2PrivateKey, draw: Draw): readonly Genuine[] {
  const native = createNodeNative();
  const fresh = Array.from({ length: 12 }, () => {
    const plaintext = draw.bytes(draw.pick([1, 16, 16, 16, 33, 64]));
    return { plaintext, ...native.encrypt(key.publicKey, plaintext), suffix: '' };
  });
  const old = oldClients.map((one) => ({ plaintext: one.plaintext, ...partsOf(one), suffix: '-unpadded' }));
  return [...fresh, ...old].flatMap(({ plaintext, suffix, ...parts }) =>
    Object.entries(inEveryLayout(parts)).map(([layout, bytes]) => ({ layout: `${layout}${suffix}`, bytes, plaintext })),
  );
}

type Mutate = (from: Genuine, draw: Draw, others: readonly Genuine[]) => Bytes;

const kinds: readonly Mutate[] = [
  ({ bytes }, draw) => changed(bytes, (at) => at ^ (1 << draw.int(8)), draw.int(bytes.length)),
  ({ bytes }, draw) => changed(bytes, (at) => (at + 1 + draw.int(255)) & 0xff, draw.int(bytes.length)),
  // C2 and C3 only, so that the point stays on the curve and the C3 check itself is asked
  ({ bytes }, draw) => changed(bytes, (at) => at ^ (1 << draw.int(8)), tail(bytes, draw)),
  ({ bytes }, draw) => changed(bytes, () => 0, tail(bytes, draw)),
  ({ bytes }, draw) => bytes.subarray(0, draw.int(bytes.length)),
  ({ bytes }, draw) => concat(bytes, draw.bytes(1 + draw.int(40))),
  ({ bytes }, draw) => concat(draw.bytes(1 + draw.int(4)), bytes),
  ({ bytes }, draw) => {
    const from = draw.int(bytes.length);
    return concat(bytes.subarray(0, from), bytes.subarray(from + 1 + draw.int(20)));
  },
  // halves of two ciphertexts
  ({ bytes }, draw, others) => {
    const cut = draw.pick([64, 65, 96, 97, 70, 128]);
    return concat(bytes.subarray(0, cut), draw.pick(others).bytes.subarray(cut));
  },
  // parts exchanged within one ciphertext
  ({ bytes }, draw) => {
    const [i, j] = [64 + draw.int(bytes.length - 64), 64 + draw.int(bytes.length - 64)];
    return changed(
      changed(bytes, () => bytes[j] ?? 0, i),
      () => bytes[i] ?? 0,
      j,
    );
  },
];

const tail = (bytes: Bytes, draw: Draw): number => bytes.length - 1 - draw.int(Math.min(48, bytes.length - 72));

function changed(bytes: Bytes, turn: (at: number) => number, at: number): Bytes {
  const copy = Buffer.from(bytes);
  copy[at] = turn(copy[at] ?? 0);
  return copy;
}

export interface Trial {
  readonly tried: number;
  /** Of those, how many got as far as the check of C3. */
  readonly plausible: number;
  readonly falseAccepts: readonly string[];
}

/** Tries `count` damaged ciphertexts to `key` in every layout, padded and not. An accepted one that nobody wrote so is a false accept. */
export async function tryMutated(gm: Gm, key: Sm2PrivateKey, count: number, seed: number): Promise<Trial> {
  const draw = drawFrom(seed);
  const genuine = genuineOnes(key, draw);
  const written = new Set(genuine.map(({ bytes }) => hex(bytes)));
  const falseAccepts: string[] = [];
  let plausible = 0;
  for (let tried = 0; tried < count; ) {
    const original = genuine[tried % genuine.length] as Genuine;
    const mutate = kinds[Math.floor(tried / genuine.length) % kinds.length] as Mutate;
    const mutant = mutate(original, draw, genuine);
    if (equalBytes(mutant, original.bytes) || written.has(hex(mutant))) {
      if (draw.chance(0.01)) tried += 1; // a recipe that cannot damage this one
      continue;
    }
    tried += 1;
    if (ciphertextCandidates(mutant).length > 0) plausible += 1;
    const opened = await gm.sm2.decrypt(key, mutant);
    if (opened.ok) falseAccepts.push(`${original.layout} as ${opened.layout}: ${hex(mutant)}`);
  }
  return { tried: count, plausible, falseAccepts };
}
