import type { Gm } from '#crypto/gm.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { Secret } from '#kernel/secret.ts';
import { signedMessage } from './message.ts';
import type { SignProfile } from './sign.ts';

/** What message 7 says. */
export interface DecryptMessage {
  readonly taskId: string;
  /** The plaintext; base64 of it, where `encoding` says so; JSON of an opened file, where `encoding` is `file`. */
  readonly decData: string;
  readonly encoding: 'text' | 'base64' | 'file';
  /** Base64 DER, one line; '' where nobody knows whose key it was, as is the serial then. */
  readonly encCert: string;
  readonly encCertSn: string;
  /** The caller's own, verbatim; null: there was none. */
  readonly standBy: string | null;
}

/**
 * The body of `decrypt`: printed members in printed order. What is not the text itself says so in one extra member `decDataEncoding`
 * (`base64`: content that is no UTF-8 · `file`: JSON {capsuleId, sm3, size, url}); a text has no such member.
 */
export function decryptBody(gm: Gm, profile: SignProfile, secret: Secret<string>, message: DecryptMessage): JsonObject {
  const { standBy, encoding, ...printed } = message;
  const values = { ...printed, ...(standBy === null ? {} : { standBy }) };
  return signedMessage(
    gm,
    profile,
    secret,
    'decrypt',
    values,
    encoding === 'text' ? {} : { decDataEncoding: encoding },
  );
}
