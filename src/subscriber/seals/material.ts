import type { Gm } from '#crypto/gm.ts';
import { type Bytes, fromBase64, fromHex, hex } from '#kernel/bytes.ts';
import { parseCertificate, tailOf } from '#pki/certificate.ts';
import { readPicture, readWholePicture } from '#pki/picture.ts';
import { type ESeal, parseSeal } from '#pki/ses.ts';
import type { SealFacts } from './facts.ts';

/** A seal on its way into the library: read once, its picture decoded, nothing of it believed yet. */
export interface SealMaterial {
  readonly content: Bytes;
  /** SM3 of the content, lower hex. */
  readonly sm3: string;
  readonly facts: SealFacts;
  readonly seal: ESeal | null;
  /** Whom the maker allows: SM3 of each certificate, lower hex, with the tail of its serial where the seal carries the certificate itself. */
  readonly signers: readonly { readonly fingerprint: string; readonly tail: string }[];
  /** UTC ms; null: no such limit. */
  readonly validFrom: number | null;
  readonly validTo: number | null;
}

/** Millimetres. A seal of an organisation is 40 across, a person's 20 (domain 4.1); no seal in use is larger than 58. */
const ACROSS = { organisation: 40, person: 20 } as const;
const MAX_ACROSS = 80;

/** The bytes of a `signature` member: base64 or hex, a data URL's head taken off. */
export function bytesOfSealText(text: string): Bytes | undefined {
  const bare = text.trim().replace(/^data:[\w/+.-]*;base64,/i, '');
  // Hex is also base64 letter by letter: whichever reading makes sense.
  const readings = [fromBase64(bare), fromHex(bare)].filter((one) => one !== undefined && one.length > 0);
  return readings.find((one) => one !== undefined && looksLikeSomething(one)) ?? readings[0];
}

const looksLikeSomething = (bytes: Bytes): boolean => bytes[0] === 0x30 || readPicture(bytes) !== 'unknown-format';

/** undefined: no SESeal of any generation. */
export function sealMaterial(gm: Gm, content: Bytes): SealMaterial | undefined {
  const seal = parseSeal(gm, content);
  if (seal === undefined) return undefined;
  const { picture, maker } = seal;
  const read = readWholePicture(picture.data);
  const across = Math.max(picture.width, picture.height);
  const fault = typeof read === 'string' ? read : across > MAX_ACROSS ? 'size' : null;
  return {
    content: seal.der,
    sm3: hex(gm.sm3(seal.der)),
    seal,
    signers: signersOf(gm, seal),
    validFrom: seal.validFrom,
    validTo: seal.validTo,
    facts: {
      kind: 'ses',
      name: seal.name,
      format: typeof read === 'string' ? null : read.format,
      width: picture.width,
      height: picture.height,
      writtenFormat: picture.format.slice(0, 16),
      fault,
      ses: {
        generation: seal.generation,
        type: seal.type,
        makerName: maker?.subject.get('CN') ?? maker?.subject.get('O') ?? '',
        makerTail: maker === undefined ? '' : tailOf(maker),
      },
    },
  };
}

/** A picture that a unit sent; it is called what it is (readings L22). */
export function imageMaterial(
  gm: Gm,
  content: Bytes,
  holder: { readonly kind: 'organisation' | 'person'; readonly name: string; readonly writtenFormat: string },
): SealMaterial {
  const read = readWholePicture(content);
  const across = ACROSS[holder.kind];
  const [width, height] = typeof read === 'string' ? [across, across] : scaled(read, across);
  return {
    content,
    sm3: hex(gm.sm3(content)),
    seal: null,
    signers: [],
    validFrom: null,
    validTo: null,
    facts: {
      kind: 'image',
      name: `${holder.name}（印章图片）`,
      format: typeof read === 'string' ? null : read.format,
      ...{ width, height },
      writtenFormat: holder.writtenFormat,
      fault: typeof read === 'string' ? read : null,
      ses: null,
    },
  };
}

/** The longer side is `across`; tenths of a millimetre, at least one. */
function scaled({ width, height }: { width: number; height: number }, across: number): readonly [number, number] {
  const unit = across / Math.max(width, height);
  const tenth = (pixels: number): number => Math.max(1, Math.round(pixels * unit * 10) / 10);
  return [tenth(width), tenth(height)];
}

function signersOf(gm: Gm, { signers }: ESeal): SealMaterial['signers'] {
  const named =
    signers.by === 'certificate'
      ? signers.certificates.map((der) => {
          const certificate = parseCertificate(gm, der);
          return { fingerprint: hex(gm.sm3(der)), tail: certificate === undefined ? '' : tailOf(certificate) };
        })
      : signers.digests.map(({ value }) => ({ fingerprint: hex(value), tail: '' }));
  return [...new Map(named.map((one) => [one.fingerprint, one])).values()];
}
