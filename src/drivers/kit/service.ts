import { z } from 'zod';
import type { DriverContext, VendorReason } from '../contract.ts';
import type { Message } from './message.ts';

/** What every driver over a vendor's REST service is configured with. */
export const serviceShape = {
  /** Base URL of the vendor's service, without a slash at its end; its origin must be registered for egress. */
  apiBase: z.url({ protocol: /^https?$/ }).regex(/[^/]$/),
  /** Which hub this is, as the vendor calls it. */
  app: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/)
    .default('ca-interop-hub'),
  /** Shared with the vendor: authenticates what the hub asks. 16 to 128 printable ASCII characters. */
  secret: z.string().regex(/^[\x21-\x7e]{16,128}$/),
  /** Milliseconds for one request to the vendor. */
  timeoutMs: z.int().min(200).max(10_000).default(5_000),
};

export type VendorAnswer<T> =
  | { readonly ok: true; readonly data: T }
  | { readonly ok: false; readonly reason: VendorReason; readonly detail: string };

/** One vendor's spelling of a call. */
export interface Spelling {
  /** The headers that say who asks, and prove it. */
  proof(message: Message): Readonly<Record<string, string>>;
  /** What an answer's envelope says: `code` null is success. undefined: no envelope of this vendor's. */
  read(body: string): { readonly code: string | null; readonly data: unknown } | undefined;
  /** The vendor's code in the contract's words; an unknown one is the vendor's trouble, not the person's. */
  reasonOf(code: string): VendorReason;
}

export interface Service {
  get<T>(path: string, shape: z.ZodType<T>): Promise<VendorAnswer<T>>;
  /** `content` goes as JSON. */
  post<T>(path: string, content: unknown, shape: z.ZodType<T>): Promise<VendorAnswer<T>>;
}

/** A vendor's REST service, asked through the hub's egress. Never throws for what the vendor does: a stumbling one is `unavailable`. */
export function createService(
  { apiBase, timeoutMs }: { readonly apiBase: string; readonly timeoutMs: number },
  context: DriverContext,
  spelling: Spelling,
): Service {
  const basePath = new URL(apiBase).pathname.replace(/\/$/, '');

  async function ask<T>(
    asked: Pick<Message, 'method' | 'body'>,
    path: string,
    shape: z.ZodType<T>,
  ): Promise<VendorAnswer<T>> {
    const { method, body } = asked;
    const timestamp = String(context.now());
    const nonce = Buffer.from(context.random(16), 'base64').toString('hex');
    const reply = await context.egress.request({
      method,
      url: `${apiBase}${path}`,
      headers: {
        accept: 'application/json',
        ...(method === 'POST' ? { 'content-type': 'application/json; charset=utf-8' } : {}),
        ...spelling.proof({ method, path: `${basePath}${path}`, timestamp, nonce, body }),
      },
      ...(method === 'POST' ? { body } : {}),
      timeoutMs,
    });
    if (!reply.ok) return failure('unavailable', `vendor ${reply.reason}`);
    if (reply.status >= 500) return failure('unavailable', `vendor answered status ${reply.status}`);
    const answer = spelling.read(reply.body);
    if (answer === undefined) return failure('unavailable', `vendor answered no envelope, status ${reply.status}`);
    if (answer.code !== null) return failure(spelling.reasonOf(answer.code), `vendor code ${answer.code.slice(0, 32)}`);
    const data = shape.safeParse(answer.data);
    return data.success ? { ok: true, data: data.data } : failure('unavailable', 'vendor answered another shape');
  }

  return {
    get: (path, shape) => ask({ method: 'GET', body: '' }, path, shape),
    post: (path, content, shape) => ask({ method: 'POST', body: JSON.stringify(content) }, path, shape),
  };
}

/** As the contract's `health` wants it. */
export const healthOf = (answer: VendorAnswer<unknown>): { ok: boolean; detail: string } => ({
  ok: answer.ok,
  detail: answer.ok ? '' : answer.detail,
});

/** undefined: no JSON, or of another shape. */
export function parse<T>(shape: z.ZodType<T>, body: string): T | undefined {
  try {
    return shape.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}

const failure = (reason: VendorReason, detail: string): { ok: false; reason: VendorReason; detail: string } => ({
  ok: false,
  reason,
  detail,
});
