import type { Change, Standing } from '../pdf/changes.ts';
import type { PdfNote } from '../pdf/notes.ts';
import type { SignaturePlace } from '../pdf/signature-places.ts';
import type { RangeFault } from '../pdf/signatures.ts';

/** What is said of a signed document, in three layers: `verdict` and `sentence` for everybody, `checks` for those who must know why, `diagnostic` for experts. */
export interface ValidationReport {
  readonly v: 1;
  readonly format: 'pdf' | 'ofd';
  /** SM3 of the whole file, lower hex. */
  readonly documentSm3: string;
  /** Bytes. */
  readonly size: number;
  readonly pages: number;
  /** What can make the document show something else later: forms, scripts, layers … */
  readonly notes: readonly ReportNote[];
  /** UTC ms. */
  readonly checkedAt: number;
  readonly verdict: DocumentVerdict;
  readonly sentence: string;
  /** In the order in which they were made. */
  readonly signatures: readonly SignatureReport[];
}

/** `documents`, `versions`: an OFD package that can be opened as another document than its first, or as an older state of it. */
export type ReportNote = PdfNote | 'documents' | 'versions';

export type DocumentVerdict = 'unsigned' | 'valid' | 'valid-changed' | 'invalid' | 'indeterminate';
export type SignatureVerdict = 'valid' | 'invalid' | 'indeterminate';

export interface SignatureReport {
  readonly field: string;
  readonly kind: 'signature' | 'timestamp';
  readonly verdict: SignatureVerdict;
  readonly standing: Standing;
  readonly sentence: string;
  readonly signer: SignerFacts | null;
  readonly time: TimeFacts | null;
  readonly coverage: SignatureCoverage;
  readonly seal: SealFacts | null;
  readonly certification: 1 | 2 | 3 | null;
  /** Where its field, or an OFD's stamp, is shown; empty: nowhere. */
  readonly places: readonly SignaturePlace[];
  readonly checks: readonly Check[];
  readonly changes: readonly Change[];
  readonly diagnostic: Readonly<Record<string, string>>;
}

export interface SignatureCoverage {
  /** Bytes from the beginning of a PDF; of an OFD, the bytes of the parts under the signature. */
  readonly to: number;
  readonly whole: boolean;
  readonly fault: RangeFault | null;
  /** Of an OFD: how many of its files are under the signature, its own among them. */
  readonly parts?: { readonly covered: number; readonly of: number };
}

export interface SignerFacts {
  /** As the certificate says it. */
  readonly name: string;
  readonly authority: string | null;
  /** Last four of the serial. */
  readonly tail: string;
  /** UTC ms. */
  readonly notAfter: number;
  /** false: RSA or ECDSA, marked as outside the national algorithms. */
  readonly gm: boolean;
}

export interface TimeFacts {
  /** `claimed` is the signer's own word. */
  readonly source: 'timestamp' | 'claimed';
  readonly at: number;
}

export interface SealFacts {
  /** As the seal says it; empty for a picture. */
  readonly name: string;
  /** `image`: a picture on the page that no seal maker has signed. */
  readonly generation: 'v1' | 'v4' | 'v5' | 'image';
}

export interface Check {
  readonly id:
    | 'range'
    | 'digest'
    | 'value'
    | 'chain'
    | 'validity'
    | 'revocation'
    | 'algorithm'
    | 'timestamp'
    | 'seal'
    | 'certification';
  readonly result: 'passed' | 'failed' | 'unknown' | 'not-applicable';
  readonly detail: string;
}

const ORDER: readonly Check['result'][] = ['failed', 'unknown'];

/** One failed check makes it invalid, else one unknown makes it indeterminate: a signature is never called valid by majority. */
export function verdictOf(checks: readonly Check[]): SignatureVerdict {
  const worst = ORDER.find((result) => checks.some((check) => check.result === result));
  return worst === 'failed' ? 'invalid' : worst === 'unknown' ? 'indeterminate' : 'valid';
}

export function documentVerdict(signatures: readonly SignatureReport[]): DocumentVerdict {
  if (signatures.length === 0) return 'unsigned';
  if (signatures.some((one) => one.verdict === 'invalid')) return 'invalid';
  if (signatures.some((one) => one.verdict === 'indeterminate')) return 'indeterminate';
  return signatures.some((one) => one.standing === 'changed') ? 'valid-changed' : 'valid';
}

/** The four sentences that people read (words.md), and one for a document without signatures. */
export const sentences: Readonly<Record<DocumentVerdict, string>> = {
  unsigned: '文件中没有电子签名',
  valid: '签名有效',
  'valid-changed': '签名有效，但签署后文件有改动',
  invalid: '签名无效',
  indeterminate: '无法判定',
};

export const sentenceOf = (verdict: SignatureVerdict, standing: Standing): string =>
  verdict === 'valid' && standing === 'changed' ? sentences['valid-changed'] : sentences[verdict];
