import type { Bytes } from '#kernel/bytes.ts';

/** One PDF object as ISO 32000-1 7.3 has it. Arrays and dictionaries are JavaScript's own; the rest is tagged. */
export type PdfObject =
  | null
  | boolean
  | number
  | PdfName
  | PdfString
  | PdfRef
  | PdfStream
  | readonly PdfObject[]
  | PdfDict;

export interface PdfName {
  readonly kind: 'name';
  /** Without the solidus, `#xx` resolved; one character a byte. */
  readonly name: string;
}
export interface PdfString {
  readonly kind: 'string';
  readonly bytes: Bytes;
}
export interface PdfRef {
  readonly kind: 'ref';
  readonly number: number;
  readonly generation: number;
}
export type PdfDict = ReadonlyMap<string, PdfObject>;
export interface PdfStream {
  readonly kind: 'stream';
  readonly dict: PdfDict;
  /** Absolute offset of the first byte behind `stream` and its line end. */
  readonly start: number;
}

export const name = (text: string): PdfName => ({ kind: 'name', name: text });
export const ref = (number: number, generation = 0): PdfRef => ({ kind: 'ref', number, generation });
export const text = (bytes: Bytes): PdfString => ({ kind: 'string', bytes });
export const dict = (entries: Readonly<Record<string, PdfObject>>): PdfDict => new Map(Object.entries(entries));

export const isDict = (object: PdfObject | undefined): object is PdfDict => object instanceof Map;
export const isArray = (object: PdfObject | undefined): object is readonly PdfObject[] => Array.isArray(object);
const isTagged = (object: PdfObject | undefined): object is PdfName | PdfString | PdfRef | PdfStream =>
  typeof object === 'object' && object !== null && 'kind' in object;
export const isRef = (object: PdfObject | undefined): object is PdfRef => isTagged(object) && object.kind === 'ref';
export const isStream = (object: PdfObject | undefined): object is PdfStream =>
  isTagged(object) && object.kind === 'stream';
export const isString = (object: PdfObject | undefined): object is PdfString =>
  isTagged(object) && object.kind === 'string';
export const nameOf = (object: PdfObject | undefined): string | undefined =>
  isTagged(object) && object.kind === 'name' ? object.name : undefined;
/** A whole number in the range that PDF allows for offsets, counts and object numbers; anything else: undefined. */
export const integerOf = (object: PdfObject | undefined): number | undefined =>
  typeof object === 'number' && Number.isSafeInteger(object) ? object : undefined;
export const numbersOf = (object: PdfObject | undefined): readonly number[] | undefined =>
  isArray(object) && object.every((one) => typeof one === 'number') ? (object as readonly number[]) : undefined;

/** Why a file is not taken. Its text is for the operator; people read the sentence of the code. */
export class PdfFault extends Error {
  readonly fault: PdfFaultKind;
  constructor(fault: PdfFaultKind, detail: string) {
    super(detail);
    this.name = 'PdfFault';
    this.fault = fault;
  }
}
export type PdfFaultKind = 'not-pdf' | 'encrypted' | 'broken' | 'too-large' | 'unsupported';
