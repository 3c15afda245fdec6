import { type Grant, grantText, type Operation, type SignedGrant } from '#agent/protocol.ts';
import { base64, utf8 } from '#kernel/bytes.ts';
import { isoUtc } from '#kernel/clock.ts';
import { refusal } from '#kernel/errors.ts';
import { limits } from '#kernel/limits.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Platform } from '#relying-party/party.ts';
import { type PageRoom, pageOrigin, partiesOf } from './page-room.ts';
import { actingOn, type Visit } from './visit.ts';

/** The nonce of an agent's greeting: 32 bytes, lower hex. */
export const isAgentNonce = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);

/**
 * What this page may ask of the agent, on the one connection whose greeting carried `nonce`, for 60 s. `framedBy`: origins that may hold the page in a
 * frame; without their names the agent's PIN window would not open there.
 */
export async function grantFor(
  room: PageRoom,
  visit: Visit,
  nonce: string,
  operations: readonly Operation[],
  framedBy: (platform: Platform) => readonly string[] = () => [],
): Promise<Result<SignedGrant>> {
  if (!isAgentNonce(nonce)) return refused(refusal('INPUT_NOT_ALLOWED', {}, 'agent nonce is not 64 hex digits'));
  const acting = await actingOn(room, visit);
  if (!acting.ok) return acting;
  const parties = await partiesOf(room, room.store.read, acting.value);
  if (!parties.ok) return parties;
  const origin = pageOrigin(room, parties.value.platform);
  return ok(await signGrant(room, nonce, origin, visit.interaction, operations, framedBy(parties.value.platform)));
}

/** An agent reads no more. */
const MOST_FRAMES = 32;

/** For the check page (环境检测): it may list keys, and nothing else. */
export const diagnoseGrant = (room: PageRoom, nonce: string, origin: string): Promise<SignedGrant> =>
  signGrant(room, nonce, origin, 'diagnose', ['enumerate']);

/** The grant itself; whoever calls it has found out that this page may have it. */
export async function signGrant(
  room: Pick<PageRoom, 'gm' | 'clock' | 'signingKey'>,
  nonce: string,
  origin: string,
  interaction: string,
  operations: readonly Operation[],
  frames: readonly string[] = [],
): Promise<SignedGrant> {
  const expires = isoUtc(room.clock.now() + limits.grantLife);
  const grant: Grant = {
    ...{ v: 1, nonce, origin, interaction, operations, expires },
    ...(frames.length > 0 && { frames: frames.slice(0, MOST_FRAMES) }),
  };
  const signature = await room.gm.sm2.sign(room.signingKey, [utf8(grantText(grant))]);
  return { grant, signature: base64(signature) };
}
