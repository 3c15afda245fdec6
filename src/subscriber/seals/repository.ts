import type { EnrolmentSealTable, SealPowerTable, SealTable, SealUseTable } from '#store/schema-seals.ts';
import type { Handle, Tx } from '#store/store.ts';

/** Every statement of the seal library. `content_sealed` stands apart: it may be two megabytes and no list needs it. */
export type SealRow = Omit<SealTable, 'content_sealed'>;

const SEAL = [
  'seal.id',
  'seal.unit_id',
  'seal.owner_index',
  'seal.content_index',
  'seal.facts_sealed',
  'seal.registered',
  'seal.state',
  'seal.reason_sealed',
  'seal.valid_from',
  'seal.valid_to',
  'seal.uses',
  'seal.version',
  'seal.created_at',
  'seal.updated_at',
] as const;

export interface VisibleSeal extends SealRow {
  readonly unit_profile: string;
  /** Null: no active enrolment brings it. */
  readonly brought_by: string | null;
}

const visible = ({ db }: Pick<Handle, 'db'>) =>
  db
    .selectFrom('seal')
    .innerJoin('unit', 'unit.id', 'seal.unit_id')
    .select(SEAL)
    .select('unit.profile as unit_profile')
    .select(({ selectFrom }) =>
      selectFrom('enrolment_seal')
        .innerJoin('enrolment', 'enrolment.id', 'enrolment_seal.enrolment_id')
        .whereRef('enrolment_seal.seal_id', '=', 'seal.id')
        .where('enrolment.status', '=', 'active')
        .select('enrolment.id')
        .orderBy('enrolment.created_at')
        .limit(1)
        .as('brought_by'),
    );

/** Newest first; a person with more than a hundred seals sees the newest. */
const MOST = 100;

export const sealsOfSigner = (h: Handle, certificateIndex: string, id?: string): Promise<VisibleSeal[]> => {
  const query = visible(h)
    .innerJoin('seal_power', 'seal_power.seal_id', 'seal.id')
    .where('seal_power.certificate_index', '=', certificateIndex)
    .where('seal_power.power', '=', 'use')
    .where('seal_power.withdrawn_at', 'is', null)
    .orderBy('seal.created_at', 'desc')
    .orderBy('seal.id')
    .limit(MOST);
  return (id === undefined ? query : query.where('seal.id', '=', id)).execute();
};

/** The same seal elsewhere: other units' rows, other owners'. */
export const sealsWithContent = (h: Handle, contentIndexes: readonly string[]): Promise<VisibleSeal[]> =>
  contentIndexes.length === 0
    ? Promise.resolve([])
    : visible(h).where('seal.content_index', 'in', contentIndexes).execute();

export const sealById = (h: Handle, id: string, unitId?: string): Promise<VisibleSeal | undefined> => {
  const query = visible(h).where('seal.id', '=', id);
  return (unitId === undefined ? query : query.where('seal.unit_id', '=', unitId)).executeTakeFirst();
};

export interface SealFilter {
  readonly unitId?: string;
  readonly ownerIndex?: string;
  /** The last id of the page before. */
  readonly after?: string;
  readonly limit: number;
}

export const sealsOf = (h: Handle, { unitId, ownerIndex, after, limit }: SealFilter): Promise<VisibleSeal[]> => {
  let query = visible(h).orderBy('seal.id').limit(limit);
  if (unitId !== undefined) query = query.where('seal.unit_id', '=', unitId);
  if (ownerIndex !== undefined) query = query.where('seal.owner_index', '=', ownerIndex);
  if (after !== undefined) query = query.where('seal.id', '>', after);
  return query.execute();
};

export async function contentOf(h: Handle, id: string): Promise<string | undefined> {
  return (await h.db.selectFrom('seal').select('content_sealed').where('id', '=', id).executeTakeFirst())
    ?.content_sealed;
}

export const sealOfUnit = (
  h: Handle,
  unitId: string,
  ownerIndex: string,
  contentIndex: string,
): Promise<SealRow | undefined> =>
  h.db
    .selectFrom('seal')
    .select(SEAL)
    .where('unit_id', '=', unitId)
    .where('owner_index', '=', ownerIndex)
    .where('content_index', '=', contentIndex)
    .executeTakeFirst();

export const insertSeal = (tx: Tx, row: SealTable): Promise<unknown> => tx.db.insertInto('seal').values(row).execute();

export const markRegistered = (tx: Tx, id: string, at: number): Promise<unknown> =>
  tx.db
    .updateTable('seal')
    .set((e) => ({ registered: 1, version: e('version', '+', 1), updated_at: at }))
    .where('id', '=', id)
    .execute();

/** True where the state was one of `from`: of two callers at once one is told so. */
export async function changeState(
  tx: Tx,
  id: string,
  from: readonly SealTable['state'][],
  to: { readonly state: SealTable['state']; readonly reasonSealed: string; readonly at: number },
): Promise<boolean> {
  const done = await tx.db
    .updateTable('seal')
    .set((e) => ({ state: to.state, reason_sealed: to.reasonSealed, version: e('version', '+', 1), updated_at: to.at }))
    .where('id', '=', id)
    .where('state', 'in', from)
    .executeTakeFirst();
  return done.numUpdatedRows > 0n;
}

export const enrolmentSeal = (h: Handle, enrolmentId: string): Promise<EnrolmentSealTable | undefined> =>
  h.db.selectFrom('enrolment_seal').selectAll().where('enrolment_id', '=', enrolmentId).executeTakeFirst();

export async function setEnrolmentSeal(tx: Tx, enrolmentId: string, sealId: string | null): Promise<void> {
  await tx.db.deleteFrom('enrolment_seal').where('enrolment_id', '=', enrolmentId).execute();
  if (sealId === null) return;
  await tx.db.insertInto('enrolment_seal').values({ enrolment_id: enrolmentId, seal_id: sealId }).execute();
}

export const powersOf = (h: Handle, sealId: string): Promise<SealPowerTable[]> =>
  h.db
    .selectFrom('seal_power')
    .selectAll()
    .where('seal_id', '=', sealId)
    .orderBy('given_at')
    .orderBy('certificate_index')
    .orderBy('power')
    .execute();

/** What the maker's list or an enrolment gives of itself: it restores what an enrolment took away, never what a person withdrew. */
export async function givePowers(tx: Tx, rows: readonly SealPowerTable[]): Promise<void> {
  for (const row of rows) {
    await tx.db
      .insertInto('seal_power')
      .values(row)
      .onConflict((conflict) =>
        conflict
          .columns(['seal_id', 'certificate_index', 'power'])
          .doUpdateSet({ withdrawn_at: null, withdrawn_by: null })
          .where('seal_power.withdrawn_by', '=', 'enrolment'),
      )
      .execute();
  }
}

/** A person's grant: in force again whoever withdrew it. */
export const grantPower = (tx: Tx, row: SealPowerTable): Promise<unknown> =>
  tx.db
    .insertInto('seal_power')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['seal_id', 'certificate_index', 'power']).doUpdateSet({
        ...{ given_by: row.given_by, given_at: row.given_at, tail: row.tail },
        ...{ withdrawn_at: null, withdrawn_by: null },
      }),
    )
    .execute();

export async function withdrawPower(
  tx: Tx,
  which: { readonly sealId: string; readonly certificateIndex: string; readonly power?: SealPowerTable['power'] },
  by: { readonly at: number; readonly who: NonNullable<SealPowerTable['withdrawn_by']> },
): Promise<boolean> {
  let update = tx.db
    .updateTable('seal_power')
    .set({ withdrawn_at: by.at, withdrawn_by: by.who })
    .where('seal_id', '=', which.sealId)
    .where('certificate_index', '=', which.certificateIndex)
    .where('withdrawn_at', 'is', null);
  if (which.power !== undefined) update = update.where('power', '=', which.power);
  if (by.who === 'enrolment') update = update.where('given_by', '=', 'enrolment');
  return (await update.executeTakeFirst()).numUpdatedRows > 0n;
}

export async function hasPower(
  h: Handle,
  sealId: string,
  certificateIndex: string,
  power: SealPowerTable['power'],
): Promise<boolean> {
  const row = await h.db
    .selectFrom('seal_power')
    .select('given_at')
    .where('seal_id', '=', sealId)
    .where('certificate_index', '=', certificateIndex)
    .where('power', '=', power)
    .where('withdrawn_at', 'is', null)
    .executeTakeFirst();
  return row !== undefined;
}

/** A manager's power may never be the last one withdrawn: how many others hold it. */
export async function othersWithPower(
  h: Handle,
  sealId: string,
  certificateIndex: string,
  power: SealPowerTable['power'],
): Promise<number> {
  const found = await h.db
    .selectFrom('seal_power')
    .select('certificate_index')
    .where('seal_id', '=', sealId)
    .where('certificate_index', '!=', certificateIndex)
    .where('power', '=', power)
    .where('withdrawn_at', 'is', null)
    .execute();
  return found.length;
}

/** Counts the use where the seal may be used at `at` (UTC ms) by this certificate; false: it may not. One statement decides. */
export async function countUse(
  tx: Tx,
  use: { readonly sealId: string; readonly unitId: string; readonly certificateIndex: string; readonly at: number },
): Promise<boolean> {
  const done = await tx.db
    .updateTable('seal')
    .set((e) => ({ uses: e('uses', '+', 1) }))
    .where('id', '=', use.sealId)
    .where('state', '=', 'active')
    .where((e) => e.or([e('valid_from', 'is', null), e('valid_from', '<=', use.at)]))
    .where((e) => e.or([e('valid_to', 'is', null), e('valid_to', '>=', use.at)]))
    .where(({ or, eb, exists, selectFrom }) =>
      or([
        eb('registered', '=', 1),
        exists(
          selectFrom('enrolment_seal')
            .innerJoin('enrolment', 'enrolment.id', 'enrolment_seal.enrolment_id')
            .whereRef('enrolment_seal.seal_id', '=', 'seal.id')
            .where('enrolment.status', '=', 'active')
            .select('enrolment.id'),
        ),
      ]),
    )
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('seal_power')
          .whereRef('seal_power.seal_id', '=', 'seal.id')
          .where('seal_power.certificate_index', '=', use.certificateIndex)
          .where('seal_power.power', '=', 'use')
          .where('seal_power.withdrawn_at', 'is', null)
          .select('seal_power.seal_id'),
      ),
    )
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('seal as same')
            .whereRef('same.content_index', '=', 'seal.content_index')
            .whereRef('same.owner_index', '=', 'seal.owner_index')
            .where('same.unit_id', '=', use.unitId)
            .where('same.state', '!=', 'active')
            .select('same.id'),
        ),
      ),
    )
    .executeTakeFirst();
  return done.numUpdatedRows > 0n;
}

export const insertUse = (tx: Tx, row: SealUseTable): Promise<unknown> =>
  tx.db.insertInto('seal_use').values(row).execute();

/** Newest first. */
export const usesOf = (h: Handle, sealId: string, before: number, limit: number): Promise<SealUseTable[]> =>
  h.db
    .selectFrom('seal_use')
    .selectAll()
    .where('seal_id', '=', sealId)
    .where('at', '<=', before)
    .orderBy('at', 'desc')
    .orderBy('id')
    .limit(limit)
    .execute();

/** Organisations (`unit_code_index`) of these certificates as this unit has them on record, or any unit where `unitId` is left out. */
export const ownersOf = (
  h: Handle,
  certificateIndexes: readonly string[],
): Promise<
  { certificate_index: string; owner_index: string; unit_id: string; unit_profile: string; status: string }[]
> =>
  certificateIndexes.length === 0
    ? Promise.resolve([])
    : h.db
        .selectFrom('enrolment')
        .innerJoin('certificate', 'certificate.id', 'enrolment.sign_certificate_id')
        .innerJoin('subscriber', 'subscriber.id', 'enrolment.subscriber_id')
        .innerJoin('unit', 'unit.id', 'enrolment.unit_id')
        .select([
          'certificate.fingerprint_index as certificate_index',
          'subscriber.unit_code_index as owner_index',
          'enrolment.unit_id as unit_id',
          'enrolment.status as status',
          'unit.profile as unit_profile',
        ])
        .where('certificate.fingerprint_index', 'in', certificateIndexes)
        .execute();
