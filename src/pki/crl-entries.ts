import { type Bytes, fromHex } from '#kernel/bytes.ts';
import { DerNode, readDer, tags } from './der.ts';
import { readSmallInteger, readTime } from './der-values.ts';
import { readExtensions } from './extensions.ts';
import { oids } from './oids.ts';

/** RFC 5280 5.3.1, by number; 7 is not used. */
export const REASONS: Readonly<Record<number, string>> = {
  0: 'unspecified',
  1: 'keyCompromise',
  2: 'cACompromise',
  3: 'affiliationChanged',
  4: 'superseded',
  5: 'cessationOfOperation',
  6: 'certificateHold',
  8: 'removeFromCRL',
  9: 'privilegeWithdrawn',
  10: 'aACompromise',
};
const REMOVED = 8;
/** SEQUENCE header, shortest INTEGER, UTCTime: no entry is shorter. */
const SHORTEST_ENTRY = 20;

export interface RevokedEntry {
  /** UTC milliseconds. */
  readonly at: number;
  readonly reason: string;
}

interface Parts {
  readonly serial: Bytes;
  readonly at: number;
  readonly reason: number;
}

/**
 * The entries of one list, found by serial. A provincial CA lists a hundred thousand keys and the reading holds up every login meanwhile, so the
 * index is a plain table of offsets into the list's own bytes: no object and no string for an entry until it is asked for.
 */
export class CrlEntries {
  readonly size: number;
  readonly #source: Bytes;
  readonly #slots: Int32Array;

  private constructor(source: Bytes, slots: Int32Array, size: number) {
    this.#source = source;
    this.#slots = slots;
    this.size = size;
  }

  /** Every entry is checked now: one that is not in order makes the list unreadable, one with an unknown critical extension too (RFC 5280 5.3). */
  static read(node: DerNode | undefined): CrlEntries | undefined {
    if (node === undefined) return new CrlEntries(new Uint8Array(0), new Int32Array(1), 0);
    const { source } = node;
    const room = 2 * Math.ceil((node.end - node.body) / SHORTEST_ENTRY) + 1;
    const slots = new Int32Array(2 ** Math.ceil(Math.log2(room)));
    const reasons = new Map<string, number>();
    let size = 0;
    for (let at = node.body; at < node.end; ) {
      const entry = new DerNode(source, at);
      const parts = readEntry(entry, reasons);
      if (parts === undefined) return undefined;
      const slot = slotOf(source, slots, parts.serial);
      if (slots[slot] === 0) size += 1;
      slots[slot] = at;
      at = entry.end;
    }
    return new CrlEntries(source, slots, size);
  }

  /** By canonical hex. removeFromCRL reads as no entry. */
  find(serial: string): RevokedEntry | undefined {
    const wanted = fromHex(serial);
    const at = wanted && this.#slots[slotOf(this.#source, this.#slots, wanted)];
    const parts = at ? readEntry(new DerNode(this.#source, at), new Map()) : undefined;
    if (parts === undefined || parts.reason === REMOVED) return undefined;
    return { at: parts.at, reason: REASONS[parts.reason] ?? 'unspecified' };
  }
}

/** The slot that holds this serial, or the free one where it belongs. At most half of the slots are taken. */
function slotOf(source: Bytes, slots: Int32Array, serial: Bytes): number {
  const mask = slots.length - 1;
  let slot = hash(serial) & mask;
  for (let at = slots[slot]; at; at = slots[slot]) {
    if (sameBytes(serialOf(source, at), serial)) break;
    slot = (slot + 1) & mask;
  }
  return slot;
}

/** FNV-1a. A CA that chose serials to collide would slow down its own list only. */
function hash(bytes: Bytes): number {
  let value = 0x811c9dc5;
  for (const byte of bytes) value = Math.imul(value ^ byte, 0x01000193);
  return value ^ (value >>> 15);
}

function sameBytes(a: Bytes, b: Bytes): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false;
  return true;
}

/** Without the zero byte that keeps a serial positive. */
function serialOf(source: Bytes, entry: number): Bytes {
  const { content } = new DerNode(source, new DerNode(source, entry).body);
  return content.length > 1 && content[0] === 0 ? content.subarray(1) : content;
}

function readEntry(entry: DerNode, reasons: Map<string, number>): Parts | undefined {
  const serial =
    entry.tag === tags.sequence && entry.body < entry.end ? new DerNode(entry.source, entry.body) : undefined;
  if (serial?.tag !== tags.integer || (entry.source[serial.body] ?? 0) >= 0x80 || serial.end >= entry.end)
    return undefined;
  const time = new DerNode(entry.source, serial.end);
  const at = readTime(time);
  const rest = time.end < entry.end ? new DerNode(entry.source, time.end) : undefined;
  const reason = rest === undefined ? 0 : remembered(reasons, rest);
  if (at === undefined || reason === undefined || (rest ?? time).end !== entry.end) return undefined;
  return { serial: serialOf(entry.source, entry.start), at, reason };
}

/** A list has many entries and few different endings. */
function remembered(reasons: Map<string, number>, node: DerNode): number | undefined {
  const { buffer, byteOffset, length } = node.der;
  const key = Buffer.from(buffer, byteOffset, length).toString('latin1');
  const reason = reasons.get(key) ?? readReason(node);
  if (reason !== undefined && reasons.size < 1000) reasons.set(key, reason);
  return reason;
}

function readReason(node: DerNode): number | undefined {
  const extensions = readExtensions(node);
  if (extensions === undefined) return undefined;
  for (const { oid, critical } of extensions.values()) if (critical && oid !== oids.reasonCode) return undefined;
  const reason = extensions.get(oids.reasonCode);
  if (reason === undefined) return 0;
  const value = readDer(reason.value);
  return value?.tag === tags.enumerated ? readSmallInteger(value) : undefined;
}
