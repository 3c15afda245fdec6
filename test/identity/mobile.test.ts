import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnBothDatabases } from '#test/support/store.ts';
import { type Person, person } from './people.ts';
import { codeOf, type HeldKey, type LoginWorld, newTask, openLoginWorld, until, unwrap } from './world.ts';

describeOnBothDatabases('the mobile road', ({ open }) => {
  let world: LoginWorld;
  let key: HeldKey;
  beforeAll(async () => {
    world = await openLoginWorld(await open());
    key = await world.enrolledKey();
    await world.enrolPhone('beichen');
  });
  afterAll(() => world.close());

  async function claimed(): Promise<{ taskId: string; who: Person; visit: { interaction: string; secret: string } }> {
    const taskId = newTask();
    const { interaction, token } = await world.start(taskId);
    const who = person(world);
    unwrap(await who.claim(token));
    return { taskId, who, visit: { interaction, secret: who.secret } };
  }
  const phone = async (deed: 'scan' | 'confirm' | 'cancel', content: string) => {
    const reply = await fetch(`${world.vendor.url}/phone/api/${deed}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ content }),
    });
    expect(await reply.json()).toMatchObject({ ok: true });
  };
  const mobile = async (visit: { interaction: string; secret: string }) =>
    unwrap(await world.logins.view(visit)).mobile;

  it('shows a code and two digits, hears of the scan, and logs in when the phone confirms', async () => {
    const { taskId, who, visit } = await claimed();
    const shown = unwrap(await world.logins.beginMobile(visit, 'beichen')).mobile;
    expect(shown).toMatchObject({ status: 'waiting', authority: 'beichen', digits: expect.stringMatching(/^\d\d$/) });
    const content = shown?.content ?? '';
    await phone('scan', content);
    await until(async () => ((await mobile(visit))?.status === 'scanned' ? true : undefined));
    await phone('confirm', content);
    expect((await who.end(visit.interaction)).state).toBe('succeeded');
    expect(world.received.filter((one) => one['taskId'] === taskId)).toHaveLength(1);
  });

  it('says so when the person cancels on the phone, and begins again with another code', async () => {
    const { who, visit } = await claimed();
    const first = unwrap(await world.logins.beginMobile(visit, 'beichen')).mobile;
    await phone('cancel', first?.content ?? '');
    await until(async () => ((await mobile(visit))?.status === 'cancelled' ? true : undefined));
    expect(unwrap(await who.view(visit.interaction)).interaction.refusal?.code).toBe('MOBILE_CANCELLED');
    const second = unwrap(await world.logins.beginMobile(visit, 'beichen')).mobile;
    expect(second?.content).not.toBe(first?.content);
    await phone('confirm', second?.content ?? '');
    expect((await who.end(visit.interaction)).state).toBe('succeeded');
  });

  it('is over when the key road is taken: a phone that confirms later proves nothing', async () => {
    const { taskId, who, visit } = await claimed();
    const content = unwrap(await world.logins.beginMobile(visit, 'beichen')).mobile?.content ?? '';
    const { text } = unwrap(await world.logins.challenge(visit));
    expect(await mobile(visit)).toBeNull();
    await phone('confirm', content);
    await world.logins.pollVendors();
    expect(unwrap(await who.view(visit.interaction)).state).toBe('claimed');
    unwrap(await world.logins.evidence(visit, { certificate: key.certificate, signature: await key.sign(text) }));
    expect((await who.end(visit.interaction)).state).toBe('succeeded');
    expect(world.received.filter((one) => one['taskId'] === taskId)).toHaveLength(1);
  });

  it('of a certificate that nobody enrolled fails on the page, and the login goes on', async () => {
    const { who, visit } = await claimed();
    const content = unwrap(await world.logins.beginMobile(visit, 'bohai')).mobile?.content ?? '';
    await phone('confirm', content);
    await until(async () => ((await mobile(visit))?.status === 'failed' ? true : undefined));
    expect(unwrap(await who.view(visit.interaction)).interaction.refusal?.code).toBe('CERTIFICATE_NOT_ENROLLED');
    expect(codeOf(await who.prove(visit.interaction, key))).toBe('ok');
  });

  it('is not opened by knocking at the callback door with invented or foreign names', async () => {
    const { who, visit } = await claimed();
    unwrap(await world.logins.beginMobile(visit, 'beichen'));
    const [task] = world.vendor.tasks().slice(-1);
    const exchange = task?.exchange ?? '';
    const forged = { headers: { 'x-vendor-seal': '00' }, body: JSON.stringify({ status: 'confirmed' }) };
    const knocks: [string, string][] = [
      ['beichen', exchange],
      ['bohai', exchange],
      ['nobody', exchange],
      ['beichen', `${visit.interaction}.0000000000000000`],
      ['beichen', '../../x'],
    ];
    for (const [authority, name] of knocks) await world.logins.vendorCallback(authority, name, forged);
    expect(unwrap(await who.view(visit.interaction)).state).toBe('claimed');
    expect((await mobile(visit))?.status).toBe('waiting');
  });

  it('of a vendor that is down or suspended is refused, and the other roads stay open', async () => {
    const { who, visit } = await claimed();
    world.vendor.outage('bohai', true);
    expect(codeOf(await world.logins.beginMobile(visit, 'bohai'))).toBe('AUTHORITY_UNAVAILABLE');
    world.vendor.outage('bohai', false);
    await world.store.tx((tx) => world.authorities.suspend(tx, 'bohai'));
    expect(codeOf(await world.logins.beginMobile(visit, 'bohai'))).toBe('AUTHORITY_SUSPENDED');
    await world.store.tx((tx) => world.authorities.resume(tx, 'bohai'));
    expect(codeOf(await world.logins.beginMobile(visit, 'nobody'))).toBe('ISSUER_UNKNOWN');
    expect(codeOf(await who.prove(visit.interaction, key))).toBe('ok');
  });

  it('of a repeated startCheck dies with the old link', async () => {
    const { taskId, visit } = await claimed();
    const content = unwrap(await world.logins.beginMobile(visit, 'beichen')).mobile?.content ?? '';
    const fresh = await world.start(taskId);
    await phone('confirm', content);
    await world.logins.pollVendors();
    const thief = person(world);
    unwrap(await thief.claim(fresh.token));
    expect(unwrap(await thief.view(fresh.interaction))).toMatchObject({ state: 'claimed', mobile: null });
    expect(world.received.some((one) => one['taskId'] === taskId)).toBe(false);
  });
});
