import type { Journal } from '#audit/journal.ts';
import type { Gm } from '#crypto/gm.ts';
import { hex } from '#kernel/bytes.ts';
import type { Clock } from '#kernel/clock.ts';
import { newId } from '#kernel/ids.ts';
import type { Json, JsonObject } from '#kernel/json.ts';
import type { Random } from '#kernel/random.ts';
import type { OpeningEventTable } from '#store/schema-opening.ts';
import type { Handle, Tx } from '#store/store.ts';
import { canonicalJson } from './capsule/canonical.ts';
import type { Actor } from './opening.ts';
import * as rows from './repository-events.ts';
import type { Vault } from './vault.ts';

/** One thing that happened at an opening; the minutes are made of these and of nothing else. */
export interface OpeningEvent {
  readonly id: string;
  readonly openingId: string;
  readonly at: number;
  /** Dotted, hub-made: `opening.announced`, `capsule.sealed`, `share.bad`. */
  readonly kind: string;
  readonly actor: Actor;
  /** What it is about, where it is about one. */
  readonly capsuleId: string | null;
  readonly body: JsonObject;
  /** SM3 of the canonical record, as it stands in the journal since then. */
  readonly digest: string;
}

export interface NewEvent {
  readonly openingId: string;
  readonly kind: string;
  readonly actor: Actor;
  readonly capsuleId?: string;
  readonly body?: JsonObject;
  /**
   * `public`: the journal names opening and kind. `closed` (all that concerns a capsule before the gate): the journal gets a bare digest among
   * others that stand for nothing, so that neither an export nor a count of it says who sealed, or whether anybody did.
   */
  readonly secrecy: 'public' | 'closed';
}

export interface Events {
  /** Writes the event and its journal row in the caller's transaction. */
  record(tx: Tx, event: NewEvent): Promise<void>;
  /** Everything recorded, oldest first. Before the gate nobody but this room may read it. */
  list(h: Handle, openingId: string): Promise<OpeningEvent[]>;
  /** The same behind the gate, where nothing of it is secret any more: what was read once is kept, because events never change. */
  listOpened(h: Handle, openingId: string): Promise<OpeningEvent[]>;
}

interface EventDeps {
  readonly gm: Gm;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly random: Random;
  readonly journal: Journal;
}

/** Kept in memory of all openings together; beyond it begins anew. */
const MOST_KEPT = 20_000;
/** Parameters of one statement. */
const AT_ONCE = 500;

export function createEvents({ gm, vault, clock, random, journal }: EventDeps): Events {
  const kept = new Map<string, OpeningEvent>();
  const read = (row: OpeningEventTable): OpeningEvent => {
    const text = vault.open<{
      kind: string;
      actor: Actor;
      capsule: string | null;
      body: JsonObject;
    }>('opening_event', row.id, 'body_sealed', row.body_sealed);
    return {
      id: row.id,
      openingId: row.opening_id,
      at: row.at,
      kind: text.kind,
      actor: text.actor,
      capsuleId: text.capsule,
      body: text.body,
      digest: row.digest,
    };
  };
  return {
    record: async (tx, event) => {
      const id = newId('evt', random);
      const at = clock.now();
      const { kind, openingId } = event;
      const text = {
        v: 1,
        opening: openingId,
        at,
        kind,
        actor: { kind: event.actor.kind, id: event.actor.id, name: event.actor.name },
        capsule: event.capsuleId ?? null,
        body: event.body ?? {},
        // Without it, whoever guesses an event could find it in the journal by its digest.
        nonce: hex(random.bytes(16)),
      } satisfies Json;
      const digest = hex(gm.sm3(canonicalJson(text)));
      await rows.insertEvent(tx, {
        id,
        opening_id: openingId,
        at,
        body_sealed: vault.seal('opening_event', id, 'body_sealed', text),
        digest,
      });
      if (event.secrecy === 'public') {
        await journal.append(tx, { kind, body: { opening: openingId, digest } });
        return;
      }
      const before = random.bytes(1)[0] ?? 0;
      for (const one of [...chaff(before & 1, random), digest, ...chaff((before >> 1) & 1, random)])
        await journal.append(tx, { kind: 'opening.closed', body: { digest: one } });
    },
    list: async (h, openingId) => (await rows.eventsOf(h, openingId)).map(read),
    listOpened: async (h, openingId) => {
      const ids = await rows.eventIdsOf(h, openingId);
      if (kept.size + ids.length > MOST_KEPT) kept.clear();
      const fresh = ids.filter((id) => !kept.has(id));
      for (let from = 0; from < fresh.length; from += AT_ONCE)
        for (const row of await rows.eventsNamed(h, fresh.slice(from, from + AT_ONCE))) kept.set(row.id, read(row));
      return ids.flatMap((id) => kept.get(id) ?? []);
    },
  };
}

const chaff = (count: number, random: Random): string[] => Array.from({ length: count }, () => hex(random.bytes(32)));
