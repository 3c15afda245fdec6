import type { Gm } from '#crypto/gm.ts';
import type { Clock } from '#kernel/clock.ts';
import type { JsonObject } from '#kernel/json.ts';
import { hubPublicKeys } from '#store/hub-keys.ts';
import { prepared } from '#store/prepared.ts';
import type { JournalTable } from '#store/schema.ts';
import type { Handle, Tx } from '#store/store.ts';
import {
  type ChainFault,
  type Checkpoint,
  canonicalJson,
  GENESIS,
  importKeys,
  type JournalRow,
  journalHash,
  verifyChain,
  verifyCheckpoints,
} from './chain.ts';

export interface JournalEntry {
  /** Dotted, hub-made: `login.started`, `unit.added`. */
  readonly kind: string;
  readonly unitId?: string;
  readonly interactionId?: string;
  /** Ids, codes, tails and keyed hashes only; never personal data, a secret or a caller's text. */
  readonly body?: JsonObject;
}

export interface Journal {
  /** Adds one row to the chain inside the caller's transaction: the effect and its record commit together or not at all. */
  append(tx: Tx, entry: JournalEntry): Promise<void>;
  /** Recomputes the chain and checks it against the stored checkpoints; `firstBad` is the first sequence number that does not fit. */
  verify(h: Handle): Promise<{ ok: true; rows: number } | ChainFault>;
  /** The last row's place and hash; seq 0 when empty. */
  head(h: Handle): Promise<{ seq: number; hash: string; at: number }>;
  /** Rows in order, `from` included, read page by page. */
  rows(h: Handle, from?: number): AsyncGenerator<JournalRow>;
  checkpoints(h: Handle): Promise<Checkpoint[]>;
}

const PAGE = 500;

export function createJournal(deps: { gm: Gm; clock: Clock }): Journal {
  const { gm, clock } = deps;
  return {
    append: async (tx, entry) => {
      // The head is read here, never remembered: admin commands and other hub processes append too. Writers are queued, so it cannot move.
      const before = await readHead(tx);
      const row = {
        seq: before.seq + 1,
        // The record's time never runs backwards, whatever the wall clock does.
        at: Math.max(clock.now(), before.at),
        kind: entry.kind,
        unitId: entry.unitId ?? null,
        interactionId: entry.interactionId ?? null,
        body: canonicalJson(entry.body ?? {}),
        prev: before.hash,
      };
      const { unitId, interactionId, ...same } = row;
      await insertion.run(tx, {
        ...same,
        unit_id: unitId,
        interaction_id: interactionId,
        hash: journalHash(gm, row),
      });
    },
    verify: async (h) => {
      const points = await readCheckpoints(h);
      const keys = importKeys(gm, await hubPublicKeys(h, 'journal'));
      return verifyCheckpoints(gm, points, keys) ?? (await verifyChain(gm, readRows(h, 1), { points }));
    },
    head: readHead,
    rows: (h, from = 1) => readRows(h, from),
    checkpoints: readCheckpoints,
  };
}

const insertion = prepared((db, row: JournalTable) => db.insertInto('journal').values(row));
const newest = prepared((db) => db.selectFrom('journal').select(['seq', 'hash', 'at']).orderBy('seq', 'desc').limit(1));

const readHead = async (h: Handle): Promise<{ seq: number; hash: string; at: number }> =>
  (await newest.first(h, {})) ?? { seq: 0, hash: GENESIS, at: 0 };

async function* readRows(h: Handle, from: number): AsyncGenerator<JournalRow> {
  for (let next = from; ; ) {
    const page = h.db.selectFrom('journal').selectAll().where('seq', '>=', next).orderBy('seq').limit(PAGE);
    const rows = await page.execute();
    for (const row of rows) yield rowOf(row);
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) return;
    next = last.seq + 1;
  }
}

async function readCheckpoints(h: Handle): Promise<Checkpoint[]> {
  const rows = await h.db.selectFrom('journal_checkpoint').selectAll().orderBy('seq').execute();
  return rows.map(({ key_id, ...row }) => ({ ...row, keyId: key_id }));
}

function rowOf({ unit_id, interaction_id, ...same }: JournalTable): JournalRow {
  return { ...same, unitId: unit_id, interactionId: interaction_id };
}
