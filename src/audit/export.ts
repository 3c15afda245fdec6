import type { Gm } from '#crypto/gm.ts';
import { utf8 } from '#kernel/bytes.ts';
import { isObject, type Json, readJsonObject } from '#kernel/json.ts';
import { hubPublicKeys } from '#store/hub-keys.ts';
import type { Handle } from '#store/store.ts';
import {
  type ChainResult,
  type Checkpoint,
  importKeys,
  type JournalRow,
  verifyChain,
  verifyCheckpoints,
} from './chain.ts';
import type { Journal } from './journal.ts';

/**
 * The journal as a file for an auditor, one JSON object a line: first `{keys, checkpoints}`, then the rows in order.
 * Public keys travel along for convenience; an auditor pins the ones he received another way.
 */
export async function* exportJournal(journal: Journal, h: Handle): AsyncGenerator<string> {
  const keys = Object.fromEntries(await hubPublicKeys(h, 'journal'));
  yield `${JSON.stringify({ format: 'caihub/journal-export/1', keys, checkpoints: await journal.checkpoints(h) })}\n`;
  for await (const row of journal.rows(h)) yield `${JSON.stringify(row)}\n`;
}

export interface Pins {
  /** Key id → point in hex, obtained from the operator in another way; without it the file's own keys are used and `pinned` is false. */
  readonly keys?: ReadonlyMap<string, string>;
  /** Points of the chain that a witness kept. */
  readonly points?: readonly { readonly seq: number; readonly head: string }[];
}

export type ExportResult =
  | (Extract<ChainResult, { ok: true }> & { readonly checkpoints: number; readonly pinned: boolean })
  | Extract<ChainResult, { ok: false }>;

/** The offline verifier: lines in, verdict out; no database, no clock, no network. Garbage is a verdict, never a throw. */
export async function verifyExport(
  gm: Pick<Gm, 'sm3' | 'sm2'>,
  lines: AsyncIterable<string> | Iterable<string>,
  pins: Pins = {},
): Promise<ExportResult> {
  const iterator = Symbol.asyncIterator in lines ? lines[Symbol.asyncIterator]() : lines[Symbol.iterator]();
  const first = await iterator.next();
  const header = first.done ? undefined : headerOf(first.value);
  if (!header) return { ok: false, firstBad: 0, reason: 'not a journal export' };
  const fault = verifyCheckpoints(gm, header.checkpoints, importKeys(gm, pins.keys ?? header.keys));
  if (fault) return fault;
  const broken = { line: 0 };
  const rows = rowsOf(iterator, broken);
  const points = [...header.checkpoints, ...(pins.points ?? [])];
  const verdict = await verifyChain(gm, rows, { points });
  if (broken.line > 0) return { ok: false, firstBad: broken.line, reason: 'unreadable line' };
  return verdict.ok ? { ...verdict, checkpoints: header.checkpoints.length, pinned: pins.keys !== undefined } : verdict;
}

async function* rowsOf(
  lines: AsyncIterator<string> | Iterator<string>,
  broken: { line: number },
): AsyncGenerator<JournalRow> {
  for (let line = 1; ; line += 1) {
    const next = await lines.next();
    if (next.done) return;
    if (next.value.trim() === '') continue;
    const row = rowIn(next.value);
    if (!row) {
      broken.line = line;
      return;
    }
    yield row;
  }
}

function objectIn(line: string): { readonly [name: string]: Json } | undefined {
  const parsed = readJsonObject(utf8(line));
  return parsed.ok ? parsed.value : undefined;
}

const isText = (value: Json | undefined): value is string => typeof value === 'string';
const isCount = (value: Json | undefined): value is number => Number.isSafeInteger(value);

function rowIn(line: string): JournalRow | undefined {
  const row = objectIn(line);
  if (!row) return undefined;
  const { seq, at, kind, unitId, interactionId, body, prev, hash } = row;
  const named = (value: Json | undefined): value is string | null => value === null || isText(value);
  if (!isCount(seq) || !isCount(at) || !isText(kind) || !isText(body) || !isText(prev) || !isText(hash))
    return undefined;
  if (!named(unitId) || !named(interactionId)) return undefined;
  return { seq, at, kind, unitId, interactionId, body, prev, hash };
}

function headerOf(line: string): { keys: Map<string, string>; checkpoints: Checkpoint[] } | undefined {
  const header = objectIn(line);
  if (header?.['format'] !== 'caihub/journal-export/1') return undefined;
  const { keys, checkpoints } = header;
  if (!isObject(keys) || !Array.isArray(checkpoints)) return undefined;
  const points = (checkpoints as readonly Json[]).map(checkpointIn);
  const good = points.filter((point) => point !== undefined);
  if (good.length !== points.length) return undefined;
  return {
    keys: new Map(Object.entries(keys).filter((entry): entry is [string, string] => isText(entry[1]))),
    checkpoints: good,
  };
}

function checkpointIn(value: Json): Checkpoint | undefined {
  if (!isObject(value)) return undefined;
  const { seq, head, at, keyId, signature } = value;
  if (!isCount(seq) || !isText(head) || !isCount(at) || !isText(keyId) || !isText(signature)) return undefined;
  if (Number.isNaN(new Date(at).getTime())) return undefined;
  return { seq, head, at, keyId, signature };
}
