import { z } from 'zod';
import type { Gm } from '#crypto/gm.ts';
import { type Bytes, concat, equalBytes, utf8 } from '#kernel/bytes.ts';
import type { Json } from '#kernel/json.ts';
import { limits } from '#kernel/limits.ts';
import { canonicalJson, readCanonical } from './canonical.ts';
import { type CapsuleHeader, readHeader, writeHeader } from './header.ts';
import { type Wrap, wrapSchema } from './wraps.ts';

/** First bytes of every capsule, version 1. */
export const MAGIC = utf8('CAHUBCP1');
/** magic 8 ‖ header length 4 ‖ wraps length 4. */
const FIXED = MAGIC.length + 8;
/** Bytes of content and padding in one chunk, and of the tag behind it. */
export const CHUNK = 64 * 1024;
export const TAG = 32;

/** Everything before the first chunk. */
export interface CapsuleHead {
  readonly header: CapsuleHeader;
  /** SM3 of the header's bytes: keys, tags and the inner signature hang on it. */
  readonly headerSm3: Bytes;
  /** As sealed. Later re-wraps are kept beside the capsule, never written into it. */
  readonly wraps: readonly Wrap[];
  /** The head as it stands at the start of the capsule. */
  readonly bytes: Bytes;
}

const wrapsFile = z.strictObject({ wraps: z.array(wrapSchema).min(1).max(64) });

export function makeHead(gm: Gm, header: CapsuleHeader, wraps: readonly Wrap[]): CapsuleHead {
  const headerBytes = writeHeader(header);
  const wrapsBytes = canonicalJson({ wraps: wraps as unknown as Json });
  return {
    header,
    headerSm3: gm.sm3(headerBytes),
    wraps,
    bytes: concat(MAGIC, uint32(headerBytes.length), uint32(wrapsBytes.length), headerBytes, wrapsBytes),
  };
}

/** Do these bytes begin like a capsule? */
export const looksLikeCapsule = (bytes: Bytes): boolean =>
  bytes.length >= MAGIC.length && equalBytes(bytes.subarray(0, MAGIC.length), MAGIC);

/** How many bytes the head takes, from its first 16; undefined: not a capsule, or a head beyond all bounds. */
export function headLength(first: Bytes): number | undefined {
  if (first.length < FIXED || !looksLikeCapsule(first)) return undefined;
  const view = Buffer.from(first.buffer, first.byteOffset, first.byteLength);
  const length = FIXED + view.readUInt32BE(MAGIC.length) + view.readUInt32BE(MAGIC.length + 4);
  return length <= limits.capsuleHead ? length : undefined;
}
export const HEAD_PREFIX = FIXED;

/** The head at the start of `bytes`; undefined when it is not complete, not spelled canonically, or its wraps do not fit its key model. */
export function readHead(gm: Gm, bytes: Bytes): CapsuleHead | undefined {
  const length = headLength(bytes);
  if (length === undefined || bytes.length < length) return undefined;
  const own = Buffer.from(bytes.subarray(0, length));
  const wrapsAt = FIXED + own.readUInt32BE(MAGIC.length);
  const headerBytes = own.subarray(FIXED, wrapsAt);
  const header = readHeader(headerBytes);
  const parsed = wrapsFile.safeParse(readCanonical(own.subarray(wrapsAt), limits.capsuleHead));
  if (header === undefined || !parsed.success || !wrapsFit(header, parsed.data.wraps)) return undefined;
  return { header, headerSm3: gm.sm3(headerBytes), wraps: parsed.data.wraps, bytes: own };
}

/** A fresh capsule: the bidder's wrap named by the header first, the opening's and every recovery custodian's once, nothing else, no id twice. */
function wrapsFit(
  { keyModel, certificateSm3, openingKey, commitments }: CapsuleHeader,
  wraps: readonly Wrap[],
): boolean {
  if (new Set(wraps.map(({ id }) => id)).size !== wraps.length) return false;
  const [first] = wraps;
  if (first?.kind !== 'bidder' || first.certificateSm3 !== certificateSm3) return false;
  const opening = wraps.filter((wrap) => wrap.kind === 'opening');
  if (opening.length !== (keyModel === 'bidder' ? 0 : 1) || opening.some(({ key }) => key !== openingKey)) return false;
  const recovery = wraps.flatMap((wrap) => (wrap.kind === 'recovery' ? [wrap.custodian] : [])).sort();
  const wanted = (commitments.recovery?.shares ?? []).map(({ custodian }) => custodian).sort();
  if (recovery.join() !== wanted.join()) return false;
  return wraps.every(({ kind }) => kind !== 'rewrap');
}

/** How many bytes follow the head: the chunks and their tags. */
export function bodyLength({ padded }: CapsuleHeader): number {
  return padded + Math.ceil(padded / CHUNK) * TAG;
}

function uint32(value: number): Bytes {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
