import { afterAll, beforeAll, expect, it } from 'vitest';
import { companies } from '#fixtures/pki/identities.ts';
import { challengeText } from '#interaction/challenge.ts';
import { base64, fromBase64 } from '#kernel/bytes.ts';
import { describeOnBothDatabases } from '#test/support/store.ts';
import { type Person, person } from './people.ts';
import { codeOf, type HeldKey, type LoginWorld, newTask, openLoginWorld, unwrap } from './world.ts';

const DAY = 86_400_000;

describeOnBothDatabases('evidence', ({ open }) => {
  let world: LoginWorld;
  let key: HeldKey;
  beforeAll(async () => {
    world = await openLoginWorld(await open());
    key = await world.enrolledKey();
  });
  afterAll(() => world.close());

  async function claimed(): Promise<{
    who: Person;
    interaction: string;
    taskId: string;
    visit: { interaction: string; secret: string };
  }> {
    const taskId = newTask();
    const { interaction, token } = await world.start(taskId);
    const who = person(world);
    unwrap(await who.claim(token));
    return { who, interaction, taskId, visit: { interaction, secret: who.secret } };
  }
  const heardNothing = (taskId: string) => expect(world.received.some((one) => one['taskId'] === taskId)).toBe(false);

  it('over a text made for anything else is refused, and the login goes on', async () => {
    const other = await claimed();
    const { visit, interaction, taskId, who } = await claimed();
    const otherText = unwrap(await world.logins.challenge(other.visit)).text;
    const { text } = unwrap(await world.logins.challenge(visit));
    const [, , , , , , nonceLine = '', expiresLine = ''] = text.split('\n');
    const own = {
      hub: world.publicUrl,
      unitId: world.unit.id,
      orgcode: world.platform.orgcode,
      interaction,
      nonce: nonceLine.slice('nonce='.length),
      expiresAt: Date.parse(expiresLine.slice('expires='.length)),
      purpose: 'login',
    } as const;
    expect(challengeText(own)).toBe(text);
    const foreign = [
      ...(['decrypt', 'release', 'sign', 'rehearse'] as const).map((purpose) => challengeText({ ...own, purpose })),
      challengeText({ ...own, hub: 'https://phishing.example' }),
      challengeText({ ...own, unitId: world.neighbour.id }),
      challengeText({ ...own, orgcode: '210181' }),
      challengeText({ ...own, interaction: other.interaction }),
      challengeText({ ...own, expiresAt: own.expiresAt + 1 }),
      `${text}\n`,
      text.replaceAll('\n', '\r\n'),
      otherText,
    ];
    for (const signed of foreign) {
      unwrap(await world.logins.challenge(visit));
      const evidence = { certificate: key.certificate, signature: await key.sign(signed) };
      expect([signed, codeOf(await world.logins.evidence(visit, evidence))]).toEqual([signed, 'SIGNATURE_WRONG']);
    }
    heardNothing(taskId);
    expect(codeOf(await who.prove(interaction, key))).toBe('ok');
    expect((await who.end(interaction)).state).toBe('succeeded');
  });

  it('over the right text of an older challenge is refused: only the last one counts', async () => {
    const { visit } = await claimed();
    const first = unwrap(await world.logins.challenge(visit));
    const signature = await key.sign(first.text);
    unwrap(await world.logins.challenge(visit));
    expect(codeOf(await world.logins.evidence(visit, { certificate: key.certificate, signature }))).toBe(
      'SIGNATURE_WRONG',
    );
  });

  it('that was wrong has burned its challenge, so the right signature over it comes too late', async () => {
    const { visit } = await claimed();
    const { text } = unwrap(await world.logins.challenge(visit));
    const signature = await key.sign(text);
    const wrong = { certificate: key.certificate, signature: await key.sign('something else') };
    expect(codeOf(await world.logins.evidence(visit, wrong))).toBe('SIGNATURE_WRONG');
    expect(codeOf(await world.logins.evidence(visit, { certificate: key.certificate, signature }))).toBe(
      'CHALLENGE_USED',
    );
  });

  it('with an altered signature, another key, or no signature at all is refused', async () => {
    const stranger = await world.key();
    const cases: ((text: string) => Promise<{ certificate: string; signature: string }>)[] = [
      async (text) => ({ certificate: key.certificate, signature: await stranger.sign(text) }),
      async (text) => ({ certificate: key.certificate, signature: flip(await key.sign(text)) }),
      async () => ({ certificate: key.certificate, signature: '' }),
      async () => ({ certificate: key.certificate, signature: base64(new Uint8Array(64)) }),
    ];
    for (const make of cases) {
      const { visit, taskId } = await claimed();
      const { text } = unwrap(await world.logins.challenge(visit));
      expect(codeOf(await world.logins.evidence(visit, await make(text)))).toBe('SIGNATURE_WRONG');
      heardNothing(taskId);
    }
    const { visit } = await claimed();
    const { text } = unwrap(await world.logins.challenge(visit));
    const broken = { certificate: key.certificate.slice(8), signature: await key.sign(text) };
    expect(codeOf(await world.logins.evidence(visit, broken))).toBe('CERTIFICATE_UNREADABLE');
  });

  it('of a certificate nobody enrolled, expired, revoked, not yet valid or cancelled is refused with its own sentence', async () => {
    const now = world.clock.now();
    const expired = await world.key({ validity: { notBefore: now - 400 * DAY, notAfter: now - DAY } });
    const early = await world.key({ validity: { notBefore: now + DAY, notAfter: now + 400 * DAY } });
    const cancelled = await world.enrolledKey({ holder: companies.dalian });
    await world.cancelKey(cancelled, companies.dalian);
    const revoked = await world.enrolledKey({ authority: 'bohai', holder: companies.hunan });
    world.pki.revoke('bohai', revoked.serial);
    const refusals = {
      CERTIFICATE_NOT_ENROLLED: await world.key(),
      CERTIFICATE_EXPIRED: expired,
      CERTIFICATE_NOT_YET_VALID: early,
      CERTIFICATE_CANCELLED: cancelled,
    };
    for (const [code, held] of Object.entries(refusals)) {
      const { who, interaction, taskId } = await claimed();
      expect(codeOf(await who.prove(interaction, held))).toBe(code);
      expect(unwrap(await who.view(interaction)).interaction.refusal?.code).toBe(code);
      heardNothing(taskId);
    }
    world.clock.pass(2 * DAY); // the list that was fetched is over, the next one names the serial
    const { who, interaction } = await claimed();
    const said = await who.prove(interaction, revoked);
    expect(codeOf(said)).toBe('CERTIFICATE_REVOKED');
    const { visit } = await claimed();
    const shown = unwrap(
      await world.logins.certificates(visit, [
        { key: 'a', sign: key.certificate },
        { key: 'b', sign: revoked.certificate },
        { key: 'c', sign: expired.certificate },
        { key: 'd', sign: cancelled.certificate },
        { key: 'e', sign: 'no certificate' },
      ]),
    );
    expect(shown.map((one) => one.status)).toEqual(['ready', 'revoked', 'expired', 'cancelled', 'invalid']);
    expect(codeOf(await world.logins.certificates(visit, Array(17).fill({ key: 'a', sign: 'x' })))).toBe(
      'INPUT_NOT_ALLOWED',
    );
  });

  it('is refused while the vendor gives no status, and accepted when it does again', async () => {
    const held = await world.enrolledKey({ authority: 'bohai' });
    world.clock.pass(3 * DAY);
    world.vendor.outage('bohai', true);
    const { who, interaction } = await claimed();
    expect(codeOf(await who.prove(interaction, held))).toBe('CERTIFICATE_STATUS_UNAVAILABLE');
    world.vendor.outage('bohai', false);
    world.clock.pass(60_000);
    expect(codeOf(await who.prove(interaction, held))).toBe('ok');
  });

  it('comes too late after five minutes; a new challenge of the same login does', async () => {
    const { visit, who, interaction } = await claimed();
    const { text } = unwrap(await world.logins.challenge(visit));
    const evidence = { certificate: key.certificate, signature: await key.sign(text) };
    world.clock.pass(5 * 60_000);
    expect(codeOf(await world.logins.evidence(visit, evidence))).toBe('CHALLENGE_EXPIRED');
    expect(codeOf(await who.prove(interaction, key))).toBe('ok');
  });

  it('sent two hundred times at once logs in once', async () => {
    const { visit, taskId, who, interaction } = await claimed();
    const { text } = unwrap(await world.logins.challenge(visit));
    const evidence = { certificate: key.certificate, signature: await key.sign(text) };
    const codes = (await Promise.all(Array.from({ length: 200 }, () => world.logins.evidence(visit, evidence)))).map(
      codeOf,
    );
    expect(codes.filter((code) => code === 'ok')).toHaveLength(1);
    await who.end(interaction);
    expect(world.received.filter((one) => one['taskId'] === taskId)).toHaveLength(1);
  });

  it('against a cancel at the same moment: exactly one of them wins', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { visit, taskId, who, interaction } = await claimed();
      const { text } = unwrap(await world.logins.challenge(visit));
      const evidence = { certificate: key.certificate, signature: await key.sign(text) };
      const [proved] = await Promise.all([
        world.logins.evidence(visit, evidence),
        world.logins.cancel(visit),
        world.logins.cancel(visit),
      ]);
      const view = await who.end(interaction);
      expect(view.state).toBe(proved.ok ? 'succeeded' : 'cancelled');
      expect(world.received.filter((one) => one['taskId'] === taskId)).toHaveLength(proved.ok ? 1 : 0);
    }
  });

  it('is worth nothing once unit, platform or vendor is suspended', async () => {
    const suspensions: [string, (status: 'active' | 'suspended') => Promise<unknown>][] = [
      [
        'UNIT_SUSPENDED',
        (status) => world.store.tx((tx) => world.relyingParties.setUnitStatus(tx, world.unit.id, status)),
      ],
      [
        'PLATFORM_UNKNOWN',
        (status) =>
          world.store.tx((tx) =>
            world.relyingParties.setPlatform(tx, world.unit.id, world.platform.orgcode, { status }),
          ),
      ],
      [
        'AUTHORITY_SUSPENDED',
        (status) =>
          world.store.tx((tx) =>
            status === 'active' ? world.authorities.resume(tx, 'beichen') : world.authorities.suspend(tx, 'beichen'),
          ),
      ],
    ];
    for (const [code, set] of suspensions) {
      const { visit, taskId, who, interaction } = await claimed();
      const { text } = unwrap(await world.logins.challenge(visit));
      await set('suspended');
      const evidence = { certificate: key.certificate, signature: await key.sign(text) };
      expect(codeOf(await world.logins.evidence(visit, evidence))).toBe(code);
      heardNothing(taskId);
      await set('active');
      expect([code, codeOf(await who.prove(interaction, key))]).toEqual([code, 'ok']);
    }
  });
});

/** One bit of the middle of it. */
function flip(signature: string): string {
  const bytes = Buffer.from(fromBase64(signature) ?? []);
  const middle = bytes.length >> 1;
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  return base64(bytes);
}
