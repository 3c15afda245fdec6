import type { Clock } from '#kernel/clock.ts';
import { HubError } from '#kernel/errors.ts';
import type { Json } from '#kernel/json.ts';
import type { EgressReply, EgressRequest } from './contract.ts';
import type { DriverMessage, HostMessage, Method } from './messages.ts';

/** One question to a driver, from the moment it is asked to the moment its caller has an answer. */
export interface Call {
  readonly id: number;
  readonly method: Method;
  readonly params: Json;
  /** Milliseconds left until the deadline. */
  left(): number;
  /** Aborted when the call is over: what was fetched for it is no longer wanted. */
  readonly signal: AbortSignal;
  settle(outcome: Json | HubError): void;
}

export function openCall(
  clock: Clock,
  asked: { id: number; method: Method; params: Json; deadlineMs: number },
  overrun: (call: Call) => void,
): { readonly call: Call; readonly answer: Promise<Json> } {
  const until = clock.monotonic() + asked.deadlineMs;
  const abort = new AbortController();
  const { promise: answer, resolve, reject } = Promise.withResolvers<Json>();
  const timer = setTimeout(() => overrun(call), asked.deadlineMs);
  const call: Call = {
    id: asked.id,
    method: asked.method,
    params: asked.params,
    left: () => Math.max(1, Math.round(until - clock.monotonic())),
    signal: abort.signal,
    settle(outcome) {
      clearTimeout(timer);
      abort.abort();
      if (outcome instanceof HubError) reject(outcome);
      else resolve(outcome);
    },
  };
  return { call, answer };
}

/** Requests of one driver that may run at the same time. */
const MOST_AT_ONCE = 16;

/** The driver's road to the network: only on behalf of a call that is running, no longer than it, and not too many at once. */
export function createRelay(
  egress: (request: EgressRequest, signal: AbortSignal) => Promise<EgressReply>,
): (
  asked: Extract<DriverMessage, { type: 'egress' }>,
  call: Call | undefined,
  send: (message: HostMessage) => void,
) => Promise<void> {
  let running = 0;
  return async ({ id, request }, call, send) => {
    if (call === undefined || running >= MOST_AT_ONCE) {
      const detail = call ? 'too many requests at once' : 'no such call is running';
      send({ type: 'egress', id, reply: { ok: false, reason: 'forbidden', detail } });
      return;
    }
    running += 1;
    const timeoutMs = Math.min(request.timeoutMs, call.left());
    const reply = await egress({ ...request, timeoutMs }, call.signal).finally(() => {
      running -= 1;
    });
    send({ type: 'egress', id, reply });
  };
}
