import { type Bytes, base64, equalBytes, fromUtf8, utf8 } from '#kernel/bytes.ts';
import { limits } from '#kernel/limits.ts';
import { parseEnvelopedData } from '#pki/cms-enveloped.ts';
import { openWithContentKey } from '#pki/cms-open.ts';
import type { OpenedContent } from './event.ts';
import type { Item, Wrap } from './item.ts';
import { ciphertextById, keyIsKnown } from './repository-ciphertexts.ts';
import { bodyOf } from './repository-items.ts';
import type { Room } from './room.ts';

/** What a content key made of an item. `cause` and `dialect` are for the journal alone: the person and the caller read one sentence. */
export type Opening =
  | { readonly ok: true; readonly content: OpenedContent; readonly dialect: string }
  | { readonly ok: false; readonly cause: FailedBecause; readonly dialect: string };

type FailedBecause =
  | 'key-length'
  | 'padding'
  /** The content key is not the one the hub made this ciphertext with. */
  | 'other-key'
  /** A content key of the hub's under a ciphertext that is not the hub's any more. */
  | 'altered'
  | 'too-large'
  | 'gone'
  | 'capsule'
  | 'not-open';

/**
 * Tries the content key that a token gave out for one copy of it. CBC authenticates nothing; so what the hub itself made is held against its record: the
 * remembered ciphertext opens under its own key alone, and a key of the hub's opens nothing but the remembered ciphertext.
 */
export async function openItem(
  room: Room,
  item: Item,
  wrap: Wrap,
  key: Bytes,
  through: 'key' | 'vendor',
): Promise<Opening> {
  switch (item.kind) {
    case 'capsule':
      return openCapsule(room, item, wrap, key, through);
    case 'bare':
      // The token has checked C3 and given the whole content.
      return key.length === 0 ? failed('key-length', 'sm2') : opened(key, 'sm2');
    case 'envelope':
      return openEnvelope(room, item, key);
  }
}

async function openEnvelope(room: Room, item: Item, key: Bytes): Promise<Opening> {
  const sealed = await bodyOf(room.store.read, item.id);
  const envelope = sealed === '' ? undefined : parseEnvelopedData(room.vault.openBody(item.id, sealed));
  if (envelope === undefined) return failed('gone', 'none');
  const content = openWithContentKey(room.gm, envelope, key);
  const keyIndex = room.vault.index.contentKey(key);
  const remembered = item.ciphertextId === null ? undefined : await ciphertextById(room.store.read, item.ciphertextId);
  const made = remembered?.key_index ?? null;
  if (key.length !== 16) return failed('key-length', envelope.dialect);
  if (made !== null && !equalBytes(utf8(made), utf8(keyIndex))) return failed('other-key', envelope.dialect);
  if (made === null && (await keyIsKnown(room.store.read, keyIndex))) return failed('altered', envelope.dialect);
  return content === undefined ? failed('padding', envelope.dialect) : opened(content, envelope.dialect);
}

async function openCapsule(
  room: Room,
  item: Item,
  wrap: Wrap,
  key: Bytes,
  through: 'key' | 'vendor',
): Promise<Opening> {
  const capsule = await room.capsules.get(room.store.read, item.unitId, item.capsuleId ?? '');
  if (!capsule.ok) return failed('not-open', 'capsule');
  const made = await room.capsules.open(capsule.value, wrap.id, key, through);
  if (!made.ok) return failed('capsule', 'capsule');
  return { ok: true, content: made.value, dialect: 'capsule' };
}

function opened(content: Bytes, dialect: string): Opening {
  if (content.length > limits.plaintext) return failed('too-large', dialect);
  const text = fromUtf8(content);
  // Decoding and encoding again tells text from bytes without losing a BOM or taking U+FFFD for what was there.
  return equalBytes(utf8(text), content)
    ? { ok: true, content: { kind: 'text', text }, dialect }
    : { ok: true, content: { kind: 'binary', base64: base64(content) }, dialect };
}

const failed = (cause: FailedBecause, dialect: string): Opening => ({ ok: false, cause, dialect });
