import type { FieldCipher } from '#store/field-cipher.ts';
import type { SigningTable } from '#store/schema-signature.ts';
import type { SigningRow } from './repository.ts';
import type { KeptDocument, KeptPlan, KeptSigner, MadeSignature, Prepared, Signing, SigningWords } from './signing.ts';

type SealedColumn = Extract<keyof SigningTable, `${string}_sealed`>;

/** The room's sealed columns, by name. */
export interface Vault {
  open(row: SigningRow): Signing;
  words(interaction: string, words: SigningWords): string;
  document(interaction: string, document: KeptDocument): string;
  signer(interaction: string, signer: KeptSigner): string;
  prepared(interaction: string, prepared: Prepared): string;
  made(interaction: string, made: readonly MadeSignature[]): string;
  plan(interaction: string, plan: KeptPlan): string;
}

export function createVault(cipher: FieldCipher): Vault {
  const place = (row: string, column: SealedColumn) => ({ table: 'signing' as const, row, column });
  const seal = (row: string, column: SealedColumn, value: unknown): string =>
    cipher.seal(place(row, column), JSON.stringify(value));
  const open = (row: SigningRow, column: SealedColumn): unknown => {
    const sealed = row[column];
    return sealed === null ? null : JSON.parse(cipher.openText(place(row.interaction_id, column), sealed));
  };
  return {
    open: (row) => ({
      interactionId: row.interaction_id,
      unitId: row.unit_id,
      words: open(row, 'words_sealed') as SigningWords,
      version: row.version,
      document: open(row, 'document_sealed') as KeptDocument | null,
      signer: open(row, 'signer_sealed') as KeptSigner | null,
      prepared: row.prepared_id === null ? null : (open(row, 'prepared_sealed') as Prepared | null),
      made: open(row, 'made_sealed') as readonly MadeSignature[],
      plan: { revision: row.plan_revision, kept: open(row, 'plan_sealed') as KeptPlan | null },
      change: row.change,
    }),
    words: (row, value) => seal(row, 'words_sealed', value),
    document: (row, value) => seal(row, 'document_sealed', value),
    signer: (row, value) => seal(row, 'signer_sealed', value),
    prepared: (row, value) => seal(row, 'prepared_sealed', value),
    made: (row, value) => seal(row, 'made_sealed', value),
    plan: (row, value) => seal(row, 'plan_sealed', value),
  };
}
