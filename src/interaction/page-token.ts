import type { Gm } from '#crypto/gm.ts';
import { type Bytes, base64url, equalBytes, fromBase64url, utf8 } from '#kernel/bytes.ts';

/** What a page URL names: an interaction and the generation of its link. */
interface PageAddress {
  readonly interaction: string;
  readonly generation: number;
}

export interface PageTokens {
  /** `<interaction>.<generation>.<mac>`; the same address always gives the same token, nothing is stored. */
  make(address: PageAddress): string;
  /** undefined: not one of ours. Says nothing about whether the generation is still the current one. */
  read(token: string): PageAddress | undefined;
}

const SHAPE = /^(int_[0-9a-hjkmnp-tv-z]{26})\.([1-9][0-9]{0,8})\.([A-Za-z0-9_-]{43})$/;

/** Page token = HMAC-SM3(page key, interaction ‖ generation) (design 5): a database copy opens no page. */
export function createPageTokens(gm: Gm, pageKey: Bytes): PageTokens {
  const mac = ({ interaction, generation }: PageAddress): Bytes =>
    gm.hmacSm3(pageKey, utf8(`caihub-page/1\n${interaction}\n${generation}`));
  return {
    make: (address) => `${address.interaction}.${address.generation}.${base64url(mac(address))}`,
    read(token) {
      const parts = SHAPE.exec(token);
      const given = parts?.[3] === undefined ? undefined : fromBase64url(parts[3]);
      if (parts?.[1] === undefined || parts[2] === undefined || given === undefined) return undefined;
      const address = { interaction: parts[1], generation: Number(parts[2]) };
      return equalBytes(given, mac(address)) ? address : undefined;
    },
  };
}
