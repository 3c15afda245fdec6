import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { interfaces, offlineSigning, type PrintedField } from '#wire/interfaces.ts';

interface SpecEntry {
  readonly n: number;
  readonly title: string;
  readonly path: string | null;
  readonly desc: string;
  readonly request?: readonly PrintedField[];
  readonly response?: readonly PrintedField[];
}

const spec = JSON.parse(
  readFileSync(new URL('../../fixtures/wire/liaoning.json', import.meta.url), 'utf8'),
) as readonly SpecEntry[];
const ours = Object.values(interfaces);

describe('the tables', () => {
  it.each(spec.filter((entry) => entry.path !== null))('of $title say what the specification prints', (entry) => {
    const mine = ours.find((one) => one.no === entry.n);
    expect(mine).toMatchObject({ no: entry.n, title: entry.title, path: entry.path, summary: entry.desc });
    expect(mine?.request).toEqual(entry.request);
    expect(mine?.response).toEqual(entry.response);
  });

  it('name the eleventh, which has no path', () => {
    const last = spec.find((entry) => entry.path === null);
    expect(offlineSigning).toEqual({ no: last?.n, title: last?.title, summary: last?.desc });
    expect(ours.length + 1).toBe(spec.length);
  });

  it('give no two offered inbound interfaces the same required members, so a sign of one path fits no other', () => {
    const required = ours
      .filter((entry) => entry.caller === 'trading-system' && entry.offered)
      .map((entry) =>
        entry.request
          .filter((field) => field.required)
          .map((field) => field.name)
          .sort()
          .join(),
      );
    expect(new Set(required).size).toBe(required.length);
  });
});
