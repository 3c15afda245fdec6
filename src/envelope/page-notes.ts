import type { Authority } from '#drivers/authority.ts';
import { exchangeOf, isRunning } from '#interaction/exchange-state.ts';
import type { Interaction } from '#interaction/interaction.ts';
import { boundTo, type Visit } from '#interaction/visit.ts';
import { HubError } from '#kernel/errors.ts';
import { ok, type Result } from '#kernel/result.ts';
import { type Certificate, tailOf } from '#pki/certificate.ts';
import type { Unit } from '#relying-party/party.ts';
import type { PageNote } from './capsule-port.ts';
import { certificateOf, type Item } from './item.ts';
import { offeredItems } from './load.ts';
import type { MatchedKey } from './match.ts';
import type { Room } from './room.ts';

/** Tells the opening what a page met about capsules. Evidence beside the work: when it cannot be written, the person goes on all the same. */
export async function noteCapsules(room: Room, interaction: Interaction, note: PageNote): Promise<void> {
  const { noted } = room.capsules;
  if (noted === undefined) return;
  try {
    const { own, siblings } = await offeredItems(room, room.store.read, interaction);
    const capsules = [...own, ...siblings].flatMap(({ capsuleId }) => capsuleId ?? []);
    if (capsules.length > 0) await noted(capsules, note);
  } catch (error) {
    room.log.warn({ err: error, interaction: interaction.id }, 'what a page met could not be noted');
  }
}

/** The page says what it met: PIN locked, no agent, another key plugged. */
export async function reportOf(
  room: Room,
  visit: Visit,
  said: Extract<PageNote, { what: 'reported' }>,
): Promise<Result<void>> {
  const bound = await boundTo(room, visit);
  if (!bound.ok) return bound;
  await noteCapsules(room, bound.value, said);
  return ok(undefined);
}

/** What the record knows of the keys that a page shows: a newer one where the older is needed, and one whose certificate has ended. */
export async function noteKeys(room: Room, visit: Visit, keys: readonly MatchedKey[]): Promise<void> {
  const { noted } = room.capsules;
  const bound = await boundTo(room, visit);
  if (noted === undefined || !bound.ok) return;
  try {
    const { own, siblings } = await offeredItems(room, room.store.read, bound.value);
    const closed = [...own, ...siblings].filter((item) => item.state === 'waiting' || item.state === 'failed');
    const bids = closed.filter((item) => item.capsuleId !== null);
    const unit = bids.length === 0 ? undefined : await room.relyingParties.unit(room.store.read, bound.value.unitId);
    if (unit === undefined) return;
    for (const key of keys) {
      for (const { item, wrap } of key.opens) {
        const used = wrap.known === null ? undefined : certificateOf(room.gm, wrap.known);
        if (item.capsuleId !== null && used !== undefined && used.notAfter < room.clock.now())
          await noted([item.capsuleId], { what: 'expired', tail: tailOf(used) });
      }
      if (key.opens.length === 0 && key.certificate !== undefined)
        await noteRenewed(room, unit, { noted, bids, shown: key.certificate });
    }
  } catch (error) {
    room.log.warn({ err: error, interaction: visit.interaction }, 'what a page met could not be noted');
  }
}

/** Only where the record has both under one holder: whoever merely shows another's key is told nothing and noted for nothing. */
async function noteRenewed(
  room: Room,
  unit: Unit,
  { noted, bids, shown }: { noted: Noted; bids: readonly Item[]; shown: Certificate },
): Promise<void> {
  const holder = await room.subscribers.holderOf(room.store.read, unit, shown.fingerprint);
  if (holder === undefined || holder.retired) return;
  for (const { capsuleId, wraps } of bids)
    for (const { known } of wraps) {
      const old = known?.retired === true ? certificateOf(room.gm, known) : undefined;
      const before = old && (await room.subscribers.holderOf(room.store.read, unit, old.fingerprint));
      if (old === undefined || capsuleId === null || before?.subscriberId !== holder.subscriberId) continue;
      await noted([capsuleId], { what: 'renewed', tail: tailOf(old), newTail: tailOf(shown) });
    }
}

type Noted = NonNullable<Room['capsules']['noted']>;

/** The same for an exchange that had begun: its vendor stopped answering in the middle. */
export async function notingResume(room: Room, id: string, resume: () => Promise<void>): Promise<void> {
  const before = await room.interactions.find(room.store.read, id);
  const exchange = before && exchangeOf(before);
  if (before === undefined || exchange === undefined || !isRunning(exchange)) return resume();
  const failed = (why: 'no-answer' | 'driver-down') => noteVendor(room, before, before.exchangeAuthority ?? '', why);
  try {
    await resume();
  } catch (error) {
    if (isUnavailable(error)) await failed('driver-down');
    throw error;
  }
  const after = await room.interactions.find(room.store.read, id);
  const still = after && exchangeOf(after);
  const same = still?.exchange === exchange.exchange && !isRunning(still);
  if (same && after?.refusal?.code === 'AUTHORITY_UNAVAILABLE') await failed('no-answer');
}

async function noteVendor(
  room: Room,
  interaction: Interaction,
  authorityId: string,
  why: 'no-answer' | 'driver-down',
): Promise<void> {
  const authority: Authority | undefined = await room.authorities.find(room.store.read, authorityId);
  if (authority === undefined) return;
  await noteCapsules(room, interaction, { what: 'vendor-failed', authority: authority.id, name: authority.name, why });
}

const isUnavailable = (error: unknown): boolean =>
  error instanceof HubError && error.refusal.code === 'AUTHORITY_UNAVAILABLE';

/** A vendor's service that does not do what it was asked is a fact of each capsule that waited for it. */
export async function notingVendor(
  room: Room,
  visit: Visit,
  authorityId: string,
  begin: () => Promise<Result<void>>,
): Promise<Result<void>> {
  const failed = async (why: 'no-answer' | 'driver-down'): Promise<void> => {
    const bound = await boundTo(room, visit);
    if (bound.ok) await noteVendor(room, bound.value, authorityId, why);
  };
  try {
    const begun = await begin();
    if (!begun.ok && begun.refusal.code === 'AUTHORITY_UNAVAILABLE') await failed('no-answer');
    return begun;
  } catch (error) {
    if (isUnavailable(error)) await failed('driver-down');
    throw error;
  }
}
