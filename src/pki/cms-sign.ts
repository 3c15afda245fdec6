import type { Gm, SignerId } from '#crypto/gm.ts';
import type { Bytes } from '#kernel/bytes.ts';
import type { Certificate } from './certificate.ts';
import { contentInfo, isData, refDer, typeOid } from './cms.ts';
import { looksLikeAttributes, signedAttributes } from './cms-attributes.ts';
import type { SignatureProfile } from './cms-profile.ts';
import { encapsulated, signedBytesOf } from './cms-signature.ts';
import { contextConstructed } from './der.ts';
import { derNull, integer, octetString, oid, sequence, set, tlv } from './der-writer.ts';
import { oids } from './oids.ts';

/** Who signs. The key may live in a module or a driver: only the signing is asked for. */
export interface MessageSigner {
  readonly certificate: Certificate;
  /** DER SM2Signature over SM3(Z ‖ message), or over SM3(message) for `no-z`. */
  sign(message: readonly Bytes[], id: SignerId): Promise<Bytes>;
}

export interface SigningRequest {
  readonly content: Bytes;
  /** Default: data of the profile's family. Anything else needs a profile with attributes. */
  readonly contentType?: string;
  /** Leave the content out of the message. */
  readonly detached?: boolean;
  readonly profile: SignatureProfile;
  readonly signers: readonly MessageSigner[];
  /** The signer's own word on when, UTC milliseconds; only with attributes. */
  readonly signingTime?: number;
  /** Further whole signed attributes. */
  readonly attributes?: (signer: MessageSigner) => readonly Bytes[];
  /** Beside the signers' own: their issuers. */
  readonly certificates?: readonly Certificate[];
}

export type SigningResult =
  | { readonly ok: true; readonly der: Bytes }
  | {
      readonly ok: false;
      /** `key`: the signature made is not of the key in the certificate. */
      readonly fault: 'no-signer' | 'not-sm2' | 'ambiguous-content' | 'attributes-needed' | 'key';
    };

/** SignedData in one vendor's profile, signed with SM2 and SM3; each signature is verified before it is handed out. */
export async function makeSignedData(gm: Gm, request: SigningRequest): Promise<SigningResult> {
  const { content, profile, signers, detached = false } = request;
  const type = request.contentType ?? typeOid(profile.family, 'data');
  if (signers.length === 0) return { ok: false, fault: 'no-signer' };
  if (profile.signedBytes !== 'attributes') {
    if (!isData(type)) return { ok: false, fault: 'attributes-needed' };
    if (looksLikeAttributes(content)) return { ok: false, fault: 'ambiguous-content' };
  }
  const infos: Bytes[] = [];
  for (const signer of signers) {
    const info = await signerInfo(gm, request, type, signer);
    if (typeof info === 'string') return { ok: false, fault: info };
    infos.push(info);
  }
  const certificates = [...signers.map((signer) => signer.certificate), ...(request.certificates ?? [])];
  const keyIds = profile.signerRef === 'key-id' || !isData(type);
  const signedData = sequence(
    integer(keyIds ? 3 : 1),
    set(algorithm(oids.sm3, profile)),
    detached ? sequence(oid(type)) : encapsulated(type, content),
    tlv(contextConstructed(0), ...sorted(certificates.map(({ der }) => der))),
    set(...infos),
  );
  return { ok: true, der: contentInfo(typeOid(profile.family, 'signedData'), signedData) };
}

async function signerInfo(gm: Gm, request: SigningRequest, type: string, signer: MessageSigner) {
  const { content, profile } = request;
  const { certificate } = signer;
  if (certificate.key.kind !== 'sm2') return 'not-sm2' as const;
  const more = request.attributes?.(signer) ?? [];
  const attributes = signedAttributes(type, gm.sm3(content), request.signingTime ?? null, more);
  const message = { content, contentInfo: encapsulated(type, content) };
  const bytes = signedBytesOf(profile.signedBytes, message, attributes);
  const signature = await signer.sign([bytes], profile.id);
  if (!gm.sm2.verify(certificate.key.publicKey, [bytes], signature, profile.id)) return 'key' as const;
  const signatureOid = profile.signatureOid === 'sm2-1' ? oids.sm2Sign : oids.sm2WithSm3;
  return sequence(
    integer(profile.signerRef === 'key-id' ? 3 : 1),
    refDer(gm, profile.signerRef, certificate),
    algorithm(oids.sm3, profile),
    ...(profile.signedBytes === 'attributes' ? [implicitSet(attributes)] : []),
    algorithm(signatureOid, profile),
    octetString(signature),
  );
}

const algorithm = (id: string, { nullParameters }: SignatureProfile): Bytes =>
  sequence(oid(id), ...(nullParameters ? [derNull()] : []));

/** SET OF as `[0] IMPLICIT`: the same bytes under another tag. */
function implicitSet(attributes: Bytes): Bytes {
  const copy = new Uint8Array(attributes);
  copy[0] = contextConstructed(0);
  return copy;
}

/** A SET OF has an order, and nobody twice. */
function sorted(items: readonly Bytes[]): readonly Bytes[] {
  const all = [...items].sort(Buffer.compare);
  return all.filter((item, i) => i === 0 || Buffer.compare(item, all[i - 1] ?? item) !== 0);
}
