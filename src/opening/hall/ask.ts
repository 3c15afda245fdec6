import { browserHash, isBrowserSecret } from '#interaction/browser.ts';
import { challengeText } from '#interaction/challenge.ts';
import { type Interaction, stateAt } from '#interaction/interaction.ts';
import { pageOrigin } from '#interaction/page-room.ts';
import { challengeOf } from '#interaction/proof.ts';
import { hex, utf8 } from '#kernel/bytes.ts';
import { HubError, refusal } from '#kernel/errors.ts';
import { newId, newSupportCode } from '#kernel/ids.ts';
import type { Json } from '#kernel/json.ts';
import { limits } from '#kernel/limits.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Tx } from '#store/store.ts';
import { canonicalJson } from '../capsule/canonical.ts';
import type { Opening } from '../opening.ts';
import type { HallAct } from './acts.ts';
import type { Hall } from './room.ts';

/** What a signature in the hall stands for; kept sealed with the interaction that asks for it. */
export type Intent =
  /** `browser`: keyed index of who asks, so that a phone's answer finds the way back to this browser. */
  | { readonly what: 'seat'; readonly opening: string; readonly browser: string }
  | {
      readonly what: 'act';
      readonly opening: string;
      readonly seat: string;
      readonly act: HallAct;
      readonly salt: string;
    };

/** Keyed: a reload of this browser finds its seat in this opening. */
export const browserIndex = (hall: Hall, openingId: string, secret: string): string =>
  hall.cipher.index('hall.browser', openingId, browserHash(hall.gm, openingId, secret));

/** A text that waits for somebody's key. */
export interface Asked {
  readonly interaction: Interaction;
  readonly intent: Intent;
  readonly text: string;
  readonly expiresAt: number;
}

/**
 * Puts a question to the browser that asks: an interaction of kind `hall`, bound to it from the first moment, with one challenge. For an act the
 * challenge's nonce is SM3(salt ‖ the act's canonical JSON): the signature is of this very act, and the record can prove it.
 */
export async function ask(
  hall: Hall,
  opening: Opening,
  secret: string | null,
  wanted: { readonly what: 'seat' } | { readonly what: 'act'; readonly seat: string; readonly act: HallAct },
  also: (tx: Tx, interaction: string) => Promise<void> = async () => undefined,
): Promise<Result<Asked>> {
  if (secret === null || !isBrowserSecret(secret)) return refused(refusal('HALL_SEAT_ENDED', {}, 'no browser cookie'));
  const { page, random, gm, store, clock } = hall;
  const id = newId('int', random);
  const intent: Intent =
    wanted.what === 'seat'
      ? { what: 'seat', opening: opening.id, browser: browserIndex(hall, opening.id, secret) }
      : { ...wanted, opening: opening.id, salt: hex(random.bytes(16)) };
  const now = clock.now();
  const expiresAt = now + limits.challengeLife;
  const nonce =
    intent.what === 'seat'
      ? hex(random.bytes(32))
      : hex(gm.sm3(utf8(`caihub-act/1\n${intent.salt}\n`), canonicalJson(intent.act as unknown as Json)));
  const interaction = await store.tx(async (tx) => {
    await page.interactions.insert(tx, {
      id,
      unitId: opening.unitId,
      orgcode: opening.orgcode,
      taskId: `${opening.id}/${id}`,
      content: '',
      attempt: 1,
      standBy: JSON.stringify(intent),
      returnUrl: null,
      supportCode: newSupportCode(random),
      expiresAt,
    });
    const bound = await page.interactions.change(
      tx,
      id,
      { states: ['open'] },
      { state: 'claimed', browserHash: browserHash(gm, id, secret), challenge: { nonce, expiresAt } },
    );
    if (bound === undefined) throw new HubError('INTERNAL', 'a new interaction was not open');
    await also(tx, id);
    return bound;
  });
  return askedOf(hall, interaction);
}

/** The question as it stands; refused when it is answered or over. */
export async function askedOf(hall: Hall, interaction: Interaction): Promise<Result<Asked>> {
  const { page, store, relyingParties, clock } = hall;
  const intent = intentOf(interaction);
  if (intent === undefined || stateAt(interaction, clock.now()) !== 'claimed' || interaction.challenge === null)
    return refused(refusal('TASK_EXPIRED'));
  const platform = await relyingParties.platform(store.read, interaction.unitId, interaction.orgcode);
  if (platform === undefined) return refused(refusal('PLATFORM_UNKNOWN', { orgcode: interaction.orgcode }));
  const { challenge } = interaction;
  const text = challengeText(challengeOf(interaction, challenge, pageOrigin(page, platform), 'login'));
  return ok({ interaction, intent, text, expiresAt: challenge.expiresAt });
}

/** undefined: not one of the hall's questions. */
export function intentOf(interaction: Interaction): Intent | undefined {
  if (interaction.kind !== 'hall' || interaction.standBy === null) return undefined;
  return JSON.parse(interaction.standBy) as Intent;
}
