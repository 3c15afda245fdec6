import type { Journal } from '#audit/journal.ts';
import type { Clock } from '#kernel/clock.ts';
import { newId } from '#kernel/ids.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { Logger } from '#kernel/log.ts';
import type { Random } from '#kernel/random.ts';
import { JUMP_MS } from '#kernel/steady-clock.ts';
import type { Handle, Store, Tx } from '#store/store.ts';
import { insertWord, lastWord } from './repository-time.ts';
import type { Vault } from './vault.ts';

/** Why the clock is not believed: it was set while the hub ran · at start it stood before the record's last row · more than a day behind it · the time authority says another time. */
export type Doubt = 'jump' | 'behind-journal' | 'far-ahead' | 'contradicted';
/** Who made it believed again. */
export type Witness = 'witness' | 'custodians' | 'override';

export type TimeReading =
  | { readonly trusted: true; readonly now: number }
  | { readonly trusted: false; readonly now: number; readonly reason: Doubt; readonly since: number };

/** Whether the hub's clock may open anything (design 8, T31). One doubt of one process closes the openings of all. */
export interface TimeTrust {
  /** Compares the clock with the record's last row; once, before the hub serves and before anything else is recorded. */
  start(): Promise<void>;
  /** The time for a gate, and whether it counts. Looks at the clocks at this very moment, not at the last beat's. */
  read(h: Handle): Promise<TimeReading>;
  /** The beat: writes down a doubt as soon as there is one. */
  check(): Promise<void>;
  /** A time authority says that it is `byMs` later or earlier. */
  contradicted(byMs: number): Promise<void>;
  /** The clock is believed again, as it stands now. The caller has the evidence; it is recorded in the same transaction. */
  believe(tx: Tx, by: Witness, evidence: JsonObject): Promise<void>;
}

const DAY_MS = 24 * 3600_000;
/** As in the steady clock: two oscillators may differ so much without anybody having set a clock. */
const DRIFT = 0.0005;

interface TimeDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly journal: Journal;
  readonly random: Random;
  readonly log: Logger;
  /** The hub's business time, which a small correction may move and a jump may not. */
  readonly clock: Clock;
  /** The machine's clocks as they are. */
  readonly source: Clock;
}

/**
 * The steady clock believes a lasting lead in the end, because logins are short-lived. An opening is not: here a wall clock that left the monotonic
 * count once is doubted until somebody else says what time it is.
 */
export function createTimeTrust(deps: TimeDeps): TimeTrust {
  const { store, journal, vault, random, log, clock, source } = deps;
  let base = anchorAt();
  let doubt: { readonly byMs: number } | undefined;

  function anchorAt(): { at: number; monotonic: number; lead: number } {
    const at = clock.now();
    return { at, monotonic: source.monotonic(), lead: source.now() - at };
  }

  /** How far either clock stands from our own monotonic count. */
  function look(): number {
    const monotonic = source.monotonic();
    const elapsed = monotonic - base.monotonic;
    const expected = base.at + elapsed;
    const gaps = [clock.now() - expected, source.now() - base.lead - expected];
    const worst = gaps.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a));
    if (Math.abs(worst) > JUMP_MS) {
      doubt ??= { byMs: Math.round(worst) };
      return worst;
    }
    const slew = elapsed * DRIFT;
    const follow = Math.max(-slew, Math.min(slew, gaps[0] ?? 0));
    base = { ...base, at: expected + follow, monotonic };
    return 0;
  }

  async function distrust(reason: Doubt, byMs: number): Promise<void> {
    log.error(
      { alarm: 'time', reason, byMs },
      'the clock is not believed; openings stay closed until a witness agrees',
    );
    await store.tx(async (tx) => {
      const present = await lastWord(tx);
      if (present?.state === 'distrusted') return;
      await say(tx, { state: 'distrusted', reason, evidence: { byMs } });
      await journal.append(tx, { kind: 'time.distrusted', body: { reason, byMs } });
    });
  }

  async function say(
    tx: Tx,
    word: { state: 'trusted' | 'distrusted'; reason: Doubt | Witness; evidence: JsonObject },
  ): Promise<void> {
    const id = newId('tim', random);
    const before = await lastWord(tx);
    await insertWord(tx, {
      id,
      state: word.state,
      reason: word.reason,
      evidence_sealed: vault.seal('time_trust', id, 'evidence_sealed', word.evidence),
      // Later words stand later, whatever the clock says: it is the one in doubt.
      at: Math.max(clock.now(), (before?.at ?? 0) + 1),
    });
  }

  return {
    start: async () => {
      const head = await journal.head(store.read);
      base = anchorAt();
      if (head.seq === 0) return;
      const by = clock.now() - head.at;
      // Several machines' rows may differ by what is no jump on one of them.
      if (by < -JUMP_MS) await distrust('behind-journal', by);
      else if (by > DAY_MS) await distrust('far-ahead', by);
    },
    read: async (h) => {
      look();
      const now = clock.now();
      const word = await lastWord(h);
      if (word?.state === 'distrusted') return { trusted: false, now, reason: word.reason as Doubt, since: word.at };
      return doubt === undefined ? { trusted: true, now } : { trusted: false, now, reason: 'jump', since: now };
    },
    check: async () => {
      look();
      if (doubt === undefined) return;
      const word = await lastWord(store.read);
      if (word?.state !== 'distrusted') await distrust('jump', doubt.byMs);
    },
    contradicted: (byMs) => distrust('contradicted', byMs),
    believe: async (tx, by, evidence) => {
      await say(tx, { state: 'trusted', reason: by, evidence });
      await journal.append(tx, { kind: 'time.trusted', body: { by } });
      tx.afterCommit(() => {
        doubt = undefined;
        base = anchorAt();
      });
    },
  };
}
