import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PAGE, pageOf } from './page.ts';
import { missing, notGreen } from './proof.ts';
import { threats } from './threats.ts';

describe('the threat table', () => {
  it('has one row for each of the forty-five threats', () => {
    const ids = Array.from({ length: 45 }, (_, i) => `T${String(i + 1).padStart(2, '0')}`);
    expect(threats.map(({ id }) => id)).toEqual(ids);
  });

  it('names only tests that are in the tree', () => {
    expect(
      threats.flatMap(({ id, tests }) => tests.flatMap((test) => missing(test) ?? []).map((m) => `${id}: ${m}`)),
    ).toEqual([]);
  });

  it('claims nothing without a defence and a test', () => {
    const claimed = threats.filter(({ status }) => status === 'claimed');
    expect(claimed.filter(({ defence, tests }) => defence === '' || tests.length === 0)).toEqual([]);
  });

  it('is the page beside it', () => {
    expect(readFileSync(PAGE, 'utf8'), 'node test/threats/main.ts --write').toBe(pageOf(threats));
  });
});

describe('a run’s report', () => {
  const report = (status: string) => ({
    testResults: [
      {
        name: '/somewhere/test/room/file.test.ts',
        assertionResults: [
          { title: 'holds for 1 (a)', status: 'passed' },
          { title: 'holds for 2 (a)', status },
        ],
      },
    ],
  });

  it('proves a test only when every form of it passed', () => {
    expect(notGreen(report('passed'), 'room/file > holds for %s (a)')).toBe(undefined);
    expect(notGreen(report('failed'), 'room/file > holds for %s (a)')).toContain('failed');
    expect(notGreen(report('skipped'), 'room/file > holds for %s (a)')).toContain('skipped');
  });

  it('proves no test that did not run', () => {
    expect(notGreen(report('passed'), 'room/file > holds for ever')).toContain('did not run');
    expect(notGreen(report('passed'), 'room/other > holds for 1 (a)')).toContain('did not run');
  });

  it('knows a file or title that is not there', () => {
    expect(missing('threats/threats > knows a file or title that is not there')).toBe(undefined);
    expect(missing('threats/threats > was never written')).toContain('declares no test');
    expect(missing('threats/nothing > at all')).toContain('does not exist');
  });
});
