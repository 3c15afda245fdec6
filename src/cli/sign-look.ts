import { readFileSync } from 'node:fs';
import type { Gm } from '#crypto/gm.ts';
import type { Certificate } from '#pki/certificate.ts';
import { readPicture } from '#pki/picture.ts';
import { type ESeal, judgeSeal, mayUseSeal, parseSeal } from '#pki/ses.ts';
import { openPdf, pagesOf } from '#signature/pdf/document.ts';
import { type Placement, seenSize } from '#signature/pdf/placement.ts';
import type { PdfSource } from '#signature/pdf/source.ts';
import { placesOf } from '#signature/places.ts';
import type { StraddleWish } from '#signature/prepare-wish.ts';
import type { SigningWish } from '#signature/sign/prepare.ts';

export interface LookValues {
  readonly picture?: string | undefined;
  readonly seal?: string | undefined;
  readonly width?: string | undefined;
  readonly at?: string[] | undefined;
  readonly straddle?: string | undefined;
}

/** How the signature is written, and what of it is seen. */
export interface Look {
  readonly container: SigningWish['container'];
  readonly picture: SigningWish['picture'];
  /** Millimetres. */
  readonly width: number;
  readonly height: number;
}

/** The look, or the sentence that says why there is none. `now`: UTC ms. */
export function readLook(gm: Gm, certificate: Certificate, values: LookValues, now: number): Look | string {
  const { picture, seal, width = '40' } = values;
  if (seal !== undefined) return sealLook(gm, certificate, seal, now);
  // RSA keys sign in the RFC's family, which their readers know.
  const profile = certificate.key.kind === 'rsa' ? 'rfc5652' : 'gbt35275Attributes';
  const container = { form: 'cms', profile } as const;
  if (picture === undefined) return { container, picture: null, width: 0, height: 0 };
  const image = readPicture(readFileSync(picture));
  const wide = Number(width);
  if (typeof image === 'string' || !(wide >= 5 && wide <= 100)) return `文件 ${picture} 不是可用的印章图片。`;
  return { container, picture: image, width: wide, height: (wide * image.height) / image.width };
}

function sealLook(gm: Gm, certificate: Certificate, file: string, now: number): Look | string {
  const seal = parseSeal(gm, readFileSync(file));
  const image = seal && readPicture(seal.picture.data);
  if (seal === undefined || image === undefined || typeof image === 'string')
    return `文件 ${file} 不是可用的电子印章。`;
  const fault = faultOf(gm, certificate, seal, now);
  if (fault !== undefined) return fault;
  const { width, height } = seal.picture;
  return { container: { form: 'seal', seal }, picture: image, width, height };
}

/** Who made the seal is judged by whoever verifies the document: here nobody knows the seal makers. */
function faultOf(gm: Gm, certificate: Certificate, seal: ESeal, now: number): string | undefined {
  if (certificate.key.kind !== 'sm2') return '电子印章只能由 SM2 证书使用，没有签署。';
  if (!mayUseSeal(gm, seal, certificate)) return '印章的授权名单中没有这张证书，没有签署。';
  const judged = judgeSeal(gm, seal, now);
  if (judged.ok) return undefined;
  switch (judged.fault) {
    case 'not-yet-valid':
      return '电子印章尚未生效，没有签署。';
    case 'expired':
      return '电子印章已经过期，没有签署。';
    case 'maker-signature':
      return '电子印章被改动过，没有签署。';
    case 'maker-unreadable':
    case 'maker-algorithm':
      return '电子印章的制章人证书无法读出，没有签署。';
  }
}

/** Where the seal stands, or the sentence that says why it cannot stand there. Throws PdfFault. */
export async function readPlaces(
  source: PdfSource,
  { picture, width, height }: Look,
  values: LookValues,
): Promise<readonly Placement[] | string> {
  const { at = [], straddle } = values;
  if (at.length === 0 && straddle === undefined) return [];
  if (picture === null) return '写明了加盖的位置，请用 --picture 或 --seal 给出印章。';
  const placements = at.map(placeOf);
  if (!placements.every((place) => place !== undefined)) return '--at 应为“页,左,上”，例如 --at 1,120,200。';
  const sizes = (await pagesOf(await openPdf(source))).map(seenSize);
  const edge = straddle === undefined ? null : straddleOf(straddle, sizes.length);
  if (edge === undefined) return '--straddle 应为“毫米”或“毫米,每枚页数”，例如 --straddle 148 或 --straddle 148,30。';
  const sized = { width, height };
  const places = placesOf(sizes, sized, {
    placements: placements.map((place) => ({ ...place, ...sized })),
    straddle: edge && { ...edge, ...sized },
  });
  return places.ok ? places.value : `没有签署：${places.refusal.params['reason'] ?? '印章的位置有误'}。`;
}

function placeOf(text: string): { page: number; x: number; y: number } | undefined {
  const [, page, x, y] = /^([1-9]\d{0,3}),(\d{1,4}(?:\.\d{1,2})?),(\d{1,4}(?:\.\d{1,2})?)$/.exec(text) ?? [];
  return page === undefined ? undefined : { page: Number(page) - 1, x: Number(x), y: Number(y) };
}

function straddleOf(text: string, count: number): Pick<StraddleWish, 'pages' | 'centre' | 'each'> | undefined {
  const [, centre, each] = /^(\d{1,4}(?:\.\d{1,2})?)(?:,([1-9]\d{0,3}))?$/.exec(text) ?? [];
  if (centre === undefined) return undefined;
  const pages = Array.from({ length: count }, (_, page) => page);
  return { pages, centre: Number(centre), each: each === undefined ? undefined : Number(each) };
}
