import { z } from 'zod';
import type { Gm } from '#crypto/gm.ts';
import { hex, utf8 } from '#kernel/bytes.ts';
import type { DriverContext, VendorReason } from '../contract.ts';
import { broughtShape, type Order } from '../kit/order.ts';
import { createService, parse, type VendorAnswer } from '../kit/service.ts';
import type { VendorPageConfig } from './config.ts';

/** The vendor's answers: `{code, message, result}`, code "OK" is success. */
const envelope = z.object({ code: z.string(), message: z.string().default(''), result: z.unknown() });

const opened = z.object({
  sid: z.string().regex(/^[A-Za-z0-9_-]{8,64}$/),
  /** The page that the person's browser goes to. */
  url: z.url({ protocol: /^https?$/ }).max(2048),
});

/** What a page session asks of the person. */
export interface PageOrder extends Order {
  readonly returnUrl: string;
}

export const STATES = ['open', 'done', 'cancelled', 'expired', 'failed'] as const;

/** What a poll answers and a return carries. */
export const pageReport = z.object({
  sid: z.string(),
  exchange: z.string(),
  state: z.enum(STATES),
  /** Why it failed, in the vendor's words for machines. */
  reason: z.string().exactOptional(),
  ...broughtShape,
});
export type PageReport = z.output<typeof pageReport>;

export interface PageApi {
  open(order: PageOrder): Promise<VendorAnswer<z.output<typeof opened>>>;
  report(sid: string): Promise<VendorAnswer<PageReport>>;
  health(): Promise<VendorAnswer<unknown>>;
}

/** Every request carries `x-page-app`, `-timestamp`, `-nonce` and `-mac`: HMAC-SM3, lower hex, over method, path, timestamp, nonce and body, LF between. */
export function createPageApi(gm: Gm, config: VendorPageConfig, context: DriverContext): PageApi {
  const service = createService(config, context, {
    proof: ({ method, path, timestamp, nonce, body }) => ({
      'x-page-app': config.app,
      'x-page-timestamp': timestamp,
      'x-page-nonce': nonce,
      'x-page-mac': hex(gm.hmacSm3(utf8(config.secret), utf8([method, path, timestamp, nonce, body].join('\n')))),
    }),
    read(body) {
      const answer = parse(envelope, body);
      return answer && { code: answer.code === 'OK' ? null : answer.code, data: answer.result };
    },
    reasonOf,
  });
  return {
    open: (order) => service.post('/pages/v1/sessions', order, opened),
    report: (sid) => service.get(`/pages/v1/sessions/${encodeURIComponent(sid)}`, pageReport),
    health: () => service.get('/pages/v1/health', z.unknown()),
  };
}

/** The vendor's codes in the contract's words; an unknown one is the vendor's trouble, not the person's. */
const REASONS: Readonly<Record<string, VendorReason>> = {
  NO_CERTIFICATE: 'rejected', // nobody of this vendor's holds what was asked for
  CERTIFICATE_REVOKED: 'rejected',
  WRONG_ORDER: 'rejected', // the vendor finds that what is to be signed does not fit what would be shown
  ACCOUNT_LOCKED: 'locked',
  CANCELLED: 'cancelled',
  SESSION_ENDED: 'expired',
};

export const reasonOf = (code: string): VendorReason => REASONS[code] ?? 'unavailable';
