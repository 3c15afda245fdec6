import { z } from 'zod';
import type { Gm } from '#crypto/gm.ts';
import type { Json } from '#kernel/json.ts';
import type { DriverContext, Exchange, ResumeEvent, Step } from '../contract.ts';
import type { MobileScanConfig } from './config.ts';
import { sealFault } from './seal.ts';
import { parse, reasonOf, STATUS, type TaskOrder, type TaskReport, taskReport, type VendorApi } from './vendor-api.ts';

type Pending = Extract<Step<never>, { step: 'pending' }>;

const stateSchema = z.strictObject({
  tid: z.string(),
  exchange: z.string(),
  content: z.string(),
  digits: z.string(),
  expiresAt: z.int(),
  status: z.enum(['waiting', 'scanned']),
  /** Where the vendor calls back: part of what its seal covers. */
  callbackPath: z.string(),
  /** Nonces of believed callbacks: they travel with the exchange, so a restart forgets none. */
  nonces: z.array(z.string()).max(64),
  /** Of the wraps asked for; a login has none. */
  wraps: z.array(z.string()).default([]),
});
export type State = z.output<typeof stateSchema>;

/** One channel over the vendor's tasks: what is ordered, and what a confirmed task brings (undefined: not what was ordered). */
export interface Channel<Request, Value> {
  order(request: Request): TaskOrder | undefined;
  valueOf(report: TaskReport, state: State): Value | undefined;
}

/** The page shows a QR code, the phone shows the same two digits; vendor and hub hear of it by poll or sealed callback. */
export function createExchange<Request, Value>(
  deps: { gm: Gm; config: MobileScanConfig; context: DriverContext; vendor: VendorApi },
  channel: Channel<Request, Value>,
): Exchange<Request, Value> {
  const { gm, config, context, vendor } = deps;

  async function resume(state: State, event: ResumeEvent): Promise<Step<Value>> {
    switch (event.from) {
      case 'vendor':
        return fromCallback(state, event.headers, event.body);
      case 'page':
      case 'poll':
        return fromPoll(state);
    }
  }

  async function fromPoll(state: State): Promise<Step<Value>> {
    const answer = await vendor.status(state.tid);
    if (answer.ok && answer.data.exchange === state.exchange) return outcome(state, answer.data);
    if (context.now() >= state.expiresAt) return expired;
    if (!answer.ok && answer.reason !== 'unavailable')
      return { step: 'refused', reason: answer.reason, detail: answer.detail };
    return pending(state); // the vendor stumbles: the code on the page stays good, its callback may still come
  }

  function fromCallback(state: State, headers: Readonly<Record<string, string>>, body: string): Step<Value> {
    const nonce = headers['x-vendor-nonce'] ?? '';
    const timestamp = headers['x-vendor-timestamp'] ?? '';
    const message = { method: 'POST', path: state.callbackPath, timestamp, nonce, body } as const;
    const fault = sealFault(gm, config.secret, message, headers['x-vendor-seal'] ?? '', context.now());
    if (fault) return { ...pending(state), ignored: fault };
    if (state.nonces.includes(nonce)) return { ...pending(state), ignored: 'replayed' };
    const report = parse(taskReport, body);
    if (report?.tid !== state.tid || report.exchange !== state.exchange) {
      return { ...pending(state), ignored: 'another task' };
    }
    return outcome({ ...state, nonces: [...state.nonces.slice(-63), nonce] }, report);
  }

  function outcome(state: State, report: TaskReport): Step<Value> {
    switch (report.status) {
      case STATUS.waiting:
        return pending(state); // never back from scanned: reports may overtake each other
      case STATUS.scanned:
        return pending({ ...state, status: 'scanned' });
      case STATUS.confirmed: {
        const value = channel.valueOf(report, state);
        return value === undefined
          ? { step: 'refused', reason: 'unavailable', detail: 'confirmed without what was asked for' }
          : { step: 'done', value };
      }
      case STATUS.cancelled:
        return { step: 'refused', reason: 'cancelled', detail: '' };
      case STATUS.expired:
        return expired;
      case STATUS.failed: {
        const detail = `vendor code ${report.reason ?? ''}`.slice(0, 60);
        return { step: 'refused', reason: reasonOf(report.reason ?? ''), detail };
      }
    }
  }

  return {
    async begin(request) {
      const order = channel.order(request);
      if (order === undefined) return { step: 'refused', reason: 'rejected', detail: 'no such purpose' };
      const answer = await vendor.create(order);
      if (!answer.ok) return { step: 'refused', reason: answer.reason, detail: answer.detail };
      return pending({
        tid: answer.data.tid,
        exchange: order.exchange,
        content: answer.data.content,
        digits: order.digits,
        expiresAt: Math.min(answer.data.expiresAt, order.expiresAt),
        status: 'waiting',
        callbackPath: new URL(order.callbackUrl).pathname,
        nonces: [],
        wraps: order.wraps?.map(({ id }) => id) ?? [],
      });
    },
    resume: async (state: Json, event) => resume(stateSchema.parse(state), event),
  };
}

const expired = { step: 'refused', reason: 'expired', detail: '' } as const;

const pending = (state: State): Pending => ({
  step: 'pending',
  prompt: {
    kind: 'qr',
    content: state.content,
    digits: state.digits,
    expiresAt: state.expiresAt,
    status: state.status,
  },
  state,
});
