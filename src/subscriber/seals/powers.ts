import { HubError, refusal } from '#kernel/errors.ts';
import { type Result, refused } from '#kernel/result.ts';
import { type Certificate, tailOf } from '#pki/certificate.ts';
import { parseSeal } from '#pki/ses.ts';
import type { Tx } from '#store/store.ts';
import type { Power } from './bring.ts';
import { notInList } from './judge.ts';
import type { SealRoom } from './library.ts';
import { enrolledOwners } from './register.ts';
import * as rows from './repository.ts';
import { type SealFile, showSeal } from './seal-file.ts';
import { byOf, mayNot, type SealActor, unitOf } from './state.ts';

export interface PowerAct {
  readonly act: 'grant' | 'withdraw';
  readonly power: Power;
  readonly certificate: Certificate;
}

export async function setPower(room: SealRoom, actor: SealActor, id: string, act: PowerAct): Promise<Result<SealFile>> {
  return room.store.tx(async (tx) => {
    const row = await rows.sealById(tx, id, unitOf(actor)?.id);
    if (row === undefined) return refused(refusal('SEAL_UNKNOWN'));
    const why = await mayNot(room, tx, actor, row, 'manage');
    if (why !== null) return refused(why);
    const done =
      act.act === 'grant' ? await grant(room, tx, actor, row, act) : await withdraw(room, tx, actor, row, act);
    return done ?? showSeal(room, tx, unitOf(actor), id);
  });
}

/** undefined: done. Use of a maker's seal can only be given to whom the maker names. */
async function grant(
  room: SealRoom,
  tx: Tx,
  actor: SealActor,
  row: rows.VisibleSeal,
  { power, certificate }: PowerAct,
): Promise<Result<never> | undefined> {
  const { seals, clock, journal, gm } = room;
  const index = seals.index.certificate(certificate.fingerprint);
  const unit = unitOf(actor);
  const owners = unit === null ? await rows.ownersOf(tx, [index]) : await enrolledOwners(tx, unit, [index]);
  if (!owners.some(({ status }) => status === 'active')) return refused(refusal('SEAL_HOLDER_UNKNOWN'));
  if (!owners.some(({ owner_index }) => owner_index === row.owner_index))
    return refused(refusal('SEAL_HOLDERS_DIFFER'));
  if (power === 'use' && seals.openFacts(row).kind === 'ses') {
    const seal = parseSeal(gm, seals.openContent(row.id, (await rows.contentOf(tx, row.id)) ?? ''));
    if (seal === undefined) throw new HubError('INTERNAL', `seal ${row.id} does not parse any more`);
    const why = notInList(gm, seal, certificate);
    if (why !== null) return refused(why);
  }
  const tail = tailOf(certificate);
  await rows.grantPower(tx, {
    ...{ seal_id: row.id, certificate_index: index, power, tail },
    ...{ given_by: 'grant', given_at: clock.now(), withdrawn_at: null, withdrawn_by: null },
  });
  const body = { seal: row.id, power, to: tail, ...byOf(actor) };
  await journal.append(tx, { kind: 'seal.power-granted', unitId: row.unit_id, body });
  return undefined;
}

async function withdraw(
  { seals, clock, journal }: SealRoom,
  tx: Tx,
  actor: SealActor,
  row: rows.VisibleSeal,
  { power, certificate }: PowerAct,
): Promise<Result<never> | undefined> {
  const index = seals.index.certificate(certificate.fingerprint);
  if (power === 'manage' && (await rows.othersWithPower(tx, row.id, index, 'manage')) === 0)
    return invalid('power', '至少保留一位印章管理人，请先授权他人');
  const who = actor.kind === 'operator' ? ('operator' as const) : ('person' as const);
  const which = { sealId: row.id, certificateIndex: index, power };
  if (!(await rows.withdrawPower(tx, which, { at: clock.now(), who })))
    return invalid('certificate', '该证书没有这项权限');
  const body = { seal: row.id, power, from: tailOf(certificate), ...byOf(actor) };
  await journal.append(tx, { kind: 'seal.power-withdrawn', unitId: row.unit_id, body });
  return undefined;
}

const invalid = (field: string, reason: string): Result<never> =>
  refused(refusal('FIELD_INVALID', { field, label: field === 'power' ? '权限' : '证书', reason }));
