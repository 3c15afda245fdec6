import { type Bytes, fromBase64, fromHex } from '#kernel/bytes.ts';

const PEM = /^-----BEGIN (?:X509 )?CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END (?:X509 )?CERTIFICATE-----$/;

/** DER bytes behind a text: PEM of one certificate, base64 (breaks tolerated), or hex (spaces and colons tolerated); otherwise undefined. */
export function bytesOfText(text: string): Bytes | undefined {
  const trimmed = text
    .replace(/^\uFEFF/, '')
    .replaceAll('\\n', '\n')
    .trim(); // a PEM pasted into JSON keeps its \n as two characters
  if (trimmed.startsWith('-----')) {
    const body = PEM.exec(trimmed)?.[1];
    return body === undefined ? undefined : nonEmpty(fromBase64(body));
  }
  // A certificate begins with SEQUENCE of two length bytes: hex `3082` and base64 `MII` cannot be confused.
  const compact = trimmed.replace(/[\s:]+/g, '');
  return nonEmpty(compact.startsWith('30') ? fromHex(compact) : fromBase64(trimmed));
}

const nonEmpty = (bytes: Bytes | undefined): Bytes | undefined => (bytes?.length ? bytes : undefined);

/** Base64 DER on one line: the one form the hub emits. */
export const certificateText = (certificate: { readonly der: Bytes }): string =>
  Buffer.from(certificate.der).toString('base64');

/** PEM with 64-character lines, for files and people. */
export function pem(der: Bytes, label = 'CERTIFICATE'): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
