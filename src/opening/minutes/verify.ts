import type { Gm } from '#crypto/gm.ts';
import { type Bytes, fromUtf8, hex } from '#kernel/bytes.ts';
import { isObject, type Json, readJson } from '#kernel/json.ts';
import { sealedPaper } from '#print/pdf-seal.ts';
import { changesSince, standingOf } from '#signature/pdf/changes.ts';
import { openPdf } from '#signature/pdf/document.ts';
import { PdfFault } from '#signature/pdf/objects.ts';
import { signaturesOf } from '#signature/pdf/signatures.ts';
import { bytesSource } from '#signature/pdf/source.ts';
import { type AttachedReport, REPORT_FILE, readAttachedReport } from '#signature/report/printer.ts';
import { type CapsuleReceipt, verifyReceipt } from '../capsule/receipt.ts';
import { recordSm3, verifyRecord } from '../capsule/record.ts';
import { RECORD_FILE, STATEMENT_FILE } from './printer.ts';
import { type OpeningRecord, readRecord } from './record.ts';
import { type BidStatement, readStatement } from './statement.ts';

/** What a file says, once its signature holds. `key`: the point (130 hex) that signed it; whose it is, the reader must know from elsewhere. */
export type Genuine = {
  readonly key: string;
  readonly sm3: string;
  readonly form: 'json' | 'pdf';
  /** Signatures of persons behind the hub's own, which nobody has judged here; they changed nothing of the paper. Absent: none. */
  readonly signedLater?: number;
} & (
  | { readonly kind: 'minutes'; readonly record: OpeningRecord }
  | { readonly kind: 'statement'; readonly record: BidStatement }
  | { readonly kind: 'receipt'; readonly record: CapsuleReceipt }
  | { readonly kind: 'report'; readonly record: AttachedReport }
);

/**
 * `unreadable`: none of our papers · `seal`: a PDF whose bytes are not those that were signed · `signature`: the record is not the one that was signed ·
 * `inside`: signed, and yet no paper of ours inside, or one by another key
 */
export type Fault = 'unreadable' | 'seal' | 'signature' | 'inside';

/** Minutes, statements and receipts, as JSON or PDF: checked with nothing but the file. No database, no network, no clock. */
export async function verifyPaper(gm: Gm, file: Bytes): Promise<Genuine | Fault> {
  return fromUtf8(file.subarray(0, 5)) === '%PDF-' ? verifyPdf(gm, file) : verifyJson(gm, file, 'json');
}

async function verifyPdf(gm: Gm, whole: Bytes): Promise<Genuine | Fault> {
  const sealed = sealedPaper(gm, whole);
  // Before anybody parses it: what is not ours is not our parser's business.
  if (sealed === undefined) return 'seal';
  const { key, length } = sealed;
  const signedLater = length === whole.length ? 0 : await signaturesBehind(whole, length);
  if (signedLater === undefined) return 'seal';
  const paper = await readPaper(gm, whole.subarray(0, length), key);
  return typeof paper === 'string' || signedLater === 0 ? paper : { ...paper, signedLater };
}

/** How many signatures stand behind the paper, where nothing else does; undefined: something else does, or they do not reach the end. */
async function signaturesBehind(whole: Bytes, length: number): Promise<number | undefined> {
  try {
    const document = await openPdf(bytesSource(whole));
    if (standingOf(await changesSince(document, length)) !== 'extended') return undefined;
    const later = (await signaturesOf(document)).filter(({ coveredTo }) => coveredTo > length);
    return later.some(({ coveredTo }) => coveredTo === whole.length) ? later.length : undefined;
  } catch (error) {
    if (error instanceof PdfFault) return undefined;
    throw error;
  }
}

async function readPaper(gm: Gm, file: Bytes, key: string): Promise<Genuine | Fault> {
  const { PDFDocument } = await import('pdf-lib');
  const doc = await PDFDocument.load(file, { updateMetadata: false });
  const ours = [RECORD_FILE, STATEMENT_FILE, REPORT_FILE];
  const [paper, second] = doc.getAttachments().filter(({ name }) => ours.includes(name));
  if (paper === undefined || second !== undefined) return 'inside';
  if (paper.name === REPORT_FILE) {
    // No signature of its own: the file's covers it.
    const record = readAttachedReport(paper.data);
    return record === undefined ? 'inside' : { kind: 'report', record, key, sm3: hex(gm.sm3(paper.data)), form: 'pdf' };
  }
  const genuine = verifyJson(gm, paper.data, 'pdf');
  return typeof genuine !== 'string' && genuine.key === key ? genuine : 'inside';
}

function verifyJson(gm: Gm, bytes: Bytes, form: Genuine['form']): Genuine | Fault {
  const parsed = readJson(bytes, { size: MOST_BYTES });
  const found = parsed.ok ? signedIn(parsed.value, 0) : [];
  const [value, second] = found;
  if (value === undefined || second !== undefined) return 'unreadable';
  const receipt = verifyReceipt(gm, value);
  if (receipt.ok) {
    return { kind: 'receipt', record: receipt.receipt, key: keyOf(value), sm3: recordSm3(gm, receipt.receipt), form };
  }
  const signed = verifyRecord(gm, value);
  if (signed === undefined) return 'signature';
  const common = { key: signed.key, sm3: recordSm3(gm, signed.record), form };
  const record = readRecord(signed.record);
  if (record !== undefined) return { ...common, kind: 'minutes', record };
  const statement = readStatement(signed.record);
  return statement === undefined ? 'unreadable' : { ...common, kind: 'statement', record: statement };
}

const MOST_BYTES = 256 * 1024 * 1024;

/** The signed records in a JSON text, which may be an API's whole answer. */
function signedIn(value: Json, depth: number): Json[] {
  if (!isObject(value) || depth > 4) return [];
  if ('record' in value && 'key' in value && 'signature' in value) return [value];
  return Object.values(value).flatMap((member) => signedIn(member, depth + 1));
}

const keyOf = (value: Json): string => (isObject(value) && typeof value['key'] === 'string' ? value['key'] : '');

/** Does a statement say what these minutes say of that bid? Undefined: it was taken from others. */
export function statementFits(gm: Gm, statement: BidStatement, minutes: OpeningRecord): boolean | undefined {
  if (statement.of !== recordSm3(gm, minutes)) return undefined;
  const bids = minutes.lots.flatMap((lot) => (lot.id === statement.lot.id ? lot.bids : []));
  const bid = bids.find(({ id }) => id === statement.bid.id);
  return bid !== undefined && recordSm3(gm, bid) === recordSm3(gm, statement.bid);
}

/** SM3 of every content that the minutes name, hex → whose it is. */
export function contentsOf(record: OpeningRecord): Map<string, string> {
  const contents = new Map<string, string>();
  for (const lot of record.lots)
    for (const bid of lot.bids)
      for (const file of bid.files)
        if (file.content !== null) contents.set(file.content.sm3, `${lot.name} ${bid.bidder.name} ${file.label}`);
  return contents;
}
