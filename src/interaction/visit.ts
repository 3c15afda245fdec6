import { type Refusal, refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { isBoundTo } from './browser.ts';
import { type Interaction, stateAt } from './interaction.ts';
import type { PageRoom } from './page-room.ts';

/** A page's call: which interaction, and what the browser holds (cookie, or claim secret where no cookie survives). */
export interface Visit {
  readonly interaction: string;
  readonly secret: string | null;
}

/** The interaction when this very browser is bound to it, in whatever state. */
export async function boundTo(room: PageRoom, visit: Visit): Promise<Result<Interaction>> {
  const interaction = await room.interactions.find(room.store.read, visit.interaction);
  if (interaction === undefined) return refused(refusal('LINK_INVALID'));
  if (isBoundTo(room.gm, interaction, visit.secret)) return ok(interaction);
  if (interaction.browserHash !== null) return refused(refusal('OTHER_BROWSER'));
  return refused(endForStranger(interaction, room.clock.now()) ?? refusal('LINK_SUPERSEDED'));
}

/** The same, and the person may still act: claimed and alive. */
export async function actingOn(room: PageRoom, visit: Visit): Promise<Result<Interaction>> {
  const bound = await boundTo(room, visit);
  if (!bound.ok) return bound;
  return bound.value.state === 'claimed' && bound.value.expiresAt > room.clock.now()
    ? bound
    : refused(endOf(bound.value, room.clock.now()) ?? refusal('TASK_ENDED'));
}

/** Why nothing more can be done; undefined while something can. */
export function endOf(interaction: Interaction, now: number): Refusal | undefined {
  switch (stateAt(interaction, now)) {
    case 'open':
    case 'claimed':
    case 'proved':
    case 'succeeded':
      return undefined;
    case 'expired':
      return refusal('TASK_EXPIRED');
    case 'cancelled':
      return refusal('CANCELLED_BY_PERSON');
    case 'refused':
    case 'undelivered':
      return interaction.refusal ?? refusal('TASK_ENDED');
  }
}

/** The same for a browser that is not the interaction's own: that it is over, never how. */
export function endForStranger(interaction: Interaction, now: number): Refusal | undefined {
  const end = endOf(interaction, now);
  return end === undefined || end.code === 'TASK_EXPIRED' ? end : refusal('TASK_ENDED');
}
