import type { Gm } from '#crypto/gm.ts';
import { beijingDate } from '#kernel/clock.ts';
import { type Refusal, refusal } from '#kernel/errors.ts';
import { limits } from '#kernel/limits.ts';
import type { Certificate } from '#pki/certificate.ts';
import { MAX_SIDE } from '#pki/picture.ts';
import { type ESeal, judgeSeal, mayUseSeal } from '#pki/ses.ts';
import type { SealFacts } from './facts.ts';
import type { SealMakers } from './makers.ts';

/** Bytes of TBS_Sign (GB/T 38540) beside the seal: version, time, digest and the field's name, with room to spare. */
const BESIDE = 512;

/** What a key signs carries the whole seal, and no key of an agent or a vendor takes more than `limits.toSign`. */
function sizeFault({ der }: ESeal): Refusal | null {
  const most = limits.toSign - BESIDE;
  if (der.length <= most) return null;
  const kilobytes = (bytes: number, round: (value: number) => number): string => `${round(bytes / 1024)} KB`;
  return refusal('SEAL_TOO_LARGE', { size: kilobytes(der.length, Math.ceil), most: kilobytes(most, Math.floor) });
}

/** The seal itself, whoever uses it: its size, the maker's signature over picture and list, its dates, the maker. null: good. May wait for a revocation list. */
export async function sealFault(
  { gm, makers }: { readonly gm: Gm; readonly makers: SealMakers },
  seal: ESeal,
  now: number,
): Promise<Refusal | null> {
  const large = sizeFault(seal);
  if (large !== null) return large;
  const judged = judgeSeal(gm, seal, now);
  if (judged.ok) return makers.judge(judged.maker, seal.createdAt);
  switch (judged.fault) {
    case 'maker-unreadable':
    case 'maker-algorithm':
      return refusal('SEAL_MAKER_UNKNOWN', {}, judged.fault);
    case 'maker-signature':
      return refusal('SEAL_ALTERED');
    case 'not-yet-valid':
      return refusal('SEAL_NOT_YET_VALID', { date: beijingDate(seal.validFrom) });
    case 'expired':
      return refusal('SEAL_EXPIRED', { date: beijingDate(seal.validTo) });
  }
}

/** Named in the maker's own list: the check that verifiers most often forget (GB/T 38540 7.2). */
export const notInList = (gm: Gm, seal: ESeal, signer: Certificate): Refusal | null =>
  mayUseSeal(gm, seal, signer) ? null : refusal('SEAL_NOT_YOURS');

export function pictureFault({ fault, writtenFormat, width, height }: SealFacts): Refusal | null {
  switch (fault) {
    case null:
      return null;
    case 'unknown-format':
      return refusal('SEAL_PICTURE', { reason: `格式为 ${formatName(writtenFormat)}，只能使用 PNG 或 JPEG` });
    case 'broken':
      return refusal('SEAL_PICTURE', { reason: '图片不完整，无法显示' });
    case 'too-large':
      return refusal('SEAL_PICTURE', { reason: `图片过大，长宽不能超过 ${MAX_SIDE} 像素` });
    case 'size':
      return refusal('SEAL_PICTURE', { reason: `尺寸为 ${width}×${height} 毫米，超出印章应有的大小` });
  }
}

/** Makers write what they like: only what looks like a format's name is repeated. */
const formatName = (written: string): string => (/^[A-Za-z0-9]{2,8}$/.test(written) ? written.toUpperCase() : '其他');
