import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Gm } from '#crypto/gm.ts';
import { createNodeNative } from '#crypto/node-native.ts';
import type { Provider } from '#crypto/primitives.ts';
import { createGm, type Primitive } from '#crypto/provider.ts';
import { createSmCrypto } from '#crypto/sm-crypto.ts';
import { type Bytes, hex } from '#kernel/bytes.ts';
import { of } from './support.ts';

/** The published vectors (fixtures/vectors), as read from their files. */
export const folder = join(import.meta.dirname, '../../fixtures/vectors');

export interface VectorTest {
  readonly tcId: number;
  readonly comment: string;
  readonly flags: readonly string[];
  readonly result: 'valid' | 'invalid' | 'acceptable';
  readonly [field: string]: unknown;
}
export interface VectorGroup {
  readonly tests: readonly VectorTest[];
  readonly [field: string]: unknown;
}
export interface VectorFile {
  readonly schema: string;
  readonly numberOfTests: number;
  readonly notes: Readonly<Record<string, unknown>>;
  readonly testGroups: readonly VectorGroup[];
}

export const readJson = (...path: readonly string[]): unknown =>
  JSON.parse(readFileSync(join(folder, ...path), 'utf8'));
export const vectors = (name: string): VectorFile => readJson('testvectors', `${name}.json`) as VectorFile;
export const vectorNames: readonly string[] = readdirSync(join(folder, 'testvectors')).map((file) =>
  file.replace('.json', ''),
);

/** A field that holds hex. */
export const bytesOf = (from: Readonly<Record<string, unknown>>, field: string): Buffer => {
  const value = from[field];
  if (typeof value !== 'string') throw new Error(`${field} is missing`);
  return of(value);
};

type Answer = Bytes | boolean | undefined;

/**
 * The cases of a file by their first flag, each judged: `right` gives the answer to a case and the answer wanted of a valid one. Listed are those that
 * came out wrong or threw, so that an empty list is a whole family right.
 */
export async function wrongIn(
  cases: readonly (readonly [VectorGroup, VectorTest])[],
  ask: (group: VectorGroup, test: VectorTest) => Answer | Promise<Answer>,
  wanted: (test: VectorTest) => Answer = () => true,
): Promise<string[]> {
  const wrong: string[] = [];
  for (const [group, test] of cases) {
    const expected = wanted(test);
    const answer = await Promise.resolve()
      .then(() => ask(group, test))
      .catch((error: unknown) => `threw ${error}`);
    const yes = typeof answer !== 'string' && same(answer, expected);
    const no = answer === false || answer === undefined;
    const right = { valid: yes, invalid: no, acceptable: yes || no }[test.result];
    if (!right) wrong.push(`${test.tcId} ${test.comment}: ${typeof answer === 'string' ? answer : 'wrong'}`);
  }
  return wrong;
}

function same(answer: Answer, expected: Answer): boolean {
  if (typeof answer === 'object' && typeof expected === 'object') return Buffer.compare(answer, expected) === 0;
  return answer === expected;
}

/** [family, its cases]: the first flag names the family. */
export function families(file: VectorFile): [string, (readonly [VectorGroup, VectorTest])[]][] {
  const found = new Map<string, (readonly [VectorGroup, VectorTest])[]>();
  for (const group of file.testGroups) {
    for (const test of group.tests) {
      const family = test.flags[0] ?? 'none';
      const cases = found.get(family) ?? [];
      cases.push([group, test]);
      found.set(family, cases);
    }
  }
  return [...found];
}

/**
 * The default choice and everything by sm-crypto. The second is slow, and the same numbers come in several wire forms: what it has answered about the same
 * numbers it is not asked again.
 */
export const vectorProviders: readonly (readonly [string, Gm])[] = [
  ['node:crypto', createGm()],
  ['sm-crypto', createGm({ providers: [remembering(createSmCrypto()), createNodeNative()], force: everything() })],
];

function everything(): Record<Primitive, 'sm-crypto'> {
  const by = 'sm-crypto';
  const sm2 = { 'sm2-sign': by, 'sm2-verify': by, 'sm2-encrypt': by, 'sm2-decrypt': by, 'sm2-keygen': by } as const;
  return { sm3: by, 'hmac-sm3': by, 'hkdf-sm3': by, 'pbkdf2-sm3': by, sm4: by, ...sm2 };
}

function remembering(provider: Provider): Provider {
  const verdicts = new Map<string, boolean>();
  const points = new Map<string, Bytes>();
  return {
    ...provider,
    verify(key, z, message, raw) {
      const name = [key.point, z ?? Buffer.alloc(0), Buffer.concat(message), raw].map(hex).join(' ');
      const verdict = verdicts.get(name) ?? provider.verify(key, z, message, raw);
      verdicts.set(name, verdict);
      return verdict;
    },
    shared(d, point) {
      const name = [d, point].map(hex).join(' ');
      const known = points.get(name) ?? provider.shared(d, point);
      points.set(name, known);
      return known;
    },
  };
}
