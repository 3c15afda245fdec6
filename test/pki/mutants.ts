import { type Bytes, concat, equalBytes } from '#kernel/bytes.ts';

/** A small generator with a fixed seed: the same mutants on every run. */
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

/** `count` copies of the original, none equal to it, every kind of damage in turn. */
export function* mutants(original: Bytes, count: number): Generator<Bytes> {
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
