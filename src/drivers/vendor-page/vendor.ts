import { z } from 'zod';
import type { Gm, Sm2PublicKey } from '#crypto/gm.ts';
import type { DriverContext } from '../contract.ts';
import { keptShape, type News, type Vendor } from '../kit/exchange.ts';
import { parse } from '../kit/service.ts';
import { returnFault } from './return.ts';
import { type PageApi, type PageReport, pageReport, reasonOf } from './vendor-api.ts';

const stateSchema = z.strictObject({ sid: z.string(), url: z.string(), ...keptShape });
type State = z.output<typeof stateSchema>;

/** The browser goes to the vendor's page and comes back; the hub hears of it by the vendor's signed return, or by asking. */
export const pageVendor = (deps: {
  readonly gm: Gm;
  readonly returnKey: Sm2PublicKey;
  readonly context: DriverContext;
  readonly api: PageApi;
}): Vendor<State, PageReport> => {
  const { gm, returnKey, context, api } = deps;
  return {
    async place(order, begun, { returnUrl }) {
      const answer = await api.open({ ...order, returnUrl });
      return answer.ok ? { ok: true, data: { ...begun, ...answer.data } } : answer;
    },
    ask: ({ sid }) => api.report(sid),
    heard(path, headers, body) {
      const nonce = headers['x-return-nonce'] ?? '';
      const message = { path, timestamp: headers['x-return-timestamp'] ?? '', nonce, body };
      return { nonce, fault: returnFault(gm, returnKey, message, headers['x-return-signature'] ?? '', context.now()) };
    },
    reportIn: (body) => parse(pageReport, body),
    isOf: (report, { sid }) => report.sid === sid,
    newsOf: (report, state) => newsOf(report, state, context.now()),
    reasonOf,
    promptOf: ({ url }) => ({ kind: 'redirect', url }),
    readState: (stored) => stateSchema.parse(stored),
  };
};

function newsOf(report: PageReport, state: State, now: number): News<State> {
  switch (report.state) {
    case 'open':
      return now >= state.expiresAt ? { news: 'expired' } : { news: 'open', state };
    case 'done':
    case 'cancelled':
    case 'expired':
      return { news: report.state };
    case 'failed':
      return { news: 'failed', code: report.reason ?? '' };
  }
}
