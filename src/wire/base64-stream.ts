import { type Bytes, utf8 } from '#kernel/bytes.ts';

/** Thrown at the place of reading by text that is no base64. */
export class NotBase64 extends Error {}

const END = /=/;

/** Base64 text in pieces → its bytes. As `fromBase64`: line breaks tolerated, padding required by length, one canonical spelling only. */
export async function* decodedBase64(text: AsyncIterable<Bytes>): AsyncIterable<Bytes> {
  let carried = '';
  let ended = false;
  for await (const piece of text) {
    const compact = carried + latin1(piece).replace(/[\r\n\t ]+/g, '');
    const whole = compact.length - (compact.length % 4);
    carried = compact.slice(whole);
    if (whole === 0) continue;
    if (ended) throw new NotBase64();
    const groups = compact.slice(0, whole);
    ended = END.test(groups);
    yield decoded(groups);
  }
  if (carried !== '') throw new NotBase64();
}

function decoded(groups: string): Bytes {
  const bytes = Buffer.from(groups, 'base64');
  if (bytes.toString('base64') !== groups) throw new NotBase64();
  return bytes;
}

/** Bytes in pieces → base64 on one line, ASCII. */
export async function* encodedBase64(source: AsyncIterable<Bytes>): AsyncIterable<Bytes> {
  let carried: Bytes = new Uint8Array();
  for await (const piece of source) {
    const bytes = carried.length === 0 ? Buffer.from(piece) : Buffer.concat([carried, piece]);
    const whole = bytes.length - (bytes.length % 3);
    carried = bytes.subarray(whole);
    if (whole > 0) yield utf8(bytes.toString('base64', 0, whole));
  }
  if (carried.length > 0) yield utf8(Buffer.from(carried).toString('base64'));
}

/** Characters of so many bytes. */
export const base64Length = (bytes: number): number => 4 * Math.ceil(bytes / 3);

const latin1 = (bytes: Bytes): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
