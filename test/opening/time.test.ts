import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createEgress } from '#delivery/egress.ts';
import type { Witnessing } from '#opening/sweep.ts';
import { openStore } from '#store/store.ts';
import { quietLog } from '#test/support/store.ts';
import {
  ACTOR,
  certificateOf,
  codeOf,
  HOUR,
  type Keyed,
  MINUTE,
  openAsBidder,
  openWorld,
  personIn,
  releaseAll,
  streamOf,
  unwrap,
  upload,
  type World,
} from './support.ts';

const DAY = 24 * HOUR;

describe('the clock of an opening', () => {
  const worlds: World[] = [];
  const open = async (): Promise<World> => {
    const world = await openWorld(await openStore({ kind: 'sqlite', file: ':memory:' }, { log: quietLog }));
    worlds.push(world);
    return world;
  };
  afterEach(async () => {
    for (const world of worlds.splice(0)) {
      await world.close();
      await world.store.close();
    }
  });

  const nobody: Witnessing = { authority: null, egress: createEgress({ log: quietLog }) };
  const begin = (world: World, id: string, openings = world.openings) =>
    world.store.tx((tx) => openings.begin(tx, id, ACTOR)).then(codeOf);
  const kinds = async (world: World): Promise<string[]> =>
    (await world.store.read.db.selectFrom('journal').select('kind').orderBy('seq').execute()).map((row) => row.kind);

  /** The authority of the demo world behind a real door. */
  async function witness(world: World): Promise<{ witnessing: Witnessing; close(): void }> {
    const server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        world.pki.timeAuthority.answer(Buffer.concat(parts)).then(
          (answer) => response.writeHead(200, { 'content-type': 'application/timestamp-reply' }).end(answer),
          () => response.destroy(),
        );
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const egress = createEgress({ log: quietLog });
    const authority = {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/tsa`,
      certificates: [certificateOf(world.pki.timeAuthority.root)],
      privateRanges: ['127.0.0.0/8'],
    };
    return {
      witnessing: { authority, egress },
      close() {
        egress.close();
        server.close();
      },
    };
  }

  it('set seven days ahead opens nothing, then or after ten minutes, and an alarm stands in the record', async () => {
    const world = await open();
    const file = await world.announce({ opensAt: world.clock.now() + DAY });
    const bidder = await world.bidder();
    const capsule = await world.capsule(file, bidder);
    unwrap(await world.openings.takeIn(world.unit, upload(file), streamOf(capsule)));
    world.clock.set(7 * DAY);
    expect(await begin(world, file.opening.id)).toBe('TIME_DISTRUSTED');
    await world.openings.sweep(nobody);
    expect(await kinds(world)).toContain('time.distrusted');
    // The hub's business clock comes to believe a lasting lead; an opening does not.
    for (let minute = 0; minute < 12; minute += 1) {
      world.clock.pass(MINUTE);
      world.openings.room.clock.now();
    }
    expect(await begin(world, file.opening.id)).toBe('TIME_DISTRUSTED');
    expect(codeOf(await world.openings.port.find(world.store.read, world.unit, capsule))).toBe('TIME_DISTRUSTED');
    const again = await world.restart();
    expect(await begin(world, file.opening.id, again)).toBe('TIME_DISTRUSTED');
  });

  it('set seven days ahead while the hub was down opens nothing either', async () => {
    const world = await open();
    const file = await world.announce({ opensAt: world.clock.now() + DAY });
    world.clock.set(7 * DAY);
    const again = await world.restart();
    expect(await begin(world, file.opening.id, again)).toBe('TIME_DISTRUSTED');
    expect(await kinds(world)).toContain('time.distrusted');
  });

  it('set back before the last recorded row is not believed at start', async () => {
    const world = await open();
    const file = await world.announce();
    world.clock.set(-HOUR);
    const again = await world.restart();
    expect((await again.room.time.read(world.store.read)).trusted).toBe(false);
    expect(await begin(world, file.opening.id, again)).toBe('TIME_DISTRUSTED');
  });

  it('is believed through hours of ordinary time and small corrections', async () => {
    const world = await open();
    const file = await world.announce();
    for (let minute = 0; minute < 120; minute += 1) {
      world.clock.pass(MINUTE);
      if (minute % 30 === 0) world.clock.set(15);
      await world.openings.sweep(nobody);
    }
    world.clock.pass(MINUTE);
    expect(await begin(world, file.opening.id)).toBe('ok');
    expect(await kinds(world)).not.toContain('time.distrusted');
  });

  it('is believed again when a time stamp agrees, and not when it differs', async () => {
    const world = await open();
    const { witnessing, close } = await witness(world);
    const file = await world.announce();
    const bidder = await world.bidder();
    const capsule = await world.capsule(file, bidder);
    unwrap(await world.openings.takeIn(world.unit, upload(file), streamOf(capsule)));
    world.clock.pass(file.opening.opensAt - world.clock.now());
    world.clock.set(3 * HOUR);
    await world.openings.sweep(nobody);
    expect(await begin(world, file.opening.id)).toBe('TIME_DISTRUSTED');
    // The authority of this world stamps by the hub's own count, which the jump has not moved.
    await world.openings.sweep(witnessing);
    expect(await kinds(world)).toContain('time.trusted');
    await releaseAll(world, file);
    expect(unwrap(await openAsBidder(world, capsule, bidder)).kind).toBe('text');
    // A hub that starts under the wrong clock counts from it: now the authority contradicts.
    const later = await world.announce({ opensAt: world.openings.room.clock.now() + 40 * DAY });
    world.clock.set(50 * DAY);
    const again = await world.restart();
    await again.sweep(witnessing);
    expect(await begin(world, later.opening.id, again)).toBe('TIME_DISTRUSTED');
    close();
  });

  it('is believed again when two custodians of different seats say the same', async () => {
    const world = await open();
    const file = await world.announce();
    const { openings, people, clock } = world;
    world.clock.pass(file.opening.opensAt - clock.now());
    clock.set(HOUR);
    const state = (key: Keyed, statedAt: number) =>
      world.store.tx((tx) =>
        openings.stateClock(tx, { openingId: file.opening.id, personId: personIn(file, key), statedAt }),
      );
    const now = openings.room.clock.now();
    expect(await begin(world, file.opening.id)).toBe('TIME_DISTRUSTED');
    expect(codeOf(await state(people.one, now + HOUR))).toBe('CLOCK_STATEMENT_DIFFERS');
    expect(unwrap(await state(people.one, now))).toEqual({ trusted: false, have: 1 });
    expect(unwrap(await state(people.deputy, now + 1000))).toEqual({ trusted: false, have: 1 });
    expect(unwrap(await state(people.two, now - 1000))).toEqual({ trusted: true, have: 2 });
    expect(await begin(world, file.opening.id)).toBe('ok');
  });

  it('is taken as it stands when two persons decide so, on the record', async () => {
    const world = await open();
    const file = await world.announce();
    world.clock.pass(file.opening.opensAt - world.clock.now());
    world.clock.set(HOUR);
    await world.openings.sweep(nobody);
    const second = { kind: 'person', id: 'supervisor', name: '示例监督' } as const;
    unwrap(
      await world.store.tx((tx) =>
        world.openings.overrideClock(tx, file.opening.id, { actors: [ACTOR, second], reason: '已与授时中心核对' }),
      ),
    );
    expect(await begin(world, file.opening.id)).toBe('ok');
    const events = await world.openings.room.events.list(world.store.read, file.opening.id);
    expect(events.map((event) => event.kind)).toContain('clock.overridden');
  });
});
