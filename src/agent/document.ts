import type { Gm } from '#crypto/gm.ts';
import { type Bytes, equalBytes } from '#kernel/bytes.ts';
import { limits } from '#kernel/limits.ts';
import { type Certificate, parseCertificate } from '#pki/certificate.ts';
import { isData } from '#pki/cms.ts';
import { type Attributes, claimedTime, readAttributes, single } from '#pki/cms-attributes.ts';
import { type DerNode, readDer, tags } from '#pki/der.ts';
import { childrenOf, readBits, readOctets, readOid, readSmallInteger, readTime } from '#pki/der-values.ts';
import { set } from '#pki/der-writer.ts';
import { oids } from '#pki/oids.ts';
import { mayUseSeal, parseSeal } from '#pki/ses.ts';
import { readString } from '#pki/strings.ts';

/** The hub's clock may be ahead of this PC's, and what it prepared waits for its person as long as a challenge does. */
const AHEAD_MS = 60_000;
const BACK_MS = limits.challengeLife + 60_000;
/** SM3 and SHA-256 alike. */
const DIGEST_BYTES = 32;
const MAX_ATTRIBUTES = 16 * 1024;
const MAX_PROPERTY = 512;

const NEEDED = [oids.contentType, oids.messageDigest, oids.signingTime];
const ALLOWED: readonly string[] = [...NEEDED, oids.signingCertificateV2];

/**
 * Whether these bytes stand for a document and for nothing else: signed attributes, or TBS_Sign of a seal that this certificate may use, made just now.
 * Anything else stays unsigned: a page that could have a digest or free bytes signed could have anything signed, a challenge of another hub too.
 */
export function admitsDocument(gm: Gm, toSign: Bytes, signer: Bytes, now: number): boolean {
  const certificate = parseCertificate(gm, signer);
  if (certificate === undefined || toSign.length > limits.toSign) return false;
  const node = readDer(toSign);
  if (node?.tag === tags.set) return areAttributes(gm, node, certificate, now);
  return node?.tag === tags.sequence && isSealing(gm, node, certificate, now);
}

/** The four attributes of a document's signature, each once with one value, in the one order of DER (RFC 5652 5.4); no others. */
function areAttributes(gm: Gm, node: DerNode, signer: Certificate, now: number): boolean {
  if (node.der.length > MAX_ATTRIBUTES) return false;
  const items = node.children() ?? [];
  const attributes = readAttributes(items);
  if (attributes === undefined || attributes.size !== items.length) return false;
  if (!equalBytes(set(...items.map(({ der }) => der)), node.der)) return false;
  if (![...attributes.keys()].every((type) => ALLOWED.includes(type))) return false;
  if (!NEEDED.every((type) => single(attributes, type) !== undefined)) return false;
  return (
    isData(readOid(single(attributes, oids.contentType)) ?? '') &&
    readOctets(single(attributes, oids.messageDigest))?.length === DIGEST_BYTES &&
    isNear(claimedTime(attributes) ?? undefined, now) &&
    namesSigner(gm, attributes, signer)
  );
}

/** ESSCertIDv2 (RFC 5035), where it stands: of this very certificate, and of no other. */
function namesSigner(gm: Gm, attributes: Attributes, signer: Certificate): boolean {
  if (!attributes.has(oids.signingCertificateV2)) return true;
  const [list, policies] = childrenOf(single(attributes, oids.signingCertificateV2), tags.sequence) ?? [];
  const [id, second] = childrenOf(list, tags.sequence) ?? [];
  const [algorithm, digest] = childrenOf(id, tags.sequence) ?? [];
  if (policies !== undefined || second !== undefined) return false;
  const [name] = childrenOf(algorithm, tags.sequence) ?? [];
  const named = readOctets(digest);
  return readOid(name) === oids.sm3 && named !== undefined && equalBytes(named, gm.sm3(signer.der));
}

/** TBS_Sign of GB/T 38540: version 4, the seal, now, a digest, whose bytes it is of. No further data; the seal's own list has the signer in it. */
function isSealing(gm: Gm, node: DerNode, signer: Certificate, now: number): boolean {
  const parts = node.children() ?? [];
  const [version, sealNode, time, digest, property] = parts;
  if (parts.length !== 5 || readSmallInteger(version) !== 4 || signer.key.kind !== 'sm2') return false;
  if (readBits(digest)?.length !== DIGEST_BYTES) return false;
  if (time?.tag !== tags.generalizedTime || !isNear(readTime(time), now)) return false;
  const said = property?.tag === tags.ia5String ? readString(property.tag, property.content) : undefined;
  if (said === undefined || said.length > MAX_PROPERTY) return false;
  const seal = sealNode && parseSeal(gm, sealNode.der);
  return seal !== undefined && mayUseSeal(gm, seal, signer);
}

const isNear = (at: number | undefined, now: number): boolean =>
  at !== undefined && at >= now - BACK_MS && at <= now + AHEAD_MS;
