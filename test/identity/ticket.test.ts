import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { returnAddress } from '#identity/ticket.ts';
import { describeOnBothDatabases } from '#test/support/store.ts';
import { person, ticketOf } from './people.ts';
import { codeOf, type HeldKey, type LoginWorld, newTask, openLoginWorld, unwrap } from './world.ts';

describeOnBothDatabases('a ticket', ({ open }) => {
  let world: LoginWorld;
  let key: HeldKey;
  beforeAll(async () => {
    world = await openLoginWorld(await open());
    key = await world.enrolledKey();
  });
  afterAll(() => world.close());

  async function loggedIn() {
    const taskId = newTask();
    const link = await world.start(taskId);
    const who = person(world);
    const ticket = ticketOf(await who.logIn(link, key)) ?? '';
    return { taskId, who, ticket, interaction: link.interaction };
  }
  const redeem = async (taskId: string, ticket: string, unit = world.unit) =>
    codeOf(await world.logins.redeemTicket(unit, taskId, ticket));

  it('is good once, and the page then no longer redirects', async () => {
    const { taskId, ticket, who, interaction } = await loggedIn();
    expect(await redeem(taskId, ticket)).toBe('ok');
    expect(await redeem(taskId, ticket)).toBe('TICKET_INVALID');
    expect(unwrap(await who.view(interaction)).next).toEqual({ kind: 'stay' });
  });

  it('brought two hundred times at once is taken once', async () => {
    const { taskId, ticket } = await loggedIn();
    const codes = await Promise.all(Array.from({ length: 200 }, () => redeem(taskId, ticket)));
    expect(codes.filter((code) => code === 'ok')).toHaveLength(1);
  });

  it('is good for sixty seconds after the delivery and not a moment longer', async () => {
    const { taskId, ticket, who, interaction } = await loggedIn();
    world.clock.pass(60_000);
    expect(await redeem(taskId, ticket)).toBe('TICKET_INVALID');
    expect(unwrap(await who.view(interaction)).next).toEqual({ kind: 'stay' });
  });

  it('of another task, altered, empty, or before the login is done is refused', async () => {
    const [one, other] = [await loggedIn(), await loggedIn()];
    expect(await redeem(one.taskId, other.ticket)).toBe('TICKET_INVALID');
    expect(await redeem(one.taskId, `${one.ticket.slice(0, -1)}${one.ticket.endsWith('A') ? 'Q' : 'A'}`)).toBe(
      'TICKET_INVALID',
    );
    expect(await redeem(one.taskId, '')).toBe('TICKET_INVALID');
    const taskId = newTask();
    await world.start(taskId);
    expect(await redeem(taskId, one.ticket)).toBe('TICKET_INVALID');
    expect(await redeem(one.taskId, one.ticket)).toBe('ok');
  });

  it('and a task of one unit do not exist for another one', async () => {
    const { taskId, ticket } = await loggedIn();
    const { neighbour, neighbourPlatform, logins } = world;
    const unknown = await logins.status(neighbour, newTask());
    expect(await logins.status(neighbour, taskId)).toEqual(unknown);
    expect(codeOf(unknown)).toBe('TASK_UNKNOWN');
    expect(await logins.redeemTicket(neighbour, taskId, ticket)).toEqual(
      await logins.redeemTicket(neighbour, newTask(), ticket),
    );
    const request = { taskId, standBy: null, returnUrl: null, content: { other: true } };
    const own = unwrap(await logins.start(neighbour, neighbourPlatform, request));
    expect(unwrap(await logins.status(neighbour, taskId)).state).toBe('open');
    expect(unwrap(await logins.status(world.unit, taskId)).state).toBe('succeeded');
    expect(own.interaction).toMatch(/^int_/);
    expect(codeOf(await logins.start(neighbour, world.platform, { ...request, taskId: newTask() }))).toBe(
      'PLATFORM_UNKNOWN',
    );
    expect(await redeem(taskId, ticket)).toBe('ok');
  });

  it('is given for a key that only another unit has enrolled: recognition', async () => {
    const { neighbour, neighbourPlatform, logins } = world;
    const taskId = newTask();
    const started = unwrap(
      await logins.start(neighbour, neighbourPlatform, { taskId, standBy: null, returnUrl: null, content: {} }),
    );
    const link = { interaction: started.interaction, token: started.pageUrl.split('/').at(-1) ?? '' };
    expect((await person(world).logIn(link, key)).state).toBe('succeeded');
    expect(world.received.find((one) => one['taskId'] === taskId)).toMatchObject({
      caUnitId: neighbour.id,
      orgcode: '210181',
    });
  });
});

describe('the way back', () => {
  it.each([
    ['https://a.example/x', 'https://a.example/x?taskId=T%201&ticket=tt'],
    ['https://a.example/x?', 'https://a.example/x?taskId=T%201&ticket=tt'],
    ['https://a.example/x?a=1', 'https://a.example/x?a=1&taskId=T%201&ticket=tt'],
    ['https://a.example/x?a=%E4%BD%A0&', 'https://a.example/x?a=%E4%BD%A0&taskId=T%201&ticket=tt'],
    ['https://a.example/#/home', 'https://a.example/?taskId=T%201&ticket=tt#/home'],
  ])('from %s is %s', (registered, expected) => {
    expect(returnAddress(registered, 'T 1', 'tt')).toBe(expected);
  });

  it('never leaves the registered address, whatever the task is called (T15)', () => {
    const registered = [
      'https://a.example/x',
      'https://a.example/x?a=1',
      'https://a.example:8443/?q=%3F',
      'https://a.example/#/home',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...registered), fc.string({ minLength: 1 }), fc.string(), (url, taskId, ticket) => {
        const [before, after] = [
          new URL(url),
          new URL(returnAddress(url, taskId.toWellFormed(), ticket.toWellFormed())),
        ];
        expect([after.origin, after.pathname, after.hash]).toEqual([before.origin, before.pathname, before.hash]);
        expect(after.searchParams.getAll('taskId')).toEqual([taskId.toWellFormed()]);
        expect(after.searchParams.getAll('ticket')).toEqual([ticket.toWellFormed()]);
      }),
      { numRuns: 300 },
    );
  });
});
