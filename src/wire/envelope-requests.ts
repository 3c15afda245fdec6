import type { DecryptRequest, EncryptRequest } from '#envelope/requests.ts';
import { utf8 } from '#kernel/bytes.ts';
import { refusal } from '#kernel/errors.ts';
import { limits } from '#kernel/limits.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Members } from './members.ts';
import { readTaskId, textOf } from './requests.ts';
import { readStandBy, type StandByHub } from './stand-by.ts';

/** encrypt and startdecrypt: printed members → the envelope room's requests. */

/** A text for one holder's key (readings L8, L35). PLAINTEXT_TOO_LARGE: more than 1 MiB of UTF-8. */
export function readEncrypt(members: Members): Result<{ request: EncryptRequest; hub: StandByHub }> {
  const standBy = readStandBy(members, 'encrypt');
  if (!standBy.ok) return standBy;
  const taskId = readTaskId(members);
  if (!taskId.ok) return taskId;
  const content = textOf(members, 'decData');
  if (utf8(content).length > limits.plaintext) return refused(refusal('PLAINTEXT_TOO_LARGE'));
  const { recipients, openingId, lot, fileName } = standBy.value.hub;
  if (lot !== undefined && openingId === undefined) return invalid('lot 须与 openingId 一起提交');
  if (recipients !== undefined && openingId !== undefined) return invalid('openingId 与 recipients 不能同时提交');
  const request: EncryptRequest = {
    taskId: taskId.value,
    idNumber: textOf(members, 'idNumber'),
    unitCode: textOf(members, 'unitCode'),
    encryptionSerial: textOf(members, 'encCertSn'),
    content,
    standBy: standBy.value.text === null ? null : standBy.value.content,
    hub: {
      recipients: recipients?.map(({ encCertSn, ...person }) => ({ ...person, encryptionSerial: encCertSn })),
      openingId,
      lot,
      fileName,
    },
  };
  return ok({ request, hub: standBy.value.hub });
}

/** A ciphertext to be opened by whoever holds the key (readings L33); `orgcode` says which platform is told. */
export function readDecrypt(members: Members): Result<{ request: DecryptRequest; orgcode: string; hub: StandByHub }> {
  const standBy = readStandBy(members, 'startdecrypt');
  if (!standBy.ok) return standBy;
  const task = readTaskId(members);
  if (!task.ok) return task;
  const [taskId, orgcode, ciphertext] = [task.value, textOf(members, 'orgcode'), textOf(members, 'encData')];
  const { text, hub, content } = standBy.value;
  const request: DecryptRequest = {
    taskId,
    ciphertext,
    standBy: text,
    returnUrl: hub.returnUrl ?? null,
    fileName: hub.fileName ?? null,
    content: { taskId, orgcode, ciphertext, standBy: content },
  };
  return ok({ request, orgcode, hub });
}

const invalid = (reason: string) =>
  refused(refusal('FIELD_INVALID', { field: 'standBy.hub', label: '互认平台扩展参数', reason }));
