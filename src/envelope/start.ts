import { openTask } from '#interaction/open-task.ts';
import { pageUrlOf } from '#interaction/page-room.ts';
import { base64 } from '#kernel/bytes.ts';
import { refusal } from '#kernel/errors.ts';
import { limits } from '#kernel/limits.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Certificate } from '#pki/certificate.ts';
import { mayName } from '#pki/cms.ts';
import type { EnvelopedData } from '#pki/cms-enveloped.ts';
import { isForSm2 } from '#pki/cms-open.ts';
import type { Platform, Unit } from '#relying-party/party.ts';
import type { CapsuleItem } from './capsule-port.ts';
import { type Ciphertext, readCiphertext } from './ciphertext.ts';
import { insertItems, type NewItem } from './insert-items.ts';
import { type KnownRecipient, storedRef, type Wrap } from './item.ts';
import { ciphertextByHash } from './repository-ciphertexts.ts';
import type { DecryptRequest, StartedDecrypt } from './requests.ts';
import type { Room } from './room.ts';

/**
 * startdecrypt (readings L33): opens a page on which whoever holds the key opens the ciphertext. Nothing is said of whose key that is: it is found by the
 * remembered hash, else by the recipients in the envelope, else by trying the keys that the person has. NOT_YET_OPEN for a capsule before its gate;
 * DECRYPT_FAILED for what no key could open.
 */
export async function startDecrypt(
  room: Room,
  unit: Unit,
  platform: Platform,
  request: DecryptRequest,
): Promise<Result<StartedDecrypt>> {
  const ciphertext = readCiphertext(request.ciphertext, room.capsules.recognise);
  if (ciphertext === undefined) {
    await noteUnreadable(room, unit, platform, 'unrecognised');
    return refused(refusal('DECRYPT_FAILED'));
  }
  const read = await readItem(room, unit, request, ciphertext);
  if (!read.ok) return read;
  const { item, expiresAt } = read.value;
  // For nobody whose key could be SM2: the page would ask for keys for ever.
  if (item.kind === 'envelope' && item.wraps.length === 0) {
    await noteUnreadable(room, unit, platform, 'no-recipient');
    return refused(refusal('DECRYPT_FAILED'));
  }
  const opened = await openTask(room, {
    unit,
    platform,
    request,
    expiresAt,
    opened: (tx, interaction) => insertItems(room, tx, interaction, [item]),
  });
  return opened.ok ? ok({ interaction: opened.value.id, pageUrl: pageUrlOf(room, platform, opened.value) }) : opened;
}

/** The caller reads one sentence for everything; that it was not even a ciphertext, or one for nobody, stands in the journal. */
const noteUnreadable = (
  room: Room,
  unit: Unit,
  { orgcode }: Platform,
  cause: 'unrecognised' | 'no-recipient',
): Promise<void> =>
  room.store.tx((tx) =>
    room.journal.append(tx, { kind: 'decrypt.refused', unitId: unit.id, body: { orgcode, cause } }),
  );

interface ReadItem {
  readonly item: NewItem;
  readonly expiresAt: () => number;
}

async function readItem(
  room: Room,
  unit: Unit,
  request: DecryptRequest,
  ciphertext: Ciphertext,
): Promise<Result<ReadItem>> {
  const name = request.fileName ?? `…${request.taskId.slice(-12)}`;
  const words = { taskId: request.taskId, standBy: request.standBy, name };
  const expiresAt = (): number => room.clock.now() + limits.decryptLife;
  switch (ciphertext.kind) {
    case 'capsule': {
      const found = await room.capsules.find(room.store.read, unit, ciphertext.bytes);
      if (!found.ok) return found;
      const item = await capsuleItem(room, unit, found.value);
      return ok({
        item: { ...item, words: { ...words, name: request.fileName ?? found.value.label } },
        expiresAt: () => found.value.windowEnds,
      });
    }
    case 'envelope': {
      const { ciphertextId, wraps } = await recipientsOf(room, unit, ciphertext.bytes, ciphertext.envelope);
      const { bytes } = ciphertext;
      return ok({
        item: { kind: 'envelope', body: bytes, bytes: bytes.length, words, wraps, ciphertextId, capsuleId: null },
        expiresAt,
      });
    }
    case 'bare': {
      const { bytes } = ciphertext;
      const remembered = await ciphertextByHash(room.store.read, room.vault.index.ciphertext(bytes));
      const wraps: Wrap[] = [{ id: '0', wrapped: base64(bytes), ref: null, known: null }];
      const ciphertextId = remembered?.id ?? null;
      return ok({
        item: { kind: 'bare', body: bytes, bytes: bytes.length, words, wraps, ciphertextId, capsuleId: null },
        expiresAt,
      });
    }
  }
}

/** Wraps of an envelope that an SM2 key may open, each with its holder where the hub knows him. */
async function recipientsOf(
  room: Room,
  unit: Unit,
  bytes: Uint8Array,
  envelope: EnvelopedData,
): Promise<{ ciphertextId: string | null; wraps: Wrap[] }> {
  const remembered = await ciphertextByHash(room.store.read, room.vault.index.ciphertext(bytes));
  const copies = envelope.recipients.filter(isForSm2);
  const keys = await room.subscribers.namedRecipients(room.store.read, unit, {
    ids: remembered?.certificateIds ?? [],
    refs: copies.map(({ ref }) => ref),
  });
  // One copy for one certificate, remembered so: whatever the vendor wrote for a recipient, it is that one.
  const only = remembered !== undefined && copies.length === 1 && keys.length === 1 ? keys[0] : undefined;
  const wraps = copies.map(({ ref, encryptedKey }, at) => {
    const key = keys.find(({ certificate }) => mayName(room.gm, ref, certificate)) ?? only;
    const known = key === undefined ? null : knownRecipient(key);
    return { id: String(at), wrapped: base64(encryptedKey), ref: storedRef(ref), known };
  });
  return { ciphertextId: remembered?.id ?? null, wraps };
}

/** A capsule as an item of a page; its content stays with the opening. */
export async function capsuleItem(room: Room, unit: Unit, capsule: CapsuleItem): Promise<NewItem> {
  const wraps: Wrap[] = [];
  for (const { id, wrapped, certificate } of capsule.wraps) {
    const holder = certificate && (await room.subscribers.holderOf(room.store.read, unit, certificate.fingerprint));
    const known =
      holder !== undefined ? knownRecipient(holder) : certificate === undefined ? null : stranger(certificate);
    wraps.push({ id, wrapped: base64(wrapped), ref: null, known });
  }
  return {
    kind: 'capsule',
    body: null,
    bytes: capsule.bytes,
    words: { taskId: capsule.taskId, standBy: capsule.standBy, name: capsule.label },
    wraps,
    ciphertextId: null,
    capsuleId: capsule.capsuleId,
  };
}

const knownRecipient = (key: {
  certificateId: string;
  certificate: Certificate;
  authorityId: string;
  retired: boolean;
}): KnownRecipient => ({
  certificateId: key.certificateId,
  certificate: base64(key.certificate.der),
  authorityId: key.authorityId,
  retired: key.retired,
});

/** In the capsule, but on nobody's record any more. */
const stranger = ({ der }: Certificate): KnownRecipient => ({
  certificateId: null,
  certificate: base64(der),
  authorityId: null,
  retired: false,
});
