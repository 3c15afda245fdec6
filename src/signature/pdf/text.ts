import type { Bytes } from '#kernel/bytes.ts';

/** A text string of a document: UTF-16 with its mark, else Latin-1 as PDFDocEncoding's common part. */
export const textOf = (bytes: Bytes): string =>
  bytes[0] === 0xfe && bytes[1] === 0xff
    ? Buffer.from(bytes.subarray(2, 2 + ((bytes.length - 2) & ~1)))
        .swap16()
        .toString('utf16le')
    : Buffer.from(bytes).toString('latin1');
