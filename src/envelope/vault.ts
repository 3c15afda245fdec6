import type { Gm } from '#crypto/gm.ts';
import { type Bytes, hex } from '#kernel/bytes.ts';
import { type ErrorCode, type Refusal, refusal } from '#kernel/errors.ts';
import type { FieldCipher } from '#store/field-cipher.ts';
import type { DecryptItemTable } from '#store/schema-envelope.ts';
import type { Words, Wrap } from './item.ts';

type SealedColumn = Extract<keyof DecryptItemTable, `${string}_sealed`>;

/** The room's sealed columns and keyed indexes, by name. */
export interface Vault {
  readonly index: {
    task(unitId: string, taskId: string): string;
    content(canonical: string): string;
    ciphertext(bytes: Bytes): string;
    contentKey(key: Bytes): string;
  };
  sealWords(item: string, words: Words): string;
  openWords(item: string, sealed: string): Words;
  sealWraps(item: string, wraps: readonly Wrap[]): string;
  openWraps(item: string, sealed: string): readonly Wrap[];
  sealBody(item: string, body: Bytes): string;
  openBody(item: string, sealed: string): Bytes;
  sealRefusal(item: string, why: Refusal): string;
  openRefusal(item: string, code: string | null, sealed: string | null): Refusal | null;
}

export function createVault(gm: Gm, cipher: FieldCipher): Vault {
  const place = (row: string, column: SealedColumn) => ({ table: 'decrypt_item' as const, row, column });
  const seal = (row: string, column: SealedColumn, value: unknown) =>
    cipher.seal(place(row, column), JSON.stringify(value));
  const open = (row: string, column: SealedColumn, sealed: string) =>
    JSON.parse(cipher.openText(place(row, column), sealed));
  return {
    index: {
      task: (unitId, taskId) => cipher.index('encryption.task', unitId, taskId),
      content: (canonical) => cipher.index('encryption.body', canonical),
      ciphertext: (bytes) => cipher.index('ciphertext', hex(gm.sm3(bytes))),
      contentKey: (key) => cipher.index('ciphertext.key', hex(key)),
    },
    sealWords: (item, words) => seal(item, 'words_sealed', words),
    openWords: (item, sealed) => open(item, 'words_sealed', sealed) as Words,
    sealWraps: (item, wraps) => seal(item, 'wraps_sealed', wraps),
    openWraps: (item, sealed) => (sealed === '' ? [] : (open(item, 'wraps_sealed', sealed) as readonly Wrap[])),
    sealBody: (item, body) => cipher.seal(place(item, 'body_sealed'), body),
    openBody: (item, sealed) => cipher.open(place(item, 'body_sealed'), sealed),
    sealRefusal: (item, why) => seal(item, 'refusal_sealed', why.params),
    openRefusal: (item, code, sealed) =>
      code === null || sealed === null
        ? null
        : refusal(code as ErrorCode, open(item, 'refusal_sealed', sealed) as Record<string, string>),
  };
}
