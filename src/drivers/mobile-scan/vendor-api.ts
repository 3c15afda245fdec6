import { z } from 'zod';
import type { Gm } from '#crypto/gm.ts';
import type { DriverContext, EncryptRequest, VendorReason, Wrap } from '../contract.ts';
import type { MobileScanConfig } from './config.ts';
import { sealOf } from './seal.ts';

/** The vendor's words: answers are `{ret, msg, data}`, ret "0" is success (shape of domain 3.6). */
const envelope = z.object({ ret: z.string(), msg: z.string().default(''), data: z.unknown() });

const created = z.object({
  tid: z.string().regex(/^[A-Za-z0-9_-]{8,64}$/),
  // Bytes, not characters: a QR code of level M holds 2 331 of them.
  content: z
    .string()
    .min(1)
    .refine((text) => Buffer.byteLength(text) <= 1024),
  expiresAt: z.int(),
});

/** What a task asks of the person and the phone. `sign`: who signs documents here; `seal`: one signature for a document. */
export interface TaskOrder {
  readonly exchange: string;
  readonly purpose: 'login' | 'sign' | 'decrypt' | 'release' | 'rehearse' | 'seal';
  readonly text: string;
  readonly digits: string;
  readonly platformName: string;
  readonly expiresAt: number;
  readonly callbackUrl: string;
  /** Whose key opens or seals. */
  readonly certificate?: string;
  /** For keys to open. */
  readonly wraps?: readonly Wrap[];
  readonly replyKey?: string;
  readonly files?: number;
  /** For a seal; `toSign` stands for the document, which nobody but the hub and its own parties sees. */
  readonly toSign?: string;
  readonly digest?: string;
  readonly documentName?: string;
  readonly sealName?: string | null;
  readonly places?: number;
}

export const STATUS = {
  waiting: '00',
  scanned: '01',
  confirmed: '02',
  cancelled: '03',
  expired: '04',
  failed: '05',
} as const;

const encrypted = z.object({ envelope: z.base64().min(1) });

/** What a poll answers and a callback carries. */
export const taskReport = z.object({
  tid: z.string(),
  exchange: z.string(),
  status: z.enum(STATUS),
  /** Vendor's reason code of a failed task. */
  reason: z.string().optional(),
  certificate: z.string().optional(),
  signature: z.string().optional(),
  text: z.string().optional(),
  /** Opened by the phone and wrapped to the key that the order named: the vendor's server sees none of them. */
  keys: z
    .array(z.object({ id: z.string(), wrapped: z.string(), layout: z.string().exactOptional() }))
    .max(100)
    .optional(),
});
export type TaskReport = z.output<typeof taskReport>;

type VendorAnswer<T> =
  | { readonly ok: true; readonly data: T }
  | { readonly ok: false; readonly reason: VendorReason; readonly detail: string };

export interface VendorApi {
  create(order: TaskOrder): Promise<VendorAnswer<z.output<typeof created>>>;
  status(tid: string): Promise<VendorAnswer<TaskReport>>;
  /** Where this vendor offers it: its server makes the envelope, and sees the content. */
  encrypt(request: EncryptRequest): Promise<VendorAnswer<z.output<typeof encrypted>>>;
  health(): Promise<VendorAnswer<unknown>>;
}

export function createVendorApi(gm: Gm, config: MobileScanConfig, context: DriverContext): VendorApi {
  const basePath = new URL(config.apiBase).pathname.replace(/\/$/, '');

  async function ask<T>(
    method: 'GET' | 'POST',
    path: string,
    body: string,
    shape: z.ZodType<T>,
  ): Promise<VendorAnswer<T>> {
    const timestamp = String(context.now());
    const nonce = Buffer.from(context.random(16), 'base64').toString('hex');
    const seal = sealOf(gm, config.secret, { method, path: `${basePath}${path}`, timestamp, nonce, body });
    const reply = await context.egress.request({
      method,
      url: `${config.apiBase}${path}`,
      headers: {
        accept: 'application/json',
        ...(method === 'POST' ? { 'content-type': 'application/json; charset=utf-8' } : {}),
        'x-vendor-app': config.app,
        'x-vendor-timestamp': timestamp,
        'x-vendor-nonce': nonce,
        'x-vendor-seal': seal,
      },
      ...(method === 'POST' ? { body } : {}),
      timeoutMs: config.timeoutMs,
    });
    if (!reply.ok) return failure('unavailable', `vendor ${reply.reason}`);
    if (reply.status >= 500) return failure('unavailable', `vendor answered status ${reply.status}`);
    const answer = parse(envelope, reply.body);
    if (!answer) return failure('unavailable', `vendor answered no envelope, status ${reply.status}`);
    if (answer.ret !== '0') return failure(reasonOf(answer.ret), `vendor code ${answer.ret.slice(0, 16)}`);
    const data = shape.safeParse(answer.data);
    return data.success ? { ok: true, data: data.data } : failure('unavailable', 'vendor answered another shape');
  }

  return {
    create: (order) => ask('POST', '/api/v1/tasks', JSON.stringify(order), created),
    encrypt: (request) => ask('POST', '/api/v1/encrypt', JSON.stringify(request), encrypted),
    status: (tid) => ask('GET', `/api/v1/tasks/${encodeURIComponent(tid)}`, '', taskReport),
    health: () => ask('GET', '/api/v1/health', '', z.unknown()),
  };
}

export function parse<T>(shape: z.ZodType<T>, body: string): T | undefined {
  try {
    return shape.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}

/** The vendor's error codes in the contract's words; an unknown one is the vendor's trouble, not the person's. */
const REASONS: Readonly<Record<string, VendorReason>> = {
  '2001': 'rejected', // no mobile certificate under this account
  '2002': 'locked', // phone PIN or account locked
  '2003': 'rejected', // mobile certificate revoked or frozen at the vendor
  '2004': 'rejected', // no certificate in the phone opens these keys
  '2005': 'unavailable', // this vendor has no encrypt service
  '3001': 'cancelled',
  '3002': 'expired',
};

export const reasonOf = (code: string): VendorReason => REASONS[code] ?? 'unavailable';

const failure = (reason: VendorReason, detail: string): { ok: false; reason: VendorReason; detail: string } => ({
  ok: false,
  reason,
  detail,
});
