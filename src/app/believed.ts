import type { HubConfig } from '#config/config.ts';
import type { Gm } from '#crypto/gm.ts';
import type { TimeAuthority } from '#opening/time-witness.ts';
import { type Certificate, readCertificateText } from '#pki/certificate.ts';
import type { StampingAuthority } from '#signature/stamp.ts';

/** Who makes seals, as the configuration says. Throws where it names a file without a readable certificate. */
export function sealMakersOf({ sealMakers }: HubConfig, gm: Gm): readonly Certificate[] {
  const certificates = certificatesIn(sealMakers, gm);
  if (sealMakers !== '' && certificates.length === 0)
    throw new Error('sealMakers.certificatesFile: no readable certificate');
  return certificates;
}

/** The time authority of the configuration; null: none. Throws as above. */
export function timeAuthorityOf({ timeAuthority }: HubConfig, gm: Gm): (TimeAuthority & StampingAuthority) | null {
  if (timeAuthority === undefined) return null;
  const certificates = certificatesIn(timeAuthority.certificates, gm);
  if (certificates.length === 0) throw new Error('timeAuthority.certificatesFile: no readable certificate');
  const { url, privateRanges, whenDown } = timeAuthority;
  return { url, privateRanges, whenDown, certificates };
}

const certificatesIn = (pem: string, gm: Gm): Certificate[] =>
  (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).flatMap(
    (block) => readCertificateText(gm, block) ?? [],
  );
