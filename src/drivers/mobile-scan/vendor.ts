import { z } from 'zod';
import type { Gm } from '#crypto/gm.ts';
import type { DriverContext } from '../contract.ts';
import { keptShape, type News, type Vendor } from '../kit/exchange.ts';
import { parse } from '../kit/service.ts';
import type { MobileScanConfig } from './config.ts';
import { sealFault } from './seal.ts';
import { reasonOf, STATUS, type TaskReport, taskReport, type VendorApi } from './vendor-api.ts';

const stateSchema = z.strictObject({
  tid: z.string(),
  content: z.string(),
  digits: z.string(),
  status: z.enum(['waiting', 'scanned']),
  ...keptShape,
});
type State = z.output<typeof stateSchema>;

/** The page shows a QR code, the phone shows the same two digits; the hub hears of it by poll or sealed callback. */
export const phoneVendor = (deps: {
  readonly gm: Gm;
  readonly config: MobileScanConfig;
  readonly context: DriverContext;
  readonly api: VendorApi;
}): Vendor<State, TaskReport> => {
  const { gm, config, context, api } = deps;
  return {
    async place(order, begun) {
      const answer = await api.create(order);
      if (!answer.ok) return answer;
      const { tid, content } = answer.data;
      const expiresAt = Math.min(answer.data.expiresAt, order.expiresAt);
      return {
        ok: true,
        data: { ...begun, tid, content, digits: order.digits, expiresAt, status: 'waiting' },
      };
    },
    ask: ({ tid }) => api.status(tid),
    heard(path, headers, body) {
      const nonce = headers['x-vendor-nonce'] ?? '';
      const timestamp = headers['x-vendor-timestamp'] ?? '';
      const message = { method: 'POST', path, timestamp, nonce, body } as const;
      return { nonce, fault: sealFault(gm, config.secret, message, headers['x-vendor-seal'] ?? '', context.now()) };
    },
    reportIn: (body) => parse(taskReport, body),
    isOf: (report, { tid }) => report.tid === tid,
    newsOf,
    reasonOf,
    promptOf: ({ content, digits, expiresAt, status }) => ({ kind: 'qr', content, digits, expiresAt, status }),
    readState: (stored) => stateSchema.parse(stored),
  };
};

function newsOf(report: TaskReport, state: State): News<State> {
  switch (report.status) {
    case STATUS.waiting:
      return { news: 'open', state }; // never back from scanned: reports may overtake each other
    case STATUS.scanned:
      return { news: 'open', state: { ...state, status: 'scanned' } };
    case STATUS.confirmed:
      return { news: 'done' };
    case STATUS.cancelled:
      return { news: 'cancelled' };
    case STATUS.expired:
      return { news: 'expired' };
    case STATUS.failed:
      return { news: 'failed', code: report.reason ?? '' };
  }
}
