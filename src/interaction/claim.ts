import { refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { browserHash, isBoundTo, isBrowserSecret, newBrowserSecret } from './browser.ts';
import { type Interaction, stateAt } from './interaction.ts';
import type { PageLink } from './look.ts';
import { announce, type PageRoom, partiesOf } from './page-room.ts';
import { boundTo, endForStranger } from './visit.ts';

export interface Claimed {
  readonly interaction: Interaction;
  /** Only where the browser had brought none: the secret that this page must keep in memory. */
  readonly claim: string | null;
  /** false: somebody else's finished task; the page says 已完成 and learns nothing more. */
  readonly bound: boolean;
}

/** The first open of a link, or the reload of the browser that is bound already. */
export const claimLink = (room: PageRoom, link: PageLink, secret: string | null): Promise<Result<Claimed>> =>
  'token' in link ? claimByToken(room, link.token, secret) : claimAgain(room, link.interaction, secret);

/**
 * The first POST of the page's script binds the interaction to this browser; a GET never does (readings L52). One conditional UPDATE: of any number of
 * browsers one wins. The same browser may come again with the same link; any other reads OTHER_BROWSER; an older link LINK_SUPERSEDED.
 */
export async function claimByToken(room: PageRoom, token: string, secret: string | null): Promise<Result<Claimed>> {
  const address = room.tokens.read(token);
  if (address === undefined) return refused(refusal('LINK_INVALID'));
  const found = await room.interactions.find(room.store.read, address.interaction);
  if (found === undefined) return refused(refusal('LINK_INVALID'));
  if (found.generation !== address.generation)
    return refused(endForStranger(found, room.clock.now()) ?? refusal('LINK_SUPERSEDED'));

  const now = room.clock.now();
  if (isBoundTo(room.gm, found, secret)) return ok({ interaction: found, claim: null, bound: true });
  if (found.state === 'succeeded') return ok({ interaction: found, claim: null, bound: false });
  const end = endForStranger(found, now);
  if (end !== undefined) return refused(end);
  if (found.browserHash !== null) return refused(refusal('OTHER_BROWSER'));
  return bind(room, found, secret);
}

async function bind(room: PageRoom, found: Interaction, secret: string | null): Promise<Result<Claimed>> {
  const parties = await partiesOf(room, room.store.read, found);
  if (!parties.ok) return parties;
  const own = secret !== null && isBrowserSecret(secret) ? secret : undefined;
  const held = own ?? newBrowserSecret(room.random);
  const claimed = await room.store.tx(async (tx) => {
    const won = await room.interactions.change(
      tx,
      found.id,
      { states: ['open'], generation: found.generation, liveAt: room.clock.now() },
      { state: 'claimed', browserHash: browserHash(room.gm, found.id, held) },
    );
    if (won === undefined) return undefined;
    await room.journal.append(tx, {
      kind: `${room.kind}.claimed`,
      unitId: won.unitId,
      interactionId: won.id,
      body: { generation: won.generation, by: own === undefined ? 'claim' : 'cookie' },
    });
    announce(room, tx, won);
    return won;
  });
  if (claimed !== undefined) return ok({ interaction: claimed, claim: own === undefined ? held : null, bound: true });
  return lostTheRace(room, found, secret);
}

/** Somebody was faster: another browser, this very one in a second tab, or a repeated request. */
async function lostTheRace(room: PageRoom, found: Interaction, secret: string | null): Promise<Result<Claimed>> {
  const present = await room.interactions.find(room.store.read, found.id);
  if (present === undefined) return refused(refusal('LINK_INVALID'));
  if (present.generation !== found.generation) return refused(refusal('LINK_SUPERSEDED'));
  if (isBoundTo(room.gm, present, secret)) return ok({ interaction: present, claim: null, bound: true });
  return refused(stateAt(present, room.clock.now()) === 'expired' ? refusal('TASK_EXPIRED') : refusal('OTHER_BROWSER'));
}

/** Reload of the bound browser: the address bar no longer holds the token, the page knows only the interaction. */
export async function claimAgain(room: PageRoom, interaction: string, secret: string | null): Promise<Result<Claimed>> {
  const bound = await boundTo(room, { interaction, secret });
  return bound.ok ? ok({ interaction: bound.value, claim: null, bound: true }) : bound;
}
