import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnBothDatabases } from '#test/support/store.ts';
import { person, ticketOf } from './people.ts';
import { codeOf, type HeldKey, type LoginWorld, newSecret, newTask, openLoginWorld, unwrap } from './world.ts';

const LIFE = 10 * 60_000;

describeOnBothDatabases('a page link', ({ open }) => {
  let world: LoginWorld;
  let key: HeldKey;
  beforeAll(async () => {
    world = await openLoginWorld(await open());
    key = await world.enrolledKey();
  });
  afterAll(() => world.close());

  const start = () => world.start(newTask());

  it('is bound by the claim, not by a scanner that opened it first', async () => {
    const link = await start();
    for (let i = 0; i < 3; i += 1)
      expect((await world.logins.look({ token: link.token }, null)).refusal).toBeUndefined();
    expect(codeOf(await person(world).claim(link.token))).toBe('ok');
  });

  it('belongs to the browser that claimed it; that one may reload, by link and by interaction', async () => {
    const link = await start();
    const [first, second] = [person(world), person(world)];
    expect(codeOf(await first.claim(link.token))).toBe('ok');
    expect(codeOf(await second.claim(link.token))).toBe('OTHER_BROWSER');
    expect(codeOf(await second.view(link.interaction))).toBe('OTHER_BROWSER');
    expect(codeOf(await world.logins.challenge({ interaction: link.interaction, secret: second.secret }))).toBe(
      'OTHER_BROWSER',
    );
    expect(codeOf(await first.claim(link.token))).toBe('ok');
    expect(codeOf(await world.logins.claim({ interaction: link.interaction }, first.secret))).toBe('ok');
    expect((await world.logins.look({ token: link.token }, second.secret)).refusal?.code).toBe('OTHER_BROWSER');
  });

  it('gives a browser without cookies a secret of its own, once', async () => {
    const link = await start();
    const claimed = unwrap(await world.logins.claim({ token: link.token }, null));
    expect(claimed.claim).toHaveLength(43);
    expect(codeOf(await world.logins.view({ interaction: link.interaction, secret: claimed.claim }))).toBe('ok');
    expect(codeOf(await world.logins.claim({ token: link.token }, null))).toBe('OTHER_BROWSER');
    expect(unwrap(await world.logins.claim({ token: link.token }, claimed.claim)).claim).toBeNull();
  });

  it('does not open when a character of it was changed', async () => {
    const { token } = await start();
    for (const at of [5, token.indexOf('.') + 1, token.length - 2]) {
      const other = token[at] === 'a' ? 'b' : 'a';
      const changed = token.slice(0, at) + other + token.slice(at + 1);
      expect(codeOf(await world.logins.claim({ token: changed }, newSecret()))).toBe('LINK_INVALID');
    }
  });

  it('is killed by the same startCheck again: link, claim and challenge', async () => {
    const taskId = newTask();
    const old = await world.start(taskId);
    const one = person(world);
    unwrap(await one.claim(old.token));
    const visit = { interaction: old.interaction, secret: one.secret };
    const { text } = unwrap(await world.logins.challenge(visit));
    const fresh = await world.start(taskId);
    expect(fresh.interaction).toBe(old.interaction);
    expect(fresh.token).not.toBe(old.token);
    const evidence = { certificate: key.certificate, signature: await key.sign(text) };
    expect(codeOf(await world.logins.evidence(visit, evidence))).toBe('LINK_SUPERSEDED');
    expect(codeOf(await one.claim(old.token))).toBe('LINK_SUPERSEDED');
    expect(codeOf(await one.view(old.interaction))).toBe('LINK_SUPERSEDED');
    expect(codeOf(await one.claim(fresh.token))).toBe('ok');
    expect(codeOf(await world.logins.evidence(visit, evidence))).toBe('CHALLENGE_EXPIRED');
    expect(world.received.some((message) => message['taskId'] === taskId)).toBe(false);
  });

  it('of a finished login says that it is done, to any browser, and gives the ticket to none but its own', async () => {
    const taskId = newTask();
    const own = person(world);
    expect((await own.logIn(await world.start(taskId), key)).state).toBe('succeeded');
    const again = await world.start(taskId);
    const stranger = unwrap(await person(world).claim(again.token));
    expect(stranger.state).toBe('succeeded');
    expect(stranger.next).toEqual({ kind: 'stay' });
    expect(ticketOf(unwrap(await own.claim(again.token)))).toBeDefined();
    expect(world.received.filter((message) => message['taskId'] === taskId)).toHaveLength(1);
  });

  it('expires, and the same task may then be tried again', async () => {
    const taskId = newTask();
    const old = await world.start(taskId);
    const one = person(world);
    unwrap(await one.claim(old.token));
    world.clock.pass(LIFE);
    expect(unwrap(await one.view(old.interaction)).state).toBe('expired');
    expect(codeOf(await person(world).claim(old.token))).toBe('TASK_EXPIRED');
    expect(codeOf(await world.logins.challenge({ interaction: old.interaction, secret: one.secret }))).toBe(
      'TASK_EXPIRED',
    );
    expect(unwrap(await world.logins.status(world.unit, taskId)).state).toBe('expired');
    expect(await world.logins.sweep()).toBeGreaterThan(0);
    const next = await world.start(taskId);
    expect(next.interaction).not.toBe(old.interaction);
    expect(unwrap(await world.logins.status(world.unit, taskId))).toMatchObject({ state: 'open', attempt: 2 });
    expect((await one.logIn(next, key)).state).toBe('succeeded');
  });

  it('begun under a clock that has been set back since is over: it would live longer than any login may', async () => {
    const taskId = newTask();
    const link = await world.start(taskId);
    unwrap(await person(world).claim(link.token));
    world.clock.pass(-3_600_000);
    expect(await world.logins.sweep()).toBeGreaterThan(0);
    expect(unwrap(await world.logins.status(world.unit, taskId)).state).toBe('expired');
    world.clock.pass(3_600_000);
  });

  it('of a cancelled login is over, and the next attempt is a new one', async () => {
    const taskId = newTask();
    const link = await world.start(taskId);
    const one = person(world);
    unwrap(await one.claim(link.token));
    expect(unwrap(await world.logins.cancel({ interaction: link.interaction, secret: one.secret })).state).toBe(
      'cancelled',
    );
    expect(codeOf(await one.prove(link.interaction, key))).toBe('CANCELLED_BY_PERSON');
    expect(unwrap(await world.logins.status(world.unit, taskId)).error?.code).toBe('CANCELLED_BY_PERSON');
    const next = await world.start(taskId);
    expect((await one.logIn(next, key)).state).toBe('succeeded');
  });

  it('is not given to a task that is in use with other content', async () => {
    const taskId = newTask();
    await world.start(taskId, { content: { a: 1, b: { c: 2, d: 3 } } });
    const again = { taskId, standBy: null, returnUrl: null };
    const same = { ...again, content: { b: { d: 3, c: 2 }, a: 1 } };
    expect(codeOf(await world.logins.start(world.unit, world.platform, same))).toBe('ok');
    const other = { ...again, content: { a: 1, b: { c: 2, d: 4 } } };
    expect(codeOf(await world.logins.start(world.unit, world.platform, other))).toBe('TASK_CONFLICT');
  });

  it('survives two hundred browsers at once: one of them is bound', async () => {
    const link = await start();
    const people = Array.from({ length: 200 }, () => person(world));
    const codes = (await Promise.all(people.map((one) => one.claim(link.token)))).map(codeOf);
    expect(codes.filter((code) => code === 'ok')).toHaveLength(1);
    expect(codes.filter((code) => code === 'OTHER_BROWSER')).toHaveLength(199);
  });

  it('of two hundred parallel startChecks of one task: one login, and one link that works', async () => {
    const taskId = newTask();
    const links = await Promise.all(Array.from({ length: 200 }, () => world.start(taskId)));
    expect(new Set(links.map((link) => link.interaction)).size).toBe(1);
    expect(new Set(links.map((link) => link.token)).size).toBe(200);
    const one = person(world);
    const codes: string[] = [];
    for (const link of links) codes.push(codeOf(await one.claim(link.token)));
    expect(codes.filter((code) => code === 'ok')).toHaveLength(1);
  });
});
