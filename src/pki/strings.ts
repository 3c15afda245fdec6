import { type Bytes, fromUtf8Strict } from '#kernel/bytes.ts';
import { tags } from './der.ts';

/**
 * The text of any ASN.1 string type, read for people and for matching numbers, never for comparing names (names are compared as bytes).
 * Vendors put UTF-8 and GBK into T61String and PrintableString, so those are read as what they really hold. Not a string type: undefined.
 */
export function readString(tag: number, content: Bytes): string | undefined {
  switch (tag) {
    case tags.utf8String:
    case tags.numericString:
    case tags.printableString:
    case tags.t61String:
    case tags.ia5String:
    case tags.visibleString:
      return lenient(content);
    case tags.bmpString:
      return content.length % 2 === 0 ? Buffer.from(content).swap16().toString('utf16le') : undefined;
    case tags.universalString:
      return utf32(content);
    default:
      return undefined;
  }
}

/** UTF-8 where it is UTF-8, else GBK. */
export function lenient(content: Bytes): string {
  return ascii(content) ?? fromUtf8Strict(content) ?? new TextDecoder('gbk').decode(content);
}

function ascii(content: Bytes): string | undefined {
  for (const byte of content) if (byte >= 0x80) return undefined;
  return Buffer.from(content.buffer, content.byteOffset, content.length).toString('latin1');
}

function utf32(content: Bytes): string | undefined {
  if (content.length % 4 !== 0) return undefined;
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  let text = '';
  for (let at = 0; at < content.length; at += 4) {
    const point = view.getUint32(at);
    if (point > 0x10ffff) return undefined;
    text += String.fromCodePoint(point);
  }
  return text;
}
