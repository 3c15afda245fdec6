import type { HubAccess } from '#fixtures/world/trading-system/hub.ts';
import {
  announceOpening,
  handIn,
  releaseOpening,
  type SealedBid,
  sealAtClient,
  ticketOf,
} from '#test/support/opening-day.ts';
import type { HostileWorld } from './world.ts';

/** Two openings of the attacker's own unit: one whose window runs, one that nobody may open for days. */
export interface OpeningDay {
  readonly running: string;
  /** What startdecrypt takes for each bid in `running`. */
  readonly references: readonly string[];
  readonly bids: readonly SealedBid[];
  readonly ahead: string;
  readonly aheadTicket: { readonly key: string };
}

const DAYS_AHEAD_MS = 3 * 24 * 3600_000;
/** Enough to hand in one bid a key on a quiet machine. */
const BEFORE_MS = 2_500;

const days = new WeakMap<HostileWorld, Promise<OpeningDay>>();

export const accessOf = (world: HostileWorld): HubAccess => ({ ...world.unit, hub: world.prepared.hubUrl });

/** The day that is on; the first who asks begins it. */
export function dayOf(world: HostileWorld): Promise<OpeningDay> {
  const day = days.get(world) ?? beginDay(world);
  days.set(world, day);
  return day;
}

/** Somebody has closed the window, as the host's seat may: the next who asks has another opening. */
export async function dayIsOver(world: HostileWorld, seen: OpeningDay): Promise<void> {
  if ((await days.get(world)) === seen) days.delete(world);
}

/** On a busy machine the time may be over before everything is handed in: then with twice as much. */
async function beginDay(world: HostileWorld, beforeMs = BEFORE_MS): Promise<OpeningDay> {
  const opensAt = Date.now() + beforeMs;
  try {
    return await dayAt(world, opensAt);
  } catch (error) {
    if (Date.now() < opensAt || beforeMs >= 60_000) throw error;
    return beginDay(world, 2 * beforeMs);
  }
}

async function dayAt(world: HostileWorld, opensAt: number): Promise<OpeningDay> {
  const access = accessOf(world);
  const { officers, good } = world.cast;
  const running = await announceOpening(access, officers, { opensAt });
  const ticket = await ticketOf(access, running);
  const bids: SealedBid[] = [];
  const references: string[] = [];
  for (const [i, key] of good.entries()) {
    const bid = await sealAtClient(access, ticket, { taskId: `${running}-${i}`, text: `投标总价：${i} 万元整`, key });
    bids.push(bid);
    const handed = await handIn(access, running, bid);
    if (!('encData' in handed)) throw new Error(`upload: ${handed.trouble}`);
    references.push(handed.encData);
  }
  const ahead = await announceOpening(access, officers, { opensAt: Date.now() + DAYS_AHEAD_MS });
  const aheadTicket = await ticketOf(access, ahead);
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, opensAt - Date.now() + 300)));
  await releaseOpening(world.gm, world.prepared.hubUrl, running, officers);
  return { running, references, bids, ahead, aheadTicket };
}
