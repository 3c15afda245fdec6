import { beijingDate } from '#kernel/clock.ts';
import { refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { type Certificate, readCertificateText, spkiFingerprint } from '#pki/certificate.ts';
import { MOST_SHARES } from './capsule/shares.ts';
import type { OpeningRole } from './opening.ts';
import type { OpeningRequest, PersonRequest } from './request.ts';
import type { Room } from './room.ts';

/** Somebody appointed, certificates read and judged. */
export interface Office {
  readonly role: OpeningRole;
  readonly seat: number;
  readonly name: string;
  readonly signCertificate: Certificate;
  readonly encryptionCertificate: Certificate | null;
}

/**
 * Everybody of the request with his certificates judged as of now. Custodians: n >= t >= 2, no key in two seats (one person with two shares would be no
 * split). Refuses CUSTODIANS_INSUFFICIENT, OFFICE_CERTIFICATE. May wait for a vendor: never in a transaction.
 */
export async function appoint(room: Room, request: OpeningRequest): Promise<Result<Office[]>> {
  const figures = checkFigures(request);
  if (figures !== undefined) return refused(refusal('CUSTODIANS_INSUFFICIENT', { reason: figures }));
  const wanted: { role: OpeningRole; seat: number; person: PersonRequest }[] = [
    ...request.hosts.map((person) => ({ role: 'host' as const, seat: 0, person })),
    ...request.supervisors.map((person) => ({ role: 'supervisor' as const, seat: 0, person })),
    ...request.custodians.persons.flatMap((person, index) => [
      { role: 'custodian' as const, seat: index + 1, person },
      ...person.deputies.map((deputy) => ({ role: 'deputy' as const, seat: index + 1, person: deputy })),
    ]),
    ...request.recovery.persons.map((person, index) => ({ role: 'recovery' as const, seat: index + 1, person })),
  ];
  const offices: Office[] = [];
  for (const { role, seat, person } of wanted) {
    const read = await judgePerson(room, person, role !== 'host' && role !== 'supervisor');
    if (!read.ok) return read;
    offices.push({ role, seat, name: person.name, ...read.value });
  }
  const twice = sharedKey(room, offices);
  if (twice !== undefined)
    return refused(
      refusal('CUSTODIANS_INSUFFICIENT', { reason: `${twice} 的证书被用于两个席位，每个席位应由不同的人持有` }),
    );
  return ok(offices);
}

function checkFigures({ keyModel, hosts, custodians, recovery }: OpeningRequest): string | undefined {
  if (hosts.length === 0) return '至少应有一位开标主持人';
  if (keyModel === 'bidder')
    return custodians.persons.length + recovery.persons.length === 0 ? undefined : '该密钥方式不设托管人';
  const fault = quorumFault('托管人', custodians);
  if (fault !== undefined) return fault;
  if (keyModel === 'joint') return recovery.persons.length === 0 ? undefined : '该密钥方式不设恢复托管人';
  return quorumFault('恢复托管人', recovery);
}

function quorumFault(who: string, { needed, persons }: { needed: number; persons: readonly unknown[] }) {
  if (!Number.isInteger(needed) || needed < 2) return `${who}释放人数不得少于 2 人`;
  if (persons.length < needed) return `${who}共 ${persons.length} 人，少于释放所需的 ${needed} 人`;
  return persons.length > MOST_SHARES ? `${who}不得多于 ${MOST_SHARES} 人` : undefined;
}

/** The opening's custodians and the recovery body keep two halves of one key: nobody may sit on both sides either. */
function sharedKey({ gm }: Room, offices: readonly Office[]): string | undefined {
  const seats = new Map<string, string>();
  for (const { role, seat, name, signCertificate, encryptionCertificate } of offices) {
    if (encryptionCertificate === null) continue;
    const place = role === 'recovery' ? `r${seat}` : `c${seat}`;
    for (const key of [spkiFingerprint(gm, signCertificate), spkiFingerprint(gm, encryptionCertificate)]) {
      const known = seats.get(key);
      if (known !== undefined && known !== place) return name;
      seats.set(key, place);
    }
  }
  return undefined;
}

async function judgePerson(
  room: Room,
  person: PersonRequest,
  unwraps: boolean,
): Promise<Result<Pick<Office, 'signCertificate' | 'encryptionCertificate'>>> {
  const sign = await judgeCertificate(room, person.name, '签名证书', person.signCertificate, 'sign');
  if (!sign.ok) return sign;
  if (!unwraps) return ok({ signCertificate: sign.value, encryptionCertificate: null });
  const encrypt = await judgeCertificate(room, person.name, '加密证书', person.encryptionCertificate, 'encrypt');
  return encrypt.ok ? ok({ signCertificate: sign.value, encryptionCertificate: encrypt.value }) : encrypt;
}

async function judgeCertificate(
  { gm, trust }: Room,
  name: string,
  which: string,
  text: string,
  purpose: 'sign' | 'encrypt',
): Promise<Result<Certificate>> {
  const no = (reason: string) => refused(refusal('OFFICE_CERTIFICATE', { name, which, reason }));
  const certificate = readCertificateText(gm, text);
  if (certificate === undefined) return no('内容不是可识别的数字证书。');
  if (certificate.key.kind !== 'sm2') return no('请使用国密（SM2）证书。');
  const judgement = await trust.judge(certificate, purpose, { requireStatus: false });
  switch (judgement.verdict) {
    case 'valid':
      return ok(certificate);
    case 'expired':
      return no(`已于 ${beijingDate(judgement.at)} 到期，请办理延期后使用新证书。`);
    case 'not-yet-valid':
      return no(`自 ${beijingDate(judgement.at)} 起生效，现在还不能使用。`);
    case 'revoked':
      return no('已被吊销，请使用新证书。');
    case 'unknown-issuer':
      return no('签发机构未接入互认平台，请使用已接入机构的证书。');
    case 'suspended':
      return no('签发机构已暂停互认服务，请使用其他机构的证书。');
    case 'invalid':
    case 'status-unavailable':
      return no('证书链或用途校验未通过，请使用正规渠道签发的证书。');
  }
}
