import { type Refusal, refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Platform } from '#relying-party/party.ts';
import type { InteractionState } from '#store/schema.ts';
import { isBoundTo } from './browser.ts';
import { type Interaction, stateAt } from './interaction.ts';
import type { PageRoom } from './page-room.ts';
import { endForStranger } from './visit.ts';

export type PageLink = { readonly token: string } | { readonly interaction: string };

export interface LookedPage {
  /** Who asks, where the link is one of ours. */
  readonly platform: Platform | undefined;
  /** Why the link cannot be used by this browser; undefined: the page may be served. */
  readonly refusal: Refusal | undefined;
  readonly supportCode: string | undefined;
}

/** Reads only. What it says may be old by the time the page's script claims; the claim decides. */
export async function look(room: PageRoom, link: PageLink, secret: string | null): Promise<LookedPage> {
  const found = await find(room, link, secret);
  if (found === undefined) return { platform: undefined, refusal: refusal('LINK_INVALID'), supportCode: undefined };
  const { interaction, current } = found;
  const platform = await room.relyingParties.platform(room.store.read, interaction.unitId, interaction.orgcode);
  return { platform, refusal: whyNot(room, interaction, current, secret), supportCode: interaction.supportCode };
}

/** How the interaction of this link stands; reads only. Refuses LINK_INVALID, and LINK_SUPERSEDED for a link that was given anew. */
export async function standing(room: PageRoom, token: string): Promise<Result<InteractionState>> {
  const found = await find(room, { token }, null);
  if (found === undefined) return refused(refusal('LINK_INVALID'));
  if (!found.current) return refused(refusal('LINK_SUPERSEDED'));
  return ok(stateAt(found.interaction, room.clock.now()));
}

async function find(
  room: PageRoom,
  link: PageLink,
  secret: string | null,
): Promise<{ interaction: Interaction; current: boolean } | undefined> {
  if ('token' in link) {
    const address = room.tokens.read(link.token);
    const interaction = address && (await room.interactions.find(room.store.read, address.interaction));
    return interaction && { interaction, current: interaction.generation === address.generation };
  }
  const interaction = await room.interactions.find(room.store.read, link.interaction);
  // Whoever knows only the id of an interaction is told nothing, unless he is its own browser.
  return interaction && isBoundTo(room.gm, interaction, secret) ? { interaction, current: true } : undefined;
}

function whyNot(
  room: PageRoom,
  interaction: Interaction,
  current: boolean,
  secret: string | null,
): Refusal | undefined {
  const bound = isBoundTo(room.gm, interaction, secret);
  const end = bound ? undefined : endForStranger(interaction, room.clock.now());
  if (end !== undefined) return end;
  if (!current) return refusal('LINK_SUPERSEDED');
  if (bound || interaction.browserHash === null || interaction.state === 'succeeded') return undefined;
  // A claim secret in page memory does not travel with a GET: the script decides.
  return secret === null ? undefined : refusal('OTHER_BROWSER');
}
