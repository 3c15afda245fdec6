/**
 * What host and driver process say to each other: one JSON message a line, UTF-8, LF, over stdin and stdout, in any language.
 * stdout carries nothing else; stderr is the driver's own diary. A process leaves when its stdin closes.
 */
import { z } from 'zod';
import type { Json, JsonObject } from '#kernel/json.ts';
import { limits } from '#kernel/limits.ts';
import type { Channel, Channels, EgressReply, EgressRequest, EncryptAnswer, Step } from './contract.ts';

/**
 * `begin` has params `{channel, request}`, `resume` `{channel, state, event}`, `encrypt` `{request}`, `health` none. A driver with one channel may
 * leave `channel` unread.
 */
export type Method = 'begin' | 'resume' | 'health' | 'encrypt';

export type HostMessage =
  /** First message, once. The configuration, with its secrets, exists nowhere else in the process. */
  | { readonly type: 'open'; readonly protocol: 1; readonly driver: string; readonly config: JsonObject }
  | {
      readonly type: 'call';
      readonly id: number;
      readonly method: Method;
      readonly params: Json;
      /** Milliseconds until the host gives up. */
      readonly deadlineMs: number;
      /** The hub's clock, epoch milliseconds. */
      readonly now: number;
    }
  /** The answer is no longer wanted; any reply to `id` within half a second keeps the process alive. */
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'egress'; readonly id: number; readonly reply: EgressReply };

const json: z.ZodType<Json> = z.json();
const id = z.int().min(0);
const text = (max: number) => z.string().max(max);
/** Characters of so many bytes. */
const inBase64 = (bytes: number): number => Math.ceil(bytes / 3) * 4;
const header = z.record(
  z.string().regex(/^[A-Za-z0-9-]{1,64}$/),
  z
    .string()
    .max(4096)
    .regex(/^[\t\x20-\x7e]*$/),
);

const egressRequest: z.ZodType<EgressRequest> = z.strictObject({
  method: z.enum(['GET', 'POST']),
  url: text(2048),
  headers: header.refine((value) => Object.keys(value).length <= 32).exactOptional(),
  body: text(limits.driverMessage).exactOptional(),
  timeoutMs: z.number().min(1).max(60_000),
});

export type DriverMessage = z.output<typeof driverMessage>;
export const driverMessage = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('opened'), driver: text(64) }),
  z.strictObject({ type: z.literal('failed'), reason: text(300) }),
  z.discriminatedUnion('ok', [
    z.strictObject({ type: z.literal('reply'), id, ok: z.literal(true), value: json }),
    z.strictObject({ type: z.literal('reply'), id, ok: z.literal(false), error: text(300) }),
  ]),
  /** `call`: on behalf of which call; a driver reaches the network only while it is being asked something. */
  z.strictObject({ type: z.literal('egress'), id, call: id, request: egressRequest }),
  z.strictObject({ type: z.literal('log'), level: z.enum(['info', 'warn']), message: text(2000) }),
]);

const wrap = z.strictObject({ id: text(64).min(1), wrapped: text(8192).min(1) });
const agentPrompt = z.discriminatedUnion('operation', [
  z.strictObject({ kind: z.literal('agent'), operation: z.literal('sign'), text: text(8192) }),
  z.strictObject({
    kind: z.literal('agent'),
    operation: z.literal('unwrap'),
    wraps: z.array(wrap).min(1).max(limits.cryptoWraps),
    certificate: text(limits.certificateField),
    to: z.string().regex(/^04[0-9a-f]{128}$/),
  }),
  z.strictObject({
    kind: z.literal('agent'),
    operation: z.literal('signDocument'),
    toSign: text(inBase64(limits.toSign)).min(1),
    certificate: text(limits.certificateField),
  }),
]);
const prompt = z.discriminatedUnion('kind', [
  agentPrompt,
  z.strictObject({
    kind: z.literal('qr'),
    content: text(1024).min(1),
    digits: text(8),
    expiresAt: z.int(),
    status: z.enum(['waiting', 'scanned']),
  }),
  z.strictObject({ kind: z.literal('redirect'), url: z.url({ protocol: /^https?$/ }).max(2048) }),
  z.strictObject({ kind: z.literal('wait'), message: text(200) }),
]);

const pending = z.strictObject({ step: z.literal('pending'), prompt, state: json, ignored: text(200).exactOptional() });
const refused = z.strictObject({
  step: z.literal('refused'),
  reason: z.enum(['cancelled', 'expired', 'locked', 'unavailable', 'rejected']),
  detail: text(300),
});

const evidence = z.strictObject({
  certificate: text(limits.certificateField),
  signature: text(4096),
  text: text(8192),
  seals: z
    .array(text(inBase64(limits.toSign)).min(1))
    .max(8)
    .exactOptional(),
});
const sealEvidence = z.strictObject({
  certificate: text(limits.certificateField).min(1),
  signature: text(4096).min(1),
});
const unwrappedKeys = z.strictObject({
  keys: z
    .array(z.strictObject({ id: text(64).min(1), wrapped: text(8192).min(1), layout: text(32).exactOptional() }))
    .min(1)
    .max(limits.cryptoWraps),
});

/** Exactly the contract's shapes: a verdict, an identity, a bare key, or anything else a driver might add is not let through. */
export const steps: { readonly [C in Channel]: z.ZodType<Step<Channels[C]['value']>> } = {
  auth: z.discriminatedUnion('step', [pending, z.strictObject({ step: z.literal('done'), value: evidence }), refused]),
  crypto: z.discriminatedUnion('step', [
    pending,
    z.strictObject({ step: z.literal('done'), value: unwrappedKeys }),
    refused,
  ]),
  seal: z.discriminatedUnion('step', [
    pending,
    z.strictObject({ step: z.literal('done'), value: sealEvidence }),
    refused,
  ]),
};

export const encryptAnswer: z.ZodType<EncryptAnswer> = z.discriminatedUnion('step', [
  z.strictObject({ step: z.literal('done'), envelope: text(limits.driverMessage).min(1) }),
  refused,
]);

export const healthReport = z.strictObject({ ok: z.boolean(), detail: text(300) });
