import { inflateSync } from 'node:zlib';
import type { Bytes } from '#kernel/bytes.ts';
import { integerOf, isArray, isDict, nameOf, type PdfDict, PdfFault, type PdfObject } from './objects.ts';

/** A cross-reference stream of a million objects is about 8 MB, an object stream hardly ever one. 200 KB of deflate can stand for 200 MB. */
export const MAX_INFLATED = 16 * 1024 * 1024;

/** Decodes the streams that hold structure (cross references, objects): FlateDecode with predictors, or nothing. Pictures and pages are never decoded. */
export function decodeStream(dict: PdfDict, raw: Bytes): Bytes {
  const filters = listOf(dict.get('Filter')).map(nameOf);
  const parameters = listOf(dict.get('DecodeParms'));
  if (filters.length === 0) return raw;
  if (filters.length > 1 || (filters[0] !== 'FlateDecode' && filters[0] !== 'Fl'))
    throw new PdfFault('unsupported', 'filters on a structure stream that none has');
  const inflated = inflate(raw);
  const parms = parameters[0];
  return isDict(parms) ? unpredict(parms, inflated) : inflated;
}

const SMALL = 256 * 1024;

/**
 * Hardly any stream is larger than SMALL. The others are inflated into one buffer: the thousand pieces of a bomb would lie scattered in the heap of
 * malloc, which gives nothing back between others' pieces.
 */
function inflate(raw: Bytes): Bytes {
  const small = inflated(raw, { maxOutputLength: SMALL });
  if (small !== undefined) return small;
  const large = inflated(raw, { maxOutputLength: MAX_INFLATED, chunkSize: MAX_INFLATED + 1 });
  if (large === undefined) throw new PdfFault('too-large', 'a structure stream inflates to too much');
  return large;
}

/** undefined: more than `maxOutputLength`. */
function inflated(raw: Bytes, options: { maxOutputLength: number; chunkSize?: number }): Bytes | undefined {
  try {
    return inflateSync(raw, options);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return undefined;
    throw new PdfFault('broken', 'a structure stream does not inflate');
  }
}

const listOf = (object: PdfObject | undefined): readonly PdfObject[] =>
  object === undefined || object === null ? [] : isArray(object) ? object : [object];

/** PNG predictors (ISO 32000-1 7.4.4.4), as cross-reference streams use them. */
function unpredict(parms: PdfDict, data: Bytes): Bytes {
  const predictor = integerOf(parms.get('Predictor')) ?? 1;
  if (predictor === 1) return data;
  if (predictor < 10) throw new PdfFault('unsupported', `predictor ${predictor}`);
  const colors = integerOf(parms.get('Colors')) ?? 1;
  const bits = integerOf(parms.get('BitsPerComponent')) ?? 8;
  const columns = integerOf(parms.get('Columns')) ?? 1;
  const step = Math.max(1, Math.ceil((colors * bits) / 8));
  const width = Math.ceil((columns * colors * bits) / 8);
  if (width < 1 || width > 65_536) throw new PdfFault('broken', 'predictor row');
  const rows = Math.floor(data.length / (width + 1));
  const out = new Uint8Array(rows * width);
  for (let row = 0; row < rows; row += 1) {
    const from = row * (width + 1);
    unpredictRow(data[from] ?? 0, data.subarray(from + 1, from + 1 + width), out, row * width, width, step);
  }
  return out;
}

function unpredictRow(type: number, line: Bytes, out: Bytes, at: number, width: number, step: number): void {
  for (let i = 0; i < width; i += 1) {
    const left = i >= step ? (out[at + i - step] ?? 0) : 0;
    const up = at >= width ? (out[at + i - width] ?? 0) : 0;
    const corner = i >= step && at >= width ? (out[at + i - width - step] ?? 0) : 0;
    out[at + i] = ((line[i] ?? 0) + predicted(type, left, up, corner)) & 0xff;
  }
}

function predicted(type: number, left: number, up: number, corner: number): number {
  switch (type) {
    case 0:
      return 0;
    case 1:
      return left;
    case 2:
      return up;
    case 3:
      return (left + up) >> 1;
    case 4:
      return paeth(left, up, corner);
    default:
      throw new PdfFault('broken', `row predictor ${type}`);
  }
}

function paeth(left: number, up: number, corner: number): number {
  const estimate = left + up - corner;
  const [a, b, c] = [Math.abs(estimate - left), Math.abs(estimate - up), Math.abs(estimate - corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}
