/** The kill storm: bidders log in while hub processes are killed with SIGKILL again and again. None lost, none applied twice. */
import { sendBidders, type Told } from './bidders.ts';
import { drained, joinLedgers, type Ledgers, faultsOf as ledgerFaults } from './ledgers.ts';
import { type StageHub, type StageOptions, setStage } from './stage.ts';

export interface StormOptions extends StageOptions {
  readonly kills: number;
  readonly bidders: number;
  /** Milliseconds between the hub being ready and its next death, drawn from this range. */
  readonly calm: readonly [number, number];
  readonly progress?: (line: string) => void;
}

export interface StormReport extends Ledgers {
  readonly kills: number;
  readonly told: Told;
  readonly spoiled: Readonly<Record<string, number>>;
  /** Milliseconds from the start of a hub process to its first ready answer, one a kill. */
  readonly restarts: readonly number[];
}

export async function runStorm(options: StormOptions): Promise<StormReport> {
  const stage = await setStage(options);
  try {
    const bidders = sendBidders(stage.place, options.bidders);
    const restarts: number[] = [];
    for (let kill = 1; kill <= options.kills; kill += 1) {
      await wait(options.calm[0] + ((options.calm[1] - options.calm[0]) * ((kill * 7919) % 101)) / 100);
      const victim = stage.hubs[kill % stage.hubs.length] as StageHub;
      await victim.kill();
      options.progress?.(`${kill}/${options.kills} kills, ${bidders.accepted.length} logins accepted`);
      const began = performance.now();
      await victim.start();
      restarts.push(performance.now() - began);
    }
    await bidders.stop();
    await drained(stage);
    for (const hub of stage.hubs) await hub.process().stop();
    const ledgers = await joinLedgers(stage, bidders.accepted);
    return { ...ledgers, kills: options.kills, told: bidders.told, spoiled: { ...stage.gateway?.spoiled }, restarts };
  } finally {
    await stage.close();
  }
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Nothing but being busy may have been said to anybody, and the ledgers agree. */
export function faultsOf(report: StormReport): string[] {
  const faults = ledgerFaults(report);
  if (report.told.codes['INTERNAL'] !== undefined || report.told.statuses['500'] !== undefined)
    faults.push(`somebody was shown a bug: ${JSON.stringify(report.told)}`);
  return faults;
}
