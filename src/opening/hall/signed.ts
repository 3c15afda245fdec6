import type { Authority } from '#drivers/authority.ts';
import type { Evidence } from '#drivers/contract.ts';
import { beginExchange, type Road, resumeExchange, vendorCallback } from '#interaction/exchange.ts';
import type { Interaction } from '#interaction/interaction.ts';
import { pageOrigin, partiesOf } from '#interaction/page-room.ts';
import { consumeChallenge, proveHolder, type SignedChallenge, type VerifiedHolder } from '#interaction/proof.ts';
import { actingOn, type Visit } from '#interaction/visit.ts';
import { base64 } from '#kernel/bytes.ts';
import { HubError, type Refusal, refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { readOpening } from '../read-opening.ts';
import { type Intent, intentOf } from './ask.ts';
import { Undone } from './decide.ts';
import { finish, makeMinutes } from './finish.ts';
import { perform } from './perform.ts';
import { pictureOf } from './picture.ts';
import * as rows from './repository.ts';
import { type Hall, seal } from './room.ts';
import type { Seat } from './seat.ts';
import { personIndex, seatOf, seatRecord, takeSeat } from './sit.ts';

/** The key road: the page brings certificate and signature over the question's text. */
export async function acceptSigned(hall: Hall, visit: Visit, signed: SignedChallenge): Promise<Result<Interaction>> {
  const acting = await actingOn(hall.page, visit);
  if (!acting.ok) return acting;
  return judge(hall, acting.value, signed);
}

/** The phone's road, over the vendor's `auth` channel. */
export const roadOf = (hall: Hall): Road<'auth'> => ({
  room: hall.page,
  drivers: hall.drivers,
  channel: 'auth',
  purpose: 'login',
  prepare: async () => ok({ request: (common) => common, own: null }),
  settle: (interaction, authority, value: Evidence) => judge(hall, interaction, value, authority),
});

export const beginMobile = (hall: Hall, visit: Visit, authority: string): Promise<Result<void>> =>
  beginExchange(roadOf(hall), visit, authority);

export const callback = (
  hall: Hall,
  authority: string,
  exchange: string,
  message: { headers: Readonly<Record<string, string>>; body: string },
): Promise<void> => vendorCallback(roadOf(hall), authority, exchange, message);

export const pollOne = (hall: Hall, interaction: string): Promise<void> =>
  resumeExchange(roadOf(hall), interaction, { from: 'poll' });

/**
 * Evidence → proof → what it was asked for: a seat, or the act that the challenge names. The challenge is consumed first; a wrong signature costs a challenge and
 * nothing else. HALL_SIGNER: an act signed by another key than the seat's.
 */
async function judge(
  hall: Hall,
  interaction: Interaction,
  signed: SignedChallenge,
  authority?: Authority,
): Promise<Result<Interaction>> {
  const intent = intentOf(interaction);
  if (intent === undefined) return refused(refusal('LINK_INVALID'));
  const parties = await partiesOf(hall.page, hall.store.read, interaction);
  if (!parties.ok) return parties;
  const origin = pageOrigin(hall.page, parties.value.platform);
  const consumed = await hall.store.tx((tx) => consumeChallenge(hall.page, tx, interaction, origin));
  if (!consumed.ok) return consumed;
  const holder = await proveHolder(hall, consumed.value, signed, authority);
  const done = holder.ok ? await fulfil(hall, { interaction, intent, signed }, holder.value) : holder;
  if (!done.ok) await recordRefusal(hall, interaction, done.refusal);
  return done;
}

interface Fulfilling {
  readonly interaction: Interaction;
  readonly intent: Intent;
  readonly signed: SignedChallenge;
}

function fulfil(hall: Hall, asked: Fulfilling, holder: VerifiedHolder): Promise<Result<Interaction>> {
  switch (asked.intent.what) {
    case 'seat':
      return sitDown(hall, asked, asked.intent, holder);
    case 'act':
      return doAct(hall, asked, asked.intent, holder);
  }
}

async function sitDown(
  hall: Hall,
  { interaction }: Fulfilling,
  intent: Extract<Intent, { what: 'seat' }>,
  holder: VerifiedHolder,
): Promise<Result<Interaction>> {
  const opening = await readOpening(hall.room.vault, hall.store.read, intent.opening);
  if (opening === undefined) return refused(refusal('OPENING_UNKNOWN'));
  const record = await seatRecord(hall, opening, holder);
  if (!record.ok) return record;
  return hall.store.tx(async (tx) => {
    const change = { state: 'succeeded' as const, authorityId: holder.authority.id, endedAt: hall.clock.now() };
    const nonce = interaction.challenge?.nonce ?? '';
    const row = await hall.page.interactions.change(tx, interaction.id, { states: ['claimed'], nonce }, change);
    if (row === undefined) return refused(refusal('TASK_EXPIRED'));
    const who = { interaction: row.id, browserIndex: intent.browser, record: record.value };
    await takeSeat(hall, opening, holder, who, tx);
    return ok(row);
  });
}

async function doAct(
  hall: Hall,
  { interaction, signed }: Fulfilling,
  intent: Extract<Intent, { what: 'act' }>,
  holder: VerifiedHolder,
): Promise<Result<Interaction>> {
  const seat = await aliveSeat(hall, intent.seat);
  if (seat === undefined) return refused(refusal('HALL_SEAT_ENDED'));
  if (personIndex(hall, seat.openingId, holder.certificate) !== seat.personIndex)
    return refused(refusal('HALL_SIGNER'));
  const picture = await pictureOf(hall, seat.openingId);
  if (picture === undefined) return refused(refusal('OPENING_UNKNOWN'));
  const nonce = interaction.challenge?.nonce ?? '';
  const proof = {
    signature: signed.signature,
    certificate: base64(holder.certificate.der),
    text: signed.text ?? null,
    salt: intent.salt,
  };
  const minutes = intent.act.act === 'finish' ? await makeMinutes(hall, picture) : undefined;
  try {
    return await hall.store.tx(async (tx) => {
      const change = { state: 'succeeded' as const, authorityId: holder.authority.id, endedAt: hall.clock.now() };
      const row = await hall.page.interactions.change(tx, interaction.id, { states: ['claimed'], nonce }, change);
      const sealed = seal(hall, 'hall_act', interaction.id, 'proof_sealed', proof);
      const first = await rows.endAct(tx, interaction.id, 'done', sealed, hall.clock.now());
      if (row === undefined || !first) return refused(refusal('TASK_EXPIRED'));
      const done =
        minutes !== undefined
          ? await finish(hall, tx, { seat, picture }, minutes)
          : await perform(hall, tx, { seat, picture }, intent.act);
      if (!done.ok) throw new Undone(done);
      return ok(row);
    });
  } catch (error) {
    if (error instanceof Undone) return error.result;
    throw error;
  }
}

async function aliveSeat(hall: Hall, id: string): Promise<Seat | undefined> {
  const row = await rows.findSeat(hall.store.read, id);
  if (row === undefined || row.state !== 'taken' || row.ends_at <= hall.clock.now()) return undefined;
  return seatOf(hall, row);
}

/** The page re-reads it; the journal keeps the code. A refused signature leaves the question open for a fresh text. */
async function recordRefusal(hall: Hall, interaction: Interaction, why: Refusal): Promise<void> {
  const nonce = interaction.challenge?.nonce;
  if (nonce === undefined) throw new HubError('INTERNAL', 'a judged question without a challenge');
  await hall.store.tx(async (tx) => {
    await hall.page.interactions.change(tx, interaction.id, { states: ['claimed'], nonce }, { refusal: why });
    await hall.journal.append(tx, {
      kind: 'hall.evidence-refused',
      unitId: interaction.unitId,
      interactionId: interaction.id,
      body: { code: why.code },
    });
  });
}
