import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createEgress } from '#delivery/egress.ts';
import type { Witnessing } from '#opening/sweep.ts';
import { openStore } from '#store/store.ts';
import { quietLog } from '#test/support/store.ts';
import { ACTOR, certificateOf, codeOf, openWorld, type World } from './support.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('a time authority, where one is configured', () => {
  const closers: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });
  async function open(): Promise<World> {
    const world = await openWorld(await openStore({ kind: 'sqlite', file: ':memory:' }, { log: quietLog }));
    closers.push(
      () => world.store.close(),
      () => world.close(),
    );
    return world;
  }
  /** The authority of the demo world behind a real door; `silent` answers nothing that counts. */
  async function authorityOf(world: World, silent = false) {
    let asked = 0;
    const server = createServer((request, response) => {
      asked += 1;
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', async () => {
        if (silent) return void response.writeHead(503).end();
        response.writeHead(200).end(await world.pki.timeAuthority.answer(Buffer.concat(parts)));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const egress = createEgress({ log: quietLog });
    closers.push(
      () => egress.close(),
      () => void server.close(),
    );
    const authority = {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/tsa`,
      certificates: [certificateOf(world.pki.timeAuthority.root)],
      privateRanges: ['127.0.0.0/8'],
    };
    const witnessing: Witnessing = { authority, egress };
    return { witnessing, asked: () => asked };
  }
  const begin = (world: World, id: string, openings = world.openings) =>
    world.store.tx((tx) => openings.begin(tx, id, ACTOR)).then(codeOf);
  const kinds = async (world: World): Promise<string[]> =>
    (await world.store.read.db.selectFrom('journal').select('kind').orderBy('seq').execute()).map((row) => row.kind);

  it('is asked before every opening, once a minute, although nothing speaks against the clock', async () => {
    const world = await open();
    const { witnessing, asked } = await authorityOf(world);
    const file = await world.announce();
    await world.openings.sweep(witnessing);
    expect(asked()).toBe(0);
    world.clock.pass(file.opening.opensAt - world.clock.now() - 2 * MINUTE);
    for (let beat = 0; beat < 5; beat += 1) await world.openings.sweep(witnessing);
    expect(asked()).toBe(1);
    world.clock.pass(2 * MINUTE);
    await world.openings.sweep(witnessing);
    expect(asked()).toBe(2);
    expect(await begin(world, file.opening.id)).toBe('ok');
  });

  it('closes the openings of a hub that was started under a clock some hours ahead', async () => {
    const world = await open();
    const { witnessing } = await authorityOf(world);
    const file = await world.announce();
    world.clock.set(10 * HOUR);
    const again = await world.restart();
    expect((await again.room.time.read(world.store.read)).trusted).toBe(true);
    await again.sweep(witnessing);
    expect(await begin(world, file.opening.id, again)).toBe('TIME_DISTRUSTED');
    expect(await kinds(world)).toContain('time.distrusted');
    await again.sweep(witnessing);
    expect(await begin(world, file.opening.id, again)).toBe('TIME_DISTRUSTED');
  });

  it('that is silent stops no opening', async () => {
    const world = await open();
    const { witnessing, asked } = await authorityOf(world, true);
    const file = await world.announce();
    world.clock.pass(file.opening.opensAt - world.clock.now());
    await world.openings.sweep(witnessing);
    expect(asked()).toBe(1);
    expect(await begin(world, file.opening.id)).toBe('ok');
  });
});
