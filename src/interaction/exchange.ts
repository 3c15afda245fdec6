import type { Authority } from '#drivers/authority.ts';
import type { AuthRequest, Channel, Channels, ResumeEvent, Step } from '#drivers/contract.ts';
import type { DriverHosts } from '#drivers/host.ts';
import { hex } from '#kernel/bytes.ts';
import { type Refusal, refusal } from '#kernel/errors.ts';
import type { Json } from '#kernel/json.ts';
import { limits } from '#kernel/limits.ts';
import type { Random } from '#kernel/random.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Purpose } from './challenge.ts';
import {
  exchangeBody,
  exchangeOf,
  interactionOfExchange,
  isRunning,
  type RemoteMedium,
  type VendorExchange,
} from './exchange-state.ts';
import type { Interaction } from './interaction.ts';
import { freshChallenge } from './issue-challenge.ts';
import { announce, type PageRoom, pageOrigin, partiesOf } from './page-room.ts';
import { refusalOfReason, shown, statusOfReason } from './vendor-words.ts';
import { actingOn, type Visit } from './visit.ts';

/** What is asked over one channel of the vendors' drivers, and what becomes of the answer. */
export interface Road<C extends Channel> {
  readonly room: PageRoom;
  readonly drivers: DriverHosts;
  readonly channel: C;
  readonly purpose: Purpose;
  /** What this channel is asked besides what every exchange has. `own` is kept with the exchange, sealed. */
  prepare(interaction: Interaction, authority: Authority): Promise<Result<Prepared<C>>>;
  /**
   * The vendor's answer, judged by the hub. It consumes the interaction's challenge first: of two that bring the same answer one is judged, the other
   * reads CHALLENGE_USED.
   */
  settle(
    interaction: Interaction,
    authority: Authority,
    value: Channels[C]['value'],
    own: Json,
  ): Promise<Result<unknown>>;
}

interface Prepared<C extends Channel> {
  readonly request: (common: AuthRequest) => Channels[C]['request'];
  readonly own: Json;
}

/** Begins the road over one vendor's phone or page, or begins it again: a fresh challenge, a fresh exchange; what was under way is over. */
export async function beginExchange<C extends Channel>(
  road: Road<C>,
  visit: Visit,
  authorityId: string,
): Promise<Result<void>> {
  const { room } = road;
  const acting = await actingOn(room, visit);
  if (!acting.ok) return acting;
  const interaction = acting.value;
  const authority = await room.authorities.find(room.store.read, authorityId);
  if (authority === undefined || remoteMedia(authority).length === 0) return refused(refusal('ISSUER_UNKNOWN'));
  if (authority.status !== 'active') return refused(refusal('AUTHORITY_SUSPENDED', { authority: authority.name }));
  const medium = remoteMedia(authority).find((one) => road.drivers.offers(authority, one, road.channel));
  if (medium === undefined) return refused(notOffered(authority));
  const parties = await partiesOf(room, room.store.read, interaction);
  if (!parties.ok) return parties;
  const prepared = await road.prepare(interaction, authority);
  if (!prepared.ok) return prepared;
  const challenge = await freshChallenge(room, interaction, road.purpose);
  if (!challenge.ok) return challenge;

  const exchange: VendorExchange = {
    exchange: `${interaction.id}.${hex(room.random.bytes(8))}`,
    nonce: challenge.value.nonce,
    medium,
    digits: twoDigits(room.random),
    content: '',
    expiresAt: Math.min(room.clock.now() + LIFE_MS[medium], challenge.value.expiresAt),
    status: 'waiting',
    state: null,
    own: prepared.value.own,
  };
  const request = prepared.value.request({
    exchange: exchange.exchange,
    text: challenge.value.text,
    digits: exchange.digits,
    platformName: parties.value.platform.name,
    expiresAt: exchange.expiresAt,
    callbackUrl: `${room.publicUrl}/drivers/${authority.id}/callback/${exchange.exchange}`,
    returnUrl: `${pageOrigin(room, parties.value.platform)}/${room.path}/i/${interaction.id}`,
  });
  const step = await road.drivers.begin(authority, road.channel, request, medium);
  return settle(road, interaction, authority, exchange, step);
}

/** The media of a vendor's own service; the phone first, where it has both. */
const remoteMedia = ({ manifest: { media } }: Authority): readonly RemoteMedium[] =>
  (['mobile', 'page'] as const).filter((one) => media.includes(one));

/** A code that lies open on a screen ends soon; a page on which a person signs in to his vendor lives as long as its challenge. */
const LIFE_MS: Readonly<Record<RemoteMedium, number>> = { mobile: limits.qrLife, page: limits.challengeLife };

const notOffered = (authority: Authority): Refusal =>
  refusal('AUTHORITY_REFUSED', {
    authority: authority.name,
    reason: '该机构的在线服务不办理此项业务，请使用 UKey 或其他机构的证书。',
  });

interface Door {
  readonly authority: string;
  readonly exchange: string;
}

/**
 * Something was heard from the vendor (its callback) or may be heard (poll). Nothing is told to the caller: the page re-reads the view. An exchange
 * that is unknown, over, or another vendor's is ignored.
 */
export function resumeExchange<C extends Channel>(
  road: Road<C>,
  interactionId: string,
  event: ResumeEvent,
  door?: Door,
): Promise<void> {
  // One after the other: each step starts from the state that the one before has left.
  return road.room.turns.take(interactionId, () => resume(road, interactionId, event, door));
}

/** The vendor's callback door: which vendor's path was called for which exchange. */
export async function vendorCallback<C extends Channel>(
  road: Road<C>,
  authority: string,
  exchange: string,
  message: { headers: Readonly<Record<string, string>>; body: string },
): Promise<void> {
  const interaction = interactionOfExchange(exchange);
  if (interaction === undefined) return;
  await resumeExchange(road, interaction, { from: 'vendor', ...message }, { authority, exchange });
}

async function resume<C extends Channel>(
  road: Road<C>,
  interactionId: string,
  event: ResumeEvent,
  door?: Door,
): Promise<void> {
  const { room } = road;
  const interaction = await room.interactions.find(room.store.read, interactionId);
  if (interaction?.state !== 'claimed' || interaction.expiresAt <= room.clock.now()) return;
  const exchange = exchangeOf(interaction);
  if (exchange === undefined || !isRunning(exchange) || interaction.challenge?.usedAt !== null) return;
  if (door !== undefined && (door.exchange !== exchange.exchange || door.authority !== interaction.exchangeAuthority))
    return;
  const authority = await room.authorities.find(room.store.read, interaction.exchangeAuthority ?? '');
  if (authority?.status !== 'active') return;
  const step = await road.drivers.resume(authority, road.channel, exchange.state, event);
  const settled = await settle(road, interaction, authority, exchange, step);
  if (!settled.ok) room.log.info({ interaction: interactionId, code: settled.refusal.code }, 'vendor exchange ended');
}

async function settle<C extends Channel>(
  road: Road<C>,
  interaction: Interaction,
  authority: Authority,
  exchange: VendorExchange,
  step: Step<Channels[C]['value']>,
): Promise<Result<void>> {
  const { room } = road;
  switch (step.step) {
    case 'pending':
      return keep(room, interaction, authority, {
        ...exchange,
        ...shown(step.prompt, exchange, authority),
        state: step.state,
      });
    case 'refused': {
      const why = refusalOfReason(step.reason, authority, exchange.medium);
      room.log.info({ authority: authority.id, reason: step.reason, detail: step.detail }, 'vendor refused');
      await keep(room, interaction, authority, { ...exchange, status: statusOfReason(step.reason), state: null }, why);
      return refused(why);
    }
    case 'done': {
      const present = await room.interactions.find(room.store.read, interaction.id);
      if (present?.challenge?.nonce !== exchange.nonce) return refused(refusal('CHALLENGE_USED'));
      const judged = await road.settle(present, authority, step.value, exchange.own);
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
  room: PageRoom,
  interaction: Interaction,
  authority: Authority,
  exchange: VendorExchange,
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

const sameView = (a: VendorExchange, b: VendorExchange): boolean =>
  a.status === b.status && a.content === b.content && a.digits === b.digits && a.expiresAt === b.expiresAt;

/** 00 to 99, each as likely: a byte of 200 or more is thrown away. */
function twoDigits(random: Random): string {
  for (;;) {
    const byte = random.bytes(1)[0] ?? 255;
    if (byte < 200) return String(byte % 100).padStart(2, '0');
  }
}
