import { type Bytes, utf8 } from '#kernel/bytes.ts';
import { readJsonObject } from '#kernel/json.ts';
import { looksLikeCapsule } from './capsule/head.ts';

/** What a trading system is given for a capsule it handed in, to bring back as `encData`. Names, keys and times are not in it. */
export interface CapsuleReference {
  readonly capsuleId: string;
  /** SM3 of the whole capsule, lower hex. */
  readonly sm3: string;
}

const MARK = 'caihub-capsule/1';
const MOST = 512;

export const writeReference = ({ capsuleId, sm3 }: CapsuleReference): Bytes =>
  utf8(JSON.stringify({ type: MARK, capsule: capsuleId, sm3 }));

export function readReference(bytes: Bytes): CapsuleReference | undefined {
  if (bytes.length > MOST || bytes[0] !== 0x7b) return undefined;
  const parsed = readJsonObject(bytes);
  if (!parsed.ok) return undefined;
  const { type, capsule, sm3 } = parsed.value;
  if (type !== MARK || typeof capsule !== 'string' || typeof sm3 !== 'string') return undefined;
  return { capsuleId: capsule, sm3 };
}

/** A capsule, or the reference to one. */
export const isCapsuleOrReference = (bytes: Bytes): boolean =>
  looksLikeCapsule(bytes) || readReference(bytes) !== undefined;
