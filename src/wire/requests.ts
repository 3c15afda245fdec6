import { refusal } from '#kernel/errors.ts';
import type { JsonObject } from '#kernel/json.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Members } from './members.ts';
import { readStandBy, type StandByHub } from './stand-by.ts';
import { TEST_PREFIX } from './test-messages.ts';

/** Printed members → domain requests. Wire names stop here; what the values mean is the domain's business. */

/** Domain name → printed name, for refusals that name a field. */
export const printedNameOf: Readonly<Record<string, string>> = {
  userName: 'userName',
  idType: 'idType',
  idNumber: 'idNumber',
  unitName: 'unitName',
  unitCode: 'unitCode',
  signCertificate: 'signCert',
  encryptionCertificate: 'encCert',
  signSerial: 'signCertSn',
  encryptionSerial: 'encCertSn',
  endTime: 'certEndTime',
  legalName: 'legalName',
  legalIdNumber: 'legalIdcard',
  seal: 'signature',
  change: 'paType',
  taskId: 'taskId',
  standBy: 'standBy',
  content: 'decData',
  ciphertext: 'encData',
};

export const textOf = (members: Members, name: string): string => members.values.get(name) ?? '';

/** userSynchro → the subject's record, as sent, and what stands under `standBy.hub`. */
export function readSubject(members: Members, name: 'userSynchro' | 'changeCert' = 'userSynchro') {
  const standBy = readStandBy(members, name);
  if (!standBy.ok) return standBy;
  const record = {
    userName: textOf(members, 'userName'),
    idType: textOf(members, 'idType'),
    idNumber: textOf(members, 'idNumber'),
    unitName: textOf(members, 'unitName'),
    unitCode: textOf(members, 'unitCode'),
    signCertificate: textOf(members, 'signCert'),
    encryptionCertificate: textOf(members, 'encCert'),
    signSerial: textOf(members, 'signCertSn'),
    encryptionSerial: textOf(members, 'encCertSn'),
    endTime: textOf(members, 'certEndTime'),
    legalName: textOf(members, 'legalName'),
    legalIdNumber: textOf(members, 'legalIdcard'),
    seal: textOf(members, 'signature'),
    // Without time and nonce, so that a repeat has the same content.
    standBy: standBy.value.text === null ? null : standBy.value.content,
  };
  return ok({ record, hub: standBy.value.hub });
}

const CHANGES = { '0': 'renew', '1': 'change', '2': 'cancel' } as const;

/** changeCert → the record and what happens to it (readings L24). */
export function readChange(members: Members) {
  const paType = textOf(members, 'paType').trim();
  if (paType !== '0' && paType !== '1' && paType !== '2') {
    const reason = '应为 0（延期）、1（变更）或 2（注销）';
    return refused(refusal('FIELD_INVALID', { field: 'paType', label: '参数类型', reason }));
  }
  const subject = readSubject(members, 'changeCert');
  if (!subject.ok) return subject;
  return ok({ request: { ...subject.value.record, change: CHANGES[paType] }, hub: subject.value.hub });
}

export interface LoginRequest {
  readonly taskId: string;
  readonly orgcode: string;
  readonly standBy: string | null;
  readonly hub: StandByHub & { readonly returnUrl?: string | undefined };
  /** What a repeat must equal (readings L31): `sign`, `hub.timestamp` and `hub.nonce` may differ. */
  readonly content: JsonObject;
}

/** startCheck → a login that is wanted. */
export function readLogin(members: Members): Result<LoginRequest> {
  const standBy = readStandBy(members, 'startCheck');
  if (!standBy.ok) return standBy;
  const task = readTaskId(members);
  if (!task.ok) return task;
  const taskId = task.value;
  const orgcode = textOf(members, 'orgcode');
  const { text, hub, content } = standBy.value;
  return ok({ taskId, orgcode, standBy: text, hub, content: { taskId, orgcode, standBy: content } });
}

/** The caller's own name of the task; those of test messages are not for real tasks. */
export function readTaskId(members: Members): Result<string> {
  const taskId = textOf(members, 'taskId');
  if (!taskId.startsWith(TEST_PREFIX)) return ok(taskId);
  const reason = `以 ${TEST_PREFIX} 开头的任务标识留给回调测试`;
  return refused(refusal('FIELD_INVALID', { field: 'taskId', label: '标识本次任务', reason }));
}
