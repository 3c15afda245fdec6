import { THE_HUB } from '../opening.ts';
import { note } from './note.ts';
import { closeWindow } from './perform.ts';
import { proposalOf } from './proposal.ts';
import * as rows from './repository.ts';
import { type Hall, touch } from './room.ts';

/** The hub's beat in a running window; a longer gap between two of them means that no hub was at work. */
const BEAT_MS = 5_000;
const AWAY_MS = 15_000;

/** What happens in the hall without anybody: windows end, proposals lapse, and the hub leaves its sign of life. */
export async function sweepHalls(hall: Hall): Promise<number> {
  let done = 0;
  for (const { id, windowEndsAt, beatAt } of await rows.openingsReleased(hall.store.read)) {
    const now = hall.clock.now();
    if (beatAt === null || now - beatAt >= BEAT_MS) await beat(hall, id, now, beatAt);
    if (windowEndsAt > now) continue;
    await hall.store.tx(async (tx) => {
      const closed = await closeWindow(hall, tx, id, THE_HUB, '解密窗口到时');
      if (closed.ok) await touch(hall, tx, id);
    });
    done += 1;
  }
  return done + (await lapse(hall));
}

async function beat(hall: Hall, openingId: string, now: number, before: number | null): Promise<void> {
  await hall.store.tx(async (tx) => {
    if (before === null) await touch(hall, tx, openingId);
    else if (now - before > AWAY_MS) {
      // One and the same gap, whoever notices it first.
      const fact = { kind: 'hub-away' as const, from: before };
      if (await note(hall, tx, openingId, '', fact, 24 * 3600_000)) {
        hall.log.warn({ opening: openingId, ms: now - before }, 'no hub was at work in a decryption window');
        await touch(hall, tx, openingId);
      }
    }
    await rows.beatHall(tx, openingId, now);
  });
}

async function lapse(hall: Hall): Promise<number> {
  const now = hall.clock.now();
  if (!(await rows.anyLapsing(hall.store.read, now))) return 0;
  return hall.store.tx(async (tx) => {
    const lapsed = await rows.lapseProposals(tx, now);
    for (const { id, openingId } of lapsed) {
      const row = await rows.findProposal(tx, openingId, id);
      if (row === undefined) continue;
      const { title } = proposalOf(hall, row, now);
      await hall.room.events.record(tx, {
        openingId,
        kind: 'hall.proposal-lapsed',
        actor: THE_HUB,
        body: { proposal: id, title },
        secrecy: 'public',
      });
      await touch(hall, tx, openingId);
    }
    return lapsed.length;
  });
}
