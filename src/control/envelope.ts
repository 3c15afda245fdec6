import { refusalOfJudgement } from '#interaction/judgement.ts';
import type { Visit } from '#interaction/visit.ts';
import { type Bytes, base64, fromBase64 } from '#kernel/bytes.ts';
import { refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { parseCertificate, readCertificateText, tailOf } from '#pki/certificate.ts';
import { mayName } from '#pki/cms.ts';
import { envelopeProfiles, makeEnvelopedData } from '#pki/cms-envelop.ts';
import { parseEnvelopedData } from '#pki/cms-enveloped.ts';
import { isForSm2 } from '#pki/cms-open.ts';
import type { VerifiedCertificate } from '#pki/path.ts';
import { actingFor, noteUse } from './acting.ts';
import type { Room } from './room.ts';

/** A GB/T 35275 envelope for the holders of these encryption certificates (base64 DER or PEM), each judged as of now. */
export async function encryptFor(
  room: Room,
  visit: Visit,
  { content, certificates }: { readonly content: Bytes; readonly certificates: readonly string[] },
): Promise<Result<{ readonly envelope: string }>> {
  const acting = await actingFor(room, visit, 'encrypt');
  if (!acting.ok) return acting;
  const recipients: VerifiedCertificate[] = [];
  for (const text of certificates) {
    const certificate = readCertificateText(room.gm, text);
    if (certificate === undefined)
      return refused(refusal('CERTIFICATE_UNREADABLE', { field: 'certificate', label: '加密证书' }));
    const judged = await room.trust.judge(certificate, 'encrypt');
    const why = refusalOfJudgement(judged);
    if (why !== undefined || judged.verdict !== 'valid') return refused(why ?? refusal('CHAIN_INVALID'));
    recipients.push(judged.verified);
  }
  const { gm, random } = room;
  const made = await makeEnvelopedData(gm, { content, recipients, random, profile: envelopeProfiles.gbt35275 });
  if (!made.ok) return refused(refusal('ALGORITHM_NOT_ALLOWED'));
  const tails = recipients.map(({ certificate }) => tailOf(certificate));
  await noteUse(room, acting.value, 'encrypted', { recipients: tails, bytes: content.length });
  return ok({ envelope: base64(made.der) });
}

/** What the page needs to open an envelope with the person's key: nothing here could be opened by the hub. Base64 each. */
export interface LocatedEnvelope {
  /** Copies of the content key that this certificate's key may open, likeliest first. */
  readonly wraps: readonly string[];
  readonly iv: string;
  readonly ciphertext: string;
}

const MOST_WRAPS = 4;

/** Reads an envelope for the page. One refusal for everything: DECRYPT_FAILED. Only SM4-CBC is read: another mode over such a message is an attack. */
export async function locateEnvelope(
  room: Room,
  visit: Visit,
  { envelope, certificate: given }: { readonly envelope: Bytes; readonly certificate: string },
): Promise<Result<LocatedEnvelope>> {
  const acting = await actingFor(room, visit, 'decrypt');
  if (!acting.ok) return acting;
  const der = fromBase64(given);
  const certificate = der && parseCertificate(room.gm, der);
  const parsed = parseEnvelopedData(envelope);
  if (certificate === undefined || parsed === undefined || parsed.cipher.mode !== 'cbc' || parsed.cipher.iv === null)
    return refused(refusal('DECRYPT_FAILED'));
  const wraps = parsed.recipients
    .filter((one) => isForSm2(one) && mayName(room.gm, one.ref, certificate))
    .slice(0, MOST_WRAPS);
  if (wraps.length === 0) return refused(refusal('DECRYPT_FAILED'));
  await noteUse(room, acting.value, 'opening', { tail: tailOf(certificate), bytes: parsed.ciphertext.length });
  return ok({
    wraps: wraps.map(({ encryptedKey }) => base64(encryptedKey)),
    iv: base64(parsed.cipher.iv),
    ciphertext: base64(parsed.ciphertext),
  });
}
