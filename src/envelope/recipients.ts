import type { Authority } from '#drivers/authority.ts';
import { beijingDate } from '#kernel/clock.ts';
import { type Refusal, refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { type Certificate, tailOf } from '#pki/certificate.ts';
import type { VerifiedCertificate } from '#pki/path.ts';
import type { Unit } from '#relying-party/party.ts';
import type { EncryptRequest, Recipient } from './requests.ts';
import type { Room } from './room.ts';

/** Somebody for whom a text may be closed: on record, and his certificate verified for encryption now. */
export interface JudgedRecipient {
  readonly certificateId: string;
  readonly certificate: Certificate;
  readonly verified: VerifiedCertificate;
  readonly authority: Authority;
}

/** Of one ciphertext. */
const MOST = 32;

/**
 * Every recipient of the request, found by holder and serial, then judged: chain, usage, dates, and no known revocation. A vendor whose status list
 * cannot be had does not stop anybody: what is closed to a key harms nobody but its holder. Waits for status lists; never in a transaction.
 */
export async function judgeRecipients(
  room: Room,
  unit: Unit,
  request: EncryptRequest,
): Promise<Result<readonly JudgedRecipient[]>> {
  const { idNumber, unitCode, encryptionSerial, hub } = request;
  const names: readonly Recipient[] = [{ idNumber, unitCode, encryptionSerial }, ...(hub.recipients ?? [])];
  if (names.length > MOST) {
    const reason = `一份密文最多 ${MOST} 个接收人`;
    return refused(refusal('FIELD_INVALID', { field: 'standBy.hub', label: '互认平台扩展参数', reason }));
  }
  const judged = new Map<string, JudgedRecipient>();
  for (const name of names) {
    const found = await room.subscribers.findForEncryption(room.store.read, unit, name);
    if (!found.ok) return found;
    const { certificateId, certificate } = found.value;
    const one = await judge(room, certificate);
    if (!one.ok) return one;
    judged.set(certificateId, { certificateId, certificate, ...one.value });
  }
  return ok([...judged.values()]);
}

async function judge(
  room: Room,
  certificate: Certificate,
): Promise<Result<{ verified: VerifiedCertificate; authority: Authority }>> {
  const judgement = await room.trust.judge(certificate, 'encrypt', { requireStatus: false });
  switch (judgement.verdict) {
    case 'valid':
      return ok({ verified: judgement.verified, authority: judgement.authority });
    case 'expired':
      return refused(unusable(certificate, `已于 ${beijingDate(judgement.at)} 到期`));
    case 'revoked':
      return refused(unusable(certificate, '已被签发机构吊销'));
    case 'not-yet-valid':
      return refused(unusable(certificate, `自 ${beijingDate(judgement.at)} 起生效`));
    case 'suspended':
      return refused(refusal('AUTHORITY_SUSPENDED', { authority: judgement.authority.name }));
    case 'unknown-issuer':
      return refused(refusal('ISSUER_UNKNOWN'));
    case 'invalid':
      return refused(refusal('CHAIN_INVALID', {}, judgement.fault));
    case 'status-unavailable':
      return refused(refusal('CERTIFICATE_STATUS_UNAVAILABLE', {}, judgement.detail));
  }
}

const unusable = (certificate: Certificate, reason: string): Refusal =>
  refusal('RECIPIENT_UNUSABLE', { tail: tailOf(certificate), reason });
