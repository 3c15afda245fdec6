import type { Authority } from '#drivers/authority.ts';
import type { Evidence, ResumeEvent, Step } from '#drivers/contract.ts';
import type { Interaction } from '#interaction/interaction.ts';
import { hex } from '#kernel/bytes.ts';
import { type Refusal, refusal } from '#kernel/errors.ts';
import { limits } from '#kernel/limits.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { freshChallenge, judgeEvidence } from './evidence.ts';
import { exchangeBody, exchangeOf, interactionOfExchange, isRunning, type MobileExchange } from './mobile-exchange.ts';
import { actingOn, announce, partiesOf, type Room, type Visit } from './room.ts';
import { refusalOfReason, shown, statusOfReason } from './vendor-words.ts';

/** Begins the mobile road with one vendor, or begins it again: a fresh challenge, a fresh exchange; what was under way is over. */
export async function beginMobile(room: Room, visit: Visit, authorityId: string): Promise<Result<void>> {
  const acting = await actingOn(room, visit);
  if (!acting.ok) return acting;
  const interaction = acting.value;
  const authority = await room.authorities.find(room.store.read, authorityId);
  if (authority === undefined || !authority.manifest.media.includes('mobile'))
    return refused(refusal('ISSUER_UNKNOWN'));
  if (authority.status !== 'active') return refused(refusal('AUTHORITY_SUSPENDED', { authority: authority.name }));
  const parties = await partiesOf(room, room.store.read, interaction);
  if (!parties.ok) return parties;
  const challenge = await freshChallenge(room, interaction);
  if (!challenge.ok) return challenge;

  const exchange: MobileExchange = {
    exchange: `${interaction.id}.${hex(room.random.bytes(8))}`,
    nonce: challenge.value.nonce,
    digits: twoDigits(room),
    content: '',
    expiresAt: Math.min(room.clock.now() + limits.qrLife, challenge.value.expiresAt),
    status: 'waiting',
    state: null,
  };
  const step = await room.drivers.begin(
    authority,
    'auth',
    {
      exchange: exchange.exchange,
      text: challenge.value.text,
      digits: exchange.digits,
      platformName: parties.value.platform.name,
      expiresAt: exchange.expiresAt,
      callbackUrl: `${room.publicUrl}/drivers/${authority.id}/callback/${exchange.exchange}`,
    },
    'mobile',
  );
  return settle(room, interaction, authority, exchange, step);
}

/**
 * Something was heard from the vendor (its callback) or may be heard (poll). Nothing is told to the caller: the page re-reads the view. An exchange
 * that is unknown, over, or another vendor's is ignored.
 */
export function resumeMobile(room: Room, interactionId: string, event: ResumeEvent, door?: Door): Promise<void> {
  // One after the other: each step starts from the state that the one before has left.
  return room.turns.take(interactionId, () => resume(room, interactionId, event, door));
}

async function resume(room: Room, interactionId: string, event: ResumeEvent, door?: Door): Promise<void> {
  const interaction = await room.interactions.find(room.store.read, interactionId);
  if (interaction?.state !== 'claimed' || interaction.expiresAt <= room.clock.now()) return;
  const exchange = exchangeOf(interaction);
  if (exchange === undefined || !isRunning(exchange) || interaction.challenge?.usedAt !== null) return;
  if (door !== undefined && (door.exchange !== exchange.exchange || door.authority !== interaction.exchangeAuthority))
    return;
  const authority = await room.authorities.find(room.store.read, interaction.exchangeAuthority ?? '');
  if (authority?.status !== 'active') return;
  const step = await room.drivers.resume(authority, 'auth', exchange.state, event);
  const settled = await settle(room, interaction, authority, exchange, step);
  if (!settled.ok) room.log.info({ interaction: interactionId, code: settled.refusal.code }, 'mobile exchange ended');
}

interface Door {
  readonly authority: string;
  readonly exchange: string;
}

/** The vendor's callback door: which vendor's path was called for which exchange. */
export async function vendorCallback(
  room: Room,
  authority: string,
  exchange: string,
  message: { headers: Readonly<Record<string, string>>; body: string },
): Promise<void> {
  const interaction = interactionOfExchange(exchange);
  if (interaction === undefined) return;
  await resumeMobile(room, interaction, { from: 'vendor', ...message }, { authority, exchange });
}

async function settle(
  room: Room,
  interaction: Interaction,
  authority: Authority,
  exchange: MobileExchange,
  step: Step<Evidence>,
): Promise<Result<void>> {
  switch (step.step) {
    case 'pending':
      return keep(room, interaction, authority, {
        ...exchange,
        ...shown(step.prompt, exchange, authority),
        state: step.state,
      });
    case 'refused': {
      const why = refusalOfReason(step.reason, authority);
      room.log.info({ authority: authority.id, reason: step.reason, detail: step.detail }, 'vendor refused');
      await keep(room, interaction, authority, { ...exchange, status: statusOfReason(step.reason), state: null }, why);
      return refused(why);
    }
    case 'done': {
      const present = await room.interactions.find(room.store.read, interaction.id);
      if (present?.challenge?.nonce !== exchange.nonce) return refused(refusal('CHALLENGE_USED'));
      const judged = await judgeEvidence(room, present, step.value, 'mobile', authority);
      if (judged.ok) return ok(undefined);
      // Poll and callback brought the same evidence: the other one is being judged, and its word counts.
      if (judged.refusal.code === 'CHALLENGE_USED') return judged;
      await keep(room, present, authority, { ...exchange, status: 'failed', state: null }, judged.refusal);
      return judged;
    }
  }
}

/** Written only while the exchange's own challenge is the present one; else another road was taken meanwhile. */
async function keep(
  room: Room,
  interaction: Interaction,
  authority: Authority,
  exchange: MobileExchange,
  why?: Refusal,
): Promise<Result<void>> {
  const before = exchangeOf(interaction);
  const same = before !== undefined && why === undefined && sameView(before, exchange);
  const body = exchangeBody(exchange);
  const row = await room.store.tx(async (tx) => {
    const written = await room.interactions.change(
      tx,
      interaction.id,
      { states: ['claimed'], nonce: exchange.nonce },
      { exchange: { authority: authority.id, body }, quiet: same, ...(why !== undefined && { refusal: why }) },
    );
    if (written !== undefined && !same) announce(room, tx, written);
    return written;
  });
  return row === undefined ? refused(refusal('CHALLENGE_USED')) : ok(undefined);
}

const sameView = (a: MobileExchange, b: MobileExchange): boolean =>
  a.status === b.status && a.content === b.content && a.digits === b.digits && a.expiresAt === b.expiresAt;

/** 00 to 99, each as likely: a byte of 200 or more is thrown away. */
function twoDigits(room: Room): string {
  for (;;) {
    const byte = room.random.bytes(1)[0] ?? 255;
    if (byte < 200) return String(byte % 100).padStart(2, '0');
  }
}
