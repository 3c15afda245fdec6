import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, GENESIS, type JournalRow, journalHash, verifyChain } from '#audit/chain.ts';
import { createGm } from '#crypto/provider.ts';
import type { Json } from '#kernel/json.ts';

const gm = createGm();

function chain(length: number): JournalRow[] {
  const rows: JournalRow[] = [];
  for (let seq = 1; seq <= length; seq += 1) {
    const row = {
      seq,
      at: seq * 10,
      kind: 'k',
      unitId: seq % 2 === 0 ? null : 'u',
      interactionId: 'int_1',
      body: `{"n":${seq}}`,
      prev: rows.at(-1)?.hash ?? GENESIS,
    };
    rows.push({ ...row, hash: journalHash(gm, row) });
  }
  return rows;
}

const good = chain(20);
const changed: fc.Arbitrary<JournalRow[]> = fc
  .record({
    at: fc.nat(18),
    how: fc.constantFrom(
      'drop',
      'double',
      'swap',
      'body',
      'kind',
      'unitId',
      'interactionId',
      'hash',
      'prev',
      'seq',
      'time',
    ),
    text: fc.string({ minLength: 1, maxLength: 5 }),
  })
  .map(({ at, how, text }) => {
    const rows = good.map((row) => ({ ...row }));
    const [row, next] = [rows[at], rows[at + 1]];
    if (!row || !next) throw new Error('unreachable');
    if (how === 'drop') rows.splice(at, 1);
    else if (how === 'double') rows.splice(at, 0, row);
    else if (how === 'swap') rows.splice(at, 2, next, row);
    else if (how === 'seq') rows[at] = { ...row, seq: row.seq + text.length };
    else if (how === 'time') rows[at] = { ...row, at: row.at + text.length };
    else rows[at] = { ...row, [how]: `${row[how] ?? ''}${text}` };
    return rows;
  });

describe('the chain', () => {
  it('holds when nothing was changed', async () => {
    expect(await verifyChain(gm, good)).toEqual({ ok: true, rows: 20, head: good[19]?.hash });
  });

  it('breaks under every single alteration of 2,000', async () => {
    await fc.assert(
      fc.asyncProperty(changed, async (rows) => {
        const verdict = await verifyChain(gm, rows);
        expect(verdict.ok).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });

  it('goes on from a point already known to be good', async () => {
    const after = { seq: 10, hash: good[9]?.hash ?? '' };
    expect(await verifyChain(gm, good.slice(10), { after })).toMatchObject({ ok: true, rows: 10 });
    expect(await verifyChain(gm, good.slice(11), { after })).toMatchObject({ ok: false, firstBad: 11 });
  });
});

describe('canonical JSON', () => {
  it('is one text for one value, whatever the order of members', () => {
    expect(canonicalJson({ b: [{ d: null, c: '"\n' }], a: -1.5, ä: true })).toBe(
      '{"a":-1.5,"b":[{"c":"\\"\\n","d":null}],"ä":true}',
    );
  });

  it('reads back as the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value as Json))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
