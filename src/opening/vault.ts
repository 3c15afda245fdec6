import type { Gm } from '#crypto/gm.ts';
import { type Bytes, base64, fromBase64, hex } from '#kernel/bytes.ts';
import { HubError } from '#kernel/errors.ts';
import { type Certificate, parseCertificate, spkiFingerprint } from '#pki/certificate.ts';
import type { FieldCipher } from '#store/field-cipher.ts';
import type { OpeningTables } from '#store/schema-opening.ts';

/** The room's sealed columns and keyed indexes, by name. Nothing else in the room knows where a value is bound to. */
export interface Vault {
  readonly index: {
    openingTask(unitId: string, taskId: string): string;
    body(text: string): string;
    lot(openingId: string, code: string): string;
    owner(unitId: string): string;
    slot(unitId: string, openingId: string, lot: string, taskId: string): string;
    upload(unitId: string, taskId: string, sm3: string): string;
    content(sm3: string): string;
    /** The same as `certificate.spki_index`: joins a wrap with what the library knows of its key. */
    key(certificate: Certificate): string;
    point(pointHex: string): string;
    /** The same as `certificate.fingerprint_index`. */
    certificate(fingerprint: string): string;
    bytes(value: Bytes): string;
  };
  seal(table: keyof OpeningTables, row: string, column: string, value: unknown): string;
  open<T>(table: keyof OpeningTables, row: string, column: string, sealed: string): T;
  sealBytes(table: keyof OpeningTables, row: string, column: string, value: Bytes): string;
  openBytes(table: keyof OpeningTables, row: string, column: string, sealed: string): Bytes;
  /** A certificate that this room stored itself, base64 DER. */
  certificate(text: string): Certificate;
}

export function createVault(gm: Gm, cipher: FieldCipher): Vault {
  const openText = (table: keyof OpeningTables, row: string, column: string, sealed: string): string =>
    cipher.openText({ table, row, column }, sealed);
  return {
    index: {
      openingTask: (unitId, taskId) => cipher.index('opening.task', unitId, taskId),
      body: (text) => cipher.index('opening.body', text),
      lot: (openingId, code) => cipher.index('opening.lot', openingId, code),
      owner: (unitId) => cipher.index('capsule.owner', unitId),
      slot: (unitId, openingId, lot, taskId) => cipher.index('capsule.slot', unitId, openingId, lot, taskId),
      upload: (unitId, taskId, sm3) => cipher.index('capsule.upload', unitId, taskId, sm3),
      content: (sm3) => cipher.index('capsule.content', sm3),
      key: (certificate) => cipher.index('certificate.spki', spkiFingerprint(gm, certificate)),
      point: (pointHex) => cipher.index('capsule.point', pointHex),
      certificate: (fingerprint) => cipher.index('certificate', fingerprint),
      bytes: (value) => cipher.index('opening.bytes', hex(gm.sm3(value))),
    },
    seal: (table, row, column, value) => cipher.seal({ table, row, column }, JSON.stringify(value)),
    open: <T>(table: keyof OpeningTables, row: string, column: string, sealed: string) =>
      JSON.parse(openText(table, row, column, sealed)) as T,
    sealBytes: (table, row, column, value) => cipher.seal({ table, row, column }, base64(value)),
    openBytes: (table, row, column, sealed) =>
      fromBase64(openText(table, row, column, sealed)) ?? gone(`${table}.${column}`),
    certificate: (text) => parseCertificate(gm, fromBase64(text) ?? Buffer.alloc(0)) ?? gone('a stored certificate'),
  };
}

function gone(what: string): never {
  throw new HubError('INTERNAL', `${what} does not read any more`);
}
