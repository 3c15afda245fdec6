import type { Bytes } from '#kernel/bytes.ts';
import type { Refusal } from '#kernel/errors.ts';
import type { ESeal } from '#pki/ses.ts';

/** One seal as its holder sees it when he signs. */
export interface HeldSeal {
  /** `sel_…` of the library; `brought_…` (SM3 of the seal, hex) for one that a vendor keeps for its holder. */
  readonly id: string;
  readonly name: string;
  /** `image`: 印章图片由交易系统同步，未经制章机构签名 (readings L22). */
  readonly kind: 'ses' | 'image';
  /** Who keeps it: a unit has registered it, a unit sends it along with the key (userSynchro), or the holder's vendor. */
  readonly source: 'registered' | 'synchronised' | 'vendor';
  readonly picture: HeldPicture;
  /** What the maker signed; null for an image. */
  readonly seal: ESeal | null;
  /** UTC epoch ms; null: no end. */
  readonly validTo: number | null;
  /** Why it cannot be used now; null: it can. */
  readonly refusal: Refusal | null;
}

export interface HeldPicture {
  readonly format: 'png' | 'jpeg';
  /** One transparent pixel where the seal's own picture cannot be shown; then `refusal` says why. */
  readonly bytes: Bytes;
  /** Millimetres, as registered. */
  readonly width: number;
  readonly height: number;
}
