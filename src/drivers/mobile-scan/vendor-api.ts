import { z } from 'zod';
import type { Gm } from '#crypto/gm.ts';
import type { DriverContext, EncryptRequest, VendorReason } from '../contract.ts';
import { broughtShape, type Order } from '../kit/order.ts';
import { createService, parse, type VendorAnswer } from '../kit/service.ts';
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

export const STATUS = {
  waiting: '00',
  scanned: '01',
  confirmed: '02',
  cancelled: '03',
  expired: '04',
  failed: '05',
} as const;

const encrypted = z.object({ envelope: z.base64().min(1) });

/** Phones of this protocol bring no seals along. */
const { seals: _seals, ...carried } = broughtShape;

/** What a poll answers and a callback carries. */
export const taskReport = z.object({
  tid: z.string(),
  exchange: z.string(),
  status: z.enum(STATUS),
  /** Vendor's reason code of a failed task. */
  reason: z.string().exactOptional(),
  ...carried,
});
export type TaskReport = z.output<typeof taskReport>;

export interface VendorApi {
  create(order: Order): Promise<VendorAnswer<z.output<typeof created>>>;
  status(tid: string): Promise<VendorAnswer<TaskReport>>;
  /** Where this vendor offers it: its server makes the envelope, and sees the content. */
  encrypt(request: EncryptRequest): Promise<VendorAnswer<z.output<typeof encrypted>>>;
  health(): Promise<VendorAnswer<unknown>>;
}

export function createVendorApi(gm: Gm, config: MobileScanConfig, context: DriverContext): VendorApi {
  const service = createService(config, context, {
    proof: (message) => ({
      'x-vendor-app': config.app,
      'x-vendor-timestamp': message.timestamp,
      'x-vendor-nonce': message.nonce,
      'x-vendor-seal': sealOf(gm, config.secret, message),
    }),
    read(body) {
      const answer = parse(envelope, body);
      return answer && { code: answer.ret === '0' ? null : answer.ret, data: answer.data };
    },
    reasonOf,
  });
  return {
    create: (order) => service.post('/api/v1/tasks', order, created),
    encrypt: (request) => service.post('/api/v1/encrypt', request, encrypted),
    status: (tid) => service.get(`/api/v1/tasks/${encodeURIComponent(tid)}`, taskReport),
    health: () => service.get('/api/v1/health', z.unknown()),
  };
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
