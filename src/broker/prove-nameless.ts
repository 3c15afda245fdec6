import { refusal } from '#kernel/errors.ts';
import { limits } from '#kernel/limits.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Unit } from '#relying-party/party.ts';
import type { PrintedField, PrintedInterface } from '#wire/interfaces.ts';
import { type Members, readMembers } from '#wire/members.ts';
import type { BrokerDeps } from './deps.ts';
import { type ProvenRequest, proveMembers, type Received } from './prove.ts';

/**
 * The caller of an interface that prints no caUnitId, encrypt (readings L6): whom the header X-Ca-Unit-Id names; else the units that have this
 * task, then those that synchronised the subject, then, for a body of at most 64 KiB, every active unit. In the first of these groups in which
 * a secret verifies it must be exactly one unit's. Refusals as `proveRequest`, and UNIT_HEADER_NEEDED where the body is too large to try everybody, or two units verify.
 */
export async function proveNameless(
  deps: BrokerDeps,
  received: Received,
  { request: fields }: PrintedInterface,
): Promise<Result<ProvenRequest>> {
  const members = readMembers(fields, received.body);
  if (!members.ok) return members;
  const unit = await (received.unitHeader === undefined
    ? search(deps, received, fields, members.value)
    : named(deps, received.unitHeader, received, fields, members.value));
  return unit.ok ? ok({ unit: unit.value, members: members.value }) : unit;
}

async function named(
  deps: BrokerDeps,
  id: string,
  { body }: Received,
  fields: readonly PrintedField[],
  members: Members,
): Promise<Result<Unit>> {
  const unit = await deps.relyingParties.unit(deps.store.read, id);
  if (unit === undefined) return refused(refusal('UNIT_UNKNOWN'));
  const proven = await proveMembers(deps, unit, fields, members, body);
  return proven.ok ? ok(unit) : proven;
}

async function search(
  deps: BrokerDeps,
  { body, size }: Received,
  fields: readonly PrintedField[],
  members: Members,
): Promise<Result<Unit>> {
  const member = (name: string) => members.values.get(name) ?? '';
  const units = (await deps.relyingParties.units(deps.store.read)).filter(({ status }) => status === 'active');
  const likely = await deps.envelopes.candidatesFor({
    taskId: member('taskId'),
    idNumber: member('idNumber'),
    unitCode: member('unitCode'),
  });
  const groups = likely.map((ids) => units.filter(({ id }) => ids.includes(id)));
  if (size <= limits.namelessBody) groups.push(units);
  const tried = new Set<string>();
  let ambiguous: Result<never> | undefined;
  for (const group of groups) {
    const verified: Unit[] = [];
    for (const unit of group) {
      if (tried.has(unit.id)) continue;
      tried.add(unit.id);
      const proven = await proveMembers(deps, unit, fields, members, body);
      if (proven.ok) verified.push(unit);
      else if (proven.refusal.code !== 'SIGN_WRONG') ambiguous = refused(proven.refusal);
    }
    const [unit, second] = verified;
    if (second !== undefined) return refused(refusal('UNIT_HEADER_NEEDED'));
    if (unit !== undefined) return ok(unit);
  }
  // A string that could be read as another message is refused whoever signed it: that is what the caller must mend first.
  if (ambiguous !== undefined) return ambiguous;
  return refused(refusal(size <= limits.namelessBody ? 'SIGN_WRONG' : 'UNIT_HEADER_NEEDED'));
}
