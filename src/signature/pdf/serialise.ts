import { type Bytes, hex } from '#kernel/bytes.ts';
import type { PdfObject } from './objects.ts';

/** A stream that this revision adds. */
export interface NewStream {
  readonly kind: 'new-stream';
  readonly dict: ReadonlyMap<string, PdfObject>;
  /** As it stands in the file: already filtered. */
  readonly data: Bytes;
}
/** Bytes of an object written by hand (a signature dictionary with its places to fill). */
export interface RawObject {
  readonly kind: 'raw';
  readonly bytes: Bytes;
}
export type NewObject = PdfObject | NewStream | RawObject;

/** One object as text; strings in hexadecimal, so that no byte needs an escape. */
export function serialise(object: PdfObject): string {
  if (object === null) return 'null';
  if (typeof object === 'boolean') return String(object);
  if (typeof object === 'number') return numberText(object);
  if (object instanceof Map) {
    return `<<${[...object].map(([key, value]) => `${nameText(key)} ${serialise(value)}`).join('')}>>`;
  }
  if (Array.isArray(object)) return `[${object.map((item) => serialise(item as PdfObject)).join(' ')}]`;
  return tagged(
    object as Exclude<PdfObject, null | boolean | number | ReadonlyMap<string, PdfObject> | readonly PdfObject[]>,
  );
}

function tagged(object: Extract<PdfObject, { readonly kind: string }>): string {
  switch (object.kind) {
    case 'name':
      return nameText(object.name);
    case 'string':
      return `<${hex(object.bytes)}>`;
    case 'ref':
      return `${object.number} ${object.generation} R`;
    case 'stream':
      throw new Error('a stream of an earlier revision is referred to, never copied');
  }
}

/** No exponent, at most five decimals (7.3.3). */
function numberText(value: number): string {
  if (!Number.isFinite(value)) throw new Error('not a PDF number');
  return Number.isInteger(value) ? BigInt(value).toString() : String(Number(value.toFixed(5)));
}

const nameText = (text: string): string =>
  `/${[...text].map((sign) => (/[!-~]/.test(sign) && !/[#()<>[\]{}/%]/.test(sign) ? sign : `#${hex(Uint8Array.of(sign.charCodeAt(0)))}`)).join('')}`;
