import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { LIVE_PATH } from '#hosted/api.ts';
import { createPublicOrigins } from '#hosted/origins.ts';
import { createPageLive } from '#hosted/routes.ts';
import type { Live } from '#http/live.ts';
import { type RunningServer, startServer } from '#http/server.ts';
import { openStore } from '#store/store.ts';
import { person } from '#test/identity/people.ts';
import {
  type HeldKey,
  type LoginWorld,
  newSecret,
  newTask,
  openLoginWorld,
  until,
  unwrap,
} from '#test/identity/world.ts';
import { quietLog } from '#test/support/store.ts';
import { freePort, hostedOf } from './world.ts';

describe('the live channel', () => {
  let world: LoginWorld;
  let live: Live;
  let server: RunningServer;
  let key: HeldKey;
  let publicUrl = '';

  beforeAll(async () => {
    const port = await freePort();
    publicUrl = `http://127.0.0.1:${port}`;
    world = await openLoginWorld(await openStore({ kind: 'sqlite', file: ':memory:' }, { log: quietLog }), publicUrl);
    live = createPageLive({
      sources: () => [world.logins],
      origins: createPublicOrigins(world),
      https: false,
      log: quietLog,
    });
    world.onPublish = live.publish;
    server = await startServer({ fetch: hostedOf(world).fetch, host: '127.0.0.1', port, upgrade: live.upgrade });
    key = await world.enrolledKey();
  });
  afterAll(async () => {
    live.close();
    await server.close();
    await world.close();
    await world.store.close();
  });

  /** Versions as they come; 'refused' when the handshake was. */
  function listen(interaction: string, secret: string, origin = publicUrl, path = LIVE_PATH) {
    const heard: number[] = [];
    const socket = new WebSocket(`${publicUrl.replace('http', 'ws')}${path}?i=${interaction}`, {
      headers: { cookie: `caihub-dev=${secret}`, origin },
    });
    socket.on('message', (data) => heard.push((JSON.parse(String(data)) as { version: number }).version));
    const opened = new Promise<string>((resolve) => {
      socket.on('open', () => resolve('open'));
      socket.on('error', (error) => resolve(error.message));
    });
    return { heard, opened, socket };
  }

  it('tells the bound browser each new version, and no other browser, origin or path anything', async () => {
    const { interaction, token } = await world.start(newTask());
    const who = person(world);
    unwrap(await who.claim(token));
    const own = listen(interaction, who.secret);
    expect(await own.opened).toBe('open');
    const strangers = [
      listen(interaction, newSecret()),
      listen(interaction, who.secret, 'https://evil.example'),
      listen('int_00000000000000000000000000', who.secret),
    ];
    for (const stranger of strangers) expect(await stranger.opened).toContain('403');
    expect(await listen(interaction, who.secret, publicUrl, '/elsewhere').opened).toContain('404');

    unwrap(await who.prove(interaction, key));
    const end = await who.end(interaction);
    await until(async () => (own.heard.at(-1) === end.interaction.version ? true : undefined));
    expect(own.heard).toEqual([...new Set(own.heard)].sort((a, b) => a - b));
    expect(strangers.flatMap((stranger) => stranger.heard)).toEqual([]);
    own.socket.close();
  });

  it('finds by itself what nobody told it', async () => {
    const { interaction, token } = await world.start(newTask());
    const who = person(world);
    unwrap(await who.claim(token));
    const own = listen(interaction, who.secret);
    await own.opened;
    world.onPublish = () => undefined; // as if another process had written
    const { interaction: cancelled } = unwrap(await world.logins.cancel({ interaction, secret: who.secret }));
    await until(async () => (own.heard.at(-1) === cancelled.version ? true : undefined));
    world.onPublish = live.publish;
    own.socket.close();
  });

  it('ends a page that talks', async () => {
    const { interaction, token } = await world.start(newTask());
    const who = person(world);
    unwrap(await who.claim(token));
    const own = listen(interaction, who.secret);
    await own.opened;
    const closed = new Promise((resolve) => own.socket.on('close', resolve));
    own.socket.send('hello');
    expect(await closed).toBe(1008);
  });
});
