import { canonicalText, checkTaskId } from '#interaction/open-task.ts';
import type { Bytes } from '#kernel/bytes.ts';
import { refusal } from '#kernel/errors.ts';
import { newId } from '#kernel/ids.ts';
import type { Json, JsonObject } from '#kernel/json.ts';
import { limits } from '#kernel/limits.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { tailOf } from '#pki/certificate.ts';
import type { Unit } from '#relying-party/party.ts';
import type { Tx } from '#store/store.ts';
import { makeCiphertext } from './make-ciphertext.ts';
import { type JudgedRecipient, judgeRecipients } from './recipients.ts';
import { deleteEncryption, encryptionOf, insertCiphertext, insertEncryption } from './repository-ciphertexts.ts';
import type { Encrypted, EncryptRequest } from './requests.ts';
import type { Room } from './room.ts';

/**
 * encrypt (readings L6-L10, L35): closes a text to one or more encryption keys. The ciphertext is remembered by keyed hash, its content is not. The same
 * request again: a fresh ciphertext, both remembered. The same taskId with anything else: TASK_CONFLICT. With `hub.openingId` a capsule is made.
 */
export async function encrypt(room: Room, unit: Unit, request: EncryptRequest): Promise<Result<Encrypted>> {
  const checked = check(request);
  if (!checked.ok) return checked;
  const task = {
    taskIndex: room.vault.index.task(unit.id, request.taskId),
    bodyIndex: room.vault.index.content(canonicalText(contentOf(request))),
  };
  const before = await encryptionOf(room.store.read, task.taskIndex);
  if (before !== undefined && before.body_index !== task.bodyIndex) return conflict(request);

  // A capsule is handed in as soon as it is sealed: who has the task is settled before, or a request that reads TASK_CONFLICT could leave the bid that opens.
  const claimed = request.hub.openingId === undefined || (await room.store.tx((tx) => claimTask(room, tx, unit, task)));
  if (claimed === 'taken') return conflict(request);
  const made = await make(room, unit, request);
  if (!made.ok) {
    if (claimed === 'new') await room.store.tx((tx) => deleteEncryption(tx, task.taskIndex));
    return made;
  }
  const remembered = await room.store.tx((tx) => remember(room, tx, unit, task, made.value));
  return remembered ? ok({ ciphertext: made.value.bytes, taskId: request.taskId }) : conflict(request);
}

const conflict = ({ taskId }: EncryptRequest): Result<never> => refused(refusal('TASK_CONFLICT', { taskId }));

function check({ taskId, content }: EncryptRequest): Result<void> {
  const named = checkTaskId(taskId);
  if (!named.ok) return named;
  // Half a surrogate pair has no bytes; it would come back as something else.
  if (!content.isWellFormed()) {
    const reason = '含有不完整的字符，请使用完整的 Unicode 文本';
    return refused(refusal('FIELD_INVALID', { field: 'content', label: '待加密内容', reason }));
  }
  return Buffer.byteLength(content, 'utf8') > limits.plaintext
    ? refused(refusal('PLAINTEXT_TOO_LARGE'))
    : ok(undefined);
}

/** Everything the caller said but for his own note's time stamps, which the wire edge has left out. */
function contentOf({
  taskId,
  idNumber,
  unitCode,
  encryptionSerial,
  content,
  standBy,
  hub,
}: EncryptRequest): JsonObject {
  const told: Json = JSON.parse(JSON.stringify(hub)) as Json;
  return { taskId, idNumber, unitCode, encryptionSerial, content, standBy, hub: told };
}

interface Made {
  readonly bytes: Bytes;
  readonly madeBy: 'hub' | 'vendor' | 'capsule';
  readonly keyIndex: string | null;
  readonly recipients: readonly JudgedRecipient[];
}

async function make(room: Room, unit: Unit, request: EncryptRequest): Promise<Result<Made>> {
  if (request.hub.openingId !== undefined) {
    const sealed = await room.capsules.seal(unit, request);
    if (!sealed.ok) return sealed;
    return ok({ bytes: sealed.value, madeBy: 'capsule', keyIndex: null, recipients: [] });
  }
  const recipients = await judgeRecipients(room, unit, request);
  if (!recipients.ok) return recipients;
  const ciphertext = await makeCiphertext(room, recipients.value, request.content);
  return ciphertext.ok ? ok({ ...ciphertext.value, recipients: recipients.value }) : ciphertext;
}

interface Task {
  readonly taskIndex: string;
  readonly bodyIndex: string;
}

/** `taken`: by another request with other content · `known`: by this very content before. */
async function claimTask(room: Room, tx: Tx, unit: Unit, task: Task): Promise<'new' | 'known' | 'taken'> {
  const known = await encryptionOf(tx, task.taskIndex);
  if (known !== undefined) return known.body_index === task.bodyIndex ? 'known' : 'taken';
  const id = newId('enc', room.random);
  const row = { id, unit_id: unit.id, task_index: task.taskIndex, body_index: task.bodyIndex };
  await insertEncryption(tx, { ...row, created_at: room.clock.now() });
  return 'new';
}

/** false: another request took this taskId meanwhile, with other content. */
async function remember(room: Room, tx: Tx, unit: Unit, task: Task, made: Made): Promise<boolean> {
  const now = room.clock.now();
  const claimed = await claimTask(room, tx, unit, task);
  const encryption = await encryptionOf(tx, task.taskIndex);
  if (claimed === 'taken' || encryption === undefined) return false;
  const id = newId('cph', room.random);
  // A capsule is its opening's to remember: here it would count who has bid.
  if (made.madeBy !== 'capsule') {
    const certificateIds = made.recipients.map(({ certificateId }) => certificateId);
    await insertCiphertext(
      tx,
      {
        id,
        encryption_id: encryption.id,
        unit_id: unit.id,
        hash_index: room.vault.index.ciphertext(made.bytes),
        key_index: made.keyIndex,
        made_by: made.madeBy,
        bytes: made.bytes.length,
        opened_at: null,
        created_at: now,
      },
      certificateIds,
    );
    await room.journal.append(tx, {
      kind: 'envelope.encrypted',
      unitId: unit.id,
      body: {
        ciphertext: id,
        by: made.madeBy,
        recipients: made.recipients.map(({ authority, certificate }) => `${authority.id} ${tailOf(certificate)}`),
        repeat: claimed === 'known',
      },
    });
  }
  return true;
}
