import type { Interaction } from '#interaction/interaction.ts';
import { base64url, equalBytes, hex, utf8 } from '#kernel/bytes.ts';
import { refusal } from '#kernel/errors.ts';
import { limits } from '#kernel/limits.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Unit } from '#relying-party/party.ts';
import type { Room } from './room.ts';

/**
 * One-time ticket: 128 bits of HMAC-SM3(ticket key, interaction ‖ nonce), base64url. Derived, so nothing is stored that could be stolen; the nonce
 * is the one whose signature proved the identity, so another proof gives another ticket.
 */
export function ticketOf(room: Pick<Room, 'gm' | 'ticketKey'>, interaction: string, nonce: string): string {
  const mac = room.gm.hmacSm3(room.ticketKey, utf8(`caihub-ticket/1\n${interaction}\n${nonce}`));
  return base64url(mac.subarray(0, 16));
}

/** SM3 of the ticket's ASCII text, lower hex: what message 4 carries. */
export const ticketSm3 = (room: Pick<Room, 'gm'>, ticket: string): string => hex(room.gm.sm3(utf8(ticket)));

/**
 * The ticket, while it is good: the trading system has the result, 60 s have not passed since it took it, nobody has redeemed it. Counted from the
 * delivery and not from the hand-over: the delivery is the only moment both sides know, and it needs no further write.
 */
export function liveTicket(room: Room, interaction: Interaction): string | undefined {
  if (interaction.state !== 'succeeded' || interaction.endedAt === null || interaction.challenge === null)
    return undefined;
  if (interaction.ticketUsedAt !== null || room.clock.now() >= interaction.endedAt + limits.ticketLife)
    return undefined;
  return ticketOf(room, interaction.id, interaction.challenge.nonce);
}

export interface RedeemedTicket {
  readonly taskId: string;
  readonly orgcode: string;
  /** When the trading system took the result, and when this ticket was redeemed; UTC ms. */
  readonly deliveredAt: number;
  readonly redeemedAt: number;
}

/**
 * Takes the ticket once, for the unit that began the task. Unknown task and another unit's task: the same TASK_UNKNOWN (T44); wrong, late, used or
 * early ticket: the same TICKET_INVALID.
 */
export async function redeemTicket(
  room: Room,
  unit: Unit,
  taskId: string,
  ticket: string,
): Promise<Result<RedeemedTicket>> {
  return room.store.tx(async (tx) => {
    const interaction = await room.interactions.latest(tx, unit.id, taskId);
    if (interaction === undefined) return refused(refusal('TASK_UNKNOWN'));
    const live = liveTicket(room, interaction);
    if (live === undefined || !equalBytes(utf8(live), utf8(ticket))) return refused(refusal('TICKET_INVALID'));
    const redeemedAt = room.clock.now();
    const used = await room.interactions.change(
      tx,
      interaction.id,
      { states: ['succeeded'], ticketUnused: true },
      { ticketUsedAt: redeemedAt },
    );
    if (used === undefined) return refused(refusal('TICKET_INVALID'));
    await room.journal.append(tx, {
      kind: 'login.ticket-redeemed',
      unitId: unit.id,
      interactionId: interaction.id,
      body: {},
    });
    return ok({ taskId, orgcode: used.orgcode, deliveredAt: used.endedAt ?? redeemedAt, redeemedAt });
  });
}

/** The registered URL, character by character, with taskId and ticket added to its query. */
export function returnAddress(url: string, taskId: string, ticket: string): string {
  const hash = url.indexOf('#');
  const base = hash < 0 ? url : url.slice(0, hash);
  const fragment = hash < 0 ? '' : url.slice(hash);
  const joint = !base.includes('?') ? '?' : /[?&]$/.test(base) ? '' : '&';
  return `${base}${joint}taskId=${encodeURIComponent(taskId)}&ticket=${encodeURIComponent(ticket)}${fragment}`;
}
