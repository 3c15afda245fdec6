import { z } from 'zod';
import type { Gm, Sm2PublicKey } from '#crypto/gm.ts';
import type { Json } from '#kernel/json.ts';
import type { DriverContext, Exchange, Step } from '../contract.ts';
import { returnFault } from './return.ts';
import { type PageApi, type PageOrder, type PageReport, pageReport, parse, reasonOf } from './vendor-api.ts';

type Pending = Extract<Step<never>, { step: 'pending' }>;

const stateSchema = z.strictObject({
  sid: z.string(),
  exchange: z.string(),
  url: z.string(),
  expiresAt: z.int(),
  /** Where the vendor's return goes: part of what it signs. */
  callbackPath: z.string(),
  /** Nonces of believed returns: they travel with the exchange, so a restart forgets none. */
  nonces: z.array(z.string()).max(64),
  /** Of the wraps asked for; only an opening has some. */
  wraps: z.array(z.string()),
});
export type State = z.output<typeof stateSchema>;

/** One channel over the vendor's pages: what is ordered, and what a page that is done brings (undefined: not what was ordered). */
export interface Channel<Request, Value> {
  order(request: Request): PageOrder | undefined;
  valueOf(report: PageReport, state: State): Value | undefined;
}

/** The browser goes to the vendor's page and comes back; the hub hears of it by the vendor's signed return, or by asking. */
export function createExchange<Request, Value>(
  deps: { gm: Gm; returnKey: Sm2PublicKey; context: DriverContext; vendor: PageApi },
  channel: Channel<Request, Value>,
): Exchange<Request, Value> {
  const { gm, returnKey, context, vendor } = deps;

  async function fromPoll(state: State): Promise<Step<Value>> {
    const answer = await vendor.report(state.sid);
    if (answer.ok && answer.data.sid === state.sid && answer.data.exchange === state.exchange)
      return outcome(state, answer.data);
    if (context.now() >= state.expiresAt) return expired;
    if (!answer.ok && answer.reason !== 'unavailable')
      return { step: 'refused', reason: answer.reason, detail: answer.detail };
    return pending(state); // the vendor stumbles: its page stays good, its return may still come
  }

  function fromReturn(state: State, headers: Readonly<Record<string, string>>, body: string): Step<Value> {
    const nonce = headers['x-return-nonce'] ?? '';
    const message = { path: state.callbackPath, timestamp: headers['x-return-timestamp'] ?? '', nonce, body };
    const fault = returnFault(gm, returnKey, message, headers['x-return-signature'] ?? '', context.now());
    if (fault) return { ...pending(state), ignored: fault };
    if (state.nonces.includes(nonce)) return { ...pending(state), ignored: 'replayed' };
    const report = parse(pageReport, body);
    if (report?.sid !== state.sid || report.exchange !== state.exchange)
      return { ...pending(state), ignored: 'another session' };
    return outcome({ ...state, nonces: [...state.nonces.slice(-63), nonce] }, report);
  }

  function outcome(state: State, report: PageReport): Step<Value> {
    switch (report.state) {
      case 'open':
        return context.now() >= state.expiresAt ? expired : pending(state);
      case 'done': {
        const value = channel.valueOf(report, state);
        return value === undefined
          ? { step: 'refused', reason: 'unavailable', detail: 'done without what was asked for' }
          : { step: 'done', value };
      }
      case 'cancelled':
        return { step: 'refused', reason: 'cancelled', detail: '' };
      case 'expired':
        return expired;
      case 'failed': {
        const detail = `vendor code ${report.reason ?? ''}`.slice(0, 60);
        return { step: 'refused', reason: reasonOf(report.reason ?? ''), detail };
      }
    }
  }

  return {
    async begin(request) {
      const order = channel.order(request);
      if (order === undefined) return { step: 'refused', reason: 'rejected', detail: 'no such purpose' };
      const answer = await vendor.open(order);
      if (!answer.ok) return { step: 'refused', reason: answer.reason, detail: answer.detail };
      return pending({
        sid: answer.data.sid,
        exchange: order.exchange,
        url: answer.data.url,
        expiresAt: order.expiresAt,
        callbackPath: new URL(order.callbackUrl).pathname,
        nonces: [],
        wraps: order.wraps?.map(({ id }) => id) ?? [],
      });
    },
    async resume(stored: Json, event) {
      const state = stateSchema.parse(stored);
      switch (event.from) {
        case 'vendor':
          return fromReturn(state, event.headers, event.body);
        case 'page':
        case 'poll':
          return fromPoll(state);
      }
    },
  };
}

const expired = { step: 'refused', reason: 'expired', detail: '' } as const;

const pending = (state: State): Pending => ({
  step: 'pending',
  prompt: { kind: 'redirect', url: state.url },
  state,
});
