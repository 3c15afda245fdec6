import type { Clock } from '#kernel/clock.ts';
import type { JsonObject } from '#kernel/json.ts';
import { limits } from '#kernel/limits.ts';
import type { Logger } from '#kernel/log.ts';
import type { Random } from '#kernel/random.ts';
import type { FieldCipher } from '#store/field-cipher.ts';
import type { OutboxTable } from '#store/schema.ts';
import type { Store, Tx } from '#store/store.ts';
import { createCourier } from './courier.ts';
import type { Egress, StreamedBody } from './egress.ts';
import { type Claim, createLeases, endpointOf } from './leases.ts';
import { OUTBOX_TOPIC, type TakeAtOnce } from './outbox.ts';
import { createPlaces, type Place } from './places.ts';

/** A message on its way: the domain event and the number of this attempt (1 = the first). */
export interface OutboxEvent {
  readonly id: string;
  readonly kind: OutboxTable['kind'];
  readonly unitId: string;
  readonly orgcode: string;
  readonly interactionId: string;
  readonly stateVersion: number;
  readonly attempt: number;
  readonly body: JsonObject;
}

export interface EncodedMessage<Body extends string | StreamedBody = string | StreamedBody> {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Body;
  /** The receiver's registered special-purpose ranges. Plain http goes nowhere else. */
  readonly privateRanges: readonly string[];
  /** Bytes of an answer that are read; `limits.replyBody` unless said. */
  readonly maxReply?: number;
  /** Milliseconds for the whole exchange; `limits.callbackTimeout` unless said. */
  readonly timeoutMs?: number;
  /**
   * What the answer means. `refused` is the receiver's sentence for the person; `retry` a reason in our own words, and so is what
   * `delivered` remarks of an answer that counts although something about it is worth a record.
   */
  read(status: number, body: string): 'delivered' | { delivered: string } | { refused: string } | { retry: string };
}

/** Domain event → wire message, from the receiver's registration as it stands now. Throwing counts as a failed attempt. */
export type Encode<Body extends string | StreamedBody = string | StreamedBody> = (
  event: OutboxEvent,
) => Promise<EncodedMessage<Body>>;

export type DeliveryOutcome =
  | { readonly kind: 'delivered'; readonly remark?: string }
  /** Final. */
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'retrying'; readonly attempt: number; readonly nextAt: number; readonly reason: string }
  /** The deadline passed; it will never be sent. */
  | { readonly kind: 'lapsed'; readonly reason: string }
  /** Kept until a person replays it; not with the login schedule. */
  | { readonly kind: 'parked'; readonly reason: string };

/** Runs in the transaction that records the attempt: the domain's state and the message's state change together. */
export type Outcome = (tx: Tx, event: OutboxEvent, outcome: DeliveryOutcome) => Promise<void>;

export interface Dispatcher {
  start(): void;
  /** Takes nothing new, lets running attempts end, aborts what outlives the grace; resolves when nothing runs any more. */
  stop(): Promise<void>;
  /** Look now; called at every commit that touched the outbox. */
  nudge(): void;
  /** For the outbox: while this dispatcher is behind with nothing and the receiver has a place free, it holds a message from its insertion on. */
  readonly takeAtOnce: TakeAtOnce;
}

export interface DispatcherDeps {
  readonly store: Store;
  readonly cipher: FieldCipher;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly egress: Egress;
  readonly encode: Encode;
  readonly outcome: Outcome;
  /** Unique to this process. */
  readonly owner: string;
  readonly leaseMs?: number;
  /** How long `stop` waits for running attempts. */
  readonly graceMs?: number;
}

const POLL_MS = 1_000;
const IN_FLIGHT = 64;
const PER_ENDPOINT = 4;

/** Sends what the outbox holds. Woken at commit; polls as a net; several processes may run one each over the same database. */
export function createDispatcher(deps: DispatcherDeps): Dispatcher {
  const { store, clock, log, owner } = deps;
  const leaseMs = deps.leaseMs ?? limits.leaseLife;
  const leases = createLeases(store, { clock, owner, leaseMs, perEndpoint: PER_ENDPOINT });
  const courier = createCourier(deps, leases, leaseMs);
  const places = createPlaces({ inFlight: IN_FLIGHT, perEndpoint: PER_ENDPOINT });
  const halt = new AbortController();
  let stopping = false;
  /** Older messages may be waiting: then nobody is let past them. */
  let behind = true;
  let loop: Promise<void> | undefined;
  let wake = (): void => undefined;
  let nudges = 0;
  let nudged = false;
  let unsubscribe = (): void => undefined;

  const nudge = (): void => {
    nudged = true;
    nudges += 1;
    behind = true;
    wake();
  };

  const fly = async (claim: Claim, place: Place): Promise<void> => {
    const sent = (): void => {
      place.leaveEndpoint();
      if (behind) nudge();
    };
    const ended = await courier.deliver(claim, halt.signal, sent);
    place.leave();
    if (behind || !ended) nudge();
  };

  /** Claims until nothing more may be sent; returns how long to sleep. */
  const pump = async (): Promise<number> => {
    while (!stopping && places.free() > 0) {
      const before = nudges;
      const crowded = places.isAnyFull();
      const claims = await leases.claim(places.busy, places.free());
      for (const claim of claims) void fly(claim, places.take(endpointOf(claim)));
      if (claims.length > 0) continue;
      behind = nudges !== before || crowded;
      break;
    }
    return Math.min(POLL_MS, (await leases.untilNext()) ?? POLL_MS);
  };

  const takeAtOnce: TakeAtOnce = async (tx, row) => {
    const endpoint = endpointOf(row);
    if (stopping || behind || places.free() <= 0 || places.isFull(endpoint)) return false;
    const place = places.take(endpoint);
    tx.afterRollback(place.leave);
    try {
      const claim = await leases.insertHeld(tx, row);
      tx.afterCommit(() => void fly(claim, place));
      return true;
    } catch (error) {
      place.leave();
      throw error;
    }
  };

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      if (nudged || stopping) return resolve();
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const run = async (): Promise<void> => {
    while (!stopping) {
      nudged = false;
      const sleep = await pump().catch((error: unknown) => {
        log.warn({ err: error }, 'the outbox cannot be read, trying again');
        return POLL_MS;
      });
      await pause(sleep);
    }
  };

  return {
    start: () => {
      if (loop) return;
      unsubscribe = store.onNotify(OUTBOX_TOPIC, nudge);
      loop = run();
    },
    stop: async () => {
      stopping = true;
      unsubscribe();
      wake();
      await loop;
      const grace = setTimeout(() => halt.abort(), deps.graceMs ?? limits.shutdownGrace / 2);
      await places.empty();
      clearTimeout(grace);
    },
    nudge,
    takeAtOnce,
  };
}
