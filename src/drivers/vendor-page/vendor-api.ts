import { z } from 'zod';
import type { Gm } from '#crypto/gm.ts';
import { hex, utf8 } from '#kernel/bytes.ts';
import type { DriverContext, VendorReason, Wrap } from '../contract.ts';
import type { VendorPageConfig } from './config.ts';

/** The vendor's answers: `{code, message, result}`, code "OK" is success. */
const envelope = z.object({ code: z.string(), message: z.string().default(''), result: z.unknown() });

const opened = z.object({
  sid: z.string().regex(/^[A-Za-z0-9_-]{8,64}$/),
  /** The page that the person's browser goes to. */
  url: z.url({ protocol: /^https?$/ }).max(2048),
});

/** What a page session asks of the person. `sign`: who signs documents here; `seal`: one signature for a document; the others open keys. */
export interface PageOrder {
  readonly exchange: string;
  readonly purpose: 'login' | 'sign' | 'seal' | 'decrypt' | 'release' | 'rehearse';
  readonly text: string;
  readonly digits: string;
  readonly platformName: string;
  readonly expiresAt: number;
  readonly callbackUrl: string;
  readonly returnUrl: string;
  /** Whose key signs or opens. */
  readonly certificate?: string;
  readonly wraps?: readonly Wrap[];
  readonly replyKey?: string;
  readonly files?: number;
  readonly toSign?: string;
  readonly digest?: string;
  readonly documentName?: string;
  readonly sealName?: string | null;
  readonly places?: number;
}

export const STATES = ['open', 'done', 'cancelled', 'expired', 'failed'] as const;

/** What a poll answers and a return carries. */
export const pageReport = z.object({
  sid: z.string(),
  exchange: z.string(),
  state: z.enum(STATES),
  /** Why it failed, in the vendor's words for machines. */
  reason: z.string().exactOptional(),
  certificate: z.string().exactOptional(),
  signature: z.string().exactOptional(),
  text: z.string().exactOptional(),
  /** Seals that the vendor keeps for this person and that he has chosen to bring along. */
  seals: z.array(z.string()).max(8).exactOptional(),
  /** Opened by the person's key and wrapped at once to the key that the order named. */
  keys: z
    .array(z.object({ id: z.string(), wrapped: z.string(), layout: z.string().exactOptional() }))
    .max(100)
    .exactOptional(),
});
export type PageReport = z.output<typeof pageReport>;

export type VendorAnswer<T> =
  | { readonly ok: true; readonly data: T }
  | { readonly ok: false; readonly reason: VendorReason; readonly detail: string };

export interface PageApi {
  open(order: PageOrder): Promise<VendorAnswer<z.output<typeof opened>>>;
  report(sid: string): Promise<VendorAnswer<PageReport>>;
  health(): Promise<VendorAnswer<unknown>>;
}

/** Every request carries `x-page-app`, `-timestamp`, `-nonce` and `-mac`: HMAC-SM3, lower hex, over method, path, timestamp, nonce and body, LF between. */
export function createPageApi(gm: Gm, config: VendorPageConfig, context: DriverContext): PageApi {
  const basePath = new URL(config.apiBase).pathname.replace(/\/$/, '');

  async function ask<T>(
    method: 'GET' | 'POST',
    path: string,
    body: string,
    shape: z.ZodType<T>,
  ): Promise<VendorAnswer<T>> {
    const timestamp = String(context.now());
    const nonce = Buffer.from(context.random(16), 'base64').toString('hex');
    const said = [method, `${basePath}${path}`, timestamp, nonce, body].join('\n');
    const reply = await context.egress.request({
      method,
      url: `${config.apiBase}${path}`,
      headers: {
        accept: 'application/json',
        ...(method === 'POST' ? { 'content-type': 'application/json; charset=utf-8' } : {}),
        'x-page-app': config.app,
        'x-page-timestamp': timestamp,
        'x-page-nonce': nonce,
        'x-page-mac': hex(gm.hmacSm3(utf8(config.secret), utf8(said))),
      },
      ...(method === 'POST' ? { body } : {}),
      timeoutMs: config.timeoutMs,
    });
    if (!reply.ok) return failure('unavailable', `vendor ${reply.reason}`);
    if (reply.status >= 500) return failure('unavailable', `vendor answered status ${reply.status}`);
    const answer = parse(envelope, reply.body);
    if (!answer) return failure('unavailable', `vendor answered no envelope, status ${reply.status}`);
    if (answer.code !== 'OK') return failure(reasonOf(answer.code), `vendor code ${answer.code.slice(0, 32)}`);
    const data = shape.safeParse(answer.result);
    return data.success ? { ok: true, data: data.data } : failure('unavailable', 'vendor answered another shape');
  }

  return {
    open: (order) => ask('POST', '/pages/v1/sessions', JSON.stringify(order), opened),
    report: (sid) => ask('GET', `/pages/v1/sessions/${encodeURIComponent(sid)}`, '', pageReport),
    health: () => ask('GET', '/pages/v1/health', '', z.unknown()),
  };
}

export function parse<T>(shape: z.ZodType<T>, body: string): T | undefined {
  try {
    return shape.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
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

const failure = (reason: VendorReason, detail: string): { ok: false; reason: VendorReason; detail: string } => ({
  ok: false,
  reason,
  detail,
});
