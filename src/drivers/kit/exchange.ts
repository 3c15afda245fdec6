import { z } from 'zod';
import type { Json, JsonObject } from '#kernel/json.ts';
import type { AuthRequest, CryptoRequest, Exchange, Prompt, ResumeEvent, Step, VendorReason } from '../contract.ts';
import type { Brought, Order, Ordering } from './order.ts';
import type { VendorAnswer } from './service.ts';

/** What every ordered exchange keeps between its steps; a driver adds its own members. */
export const keptShape = {
  exchange: z.string(),
  expiresAt: z.int(),
  /** Where the vendor calls back: part of what it proves. */
  callbackPath: z.string(),
  /** Nonces of believed callbacks: they travel with the exchange, so a restart forgets none. */
  nonces: z.array(z.string()).max(64),
  /** Of the wraps asked for; only an opening has some. */
  wraps: z.array(z.string()).default([]),
};
const kept = z.strictObject(keptShape);
export type Kept = z.output<typeof kept>;

/** What a report says of the order, in no vendor's words. */
export type News<State> =
  | { readonly news: 'open'; readonly state: State }
  | { readonly news: 'done' | 'cancelled' | 'expired' }
  /** `code`: the vendor's, for machines. */
  | { readonly news: 'failed'; readonly code: string };

/** One vendor's way with orders: its words and its proofs. */
export interface Vendor<State extends Kept & JsonObject, Report extends Brought> {
  /** Lays the order before the vendor. `request` for what only some vendors are told. */
  place(order: Order, begun: Kept, request: AuthRequest | CryptoRequest): Promise<VendorAnswer<State>>;
  ask(state: State): Promise<VendorAnswer<Report>>;
  /** Who sent what came to the callback door: `fault` says why it is not to be believed. */
  heard(
    path: string,
    headers: Readonly<Record<string, string>>,
    body: string,
  ): { readonly nonce: string; readonly fault: string | undefined };
  reportIn(body: string): Report | undefined;
  /** Whether the report is of the vendor's own task or session that this exchange began. */
  isOf(report: Report, state: State): boolean;
  newsOf(report: Report, state: State): News<State>;
  reasonOf(code: string): VendorReason;
  promptOf(state: State): Prompt;
  readState(stored: Json): State;
}

/**
 * The vendor gets an order, its person confirms it where the vendor's screens are, and the hub hears of it by asking or by the vendor's proved
 * callback. What is not believed changes nothing; a vendor that stumbles ends nothing before the order's own end.
 */
export function createExchange<
  Request extends AuthRequest | CryptoRequest,
  Value,
  State extends Kept & JsonObject,
  Report extends Brought & { readonly exchange: string },
>(
  vendor: Vendor<State, Report>,
  ordering: Ordering<Request, Value>,
  clock: { readonly now: () => number },
): Exchange<Request, Value> {
  const pending = (state: State) => ({ step: 'pending', prompt: vendor.promptOf(state), state }) as const;
  const concerns = (report: Report, state: State): boolean =>
    report.exchange === state.exchange && vendor.isOf(report, state);

  async function fromPoll(state: State): Promise<Step<Value>> {
    const answer = await vendor.ask(state);
    if (answer.ok && concerns(answer.data, state)) return outcome(state, answer.data);
    if (clock.now() >= state.expiresAt) return expired;
    if (!answer.ok && answer.reason !== 'unavailable') return refused(answer.reason, answer.detail);
    return pending(state); // the vendor stumbles: what the page shows stays good, a callback may still come
  }

  function fromCallback(state: State, { headers, body }: ResumeEvent & { from: 'vendor' }): Step<Value> {
    const { nonce, fault } = vendor.heard(state.callbackPath, headers, body);
    if (fault !== undefined) return { ...pending(state), ignored: fault };
    if (state.nonces.includes(nonce)) return { ...pending(state), ignored: 'replayed' };
    const report = vendor.reportIn(body);
    if (report === undefined || !concerns(report, state)) return { ...pending(state), ignored: 'another exchange' };
    return outcome({ ...state, nonces: [...state.nonces.slice(-63), nonce] }, report);
  }

  function outcome(state: State, report: Report): Step<Value> {
    const news = vendor.newsOf(report, state);
    switch (news.news) {
      case 'open':
        return pending(news.state);
      case 'done': {
        const value = ordering.valueOf(report, state.wraps);
        return value === undefined
          ? refused('unavailable', 'done without what was asked for')
          : { step: 'done', value };
      }
      case 'cancelled':
        return refused('cancelled', '');
      case 'expired':
        return expired;
      case 'failed':
        return refused(vendor.reasonOf(news.code), `vendor code ${news.code}`.slice(0, 60));
    }
  }

  return {
    async begin(request) {
      const order = ordering.order(request);
      if (order === undefined) return refused('rejected', 'no such purpose');
      const begun: Kept = {
        exchange: order.exchange,
        expiresAt: order.expiresAt,
        callbackPath: new URL(order.callbackUrl).pathname,
        nonces: [],
        wraps: order.wraps?.map(({ id }) => id) ?? [],
      };
      const answer = await vendor.place(order, begun, request);
      return answer.ok ? pending(answer.data) : refused(answer.reason, answer.detail);
    },
    async resume(stored, event) {
      const state = vendor.readState(stored);
      switch (event.from) {
        case 'vendor':
          return fromCallback(state, event);
        case 'page':
        case 'poll':
          return fromPoll(state);
      }
    },
  };
}

const refused = (reason: VendorReason, detail: string) => ({ step: 'refused', reason, detail }) as const;
const expired = refused('expired', '');
