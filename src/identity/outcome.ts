import type { Outcome } from '#delivery/dispatcher.ts';
import { announce } from '#interaction/page-room.ts';
import { plainMessage } from '#interaction/plain-message.ts';
import type { Change } from '#interaction/repository-changes.ts';
import { refusal } from '#kernel/errors.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { Room } from './room.ts';

/**
 * What became of message 4, written in the transaction that records the delivery. Ends: succeeded, refused (the platform's own sentence reaches the
 * person), undelivered. A row that is no longer `proved` is left alone: an end is an end.
 */
export const createOutcome =
  (room: Room): Outcome =>
  async (tx, event, outcome) => {
    const platform = await room.relyingParties.platform(tx, event.unitId, event.orgcode);
    const endedAt = room.clock.now();
    const write = async (change: Change, kind: string, body: JsonObject): Promise<void> => {
      const row = await room.interactions.change(tx, event.interactionId, { states: ['proved'] }, change);
      if (row === undefined) return;
      await room.journal.append(tx, { kind, unitId: event.unitId, interactionId: event.interactionId, body });
      announce(room, tx, row);
    };
    switch (outcome.kind) {
      case 'delivered':
        return write({ state: 'succeeded', endedAt }, 'login.delivered', {});
      case 'refused': {
        const params = { platform: platform?.name ?? '交易系统', message: plainMessage(outcome.message, SILENT) };
        const change = { state: 'refused', refusal: refusal('PLATFORM_REFUSED', params), endedAt } as const;
        return write(change, 'login.platform-refused', {});
      }
      case 'retrying':
        return write({}, 'login.delivery-retrying', { attempt: outcome.attempt });
      case 'parked': // not with the login's schedule; were it ever so, nothing is sent later
      case 'lapsed':
        return write(
          { state: 'undelivered', refusal: refusal('PLATFORM_NO_ANSWER'), endedAt },
          'login.undelivered',
          {},
        );
    }
  };

const SILENT = '登录未被接受，请返回交易系统重新登录。';
