import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { plainMessage } from '#interaction/plain-message.ts';
import { sentence } from '#kernel/errors.ts';
import { describeOnBothDatabases } from '#test/support/store.ts';
import { type Person, person, ticketOf } from './people.ts';
import { codeOf, type HeldKey, type LoginWorld, newTask, openLoginWorld, until, unwrap } from './world.ts';

const ACCEPTED = { body: '{"code":200,"msg":"成功"}' };
const DOWN = { status: 500, body: 'oops' };

describeOnBothDatabases('the result of a login', ({ open }) => {
  let world: LoginWorld;
  let key: HeldKey;
  beforeAll(async () => {
    world = await openLoginWorld(await open());
    key = await world.enrolledKey();
  });
  beforeEach(() => world.answerWith(ACCEPTED));
  afterAll(() => world.close());

  const messages = (taskId: string) => world.received.filter((one) => one['taskId'] === taskId);

  /** Proved, while the trading system does not take it. */
  async function proved(): Promise<{
    taskId: string;
    who: Person;
    interaction: string;
    token: string;
    visit: { interaction: string; secret: string };
  }> {
    const taskId = newTask();
    const { interaction, token } = await world.start(taskId);
    const who = person(world);
    unwrap(await who.claim(token));
    unwrap(await who.prove(interaction, key));
    return { taskId, who, interaction, token, visit: { interaction, secret: who.secret } };
  }
  const tried = (taskId: string, times: number) =>
    until(async () => (messages(taskId).length >= times ? true : undefined));

  it('is told again while the trading system stumbles; the page shows the try, then goes on', async () => {
    world.answerWith(DOWN);
    const { taskId, who, interaction } = await proved();
    await tried(taskId, 2);
    const waiting = unwrap(await who.view(interaction));
    expect(waiting.state).toBe('proved');
    expect(waiting.delivery?.attempt).toBeGreaterThanOrEqual(1);
    expect(waiting.next).toBeNull();
    expect(unwrap(await world.logins.status(world.unit, taskId)).state).toBe('proved');
    world.answerWith(ACCEPTED);
    unwrap(await world.logins.redeliver({ interaction, secret: who.secret }));
    expect((await who.end(interaction)).state).toBe('succeeded');
    const [first, last] = [messages(taskId)[0], messages(taskId).at(-1)];
    expect(last?.['signCertSn']).toBe(first?.['signCertSn']);
  });

  it('that the trading system refuses ends the login with its own sentence, cleaned', async () => {
    world.answerWith({ body: JSON.stringify({ code: 403, msg: '该企业\u0007未注册\n\u202E请先注册' }) });
    const { taskId, who, interaction, token } = await proved();
    const view = await who.end(interaction);
    expect(view.state).toBe('refused');
    const stranger = await person(world).claim(token);
    expect(stranger.ok ? 'ok' : stranger.refusal).toEqual({ code: 'TASK_ENDED', params: {} });
    const why = view.interaction.refusal;
    expect(why === null ? '' : sentence(why)).toBe('示例市交易系统 提示：该企业未注册 请先注册');
    expect(view.next).toBeNull();
    expect(messages(taskId)).toHaveLength(1);
    world.answerWith(ACCEPTED);
    expect((await person(world).logIn(await restart(taskId), key)).state).toBe('succeeded');
  });

  it('is never told after the life of the login: undelivered, and silence', async () => {
    world.answerWith(DOWN);
    const { taskId, who, interaction } = await proved();
    await tried(taskId, 1);
    world.clock.pass(10 * 60_000);
    const view = await who.end(interaction);
    expect(view.state).toBe('undelivered');
    expect(view.interaction.refusal?.code).toBe('PLATFORM_NO_ANSWER');
    world.answerWith(ACCEPTED);
    const before = messages(taskId).length;
    unwrap(await world.logins.redeliver({ interaction, secret: who.secret }));
    await new Promise((resolve) => setTimeout(resolve, 1_500)); // longer than the dispatcher's poll
    expect(messages(taskId)).toHaveLength(before);
    expect(unwrap(await who.view(interaction)).next).toBeNull();
  });

  it('under way stays with its browser when the trading system asks again', async () => {
    world.answerWith(DOWN);
    const { taskId, who, interaction } = await proved();
    const again = await restart(taskId);
    expect(again.interaction).toBe(interaction);
    const stranger = person(world);
    expect(codeOf(await stranger.claim(again.token))).toBe('OTHER_BROWSER');
    world.answerWith(ACCEPTED);
    const view = await who.end(interaction);
    expect(ticketOf(view)).toBeDefined();
    expect(ticketOf(unwrap(await stranger.claim(again.token)))).toBeUndefined();
    expect(unwrap(await who.claim(again.token)).state).toBe('succeeded');
  });

  it('is not sent to a unit suspended meanwhile, and is when the suspension is lifted in time', async () => {
    world.answerWith(DOWN);
    const { taskId, who, interaction } = await proved();
    await tried(taskId, 1);
    await world.store.tx((tx) => world.relyingParties.setUnitStatus(tx, world.unit.id, 'suspended'));
    world.answerWith(ACCEPTED);
    const before = messages(taskId).length;
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(messages(taskId)).toHaveLength(before);
    await world.store.tx((tx) => world.relyingParties.setUnitStatus(tx, world.unit.id, 'active'));
    unwrap(await world.logins.redeliver({ interaction, secret: who.secret }));
    expect((await who.end(interaction)).state).toBe('succeeded');
  });

  it('cannot be cancelled once it is under way', async () => {
    world.answerWith(DOWN);
    const { who, interaction, visit } = await proved();
    expect(codeOf(await world.logins.cancel(visit))).toBe('TASK_ENDED');
    world.answerWith(ACCEPTED);
    expect((await who.end(interaction)).state).toBe('succeeded');
  });

  it('goes back only to a URL that is registered, character by character', async () => {
    const other = world.platform.returnUrls[1] ?? '';
    const wanted = { returnUrl: other };
    expect((await person(world).logIn(await world.start(newTask(), wanted), key)).next).toMatchObject({
      kind: 'redirect',
      url: expect.stringMatching(`^${other}\\?taskId=`),
    });
    const near = [
      `${other}/`,
      `${other}?`,
      other.toUpperCase(),
      `${other}#`,
      other.replace('http', 'https'),
      `${other}@evil.example`,
      'javascript:alert(1)',
      '',
    ];
    for (const returnUrl of near) {
      const taskId = newTask();
      const started = await world.logins.start(world.unit, world.platform, {
        taskId,
        standBy: null,
        returnUrl,
        content: { taskId },
      });
      expect([returnUrl, codeOf(started)]).toEqual([returnUrl, 'RETURN_URL_UNREGISTERED']);
    }
  });

  it('does not go back to a URL that was taken off the list meanwhile', async () => {
    const taskId = newTask();
    const link = await world.start(taskId, { returnUrl: world.platform.returnUrls[1] ?? '' });
    const set = (returnUrls: readonly string[]) =>
      world.store.tx((tx) =>
        world.relyingParties.setPlatform(tx, world.unit.id, world.platform.orgcode, { returnUrls }),
      );
    unwrap(await set([world.returnUrl]));
    expect((await person(world).logIn(link, key)).next).toEqual({ kind: 'stay' });
    unwrap(await set(world.platform.returnUrls));
  });

  const restart = (taskId: string) => world.start(taskId);
});

it('of whatever a platform says, at most two hundred plain characters are shown', () => {
  expect(plainMessage('a\u0000b\u200Bc\u2028d\t e', '')).toBe('a b c d e');
  expect([...plainMessage('𠀀'.repeat(500), '')]).toHaveLength(200);
  expect(plainMessage(' \n ', '请重新登录。')).toBe('请重新登录。');
  expect(plainMessage('<b>你好</b>', '')).toBe('<b>你好</b>');
});
