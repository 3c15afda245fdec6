import type { Gm } from '#crypto/gm.ts';
import type { Bytes } from '#kernel/bytes.ts';
import type { Certificate } from './certificate.ts';
import type { SignatureForm } from './cms-profile.ts';
import type { SignerInfo } from './cms-signed.ts';
import { readDer, tags } from './der.ts';
import { childrenOf, readUnsignedHex } from './der-values.ts';
import { explicit, octetString, oid, sequence } from './der-writer.ts';
import type { DigestName } from './digest.ts';
import { oids } from './oids.ts';
import { checkSignature } from './signature.ts';

/** The one question of CMS signatures: did this certificate's key sign these bytes in a form that is allowed? */
export interface SignerQuestion {
  readonly info: Pick<SignerInfo, 'digest' | 'attributesDer' | 'signatureAlgorithm' | 'signature'>;
  readonly certificate: Certificate;
  readonly message: { readonly content: Bytes; readonly contentInfo: Bytes };
  readonly forms: readonly SignatureForm[];
  readonly allowNonGm: boolean;
}

type Held = { readonly form: SignatureForm | null };
type NotHeld = 'form-not-allowed' | 'algorithm-not-allowed' | 'bad-signature';

/** The inner ContentInfo with its content, as it stands in an attached message. */
export const encapsulated = (type: string, content: Bytes): Bytes =>
  sequence(oid(type), explicit(0, octetString(content)));

export function signedBytesOf(
  form: SignatureForm['signedBytes'],
  message: SignerQuestion['message'],
  attributes: Bytes,
): Bytes {
  switch (form) {
    case 'content':
      return message.content;
    case 'attributes':
      return attributes;
    case 'content-info':
      return message.contentInfo;
  }
}

export const checkSigner = (gm: Gm, question: SignerQuestion): Held | NotHeld =>
  question.certificate.key.kind === 'sm2' ? checkSm2(gm, question) : checkNonGm(gm, question);

const SM2_SIGNATURES: readonly string[] = [oids.sm2Sign, oids.sm2WithSm3];

function checkSm2(gm: Gm, { info, certificate, message, forms }: SignerQuestion): Held | NotHeld {
  const { oid: algorithm, parameters } = info.signatureAlgorithm;
  if (!SM2_SIGNATURES.includes(algorithm) || parameters !== null || info.digest !== 'sm3')
    return 'algorithm-not-allowed';
  const possible = forms.filter(({ signedBytes }) => (signedBytes === 'attributes') === (info.attributesDer !== null));
  if (possible.length === 0) return 'form-not-allowed';
  if (certificate.key.kind !== 'sm2' || !isSignatureDer(info.signature)) return 'bad-signature';
  for (const form of possible) {
    const bytes = signedBytesOf(form.signedBytes, message, info.attributesDer ?? new Uint8Array(0));
    if (gm.sm2.verify(certificate.key.publicKey, [bytes], info.signature, form.id)) return { form };
  }
  return 'bad-signature';
}

/** In a message the signature is DER; the raw forms that keys emit would give one signature several spellings. */
function isSignatureDer(signature: Bytes): boolean {
  const numbers = childrenOf(readDer(signature), tags.sequence);
  return numbers?.length === 2 && numbers.every((number) => readUnsignedHex(number) !== undefined);
}

const RSA: Partial<Record<DigestName, string>> = {
  sha256: oids.rsaSha256,
  sha384: oids.rsaSha384,
  sha512: oids.rsaSha512,
};
const ECDSA: Partial<Record<DigestName, string>> = {
  sha256: oids.ecdsaSha256,
  sha384: oids.ecdsaSha384,
  sha512: oids.ecdsaSha512,
};

/** RSA (PKCS#1 1.5) and ECDSA with SHA-2, with the digest the signer names and no other. `rsaEncryption` leaves the hash to the digest (RFC 3370 3.2). */
function checkNonGm(gm: Gm, { info, certificate, message, forms, allowNonGm }: SignerQuestion): Held | NotHeld {
  const { oid: algorithm, parameters } = info.signatureAlgorithm;
  const named = algorithm === oids.rsa ? RSA[info.digest] : algorithm;
  if (parameters !== null || named === undefined) return 'algorithm-not-allowed';
  if (named !== RSA[info.digest] && named !== ECDSA[info.digest]) return 'algorithm-not-allowed';
  const wanted = info.attributesDer === null ? 'content' : 'attributes';
  if (!forms.some(({ signedBytes }) => signedBytes === wanted)) return 'form-not-allowed';
  const tbs = info.attributesDer ?? message.content;
  const signed = { tbs, signatureAlgorithm: { oid: named, parameters: null }, signature: info.signature };
  switch (checkSignature(gm, signed, certificate, allowNonGm)) {
    case 'good':
      return { form: null };
    case 'bad':
      return 'bad-signature';
    case 'algorithm-not-allowed':
      return 'algorithm-not-allowed';
  }
}
