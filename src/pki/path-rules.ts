import { equalBytes } from '#kernel/bytes.ts';
import type { Certificate } from './certificate.ts';
import { identityExtensionOids } from './identity-oids.ts';
import { meetsConstraints } from './name-constraints.ts';
import { oids } from './oids.ts';
import { isStrong } from './signature.ts';

export type Purpose = 'sign' | 'encrypt' | 'ca' | 'ocsp' | 'timestamp';

/** Why a path does not hold. `expired` and `not-yet-valid` are said only when everything else holds. */
export type PathFaultCode =
  | 'unknown-issuer'
  | 'bad-signature'
  | 'algorithm-not-allowed'
  | 'not-a-ca'
  | 'path-too-long'
  | 'loop'
  | 'ca-usage'
  | 'purpose'
  | 'critical-extension'
  | 'name-constraints'
  | 'issuer-out-of-date'
  | 'expired'
  | 'not-yet-valid';

/** Extensions this validator understands when they are critical. Policies hold trivially: no caller demands one. */
const UNDERSTOOD: ReadonlySet<string> = new Set([
  oids.basicConstraints,
  oids.keyUsage,
  oids.extendedKeyUsage,
  oids.subjectAltName,
  oids.subjectKeyIdentifier,
  oids.authorityKeyIdentifier,
  oids.crlDistributionPoints,
  oids.certificatePolicies,
  oids.nameConstraints,
  ...identityExtensionOids,
]);

const PERSONAL_PURPOSES: readonly string[] = [
  oids.anyExtendedKeyUsage,
  oids.clientAuth,
  oids.emailProtection,
  oids.documentSigning,
  oids.smartcardLogon,
];
const FOREIGN_PURPOSES: readonly string[] = [oids.serverAuth, oids.codeSigning, oids.timeStamping, oids.ocspSigning];

/** What must hold of any certificate on a path, whatever its place. */
export function commonFault(certificate: Certificate, allowNonGm: boolean): PathFaultCode | undefined {
  for (const extension of certificate.extensions.values()) {
    if (extension.critical && !UNDERSTOOD.has(extension.oid)) return 'critical-extension';
  }
  if (certificate.key.kind === 'sm2') return undefined;
  return allowNonGm && isStrong(certificate) ? undefined : 'algorithm-not-allowed';
}

/** May `issuer` have issued a certificate with `below` CA certificates (not self-issued) between the two? RFC 5280 4.2.1.3, 4.2.1.9. */
export function issuerFault(issuer: Certificate, below: number): PathFaultCode | undefined {
  const constraints = issuer.basicConstraints;
  if (!constraints?.ca) return 'not-a-ca';
  if (constraints.pathLength !== null && below > constraints.pathLength) return 'path-too-long';
  return issuer.keyUsage !== null && !issuer.keyUsage.has('keyCertSign') ? 'ca-usage' : undefined;
}

/**
 * Do the names below a CA keep to its constraints? `below` are the certificates between it and the end entity, that one first; self-issued CA
 * certificates among them are free (RFC 5280 6.1.3). On a person's own certificate the extension has no business.
 */
export function nameFault(certificate: Certificate, below: readonly Certificate[]): PathFaultCode | undefined {
  const constraints = certificate.extensions.get(oids.nameConstraints);
  if (constraints === undefined) return undefined;
  if (!certificate.basicConstraints?.ca) return 'name-constraints';
  const bound = below.filter((one, i) => i === 0 || !equalBytes(one.issuer.der, one.subject.der));
  return bound.every((one) => meetsConstraints(constraints.value, one)) ? undefined : 'name-constraints';
}

/**
 * May the key at the end of the path be used for this? A person's certificate is never a CA's, and must say its usage:
 * `sign` needs digitalSignature, `encrypt` keyEncipherment or dataEncipherment (domain 2.1, 2.2).
 */
export function purposeFault(certificate: Certificate, purpose: Purpose): PathFaultCode | undefined {
  const ca = certificate.basicConstraints?.ca ?? false;
  if (purpose === 'ca') return ca ? undefined : 'not-a-ca';
  if (purpose === 'ocsp' || purpose === 'timestamp') return ca || !serves(certificate, purpose) ? 'purpose' : undefined;
  if (ca || !allowsExtended(certificate)) return 'purpose';
  return hasUsage(certificate, purpose) ? undefined : 'purpose';
}

/** A service's key must say which service: `ocsp` RFC 6960 4.2.2.2, `timestamp` alone and critical RFC 3161 2.3. */
function serves({ keyUsage, extendedKeyUsage, extensions }: Certificate, purpose: 'ocsp' | 'timestamp'): boolean {
  if (extendedKeyUsage === null) return false;
  if (keyUsage !== null && !keyUsage.has('digitalSignature') && !keyUsage.has('nonRepudiation')) return false;
  if (purpose === 'ocsp') return extendedKeyUsage.includes(oids.ocspSigning);
  const critical = extensions.get(oids.extendedKeyUsage)?.critical ?? false;
  return critical && extendedKeyUsage.length === 1 && extendedKeyUsage[0] === oids.timeStamping;
}

/** The keyUsage extension alone: both may be true of a single-key certificate. */
function hasUsage({ keyUsage }: Certificate, purpose: 'sign' | 'encrypt'): boolean {
  if (keyUsage === null) return false;
  return purpose === 'sign'
    ? keyUsage.has('digitalSignature')
    : keyUsage.has('keyEncipherment') || keyUsage.has('dataEncipherment');
}

/** Vendors put purposes of their own into extendedKeyUsage: refused is what is critical and unknown, or only for servers, code, time or OCSP. */
function allowsExtended(certificate: Certificate): boolean {
  const purposes = certificate.extendedKeyUsage;
  if (purposes === null || purposes.some((oid) => PERSONAL_PURPOSES.includes(oid))) return true;
  const critical = certificate.extensions.get(oids.extendedKeyUsage)?.critical ?? false;
  return !critical && !purposes.every((oid) => FOREIGN_PURPOSES.includes(oid));
}

/** Validity to the second, both ends included (RFC 5280 4.1.2.5). `at` is UTC milliseconds. */
export function timeFault(certificate: Certificate, at: number): 'expired' | 'not-yet-valid' | undefined {
  const second = Math.floor(at / 1000) * 1000;
  if (second < certificate.notBefore) return 'not-yet-valid';
  return second > certificate.notAfter ? 'expired' : undefined;
}
