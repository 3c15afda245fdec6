import type { Bytes } from '#kernel/bytes.ts';
import type { FieldCipher } from '#store/field-cipher.ts';
import type { SealFacts } from './facts.ts';

/** The library's sealed columns and keyed indexes, by name. */
export interface SealVault {
  readonly index: {
    /** Of a certificate's SM3, lower hex: the same as of a certificate on record. */
    certificate(fingerprint: string): string;
    /** Of a seal's SM3, lower hex. */
    content(sm3: string): string;
    /** Of a normalised unit code: the same as of a subscriber. */
    owner(unitCode: string): string;
  };
  sealContent(id: string, content: Bytes): string;
  openContent(id: string, sealed: string): Bytes;
  sealFacts(id: string, facts: SealFacts): string;
  openFacts(row: { readonly id: string; readonly facts_sealed: string }): SealFacts;
  sealReason(id: string, reason: string): string;
  openReason(row: { readonly id: string; readonly reason_sealed: string }): string;
}

export function createSealVault(cipher: FieldCipher): SealVault {
  const place = (row: string, column: string) => ({ table: 'seal', row, column }) as const;
  return {
    index: {
      certificate: (fingerprint) => cipher.index('certificate', fingerprint),
      content: (sm3) => cipher.index('seal.content', sm3),
      owner: (unitCode) => cipher.index('subscriber.unit-code', unitCode),
    },
    sealContent: (id, content) => cipher.seal(place(id, 'content_sealed'), content),
    openContent: (id, sealed) => cipher.open(place(id, 'content_sealed'), sealed),
    sealFacts: (id, facts) => cipher.seal(place(id, 'facts_sealed'), JSON.stringify(facts)),
    openFacts: ({ id, facts_sealed }) =>
      JSON.parse(cipher.openText(place(id, 'facts_sealed'), facts_sealed)) as SealFacts,
    sealReason: (id, reason) => (reason === '' ? '' : cipher.seal(place(id, 'reason_sealed'), reason)),
    openReason: ({ id, reason_sealed }) =>
      reason_sealed === '' ? '' : cipher.openText(place(id, 'reason_sealed'), reason_sealed),
  };
}
