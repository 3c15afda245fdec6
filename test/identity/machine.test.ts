import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { InteractionState } from '#store/schema.ts';
import { describeOnBothDatabases } from '#test/support/store.ts';
import { type Person, person, ticketOf } from './people.ts';
import { type HeldKey, type LoginWorld, newTask, openLoginWorld, until } from './world.ts';

/** The machine as drawn (interaction/README): what may follow what. `open` again only by a repeated startCheck. */
const NEXT: Readonly<Record<InteractionState, readonly InteractionState[]>> = {
  open: ['open', 'claimed', 'expired'],
  claimed: ['open', 'claimed', 'proved', 'cancelled', 'expired'],
  proved: ['proved', 'succeeded', 'refused', 'undelivered'],
  succeeded: ['succeeded'],
  refused: [],
  undelivered: [],
  cancelled: [],
  expired: [],
};

const deeds = [
  'claim',
  'challenge',
  'prove',
  'prove wrong',
  'cancel',
  'redeliver',
  'restart',
  'sweep',
  'redeem',
] as const;
type Deed = (typeof deeds)[number];
interface Act {
  readonly deed: Deed;
  readonly by: 0 | 1 | 2;
}
const act = fc.record({ deed: fc.constantFrom(...deeds), by: fc.constantFrom(0, 1, 2) }) as fc.Arbitrary<Act>;

describeOnBothDatabases('three browsers on one login, whatever they do in whatever order', ({ open, dialect }) => {
  let world: LoginWorld;
  let key: HeldKey;
  beforeAll(async () => {
    world = await openLoginWorld(await open());
    key = await world.enrolledKey();
  });
  afterAll(() => world.close());

  const runs = dialect === 'sqlite' ? 25 : 12;

  it(
    'move it along the drawn machine, and at most one of them comes back with a ticket',
    () =>
      fc.assert(
        fc.asyncProperty(fc.array(act, { maxLength: 24 }), async (acts) => {
          const play = await begin();
          for (const one of acts) await play.take(one);
          await play.judge();
        }),
        { numRuns: runs },
      ),
    120_000,
  );

  it(
    'at the same time, in batches, still have one winner',
    () =>
      fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(act, { minLength: 2, maxLength: 16 }), { maxLength: 4 }),
          async (batches) => {
            const play = await begin();
            for (const batch of batches) await Promise.all(batch.map(play.take));
            await play.judge();
          },
        ),
        { numRuns: runs },
      ),
    120_000,
  );

  async function begin() {
    const taskId = newTask();
    const first = await world.start(taskId);
    const people: readonly Person[] = [person(world), person(world), person(world)];
    const links = [first];
    let redeemed = 0;

    async function take({ deed, by }: Act): Promise<void> {
      const who = people[by] as Person;
      const link = links.at(-1) ?? first;
      const visit = { interaction: link.interaction, secret: who.secret };
      switch (deed) {
        case 'claim':
          return void (await who.claim(link.token));
        case 'challenge':
          return void (await world.logins.challenge(visit));
        case 'prove':
          return void (await who.prove(link.interaction, key));
        case 'prove wrong': {
          const evidence = { certificate: key.certificate, signature: await key.sign('another text') };
          return void (await world.logins.evidence(visit, evidence));
        }
        case 'cancel':
          return void (await world.logins.cancel(visit));
        case 'redeliver':
          return void (await world.logins.redeliver(visit));
        case 'restart':
          return void links.push(await world.start(taskId));
        case 'sweep':
          return void (await world.logins.sweep());
        case 'redeem': {
          const view = await who.view(link.interaction);
          const ticket = ticketOf(view.ok ? view.value : undefined);
          if (ticket !== undefined && (await world.logins.redeemTicket(world.unit, taskId, ticket)).ok) redeemed += 1;
        }
      }
    }

    async function judge(): Promise<void> {
      const ids = [...new Set(links.map((link) => link.interaction))];
      for (const id of ids) await until(async () => ((await stateOf(id)) === 'proved' ? undefined : true));
      for (const id of ids) {
        const states = await statesOf(id);
        for (const [i, state] of states.slice(1).entries()) {
          const before = states[i] ?? 'open';
          expect([before, state, NEXT[before].includes(state)]).toEqual([before, state, true]);
        }
        const views = await Promise.all(people.map((one) => one.view(id)));
        const holders = views.filter((view) => view.ok && ticketOf(view.value) !== undefined);
        expect(holders.length).toBeLessThanOrEqual(1);
        if (redeemed > 0) expect(holders).toHaveLength(0);
      }
      expect(redeemed).toBeLessThanOrEqual(1);
      expect(world.received.filter((message) => message['taskId'] === taskId).length).toBeLessThanOrEqual(1);
    }
    return { take, judge };
  }

  const stateOf = async (id: string): Promise<InteractionState | undefined> =>
    (await world.store.read.db.selectFrom('interaction').select('state').where('id', '=', id).executeTakeFirst())
      ?.state;

  /** The states the journal tells of, in order. */
  async function statesOf(id: string): Promise<InteractionState[]> {
    const after: Readonly<Record<string, InteractionState>> = {
      'login.started': 'open',
      'login.claimed': 'claimed',
      'login.proved': 'proved',
      'login.delivered': 'succeeded',
      'login.cancelled': 'cancelled',
      'login.expired': 'expired',
    };
    const rows = await world.store.read.db
      .selectFrom('journal')
      .selectAll()
      .where('interaction_id', '=', id)
      .orderBy('seq')
      .execute();
    return rows.flatMap((row) => {
      if (row.kind === 'login.reopened') return [(JSON.parse(row.body) as { state: InteractionState }).state];
      const state = after[row.kind];
      return state === undefined ? [] : [state];
    });
  }
});
