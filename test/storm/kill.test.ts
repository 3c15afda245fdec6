import { describe, expect, it } from 'vitest';
import { faultsOf, runStorm } from './storm.ts';

describe('the hub killed with SIGKILL in the middle of logins', () => {
  it('loses no login and applies none twice, over ten kills', async () => {
    const report = await runStorm({ kills: 10, bidders: 6, calm: [250, 900] });
    expect({ faults: faultsOf(report), states: report.states }).toEqual({ faults: [], states: report.states });
    expect(report.kills).toBe(10);
  }, 180_000);
});
