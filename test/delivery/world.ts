import { createDispatcher, type DeliveryOutcome, type Dispatcher, type DispatcherDeps } from '#delivery/dispatcher.ts';
import { createEgress } from '#delivery/egress.ts';
import { createOutbox, type NewMessage, type Outbox, type TakeAtOnce } from '#delivery/outbox.ts';
import { type Clock, systemClock } from '#kernel/clock.ts';
import { systemRandom } from '#kernel/random.ts';
import type { OutboxTable } from '#store/schema.ts';
import type { Store } from '#store/store.ts';
import type { Receiver } from '#test/support/receiver.ts';
import { quietLog } from '#test/support/store.ts';
import { cipher } from './seal.ts';

/** Wall time that a test moves; durations stay real. */
export class SteppedClock implements Clock {
  #ahead = 0;
  now(): number {
    return Date.now() + this.#ahead;
  }
  monotonic(): number {
    return performance.now() + this.#ahead;
  }
  advance(ms: number): void {
    this.#ahead += ms;
  }
}

export interface Post {
  readonly outbox: Outbox;
  readonly outcomes: { readonly interactionId: string; readonly outcome: DeliveryOutcome }[];
  dispatcher(more?: Partial<DispatcherDeps>): Dispatcher;
  enqueue(message?: Partial<NewMessage>): Promise<string>;
  row(id: string): Promise<OutboxTable>;
}

let owners = 0;
let interactions = 0;

/** An outbox over a real store, whose dispatchers speak to a real receiver over loopback. */
export function post(
  store: Store,
  receiver: Receiver,
  clock: Clock = systemClock,
  takeAtOnce: TakeAtOnce = async () => false,
): Post {
  const outcomes: Post['outcomes'] = [];
  const outbox = createOutbox({ cipher, clock, random: systemRandom, takeAtOnce });
  return {
    outbox,
    outcomes,
    dispatcher: (more = {}) => {
      owners += 1;
      return createDispatcher({
        store,
        cipher,
        clock,
        random: systemRandom,
        log: quietLog,
        egress: createEgress({ log: quietLog }),
        owner: `hub-${owners}`,
        encode: async (event) => ({
          url: `${receiver.origin}/${event.orgcode}`,
          headers: { 'content-type': 'application/json', 'x-state': String(event.stateVersion) },
          body: JSON.stringify(event.body),
          privateRanges: ['127.0.0.0/8'],
          read: (status, body) => {
            const code = /"code":(\d+)/.exec(body)?.[1];
            if (status !== 200 || code === undefined) return { retry: `status ${status}` };
            return code === '200' ? 'delivered' : { refused: body };
          },
        }),
        outcome: async (_, event, outcome) => {
          outcomes.push({ interactionId: event.interactionId, outcome });
        },
        ...more,
      });
    },
    enqueue: (message = {}) => {
      interactions += 1;
      const interactionId = `int_${interactions}`;
      return store.tx((tx) =>
        outbox.enqueue(tx, {
          kind: 'login.verified',
          unitId: 'unit-1',
          orgcode: '210100',
          interactionId,
          stateVersion: 3,
          body: { taskId: 'T-1', userName: '金丝雀' },
          deadlineAt: clock.now() + 600_000,
          schedule: 'login',
          ...message,
        }),
      );
    },
    row: (id) => store.read.db.selectFrom('outbox').selectAll().where('id', '=', id).executeTakeFirstOrThrow(),
  };
}
