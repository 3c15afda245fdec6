import { z } from 'zod';

/**
 * How one connecting unit talks to the hub. Every member has a default, so `{}` is a whole profile.
 *
 * `sandbox`     a unit for trying out: a wrong `sign` is answered with the canonical string the hub used (never for a real unit)
 * `sign`        `hmac-sm3`: HMAC-SM3 with the secret over the canonical string · `sm3`: SM3(canonical string + `&key=` + secret) ·
 *               `sm2`: SM2-with-SM3 by the unit's own key; what the hub sends is signed by `hmac-sm3` then (readings L1)
 * `signKey`     for `sm2`: the public key of the unit's certificate, 65-byte point in lower hex
 * `allMembers`  also signs and reads members that the interface does not print
 * `freshness`   seconds that `standBy.hub.timestamp` of startCheck may differ from the hub's clock; 0 = not demanded (readings L3)
 * `subjects`    `shared`: a certificate enrolled by any unit works here · `own`: only this unit's own enrolments (readings L28)
 * `seal`        `any`: a picture is taken as well · `ses`: of what is sent only an electronic seal a seal maker signed (readings L22)
 * `answers`     `extended`: answers printed without code and msg get them too · `exact`: they do not, as long as they say yes (readings L10)
 * `echo`        of the answer to `decrypt`: `lenient`: a missing or different echo is put on record · `strict`: sent once more for it (L10, L11)
 * `plaintext`   `stored`: kept sealed until `decrypt` is delivered · `memory-only`: never written; after a crash the person decrypts again (L54)
 * `signature`   how the hub writes the CMS message of an SM2 signature in a document: `gbt35275`, or `rfc5652` with the RFC's own identifiers
 * `capsuleFiles` whether `decrypt` may bring an opened capsule's content that is no text, or over 1 MB, as JSON {capsuleId, sm3, size, url}
 * `attFile`     how files come in `startSignature`: `sm4-cbc`: base64(IV 16 bytes ‖ SM4-CBC, PKCS#7) under the unit's file key · `sm4-ecb`: base64 of
 *               SM4-ECB, PKCS#7 · `plain`: base64 of the file itself (readings L36)
 * `plainFiles`  with the first two: whether the base64 of a PDF that was not encrypted is taken as well
 * `signedFile`  how `onSignature` brings the signed file: `mirror`: as the file of its task came · `plain` · `sm4`: encrypted, as files come
 *               by `attFile`, else as `sm4-cbc` (readings L37)
 */
export const unitProfile = z.strictObject({
  sandbox: z.boolean().default(false),
  sign: z.enum(['hmac-sm3', 'sm3', 'sm2']).default('hmac-sm3'),
  signKey: z
    .string()
    .regex(/^(04[0-9a-f]{128})?$/)
    .default(''),
  allMembers: z.boolean().default(false),
  freshness: z.int().min(0).max(3600).default(0),
  subjects: z.enum(['shared', 'own']).default('shared'),
  seal: z.enum(['any', 'ses']).default('any'),
  answers: z.enum(['extended', 'exact']).default('extended'),
  echo: z.enum(['lenient', 'strict']).default('lenient'),
  plaintext: z.enum(['stored', 'memory-only']).default('stored'),
  signature: z.enum(['gbt35275', 'rfc5652']).default('gbt35275'),
  capsuleFiles: z.boolean().default(true),
  attFile: z.enum(['sm4-cbc', 'sm4-ecb', 'plain']).default('sm4-cbc'),
  plainFiles: z.boolean().default(false),
  signedFile: z.enum(['mirror', 'plain', 'sm4']).default('mirror'),
});

/** The same as it stands in the database: what a newer version of the hub wrote besides is left aside, not refused. */
export const storedProfile = z.object(unitProfile.shape);

export type UnitProfile = z.output<typeof unitProfile>;
/** What a caller of `addUnit` may say; the rest is filled from the defaults. */
export type UnitProfileInput = z.input<typeof unitProfile>;

/** How a file stands in a message. */
export type FileForm = UnitProfile['attFile'];

/** How a signed file goes back that came as `came`; of one that the trading system did not send, as it would have (readings L37). */
export function signedFileForm(profile: Pick<UnitProfile, 'attFile' | 'signedFile'>, came?: FileForm): FileForm {
  switch (profile.signedFile) {
    case 'mirror':
      return came ?? profile.attFile;
    case 'plain':
      return 'plain';
    case 'sm4':
      return profile.attFile === 'plain' ? 'sm4-cbc' : profile.attFile;
  }
}
