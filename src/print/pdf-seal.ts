import type { Gm, Sm2PrivateKey } from '#crypto/gm.ts';
import { type Bytes, base64, concat, fromBase64, fromHex, hex, utf8 } from '#kernel/bytes.ts';

const PREFIX = utf8('caihub-pdf/1\n');
const MARK = '%caihub-pdf/1 ';
/** The mark, a point in hex, a blank, a signature in base64, a line feed. */
const MOST = 400;

/**
 * The hub's signature over a whole PDF file: one comment line behind its end, which readers pass over. It covers every byte before it, what
 * the pages show as well as the record inside. What persons' signatures append behind it leaves the paper what it was; anything else behind it does not.
 */
export async function sealPdf(gm: Gm, key: Sm2PrivateKey, pdf: Bytes): Promise<Bytes> {
  const body = pdf.at(-1) === 0x0a ? pdf : concat(pdf, utf8('\n'));
  const signature = await gm.sm2.sign(key, [PREFIX, gm.sm3(body)]);
  return concat(body, utf8(`${MARK}${hex(key.publicKey.point)} ${base64(signature)}\n`));
}

/**
 * The sealed paper that a file begins with, though something stands behind it (what that is, somebody else must judge): its length and its key's point. The last
 * seal that holds counts; undefined: none of the few that are tried.
 */
export function sealedPaper(gm: Gm, file: Bytes): { readonly length: number; readonly key: string } | undefined {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  let at = bytes.lastIndexOf(`\n${MARK}`);
  for (let tried = 0; at >= 0 && tried < MOST_TRIED; tried += 1) {
    const end = bytes.indexOf('\n', at + 1) + 1;
    const key = end === 0 || end - at > MOST ? undefined : checkPdfSeal(gm, bytes.subarray(0, end));
    if (key !== undefined) return { length: end, key };
    at = at === 0 ? -1 : bytes.lastIndexOf(`\n${MARK}`, at - 1);
  }
  return undefined;
}
const MOST_TRIED = 8;

/** The signing key's point (130 hex) of a file that is whole; undefined: no seal, or not over these bytes. */
export function checkPdfSeal(gm: Gm, file: Bytes): string | undefined {
  const tail = Buffer.from(file.subarray(Math.max(0, file.length - MOST))).toString('latin1');
  const at = tail.lastIndexOf(`\n${MARK}`);
  const [, point = '', signed = ''] =
    /^%caihub-pdf\/1 (04[0-9a-f]{128}) ([A-Za-z0-9+/=]+)\n$/.exec(tail.slice(at + 1)) ?? [];
  const key = gm.sm2.importPublic(fromHex(point) ?? Buffer.alloc(0));
  const signature = fromBase64(signed);
  if (at < 0 || key === undefined || signature === undefined) return undefined;
  const body = file.subarray(0, file.length - (tail.length - at - 1));
  return gm.sm2.verify(key, [PREFIX, gm.sm3(body)], signature) ? point : undefined;
}
