import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newTaskId } from '#fixtures/world/trading-system/hub.ts';
import { printed, signOf } from '#fixtures/world/trading-system/sign.ts';
import { newBrowserSecret } from '#interaction/browser.ts';
import { systemRandom } from '#kernel/random.ts';
import { Browser, claim, settle, tokenOf } from '#test/support/bidder.ts';
import { sharedPostgres, type TestPostgres } from '#test/support/postgres.ts';
import { type HostileWorld, openHostileWorld } from './world.ts';

const TIMES = 200;
type Answer = {
  readonly ok?: boolean;
  readonly code?: unknown;
  readonly error?: { readonly code: string };
  readonly errData?: unknown;
};

/** T08, T44: over real HTTP; on PostgreSQL the same two hundred go to two hub processes in turn. */
describe.each(['sqlite', 'postgres'] as const)('two hundred at once on %s', (dialect) => {
  let world: HostileWorld;
  let postgres: TestPostgres | undefined;
  let database: string | undefined;
  let doors: string[];

  beforeAll(async () => {
    if (dialect === 'postgres') {
      postgres = await sharedPostgres();
      database = await postgres.createDatabase();
    }
    world = await openHostileWorld(database === undefined ? {} : { database: { kind: 'postgres', url: database } });
    doors = [world.prepared.hubUrl];
    if (dialect === 'postgres') doors.push((await world.second()).url);
  });
  afterAll(async () => {
    await world?.close();
    if (database !== undefined) await postgres?.dropDatabase(database);
    await postgres?.stop();
  });

  /** A hub that is busy says so and has done nothing: asked again, as any caller would, until it gives a definite answer. */
  const post = async (
    door: string,
    path: string,
    body: object,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    for (let round = 0; ; round += 1) {
      const reply = await fetch(door + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: world.prepared.hubUrl, ...headers },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(50_000),
      });
      const answer = (await reply.json()) as Answer;
      if (round === 20 || ![429, 503].includes(reply.status)) return answer;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  };
  const door = (i: number): string => doors[i % doors.length] ?? '';
  const atOnce = (one: (i: number) => Promise<Answer>): Promise<Answer[]> =>
    Promise.all(Array.from({ length: TIMES }, (_, i) => one(i)));
  /** What was answered → how often. */
  const tally = (answers: readonly Answer[]): Record<string, number> => {
    const counted: Record<string, number> = {};
    for (const { ok, code, error } of answers) {
      const said = error?.code ?? (ok === true ? 'ok' : String(code));
      counted[said] = (counted[said] ?? 0) + 1;
    }
    return counted;
  };
  const begin = async (browser: Browser): Promise<string> =>
    (await browser.fetch(`${world.trading}/login`, { method: 'POST' })).headers.get('location') ?? '';

  it('claim one link: one browser has it, and only that one can go on', async () => {
    const token = tokenOf(await begin(new Browser()));
    // Two hundred browsers that have been here before, each with a secret of its own.
    const browsers = Array.from({ length: TIMES }, () => `caihub-dev=${newBrowserSecret(systemRandom)}`);
    const answers = await atOnce((i) => post(door(i), '/hosted/api/claim', { token }, { cookie: browsers[i] ?? '' }));
    expect(tally(answers)).toEqual({ ok: 1, OTHER_BROWSER: TIMES - 1 });
    const interaction = token.slice(0, token.indexOf('.'));
    const first = answers.findIndex((one) => one.ok === true);
    for (const i of [first, (first + 1) % TIMES, (first + 2) % TIMES]) {
      const again = await post(door(i + 1), '/hosted/api/claim', { token }, { cookie: browsers[i] ?? '' });
      expect(tally([again])).toEqual(i === first ? { ok: 1 } : { OTHER_BROWSER: 1 });
    }
    const winner = browsers[first] ?? '';
    expect(tally([await post(door(1), '/hosted/api/challenge', { interaction }, { cookie: winner })])).toEqual({
      ok: 1,
    });
  });

  it('answer one challenge, then redeem one ticket: one proof counts, one ticket is taken', async () => {
    const hub = world.prepared.hubUrl;
    const browser = new Browser();
    const pageUrl = await begin(browser);
    const { interaction } = await claim(browser, pageUrl);
    const cookie = browser.cookies(hub);
    const key = world.keys[0] as HostileWorld['keys'][number];
    let won = 0;
    // A proof that met a busy database after its challenge was taken is nobody's; the person asks for another challenge.
    for (let round = 0; won === 0 && round < 5; round += 1) {
      const challenge = await browser.call(hub, 'challenge', { interaction });
      if (!challenge.ok) throw new Error(challenge.error.code);
      const evidence = { interaction, certificate: key.certificate, signature: await key.sign(challenge.text) };
      const proofs = tally(await atOnce((i) => post(door(i), '/hosted/api/evidence', evidence, { cookie })));
      won = proofs['ok'] ?? 0;
      expect(won).toBeLessThanOrEqual(1);
      expect(Object.keys(proofs).filter((code) => !['ok', 'CHALLENGE_USED', 'TASK_ENDED'].includes(code))).toEqual([]);
    }
    expect(won).toBe(1);

    const view = await settle(browser, hub, interaction);
    if (view.next?.kind !== 'redirect') throw new Error(`ended as ${view.state}`);
    const back = new URL(view.next.url).searchParams;
    const { caUnitId, secret } = world.unit;
    const members = { caUnitId, taskId: back.get('taskId') ?? '', ticket: back.get('ticket') ?? '' };
    const sign = signOf(secret, members, ['caUnitId', 'taskId', 'ticket']);
    const tickets = tally(await atOnce((i) => post(door(i), '/api/ca/ext/tickets', { ...members, sign })));
    expect(tickets).toEqual({ '200': 1, '403': TIMES - 1 });
  });

  it('begin one task: one login, and one link of two hundred that opens it', async () => {
    const { caUnitId, orgcode, secret } = world.unit;
    const members = { caUnitId, taskId: newTaskId('race'), orgcode };
    const body = { ...members, sign: signOf(secret, members, printed.startCheck) };
    const answers = await atOnce((i) => post(door(i), '/api/ca/startCheck', body));
    expect(tally(answers)).toEqual({ '200': TIMES });
    const tokens = answers.map((one) => tokenOf((one as { Loginurl: string }).Loginurl));
    expect(new Set(tokens.map((token) => token.slice(0, token.indexOf('.')))).size).toBe(1);
    const opened = await Promise.all(
      tokens.map((token, i) => post(door(i), '/hosted/api/claim', { token }, { 'x-ca-claim': '' })),
    );
    expect(tally(opened)).toEqual({ ok: 1, LINK_SUPERSEDED: TIMES - 1 });
  });
});
