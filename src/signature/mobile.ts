import { type Road, resumeExchange, vendorCallback } from '#interaction/exchange.ts';
import { exchangeOf, interactionOfExchange } from '#interaction/exchange-state.ts';
import type { Interaction } from '#interaction/interaction.ts';
import { pageOrigin, partiesOf } from '#interaction/page-room.ts';
import { consumeChallenge } from '#interaction/proof.ts';
import { type Bytes, equalBytes, fromBase64 } from '#kernel/bytes.ts';
import { refusal } from '#kernel/errors.ts';
import { isObject, type Json } from '#kernel/json.ts';
import { ok, refused } from '#kernel/result.ts';
import { completeFor } from './complete.ts';
import { judgeSigner } from './identify.ts';
import type { Room } from './room.ts';
import type { Prepared } from './signing.ts';
import { signingOf } from './write.ts';

export type Step = 'identify' | 'sign';

/** Who signs, over the vendor's phone or page: a signature over the challenge, and the seals that the vendor keeps for its person. */
export const identifyRoad = (room: Room): Road<'auth'> => ({
  room,
  drivers: room.drivers,
  channel: 'auth',
  purpose: 'sign',
  prepare: async () => ok({ request: (common) => common, own: { step: 'identify' } }),
  settle: (interaction, authority, evidence) => judgeSigner(room, interaction, evidence, 'mobile', authority),
});

/** The prepared signature, over the same. The vendor sees names and digests, never the document. `last`: nothing more is signed on this page. */
export const signRoad = (room: Room, last = true): Road<'seal'> => ({
  room,
  drivers: room.drivers,
  channel: 'seal',
  purpose: 'sign',

  async prepare(interaction) {
    const { prepared, signer, document } = await signingOf(room, interaction.id);
    if (signer === null) return refused(refusal('SIGNER_UNPROVED'));
    if (prepared === null || document === null || !isLive(room, prepared)) return refused(refusal('SIGNING_EXPIRED'));
    return ok({
      own: { step: 'sign', prepared: prepared.id, last },
      request: (common) => ({
        ...common,
        toSign: prepared.toSign,
        digest: prepared.digest,
        algorithm: prepared.algorithm,
        certificate: signer.certificate,
        documentName: document.name,
        sealName: prepared.seal?.name ?? null,
        places: prepared.places,
      }),
    });
  },

  async settle(interaction, _authority, evidence, own) {
    const parties = await partiesOf(room, room.store.read, interaction);
    if (!parties.ok) return parties;
    const hub = pageOrigin(room, parties.value.platform);
    const consumed = await room.store.tx((tx) => consumeChallenge(room, tx, interaction, hub, 'sign'));
    if (!consumed.ok) return consumed;
    const { prepared, last } = asked(own);
    const { signer } = await signingOf(room, interaction.id);
    // Another key of the same person is another signer.
    const same = signer !== null && equalBytes(bytesOf(evidence.certificate), bytesOf(signer.certificate));
    if (!same) return refused(refusal('SIGNATURE_NOT_TAKEN', {}, 'another certificate'));
    return completeFor(room, interaction, { prepared, signature: evidence.signature, last });
  },
});

const bytesOf = (text: string): Bytes => fromBase64(text) ?? Buffer.alloc(0);

const asked = (own: Json): { prepared: string; last: boolean } => {
  const { prepared, last } = isObject(own) ? own : {};
  return { prepared: typeof prepared === 'string' ? prepared : '', last: last === true };
};

export const isLive = (room: Pick<Room, 'clock'>, prepared: Prepared): boolean => prepared.expiresAt > room.clock.now();

/** Which question an exchange asks; undefined: none. */
export function stepOf(interaction: Interaction): Step | undefined {
  const { own } = exchangeOf(interaction) ?? {};
  return isObject(own) && (own['step'] === 'identify' || own['step'] === 'sign') ? own['step'] : undefined;
}

/** Two questions go over one page's exchange, each on a channel of its own: whichever was asked last is heard. */
export async function resumeSigning(room: Room, id: string): Promise<void> {
  switch (await askedBy(room, id)) {
    case 'identify':
      return resumeExchange(identifyRoad(room), id, { from: 'poll' });
    case 'sign':
      return resumeExchange(signRoad(room), id, { from: 'poll' });
    case undefined:
      return;
  }
}

export async function heardFromVendor(
  room: Room,
  authority: string,
  exchange: string,
  message: { headers: Readonly<Record<string, string>>; body: string },
): Promise<void> {
  switch (await askedBy(room, interactionOfExchange(exchange))) {
    case 'identify':
      return vendorCallback(identifyRoad(room), authority, exchange, message);
    case 'sign':
      return vendorCallback(signRoad(room), authority, exchange, message);
    case undefined:
      return;
  }
}

async function askedBy(room: Room, id: string | undefined): Promise<Step | undefined> {
  const interaction = id === undefined ? undefined : await room.interactions.find(room.store.read, id);
  return interaction && stepOf(interaction);
}
