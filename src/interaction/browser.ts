import type { Gm } from '#crypto/gm.ts';
import { base64url, equalBytes, fromBase64url, hex, utf8 } from '#kernel/bytes.ts';
import type { Random } from '#kernel/random.ts';

/** 32 random bytes, base64url: what a browser holds in its cookie, or a page in its memory where no cookie survives. */
export const newBrowserSecret = (random: Random): string => base64url(random.bytes(32));

export const isBrowserSecret = (text: string): boolean => text.length === 43 && fromBase64url(text)?.length === 32;

/** Stored in place of the secret. Hashed with the interaction, so that two rows of one browser cannot be told to be one's. */
export const browserHash = (gm: Gm, interaction: string, secret: string): string =>
  hex(gm.sm3(utf8(`caihub-browser/1\n${interaction}\n${secret}`)));

/** Whether `secret` is the one the interaction is bound to. */
export function isBoundTo(gm: Gm, row: { id: string; browserHash: string | null }, secret: string | null): boolean {
  if (row.browserHash === null || secret === null || !isBrowserSecret(secret)) return false;
  return equalBytes(utf8(row.browserHash), utf8(browserHash(gm, row.id, secret)));
}
