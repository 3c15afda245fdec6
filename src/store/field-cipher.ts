import type { Gm } from '#crypto/gm.ts';
import { type Bytes, base64url, concat, equalBytes, fromBase64url, fromUtf8, hex, utf8 } from '#kernel/bytes.ts';
import { HubError } from '#kernel/errors.ts';
import type { Random } from '#kernel/random.ts';
import type { Keyring, KeySource } from './keys.ts';
import type { DB } from './schema.ts';

/** Where a sealed value lives. It is authenticated: a blob copied to another row, column or table does not open (T35). */
export interface Place {
  readonly table: keyof DB;
  /** Primary key; parts of a composite one joined by `/`. */
  readonly row: string;
  readonly column: string;
}

export interface FieldCipher {
  /** `1.<key id>.<base64url(iv 16 ‖ SM4-CTR ciphertext ‖ HMAC-SM3 tag 32)>`. Text is sealed as UTF-8. */
  seal(place: Place, plaintext: string | Bytes): string;
  /** Throws HubError INTERNAL when the blob was altered, moved, or sealed under a key that is no longer configured. */
  open(place: Place, sealed: string): Bytes;
  openText(place: Place, sealed: string): string;
  /** Keyed hash for equality look-ups, 64 hex: same purpose and values, same index; nothing to read without the key. */
  index(purpose: string, ...values: string[]): string;
}

const IV = 16;
const TAG = 32;

/** Encrypt-then-MAC: SM4 has no GCM here, and CTR + HMAC-SM3 is also key-committing (reliability finding 4). */
export function createFieldCipher(gm: Gm, keyring: Keyring, random: Random): FieldCipher {
  const tagOf = (key: KeySource, place: Place, iv: Bytes, ciphertext: Bytes): Bytes =>
    gm.hmacSm3(
      key.derive('field/mac'),
      framed('caihub/field/1', key.id, place.table, place.row, place.column),
      iv,
      ciphertext,
    );
  const cipherKey = (key: KeySource): Bytes => key.derive('field/enc').subarray(0, 16);

  const open = (place: Place, sealed: string): Bytes => {
    const [version, keyId, text, ...rest] = sealed.split('.');
    const blob = fromBase64url(text ?? '');
    if (version !== '1' || keyId === undefined || !blob || blob.length < IV + TAG || rest.length > 0)
      throw unopened(place, 'not a sealed value');
    const key = keyring.byId(keyId);
    if (!key) throw unopened(place, `master key ${keyId.slice(0, 32)} is not configured`);
    const iv = blob.subarray(0, IV);
    const ciphertext = blob.subarray(IV, blob.length - TAG);
    if (!equalBytes(tagOf(key, place, iv, ciphertext), blob.subarray(blob.length - TAG)))
      throw unopened(place, 'authentication failed');
    const plaintext = gm.sm4Decrypt('ctr', cipherKey(key), iv, ciphertext);
    if (!plaintext) throw unopened(place, 'decryption failed');
    return plaintext;
  };

  return {
    seal: (place, plaintext) => {
      const iv = random.bytes(IV);
      const bytes = typeof plaintext === 'string' ? utf8(plaintext) : plaintext;
      const ciphertext = gm.sm4Encrypt('ctr', cipherKey(keyring), iv, bytes);
      return `1.${keyring.id}.${base64url(concat(iv, ciphertext, tagOf(keyring, place, iv, ciphertext)))}`;
    },
    open,
    openText: (place, sealed) => fromUtf8(open(place, sealed)),
    index: (purpose, ...values) =>
      hex(gm.hmacSm3(keyring.indexing.derive('index'), framed('caihub/index/1', purpose, ...values))),
  };
}

/** Each part behind its length in bytes: no two lists of parts give the same bytes. */
function framed(...parts: readonly string[]): Bytes {
  return concat(
    ...parts.map((part) => {
      const bytes = utf8(part);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return concat(length, bytes);
    }),
  );
}

const unopened = (place: Place, reason: string): HubError =>
  new HubError('INTERNAL', `sealed ${place.table}.${place.column} of row ${place.row}: ${reason}`);
