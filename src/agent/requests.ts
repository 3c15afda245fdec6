import { z } from 'zod';
import { utf8 } from '#kernel/bytes.ts';
import { readJsonObject } from '#kernel/json.ts';
import { limits } from '#kernel/limits.ts';
import type { AgentRequest } from './protocol.ts';

/** One frame of a page that was admitted; only what stands for a document is so large. */
export const MAX_FRAME = 384 * 1024;
/** Every other frame: a grant, a challenge and a wrapped key all fit many times. */
export const MAX_SMALL_FRAME = 32 * 1024;

const key = z.string().min(1).max(64);
const line = z.string().regex(/^[\x21-\x7e]{1,300}$/);
/** It will stand in a policy: scheme, host and port, nothing that could end a directive. */
const origin = z.string().regex(/^https?:\/\/[A-Za-z0-9.:[\]-]{1,255}$/);
const base64 = z.string().max(8_192);
const point = z.string().regex(/^04[0-9a-f]{128}$/);

const grant = z.object({
  v: z.literal(1),
  nonce: z.string().regex(/^[0-9a-f]{64}$/),
  origin: line,
  interaction: z.string().regex(/^[\w-]{1,80}$/),
  operations: z
    .array(
      z.enum(['enumerate', 'certificates', 'sign-login', 'unwrap', 'release', 'rewrap', 'rehearse', 'sign-document']),
    )
    .min(1)
    .max(8),
  expires: line,
  frames: z.array(origin).min(1).max(32).exactOptional(),
});

const id = z.string().min(1).max(64);
const schema = z.discriminatedUnion('method', [
  z.object({ id, method: z.literal('authorize'), params: z.object({ grant, signature: base64 }) }),
  z.object({ id, method: z.literal('enumerate'), params: z.unknown().optional() }),
  z.object({ id, method: z.literal('certificates'), params: z.object({ key }) }),
  z.object({ id, method: z.literal('pinStatus'), params: z.object({ key }) }),
  z.object({ id, method: z.literal('login'), params: z.object({ key, pin: z.string().max(256) }) }),
  z.object({ id, method: z.literal('pinDialog'), params: z.object({ key }) }),
  z.object({ id, method: z.literal('sign'), params: z.object({ key, text: z.string().max(4_096) }) }),
  z.object({ id, method: z.literal('unwrap'), params: z.object({ key, wrapped: base64, to: point.optional() }) }),
  z.object({
    id,
    method: z.literal('rewrap'),
    params: z.object({ key, wrapped: base64, certificate: base64, text: z.string().max(1_024) }),
  }),
  z.object({
    id,
    method: z.literal('signDocument'),
    params: z.object({ key, toSign: z.string().max(Math.ceil(limits.toSign / 3) * 4) }),
  }),
]);

export type ReadRequest =
  | { readonly ok: true; readonly request: AgentRequest }
  /** `id` as far as one could be read, else empty: the reply must name something. */
  | { readonly ok: false; readonly id: string };

/** A frame as a request. Unknown members are ignored, unknown methods refused. */
export function readRequest(frame: string): ReadRequest {
  const json = readJsonObject(utf8(frame), { size: MAX_FRAME, depth: 6 });
  if (!json.ok) return { ok: false, id: '' };
  const parsed = schema.safeParse(json.value);
  if (parsed.success) return { ok: true, request: parsed.data as AgentRequest };
  const said = id.safeParse(json.value['id']);
  return { ok: false, id: said.success ? said.data : '' };
}
