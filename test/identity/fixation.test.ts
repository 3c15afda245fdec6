import { afterAll, beforeAll, expect, it } from 'vitest';
import { Sessions } from '#fixtures/world/trading-system/sessions.ts';
import { describeOnBothDatabases } from '#test/support/store.ts';
import { type Person, person, ticketOf } from './people.ts';
import { type HeldKey, type LoginWorld, openLoginWorld, until, unwrap } from './world.ts';

type Step =
  | 'A looks'
  | 'A claims'
  | 'B claims'
  | 'B logs in'
  | 'A restarts'
  | 'A logs in as nobody'
  | 'A replays B'
  | 'B returns'
  | 'A returns'
  | 'A polls';

/** A begins at the trading system, sends the link to B, who holds a key (reliability T06; the fifth and later ones have the shape of CVE-2026-7507). */
const orderings: readonly (readonly Step[])[] = [
  ['B claims', 'B logs in', 'B returns', 'A polls', 'A returns'],
  ['B claims', 'B logs in', 'A polls', 'A returns', 'B returns', 'A polls'],
  ['A looks', 'B claims', 'A claims', 'B logs in', 'A returns', 'A polls'],
  ['A claims', 'B claims', 'B logs in', 'A polls', 'A returns'],
  ['B claims', 'A restarts', 'A claims', 'B logs in', 'A polls', 'A returns'],
  ['B claims', 'B logs in', 'A restarts', 'A claims', 'A polls', 'A returns'],
  ['B claims', 'A restarts', 'B claims', 'B logs in', 'A claims', 'A polls', 'A returns'],
  ['A claims', 'A restarts', 'B claims', 'A claims', 'B logs in', 'A polls', 'A returns'],
  ['B claims', 'B logs in', 'A restarts', 'A looks', 'A claims', 'B returns', 'A returns', 'A polls'],
  ['A claims', 'B claims', 'A restarts', 'B claims', 'B logs in', 'A replays B', 'A polls', 'A returns'],
  ['B claims', 'A logs in as nobody', 'B logs in', 'A replays B', 'A returns', 'A polls'],
  ['B claims', 'B logs in', 'B returns', 'A restarts', 'A claims', 'A replays B', 'A returns', 'A polls'],
];

describeOnBothDatabases('whoever sends his link to a victim', ({ open }) => {
  let world: LoginWorld;
  let key: HeldKey;
  beforeAll(async () => {
    world = await openLoginWorld(await open());
    key = await world.enrolledKey();
  });
  afterAll(() => world.close());

  it.each(orderings.map((steps, i) => [i + 1, steps] as const))(
    'never becomes the victim, ordering %i: %j',
    async (_, steps) => {
      const play = await begin();
      for (const step of steps) await play.take(step);
      const { sessions, taskId, a, sessionA, interaction } = play;
      const view = await a.view(interaction());
      expect(ticketOf(view.ok ? view.value : undefined)).toBeUndefined();
      expect(sessions.person(sessionA)).toBeUndefined();
      expect('session' in sessions.finish(taskId, sessionA, '')).toBe(false);
    },
  );

  async function begin() {
    const sessions = new Sessions();
    const [sessionA, sessionB] = [sessions.newSession(), sessions.newSession()];
    const { taskId } = sessions.begin(sessionA);
    const [a, b] = [person(world), person(world)];
    let link = await world.start(taskId);
    let evidence: { certificate: string; signature: string } | undefined;

    const tellTradingSystem = () => {
      const message = world.received.find((one) => one['taskId'] === taskId);
      if (message === undefined) return;
      const { hub } = JSON.parse(String(message['standBy'])) as { hub: { ticketSm3: string; ticketExpires: string } };
      const result = {
        unitName: String(message['unitName']),
        unitCode: '',
        idNumber: '',
        signCertSn: '',
        encCertSn: '',
      };
      sessions.accept(taskId, result, hub.ticketSm3, Date.parse(hub.ticketExpires));
    };
    const comeBack = async (who: Person, session: string) => {
      tellTradingSystem();
      const view = await who.view(link.interaction);
      const ticket = ticketOf(view.ok ? view.value : undefined) ?? '';
      const done = sessions.finish(taskId, session, ticket);
      return 'session' in done ? sessions.person(done.session) : undefined;
    };

    const steps: Record<Step, () => Promise<void>> = {
      'A looks': async () => void (await world.logins.look({ token: link.token }, a.secret)),
      'A claims': async () => void (await a.claim(link.token)),
      'B claims': async () => void (await b.claim(link.token)),
      async 'B logs in'() {
        const visit = { interaction: link.interaction, secret: b.secret };
        const challenge = await world.logins.challenge(visit);
        if (!challenge.ok) return; // A was there first: B reads that the link is taken
        evidence = { certificate: key.certificate, signature: await key.sign(challenge.value.text) };
        unwrap(await world.logins.evidence(visit, evidence));
        await b.end(link.interaction);
      },
      async 'A restarts'() {
        link = await world.start(taskId);
      },
      async 'A logs in as nobody'() {
        expect((await world.logins.challenge({ interaction: link.interaction, secret: a.secret })).ok).toBe(false);
      },
      async 'A replays B'() {
        const visit = { interaction: link.interaction, secret: a.secret };
        if (evidence !== undefined) expect((await world.logins.evidence(visit, evidence)).ok).toBe(false);
      },
      async 'B returns'() {
        expect(await comeBack(b, sessionB)).toBeUndefined();
      },
      async 'A returns'() {
        expect(await comeBack(a, sessionA)).toBeUndefined();
      },
      async 'A polls'() {
        tellTradingSystem();
        const view = await a.view(link.interaction);
        if (view.ok) expect(view.value.interaction.certificateId).toBeNull();
        expect(sessions.person(sessionA)).toBeUndefined();
      },
    };
    return { sessions, taskId, a, sessionA, interaction: () => link.interaction, take: (step: Step) => steps[step]() };
  }

  it('while an honest person, one browser all the way, is logged in', async () => {
    const sessions = new Sessions();
    const session = sessions.newSession();
    const { taskId } = sessions.begin(session);
    const view = await person(world).logIn(await world.start(taskId), key);
    const message = await until(async () => world.received.find((one) => one['taskId'] === taskId));
    const { hub } = JSON.parse(String(message['standBy'])) as { hub: { ticketSm3: string; ticketExpires: string } };
    const result = { unitName: String(message['unitName']), unitCode: '', idNumber: '', signCertSn: '', encCertSn: '' };
    sessions.accept(taskId, result, hub.ticketSm3, Date.parse(hub.ticketExpires));
    expect('session' in sessions.finish(taskId, session, ticketOf(view) ?? '')).toBe(true);
  });
});
