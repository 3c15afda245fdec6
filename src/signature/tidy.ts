import { removeFiles } from './documents.ts';
import { changeSigning, filesOf, findSigning, forgetFiles, keptAmong, withFilesUntil } from './repository.ts';
import type { Room } from './room.ts';

const BATCH = 50;
const HOUR_MS = 3600_000;
const DAY_MS = 24 * HOUR_MS;

/** Removes the documents whose time is over, and once an hour the files that nobody names: of requests that were refused, of processes that died. */
export function createTidying(room: Room): () => Promise<number> {
  let sweptAt = Number.NEGATIVE_INFINITY;
  return async () => {
    let gone = 0;
    for (const id of await withFilesUntil(room.store.read, room.clock.now(), BATCH)) {
      await removeDocument(room, id);
      gone += 1;
    }
    if (room.clock.monotonic() - sweptAt >= HOUR_MS) {
      sweptAt = room.clock.monotonic();
      gone += await room.files.sweep(room.clock.now() - DAY_MS, (names) => keptAmong(room.store.read, names));
    }
    return gone;
  };
}

/** Files first: a row that still names a removed file is harmless and comes again, a file that no row names waits a day. */
async function removeDocument(room: Room, id: string): Promise<void> {
  const names = await filesOf(room.store.read, id);
  await removeFiles(room, names);
  await room.store.tx(async (tx) => {
    const row = await findSigning(tx, id);
    if (row === undefined) return;
    await forgetFiles(tx, names);
    await changeSigning(
      tx,
      { interactionId: id, change: row.change },
      {
        ...{ document_sealed: null, signer_sealed: null, prepared_id: null, prepared_sealed: null, plan_sealed: null },
        ...{ files_until: null, updated_at: room.clock.now() },
      },
    );
  });
}
