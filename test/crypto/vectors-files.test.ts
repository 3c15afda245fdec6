import { describe, expect, it } from 'vitest';
import { fromJSONSchema } from 'zod';
import { makers } from '#fixtures/vectors/generator/assemble.ts';
import { finish } from '#fixtures/vectors/generator/finish.ts';
import { readJson, vectorNames, vectors } from './vectors-support.ts';

/** The slow makers are compared by `npx node fixtures/vectors/generate.ts check`. */
const QUICK = vectorNames.filter((name) => !/verify|decrypt/.test(name));

describe('the published files', () => {
  it.each(vectorNames)('%s has the shape of its schema, and a note for every flag', (name) => {
    const file = vectors(name);
    const parsed = fromJSONSchema(readJson('schemas', file.schema) as Parameters<typeof fromJSONSchema>[0]).safeParse(
      file,
    );
    expect(parsed.error?.issues.slice(0, 3) ?? []).toEqual([]);
    const tests = file.testGroups.flatMap((group) => group.tests);
    expect(tests.map(({ tcId }) => tcId)).toEqual(tests.map((_, i) => i + 1));
    expect(file.numberOfTests).toBe(tests.length);
    const used = new Set(tests.flatMap(({ flags }) => flags));
    expect(Object.keys(file.notes).sort()).toEqual([...used].sort());
  });

  it('hold at least 500 signatures and 250 keys and ciphertexts', () => {
    const count = (pattern: RegExp) =>
      vectorNames.filter((name) => pattern.test(name)).reduce((sum, name) => sum + vectors(name).numberOfTests, 0);
    expect(Object.keys(makers).sort()).toEqual([...vectorNames].sort());
    expect(count(/^sm2_verify/)).toBeGreaterThanOrEqual(500);
    expect(count(/^sm2_(decrypt|encrypt|public|private)/)).toBeGreaterThanOrEqual(250);
  });

  it.each(QUICK)('%s comes out of the generator again', (name) => {
    const made = makers[name]?.();
    if (made === undefined) throw new Error('no such file');
    const { content } = finish(made, readJson('disagreements.json') as Record<string, string[]>);
    expect(JSON.parse(JSON.stringify(content))).toEqual(vectors(name));
  });
});
