import { setTimeout as sleep } from 'node:timers/promises';
import { fromUtf8 } from '#kernel/bytes.ts';
import { isOfTheFuture } from '#kernel/clock.ts';
import { type JsonObject, readJsonObject } from '#kernel/json.ts';
import { limits } from '#kernel/limits.ts';
import type { DeliveryOutcome, DispatcherDeps, OutboxEvent } from './dispatcher.ts';
import type { Claim, Leases } from './leases.ts';
import { bodyPlace } from './outbox.ts';
import { type Attempt, expired, type Next, nextStep } from './schedule.ts';

export interface Courier {
  /**
   * One attempt: send under a held lease, then record what follows. `sent` is called in between, when the receiver is done with it.
   * Resolves to whether the message has come to its end; never rejects.
   */
  deliver(claim: Claim, halt: AbortSignal, sent: () => void): Promise<boolean>;
}

/** Nobody waits behind a signed file; what a person waits for is not sent at a time that nobody knows (readings L32, L54). */
const hasLostCount = (claim: Claim, now: number): boolean =>
  claim.schedule !== 'document' && isOfTheFuture(claim.created_at, now);

const FINISH_TRIES = 5;

export function createCourier(deps: DispatcherDeps, leases: Leases, leaseMs: number): Courier {
  const { store, cipher, clock, random, log, egress, encode } = deps;

  /** Undefined when the key is gone or the row was tampered with: such a message lapses like an unanswered one. */
  const bodyOf = (claim: Claim): JsonObject | undefined => {
    try {
      const parsed = readJsonObject(cipher.open(bodyPlace(claim.id), claim.body_sealed));
      return parsed.ok ? parsed.value : undefined;
    } catch (error) {
      log.error({ err: error, delivery: claim.id }, 'a stored event cannot be opened');
      return undefined;
    }
  };

  const attempt = async (event: OutboxEvent, deadline: number, signal: AbortSignal): Promise<Attempt> => {
    const message = await encode(event);
    const left = deadline - clock.now();
    if (left <= 0 || signal.aborted) return { kind: 'failed', reason: 'not sent: out of time' };
    const result = await egress.request({
      method: 'POST',
      url: message.url,
      headers: message.headers,
      body: message.body,
      timeoutMs: Math.min(message.timeoutMs ?? limits.callbackTimeout, left),
      maxBytes: message.maxReply ?? limits.replyBody,
      // A login names a person: it travels by https, or inside the registered private network.
      allow: { origins: originsOf(message.url), privateRanges: message.privateRanges, plainHttp: 'registered' },
      signal,
    });
    if (!result.ok) return { kind: 'failed', reason: `${result.reason}: ${result.detail}` };
    const verdict = message.read(result.status, fromUtf8(result.body));
    if (verdict === 'delivered') return { kind: 'delivered' };
    if ('delivered' in verdict) return { kind: 'delivered', remark: verdict.delivered };
    return 'refused' in verdict
      ? { kind: 'refused', message: verdict.refused }
      : { kind: 'failed', reason: verdict.retry };
  };

  /** What was sent must be recorded: a database that is busy for a moment is asked again while the lease holds. */
  const record = async (claim: Claim, event: OutboxEvent, next: Next): Promise<boolean> => {
    for (let tries = 1; ; tries += 1) {
      try {
        const held = await store.tx(async (tx) => {
          if (!(await leases.finish(tx, claim, next))) return false;
          await deps.outcome(tx, event, outcomeOf(next, event.attempt));
          return true;
        });
        if (!held) log.warn({ delivery: claim.id }, 'another dispatcher has taken this message; its result stands');
        return held && next.kind !== 'retry';
      } catch (error) {
        log.error({ err: error, delivery: claim.id, tries }, 'the result of a delivery could not be recorded');
        if (tries >= FINISH_TRIES) return false; // the lease runs out and the message is sent again: once in effect is the receiver's taskId
        await sleep(100 * 2 ** tries);
      }
    }
  };

  const deliver = async (claim: Claim, halt: AbortSignal, sent: () => void): Promise<boolean> => {
    const body = bodyOf(claim);
    const event = eventOf(claim, body ?? {});
    const lost = new AbortController();
    const heart = heartbeat(claim, lost);
    try {
      if (clock.now() >= claim.deadline_at || hasLostCount(claim, clock.now())) {
        return await record(claim, event, expired(claim.schedule, claim.last_error ?? 'never sent'));
      }
      const result: Attempt = body
        ? await attemptSafely(event, claim.deadline_at, AbortSignal.any([halt, lost.signal]))
        : { kind: 'failed', reason: 'the stored event cannot be opened' };
      sent();
      if (lost.signal.aborted) return false;
      const spread = (random.bytes(1)[0] ?? 0) / 256;
      const at = { now: clock.now(), deadline: claim.deadline_at, spread };
      return await record(claim, event, nextStep(claim.schedule, claim.attempts, result, at));
    } finally {
      heart.stop();
    }
  };

  const attemptSafely = async (event: OutboxEvent, deadline: number, signal: AbortSignal): Promise<Attempt> => {
    try {
      return await attempt(event, deadline, signal);
    } catch (error) {
      log.error({ err: error, delivery: event.id }, 'a message could not be encoded');
      return { kind: 'failed', reason: 'could not be encoded' };
    }
  };

  /** Keeps the lease while an answer is awaited; when it cannot be kept, the attempt is given up, for another process may have begun one. */
  const heartbeat = (claim: Claim, lost: AbortController): { stop(): void } => {
    let good = clock.monotonic();
    let beating = false;
    const beat = async (): Promise<void> => {
      if (beating) return;
      beating = true;
      const began = clock.monotonic();
      const held = await leases.renew(claim).catch(() => undefined);
      beating = false;
      if (held === true) good = began;
      else if (held === false || clock.monotonic() - good >= leaseMs) lost.abort();
    };
    const timer = setInterval(() => void beat(), leaseMs / 3);
    return { stop: () => clearInterval(timer) };
  };

  return {
    deliver: (claim, halt, sent) =>
      deliver(claim, halt, sent).catch((error: unknown) => {
        log.error({ err: error, delivery: claim.id }, 'a delivery broke off');
        return false;
      }),
  };
}

const originsOf = (url: string): string[] => (URL.canParse(url) ? [new URL(url).origin] : []);

const eventOf = (claim: Claim, body: JsonObject): OutboxEvent => ({
  id: claim.id,
  kind: claim.kind,
  unitId: claim.unit_id,
  orgcode: claim.orgcode,
  interactionId: claim.interaction_id,
  stateVersion: claim.state_version,
  attempt: claim.attempts,
  body,
});

function outcomeOf(next: Next, attempt: number): DeliveryOutcome {
  if (next.kind !== 'retry') return next;
  return { kind: 'retrying', attempt, nextAt: next.at, reason: next.reason };
}
