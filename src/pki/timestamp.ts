import type { Gm } from '#crypto/gm.ts';
import { type Bytes, equalBytes, hex } from '#kernel/bytes.ts';
import { readAlgorithm } from './algorithm.ts';
import type { Certificate } from './certificate.ts';
import { type Attributes, single } from './cms-attributes.ts';
import type { SignatureForm } from './cms-profile.ts';
import { parseSignedData } from './cms-signed.ts';
import { type SignedDataFault, verifySignedData } from './cms-verify.ts';
import { tags } from './der.ts';
import { childrenOf, readOctets, readUnsignedHex } from './der-values.ts';
import { type DigestName, digest, digestName } from './digest.ts';
import { oids } from './oids.ts';
import type { PathResult, VerifiedCertificate } from './path.ts';
import { parseTstInfo, type TstInfo } from './tst-info.ts';

export interface TimestampCheck {
  /** TimeStampToken: the ContentInfo, from a response or an unsigned attribute. */
  readonly token: Bytes;
  /** What was stamped: the bytes, hashed here as the token says. */
  readonly data: Bytes | { readonly hash: DigestName; readonly hashed: Bytes };
  /** The nonce asked with; null where none was, or the token is an old one. */
  readonly nonce: Bytes | null;
  /** Judges the authority's certificate for `timestamp`, at the time it stamped. */
  readonly judge: (certificate: Certificate, carried: readonly Certificate[], genTime: number) => PathResult;
  readonly allowNonGm: boolean;
  /** Policies accepted; left out: any. */
  readonly policies?: readonly string[];
  /** `required` as RFC 3161 demands; `if-present` for authorities that leave ESSCertID out. A wrong one never counts. */
  readonly signingCertificate?: 'required' | 'if-present';
  /** Least accuracy demanded, milliseconds. A token that names none is then refused. */
  readonly leastAccuracyMs?: number;
  /** UTC milliseconds now: a stamp of the future is refused. */
  readonly at: number;
  /** Default: attributes, with Z. */
  readonly forms?: readonly SignatureForm[];
}

export type TimestampFault =
  | 'unreadable'
  | 'weak-hash'
  | 'another-content'
  | 'nonce'
  | 'policy'
  | 'accuracy'
  | 'from-the-future'
  | 'several-signers'
  | 'signing-certificate'
  | { readonly signature: SignedDataFault };

export type TimestampResult =
  | { readonly ok: true; readonly verified: VerifiedTimestamp }
  | { readonly ok: false; readonly fault: TimestampFault };

/** A stamp that has held. Only this file makes one. */
class Verified {
  readonly authority: VerifiedCertificate;
  readonly info: TstInfo;
  /** The data existed not later than this, UTC milliseconds: the stamped time and its accuracy. */
  readonly latest: number;
  readonly #genuine = true;

  constructor(authority: VerifiedCertificate, info: TstInfo) {
    this.authority = authority;
    this.info = Object.freeze(info);
    this.latest = info.genTime + (info.accuracy ?? 0);
    Object.freeze(this);
  }

  static is(value: unknown): value is Verified {
    return typeof value === 'object' && value !== null && #genuine in value && value.#genuine;
  }
}

export type VerifiedTimestamp = Verified;
export const isVerifiedTimestamp = (value: unknown): value is VerifiedTimestamp => Verified.is(value);

const CLOCK_SKEW_MS = 5 * 60_000;
const FORMS: readonly SignatureForm[] = [{ signedBytes: 'attributes', id: 'default' }];

/** Does this token stamp this data: one signer, certified for time stamping and nothing else, over a TSTInfo that names the data's hash? */
export function verifyTimestamp(gm: Gm, check: TimestampCheck): TimestampResult {
  const signed = parseSignedData(gm, check.token);
  const info = signed?.content == null ? undefined : parseTstInfo(signed.content);
  if (signed === undefined || info === undefined) return fault('unreadable');
  if (signed.signers.length !== 1) return fault('several-signers'); // RFC 3161 2.4.2
  const content = contentFault(gm, info, check);
  if (content !== undefined) return fault(content);
  const result = verifySignedData(gm, {
    signed,
    judge: (certificate, carried) => check.judge(certificate, carried, info.genTime),
    forms: check.forms ?? FORMS,
    allowNonGm: check.allowNonGm,
    contentType: oids.tstInfo,
  });
  if (!result.ok) return fault({ signature: result.fault });
  const [signer] = result.verified.signers;
  if (signer.certificate.purpose !== 'timestamp') return fault({ signature: { path: 'purpose' } });
  const named = namesSigner(gm, signer.info.attributes ?? new Map(), signer.certificate.certificate);
  if (named === 'no' || (named === 'absent' && check.signingCertificate !== 'if-present'))
    return fault('signing-certificate');
  return { ok: true, verified: new Verified(signer.certificate, info) };
}

const fault = (code: TimestampFault): TimestampResult => ({ ok: false, fault: code });

function contentFault(gm: Gm, info: TstInfo, check: TimestampCheck): TimestampFault | undefined {
  if (info.hash === 'sha1') return 'weak-hash';
  const hashed = hashedOf(gm, check.data, info.hash);
  if (hashed === undefined || !equalBytes(hashed, info.hashed)) return 'another-content';
  if (check.nonce !== null && info.nonce !== canonical(check.nonce)) return 'nonce';
  if (check.policies !== undefined && !check.policies.includes(info.policy)) return 'policy';
  const least = check.leastAccuracyMs;
  if (least !== undefined && (info.accuracy === null || info.accuracy > least)) return 'accuracy';
  return info.genTime > check.at + CLOCK_SKEW_MS ? 'from-the-future' : undefined;
}

function hashedOf(gm: Gm, data: TimestampCheck['data'], hash: DigestName): Bytes | undefined {
  if (data instanceof Uint8Array) return digest(gm, hash, data);
  return data.hash === hash ? data.hashed : undefined;
}

/** As an INTEGER reads: without leading zero bytes. */
const canonical = (nonce: Bytes): string =>
  hex(nonce)
    .toUpperCase()
    .replace(/^(00)+(?=..)/, '');

/** ESSCertIDv2 (RFC 5816; hash SHA-256 unless said) or ESSCertID (SHA-1): the first one must be the signer's certificate. */
function namesSigner(gm: Gm, attributes: Attributes, certificate: Certificate): 'yes' | 'no' | 'absent' {
  const [first, second] = [oids.signingCertificateV2, oids.signingCertificate].filter((oid) => attributes.has(oid));
  if (first === undefined) return 'absent';
  const all = second === undefined ? [first] : [first, second];
  return all.every((oid) => namesBy(gm, attributes, oid, certificate)) ? 'yes' : 'no';
}

function namesBy(gm: Gm, attributes: Attributes, oid: string, certificate: Certificate): boolean {
  const [ids] = childrenOf(single(attributes, oid), tags.sequence) ?? [];
  const parts = childrenOf(childrenOf(ids, tags.sequence)?.[0], tags.sequence) ?? [];
  const v2 = oid === oids.signingCertificateV2;
  const said = v2 && parts[0]?.tag === tags.sequence ? readAlgorithm(parts.shift()) : undefined;
  const hash = said === undefined ? (v2 ? 'sha256' : 'sha1') : digestName(said.oid);
  const value = readOctets(parts.shift());
  if (hash === undefined || value === undefined || !equalBytes(value, digest(gm, hash, certificate.der))) return false;
  const [, serialNode] = childrenOf(parts.shift(), tags.sequence) ?? [];
  return serialNode === undefined || readUnsignedHex(serialNode) === certificate.serial;
}
