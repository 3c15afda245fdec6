import type { Authority } from '#drivers/authority.ts';
import type { Interaction } from '#interaction/interaction.ts';
import { boundTo, type Visit } from '#interaction/visit.ts';
import { HubError } from '#kernel/errors.ts';
import { ok, type Result } from '#kernel/result.ts';
import type { PageNote } from './capsule-port.ts';
import { offeredItems } from './load.ts';
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

/** A vendor's service that does not do what it was asked is a fact of each capsule that waited for it. */
export async function notingVendor(
  room: Room,
  visit: Visit,
  authorityId: string,
  begin: () => Promise<Result<void>>,
): Promise<Result<void>> {
  const failed = async (why: 'no-answer' | 'driver-down'): Promise<void> => {
    const authority: Authority | undefined = await room.authorities.find(room.store.read, authorityId);
    const bound = await boundTo(room, visit);
    if (authority === undefined || !bound.ok) return;
    await noteCapsules(room, bound.value, {
      what: 'vendor-failed',
      authority: authority.id,
      name: authority.name,
      why,
    });
  };
  try {
    const begun = await begin();
    if (!begun.ok && begun.refusal.code === 'AUTHORITY_UNAVAILABLE') await failed('no-answer');
    return begun;
  } catch (error) {
    if (error instanceof HubError && error.refusal.code === 'AUTHORITY_UNAVAILABLE') await failed('driver-down');
    throw error;
  }
}
