import { describe, expect, it } from 'vitest';
import { printed } from './figures.ts';
import { readBlocks, readSm2 } from './openssl.ts';
import { parts } from './parts.ts';
import { scaleOf } from './scale.ts';

const scale = scaleOf('tiny', () => undefined);

describe('the bench', () => {
  it.each(Object.keys(parts))('gives figures and a table for %s, from a handful of rounds', async (name) => {
    const report = await parts[name]?.(scale);
    const figures = Object.entries(report?.figures ?? {});
    expect(figures.length).toBeGreaterThan(0);
    for (const [what, value] of figures) expect([what, Number.isFinite(value)]).toEqual([what, true]);
    // The receiver heard of every login that was counted, and of none twice.
    if (name === 'login') expect(report?.figures).toMatchObject({ 'login.repeats': 0, 'login.missing': 0 });
    for (const table of report?.tables ?? []) {
      expect(printed(table)).toContain(`## ${table.title}`);
      expect(table.rows.length).toBeGreaterThan(0);
      for (const row of table.rows) expect(row).toHaveLength(table.head.length);
    }
  });

  it('reads what openssl speed prints', () => {
    const sm2 =
      '                              sign    verify    sign/s verify/s\n 256 bits SM2 (CurveSM2)   0.0004s   0.0004s   2233.3   2813.5\n';
    expect(readSm2(sm2)).toEqual({ sign: 2233.3, verify: 2813.5 });
    expect(readBlocks('type          16384 bytes\nSM4-CBC         117356.25k\n')).toBe(117.35625);
  });
});
