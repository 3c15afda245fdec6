import type { Gm } from '#crypto/gm.ts';
import type { Certificate } from '#pki/certificate.ts';
import { refNames } from '#pki/cms.ts';
import { parseSignedData } from '#pki/cms-signed.ts';
import { leadingDerLength } from '#pki/der.ts';
import { parseSealSignature } from '#pki/ses-signature.ts';
import type { PdfSignature } from '../pdf/signatures.ts';

/** The certificate that a signature's container names as its own; nothing of it is believed here. */
export function certificateOf(gm: Gm, { contents }: PdfSignature): Certificate | undefined {
  const length = leadingDerLength(contents);
  if (length === undefined) return undefined;
  const der = contents.subarray(0, length);
  const sealed = parseSealSignature(gm, der);
  if (sealed !== undefined) return sealed.signer;
  const signed = parseSignedData(gm, der);
  const [info] = signed?.signers ?? [];
  return info && signed?.certificates.find((one) => refNames(gm, info.ref, one));
}
