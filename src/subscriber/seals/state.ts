import { type Refusal, refusal } from '#kernel/errors.ts';
import { type Result, refused } from '#kernel/result.ts';
import { type Certificate, tailOf } from '#pki/certificate.ts';
import type { Unit } from '#relying-party/party.ts';
import type { SealTable } from '#store/schema-seals.ts';
import type { Handle } from '#store/store.ts';
import type { Power } from './bring.ts';
import type { SealRoom } from './library.ts';
import { enrolledOwners } from './register.ts';
import * as rows from './repository.ts';
import { type SealFile, showSeal } from './seal-file.ts';

/**
 * Who acts on a seal. `person`: the holder of a certificate, as the unit vouches for him · `unit`: the unit itself, which may always stop a seal of its own
 * library but gives nothing back · `operator`: beside the hub.
 */
export type SealActor =
  | { readonly kind: 'person'; readonly unit: Unit; readonly certificate: Certificate }
  | { readonly kind: 'unit'; readonly unit: Unit }
  | { readonly kind: 'operator' };

export interface StateAct {
  readonly act: 'suspend' | 'resume' | 'revoke';
  /** For those who ask later; never logged. */
  readonly reason: string;
}

const FROM: Readonly<Record<StateAct['act'], readonly SealTable['state'][]>> = {
  suspend: ['active'],
  resume: ['suspended'],
  revoke: ['active', 'suspended'],
};
const TO = { suspend: 'suspended', resume: 'active', revoke: 'revoked' } as const;
const DONE = { suspend: 'seal.suspended', resume: 'seal.resumed', revoke: 'seal.revoked' } as const;
const SAID: Readonly<Record<SealTable['state'], string>> = {
  active: '在用',
  suspended: '已暂停使用',
  revoked: '已作废',
};

export async function setState(
  room: SealRoom,
  actor: SealActor,
  id: string,
  { act, reason }: StateAct,
): Promise<Result<SealFile>> {
  const { store, seals, clock, journal } = room;
  return store.tx(async (tx) => {
    const row = await rows.sealById(tx, id, unitOf(actor)?.id);
    if (row === undefined) return refused(refusal('SEAL_UNKNOWN'));
    const why = actor.kind === 'unit' && act !== 'resume' ? null : await mayNot(room, tx, actor, row, 'manage');
    if (why !== null) return refused(why);
    const to = { state: TO[act], reasonSealed: seals.sealReason(id, reason), at: clock.now() };
    if (!(await rows.changeState(tx, id, FROM[act], to)))
      return refused(refusal('SEAL_STATE', { state: SAID[row.state] }));
    await journal.append(tx, { kind: DONE[act], unitId: row.unit_id, body: { seal: id, ...byOf(actor) } });
    return showSeal(room, tx, unitOf(actor), id);
  });
}

export const unitOf = (actor: SealActor): Unit | null => (actor.kind === 'operator' ? null : actor.unit);

export const byOf = (actor: SealActor): { by: string; tail?: string } =>
  actor.kind === 'person' ? { by: 'person', tail: tailOf(actor.certificate) } : { by: actor.kind };

const POWER_NAMES: Readonly<Record<Power, string>> = { manage: '管理', use: '使用', audit: '审计' };

/** A person needs the power himself, and a certificate that is on record now, of the seal's own organisation. */
export async function mayNot(
  { seals }: Pick<SealRoom, 'seals'>,
  h: Handle,
  actor: SealActor,
  row: rows.SealRow,
  power: Power,
): Promise<Refusal | null> {
  if (actor.kind === 'operator') return null;
  const no = refusal('SEAL_POWER', { power: POWER_NAMES[power] });
  if (actor.kind === 'unit') return no;
  const index = seals.index.certificate(actor.certificate.fingerprint);
  if (!(await rows.hasPower(h, row.id, index, power))) return no;
  const owners = await enrolledOwners(h, actor.unit, [index]);
  return owners.some(({ owner_index }) => owner_index === row.owner_index) ? null : no;
}
