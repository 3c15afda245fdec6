import type { Certificate } from './certificate.ts';

/** A hexadecimal serial in any spelling (case, colons, spaces, `0x`, leading zeros) in its one canonical form; otherwise undefined. */
export function canonicalSerial(text: string): string | undefined {
  const compact = text
    .trim()
    .replace(/^0x/i, '')
    .replace(/[\s:-]/g, '');
  if (!/^[0-9a-fA-F]{1,128}$/.test(compact)) return undefined;
  const digits = compact.toUpperCase().replace(/^0+/, '');
  if (digits === '') return '00';
  return digits.length % 2 === 0 ? digits : `0${digits}`;
}

/**
 * Does this text name the certificate's serial: in hexadecimal, or in decimal? An all-digit text can be either, so it is compared with both
 * forms of the certificate instead of guessed (readings L21).
 */
export function serialNames(text: string, certificate: Pick<Certificate, 'serial'>): boolean {
  if (canonicalSerial(text) === certificate.serial) return true;
  const decimal = text.trim();
  return /^\d{1,155}$/.test(decimal) && BigInt(decimal) === BigInt(`0x${certificate.serial}`);
}
