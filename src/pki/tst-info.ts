import { type Bytes, hex } from '#kernel/bytes.ts';
import { readAlgorithm } from './algorithm.ts';
import { contextConstructed, contextPrimitive, type DerNode, readDer, tags } from './der.ts';
import {
  childrenOf,
  readBoolean,
  readOctets,
  readOid,
  readSmallInteger,
  readTime,
  readUnsignedHex,
} from './der-values.ts';
import { tlv } from './der-writer.ts';
import { type DigestName, digestName } from './digest.ts';
import { readExtensions } from './extensions.ts';

/** What a time stamping authority says (RFC 3161 2.4.2, GB/T 20520). */
export interface TstInfo {
  readonly policy: string;
  readonly hash: DigestName;
  readonly hashed: Bytes;
  /** Upper-case hex. */
  readonly serial: string;
  /** UTC milliseconds. */
  readonly genTime: number;
  /** Milliseconds either side; null: not said. */
  readonly accuracy: number | null;
  /** Upper-case hex, or null. */
  readonly nonce: string | null;
}

/** MessageImprint. */
export function readImprint(node: DerNode | undefined): { hash: DigestName; hashed: Bytes } | undefined {
  const [algorithmNode, hashedNode, extra] = childrenOf(node, tags.sequence) ?? [];
  const algorithm = readAlgorithm(algorithmNode);
  const hash = algorithm === undefined || algorithm.parameters !== null ? undefined : digestName(algorithm.oid);
  const hashed = readOctets(hashedNode);
  return hash === undefined || hashed === undefined || extra !== undefined ? undefined : { hash, hashed };
}

/** Strict DER; a critical extension makes it unreadable, since none is known here. */
export function parseTstInfo(der: Bytes): TstInfo | undefined {
  const parts = childrenOf(readDer(der), tags.sequence) ?? [];
  const version = readSmallInteger(parts.shift());
  const policy = readOid(parts.shift());
  const imprint = readImprint(parts.shift());
  const serial = readUnsignedHex(parts.shift());
  const genTime = readGenTime(parts.shift());
  const accuracy = parts[0]?.tag === tags.sequence ? readAccuracy(parts.shift()) : null;
  const ordering = parts[0]?.tag === tags.boolean ? readBoolean(parts.shift()) : false;
  const nonce = parts[0]?.tag === tags.integer ? readUnsignedHex(parts.shift()) : null;
  if (parts[0]?.tag === contextConstructed(0)) parts.shift(); // the name it gives itself; the certificate says who it is
  const extensionsOk = parts[0]?.tag === contextConstructed(1) ? noneCritical(parts.shift()) : true;
  if (version !== 1 || policy === undefined || imprint === undefined || serial === undefined || parts.length > 0)
    return undefined;
  if (genTime === undefined || accuracy === undefined || ordering === undefined || nonce === undefined)
    return undefined;
  return extensionsOk ? { policy, ...imprint, serial, genTime, accuracy, nonce } : undefined;
}

function noneCritical(node: DerNode | undefined): boolean {
  const extensions = node && readExtensions(readDer(tlv(tags.sequence, node.content)));
  return extensions !== undefined && [...extensions.values()].every(({ critical }) => !critical);
}

/** GeneralizedTime with or without a fraction of a second, as DER writes it: no zeros at its end. */
function readGenTime(node: DerNode | undefined): number | undefined {
  const text = node?.tag === tags.generalizedTime ? Buffer.from(node.content).toString('latin1') : '';
  const [, whole, fraction] = /^(\d{14})(?:\.(\d{0,8}[1-9]))?Z$/.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const seconds = readTime(readDer(tlv(tags.generalizedTime, Buffer.from(`${whole}Z`))));
  return seconds && seconds + Math.floor(Number(`0.${fraction ?? 0}`) * 1000);
}

/** Accuracy: seconds, [0] millis, [1] micros, each optional. Microseconds are rounded up. */
function readAccuracy(node: DerNode | undefined): number | undefined {
  const parts = childrenOf(node, tags.sequence) ?? [];
  const seconds = parts[0]?.tag === tags.integer ? readSmallInteger(parts.shift()) : 0;
  const millis = parts[0]?.tag === contextPrimitive(0) ? readSmall(parts.shift()) : 0;
  const micros = parts[0]?.tag === contextPrimitive(1) ? readSmall(parts.shift()) : 0;
  if (seconds === undefined || millis === undefined || micros === undefined || parts.length > 0) return undefined;
  return seconds * 1000 + millis + Math.ceil(micros / 1000);
}

/** 1 to 999 behind an implicit tag. */
function readSmall(node: DerNode | undefined): number | undefined {
  const value = node === undefined || node.content.length > 2 ? 0 : Number.parseInt(hex(node.content), 16);
  return value >= 1 && value <= 999 ? value : undefined;
}
