import { z } from 'zod';
import type { Gm, Sm2PrivateKey } from '#crypto/gm.ts';
import { type Bytes, base64, fromBase64, fromHex, fromUtf8, hex, utf8 } from '#kernel/bytes.ts';

const sm3 = z.string().regex(/^[0-9a-f]{64}$/);
const MAX_BYTES = 200 * 1024 * 1024;

const jobShape = z.strictObject({
  v: z.literal(1),
  type: z.literal('sign-job'),
  /** Public address of the hub that will take the result. */
  hub: z.string().min(1).max(500),
  id: z.string().regex(/^job_[\w-]{1,64}$/),
  unit: z.string().min(1).max(128),
  document: z.strictObject({ sm3, bytes: z.int().min(1).max(MAX_BYTES), name: z.string().max(200).nullable() }),
  /** SM3 of the only certificate that may sign (its DER), hex; null: any recognised one. */
  certificate: sm3.nullable(),
  /** UTC, ISO. */
  issuedAt: z.iso.datetime({ precision: 3 }),
  expiresAt: z.iso.datetime({ precision: 3 }),
});

/** One document to be signed once, on a machine without a network, before an hour. */
export type SignJob = Readonly<z.infer<typeof jobShape>>;

/** What travels: the job's text letter by letter, and the hub's signature over it. No canonical form is needed, and none can be mistaken. */
const packageShape = z.strictObject({
  job: z.string().max(8_192),
  key: z.string().regex(/^04[0-9a-f]{128}$/),
  signature: z.string().max(200),
});
export type JobPackage = Readonly<z.infer<typeof packageShape>>;

const resultShape = z.strictObject({
  v: z.literal(1),
  type: z.literal('sign-result'),
  job: z.string().regex(/^job_[\w-]{1,64}$/),
  /** Of the document without the revision, and with it. */
  baseSm3: sm3,
  baseBytes: z.int().min(1).max(MAX_BYTES),
  signedSm3: sm3,
  /** Base64: to be put behind the document. */
  revision: z.string().max(32 * 1024 * 1024),
});

/** What comes back: the revision alone. What binds it to its job is under the signer's signature, in the document (`reasonOf`). */
export type SignResult = Readonly<z.infer<typeof resultShape>>;

const PREFIX = 'caihub-sign-job/1\n';

export async function packJob(gm: Gm, key: Sm2PrivateKey, job: SignJob): Promise<JobPackage> {
  const text = JSON.stringify(job);
  const signature = await gm.sm2.sign(key, [utf8(PREFIX), utf8(text)]);
  return { job: text, key: hex(key.publicKey.point), signature: base64(signature) };
}

/** The job of a package whose signature holds under one of `trusted` (points, 130 hex). undefined: none, altered, or another hub's. */
export function openJob(gm: Gm, bytes: Bytes, trusted: readonly string[]): SignJob | undefined {
  const read = packageShape.safeParse(parsed(bytes));
  if (!read.success || !trusted.includes(read.data.key)) return undefined;
  const { job, key, signature } = read.data;
  const point = gm.sm2.importPublic(fromHex(key) ?? Buffer.alloc(0));
  const der = fromBase64(signature);
  if (point === undefined || der === undefined || !gm.sm2.verify(point, [utf8(PREFIX), utf8(job)], der))
    return undefined;
  const opened = jobShape.safeParse(parsed(utf8(job)));
  return opened.success ? opened.data : undefined;
}

export function readResult(bytes: Bytes): SignResult | undefined {
  const read = resultShape.safeParse(parsed(bytes));
  return read.success ? read.data : undefined;
}

/** Stands as /Reason in the signature, so that one job's signature cannot pass as another's. */
export const reasonOf = (job: Pick<SignJob, 'id'>): string => `离线签署任务 ${job.id}`;

function parsed(bytes: Bytes): unknown {
  try {
    return JSON.parse(fromUtf8(bytes) ?? '');
  } catch {
    return undefined;
  }
}
