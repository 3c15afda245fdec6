import type { Gm, Sm2PublicKey } from '#crypto/gm.ts';
import { fromBase64, fromHex, hex, utf8 } from '#kernel/bytes.ts';
import { isoUtc } from '#kernel/clock.ts';
import type { Json } from '#kernel/json.ts';

/** One line of the journal as it is hashed, exported and verified; it needs no database. */
export interface JournalRow {
  /** 1, 2, 3 … without a gap. */
  readonly seq: number;
  readonly at: number;
  readonly kind: string;
  readonly unitId: string | null;
  readonly interactionId: string | null;
  /** Canonical JSON text, hashed as it stands. */
  readonly body: string;
  /** Hash of the row before; 64 zeros for the first. */
  readonly prev: string;
  /** Hex SM3 over the JSON array of `hashInput`. */
  readonly hash: string;
}

/** The hub's signature over one point of the chain. */
export interface Checkpoint {
  readonly seq: number;
  readonly head: string;
  readonly at: number;
  readonly keyId: string;
  /** Base64 of the DER SM2 signature over `checkpointText`, default signer id. */
  readonly signature: string;
}

export type ChainFault = { readonly ok: false; readonly firstBad: number; readonly reason: string };
export type ChainResult = { readonly ok: true; readonly rows: number; readonly head: string } | ChainFault;

export const GENESIS = '0'.repeat(64);

/** The row's own hash, hex: SM3 of a JSON array, so that no two rows share an input and any language can repeat it. */
export function journalHash(gm: Pick<Gm, 'sm3'>, row: Omit<JournalRow, 'hash'>): string {
  const input = ['caihub/journal/1', row.seq, row.at, row.kind, row.unitId, row.interactionId, row.body, row.prev];
  return hex(gm.sm3(utf8(JSON.stringify(input))));
}

/** What a checkpoint signs: UTF-8, LF. */
export const checkpointText = (point: Omit<Checkpoint, 'signature'>): string =>
  `caihub/journal-checkpoint/1\nseq=${point.seq}\nhead=${point.head}\nat=${isoUtc(point.at)}\nkey=${point.keyId}\n`;

export interface Expected {
  /** Points of the chain kept elsewhere (signed ones, or a witness's copy): each must still be there, so a cut tail shows. */
  readonly points?: readonly { readonly seq: number; readonly head: string }[];
  /** Where to begin, when what stands before is already known to be good. */
  readonly after?: { readonly seq: number; readonly hash: string };
}

/** Walks the rows once. Pure: no clock, no database, constant memory in the number of rows. */
export async function verifyChain(
  gm: Pick<Gm, 'sm3'>,
  rows: AsyncIterable<JournalRow> | Iterable<JournalRow>,
  expected: Expected = {},
): Promise<ChainResult> {
  const fault = (firstBad: number, reason: string): ChainFault => ({ ok: false, firstBad, reason });
  const points = new Map((expected.points ?? []).map((point) => [point.seq, point.head]));
  let seq = expected.after?.seq ?? 0;
  let head = expected.after?.hash ?? GENESIS;
  let count = 0;
  let at = 0;
  for await (const row of rows) {
    const due = seq + 1;
    if (row.seq !== due) return fault(due, `row ${due} is missing, row ${row.seq} follows`);
    if (row.prev !== head) return fault(due, 'does not continue the row before');
    if (row.hash !== journalHash(gm, row)) return fault(due, 'content does not match its hash');
    if (row.at < at) return fault(due, 'is older than the row before');
    const point = points.get(row.seq);
    if (point !== undefined && point !== row.hash) return fault(due, 'differs from the checkpoint');
    ({ seq, hash: head, at } = row);
    count += 1;
  }
  const newest = Math.max(0, ...points.keys());
  if (newest > seq) return fault(seq + 1, `the chain ends here, but a checkpoint names row ${newest}`);
  return { ok: true, rows: count, head };
}

/** Every checkpoint must bear a good signature of a key that the caller trusts. */
export function verifyCheckpoints(
  gm: Pick<Gm, 'sm2'>,
  points: readonly Checkpoint[],
  keys: ReadonlyMap<string, Sm2PublicKey>,
): ChainFault | undefined {
  for (const point of points) {
    const fault = (reason: string): ChainFault => ({ ok: false, firstBad: point.seq, reason });
    const key = keys.get(point.keyId);
    if (!key) return fault(`checkpoint of unknown key ${point.keyId}`);
    const signature = fromBase64(point.signature);
    if (!signature || !gm.sm2.verify(key, [utf8(checkpointText(point))], signature))
      return fault('checkpoint signature is wrong');
  }
  return undefined;
}

/** Points that are no SM2 public keys are left out: a checkpoint that names them then counts as signed by an unknown key. */
export function importKeys(gm: Pick<Gm, 'sm2'>, points: ReadonlyMap<string, string>): Map<string, Sm2PublicKey> {
  const keys = new Map<string, Sm2PublicKey>();
  for (const [id, point] of points) {
    const key = gm.sm2.importPublic(fromHex(point) ?? utf8(''));
    if (key) keys.set(id, key);
  }
  return keys;
}

/** Members sorted by code unit at every depth, no white space: one text for one value. */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(',')}}`;
}
