/** What people may be told while a database is in trouble, and nothing else. */
import { expect } from 'vitest';
import type { Bidders, Told } from '#test/storm/bidders.ts';
import { drained, faultsOf, joinLedgers } from '#test/storm/ledgers.ts';
import type { Stage } from '#test/storm/stage.ts';

/** 503 and its sentence are the only refusals. */
export function onlyBusy(told: Told): void {
  const { codes, statuses, troubles } = told;
  const allowed = { codes: ['SERVICE_BUSY'], statuses: ['200', '503'] };
  expect({
    codes: Object.keys(codes).filter((code) => !allowed.codes.includes(code)),
    statuses: Object.keys(statuses).filter((status) => !allowed.statuses.includes(status)),
    troubles: Object.keys(troubles).filter((trouble) => !/系统繁忙，请在 \d+ 秒后重试|没有响应/.test(trouble)),
  }).toEqual({ codes: [], statuses: [], troubles: [] });
}

/** More logins are accepted from here on: the hub works again. */
export async function worksAgain(bidders: Bidders, more = 3): Promise<void> {
  const before = bidders.accepted.length;
  const giveUp = performance.now() + 50_000;
  while (bidders.accepted.length < before + more) {
    if (performance.now() > giveUp) throw new Error('no login was accepted any more');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The same processes as at the beginning still live, nothing was lost, nothing happened twice, the database is whole. */
export async function calmAtLast(stage: Stage, bidders: Bidders): Promise<void> {
  await bidders.stop();
  await drained(stage);
  expect(stage.hubs.map((hub) => hub.process().child.exitCode)).toEqual(stage.hubs.map(() => null));
  for (const hub of stage.hubs) await hub.process().stop();
  expect(faultsOf(await joinLedgers(stage, bidders.accepted))).toEqual([]);
}
