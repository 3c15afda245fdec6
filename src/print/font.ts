import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import type { Bytes } from '#kernel/bytes.ts';

/**
 * Noto Sans SC (OFL 1.1, licence beside it), cut to 16,698 characters: GB2312, Big5, the simplified forms of names, the signs of documents. Packed, because
 * what is shipped is in every copy of the program; unpacked on first use (a tenth of a second) and kept by the returned function.
 */
export function loadFont(folder: string): () => Bytes {
  let font: Bytes | undefined;
  return () => {
    font ??= brotliDecompressSync(readFileSync(join(folder, 'NotoSansSC-Regular.subset.ttf.br')));
    return font;
  };
}
