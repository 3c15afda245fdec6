import { tailOf } from '#pki/certificate.ts';
import type { ConflictTable } from '#store/schema.ts';
import type { Handle, Tx } from '#store/store.ts';
import { maskId, maskName } from './mask.ts';
import * as rows from './repository.ts';
import type { Workbench } from './workbench.ts';

/** One row of the conflict desk: two units say different things of one certificate (readings L28). */
export interface ConflictSummary {
  readonly id: string;
  readonly status: ConflictTable['status'];
  /** The unit that spoke last, and the one it differs from. */
  readonly unitId: string;
  readonly otherUnitId: string;
  readonly authorityId: string;
  /** Last four of the signing certificate's serial. */
  readonly tail: string;
  /** Members of SubjectRecord, or `status`: one of the two has cancelled the key. */
  readonly fields: readonly string[];
  readonly createdAt: number;
  readonly resolution: string | null;
}

export interface ConflictDetail extends ConflictSummary {
  /** Both sides' values, masked. */
  readonly values: Readonly<Record<string, { readonly unit: string; readonly other: string }>>;
}

/** The operator's word. Each unit's record stays its own: the decision is for people, and stays decided until one of the two says something new. */
export const resolutions = ['unit-right', 'other-right', 'both-stand'] as const;
export type Resolution = (typeof resolutions)[number];

export interface ConflictDesk {
  list(h: Handle, status?: ConflictTable['status']): Promise<readonly ConflictSummary[]>;
  show(h: Handle, id: string): Promise<ConflictDetail | undefined>;
  resolve(tx: Tx, id: string, resolution: Resolution): Promise<boolean>;
}

export function createConflictDesk({ vault, clock, journal }: Workbench): ConflictDesk {
  const summary = (row: rows.ConflictRow): ConflictSummary => ({
    id: row.id,
    status: row.status,
    unitId: row.unit_id,
    otherUnitId: row.other_unit_id,
    authorityId: row.authority_id,
    tail: tailOf(vault.openCertificate(row.certificate_id, row.der_sealed)),
    fields: JSON.parse(row.fields) as string[],
    createdAt: row.created_at,
    resolution: row.resolution,
  });

  return {
    list: async (h, status) => (await rows.conflicts(h, status)).map(summary),

    async show(h, id) {
      const [row] = await rows.conflicts(h, undefined, id);
      if (row === undefined) return undefined;
      const detail = Object.entries(vault.openDetail(row.id, row.detail_sealed));
      const values = detail.map(([field, [unit, other]]) => {
        const mask = maskFor(field);
        return [field, { unit: mask(unit), other: mask(other) }] as const;
      });
      return { ...summary(row), values: Object.fromEntries(values) };
    },

    async resolve(tx, id, resolution) {
      const [row] = await rows.conflicts(tx, 'open', id);
      if (row === undefined) return false;
      await rows.updateConflict(tx, id, { status: 'resolved', resolution, resolved_at: clock.now() });
      await journal.append(tx, { kind: 'conflict.resolved', unitId: row.unit_id, body: { conflict: id, resolution } });
      return true;
    },
  };
}

function maskFor(field: string): (value: string) => string {
  if (field === 'unitName') return maskName;
  if (field === 'idNumber' || field === 'unitCode') return maskId;
  return (value) => value; // a status word or the tail of a serial
}
