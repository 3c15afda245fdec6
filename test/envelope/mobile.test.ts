import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseEnvelopedData } from '#pki/cms-enveloped.ts';
import { codeOf, type HeldKey, type LoginWorld, openLoginWorld, until, unwrap } from '#test/identity/world.ts';
import { describeOnBothDatabases } from '#test/support/store.ts';
import { closed, journalOf, message7, Opener, startDecrypt } from './people.ts';

describeOnBothDatabases('a decryption with the phone', ({ open }) => {
  let world: LoginWorld;
  let phoneKey: HeldKey;
  beforeAll(async () => {
    world = await openLoginWorld(await open());
    phoneKey = world.phoneKey('beichen');
    await world.enrolPhone('beichen');
    await world.enrolPhone('bohai');
  });
  afterAll(() => world.close());

  const phone = async (deed: 'scan' | 'confirm' | 'cancel', content: string): Promise<void> => {
    const reply = await fetch(`${world.vendor.url}/phone/api/${deed}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ content }),
    });
    expect(await reply.json()).toMatchObject({ ok: true });
  };
  /** A claimed page for texts closed to the phone's key. */
  async function claimed(...texts: string[]) {
    const links = [];
    for (const text of texts) links.push(await startDecrypt(world, await closed(world, phoneKey, text)));
    const [link] = links;
    if (link === undefined) throw new Error('no text');
    const opener = new Opener(world);
    await opener.claim(link.token);
    const begin = async () =>
      unwrap(await world.envelopes.beginMobile(opener.visit(link.interaction), 'beichen')).mobile;
    return { links, link, opener, begin };
  }

  it('opens everything that its key opens with one code; the vendor sees no content key', async () => {
    const { links, link, opener, begin } = await claimed('一号文件', '二号文件', '三号文件');
    const shown = await begin();
    expect(shown).toMatchObject({ status: 'waiting', authority: 'beichen', digits: expect.stringMatching(/^\d\d$/) });
    await phone('scan', shown?.content ?? '');
    await phone('confirm', shown?.content ?? '');
    expect((await opener.end(link.interaction)).state).toBe('succeeded');
    for (const [at, { taskId }] of links.entries()) {
      const message = await until(async () => message7(world, taskId)[0]);
      expect(message['decData']).toBe(['一号文件', '二号文件', '三号文件'][at]);
    }
    expect((await journalOf(world, 'decrypt.opened', link.interaction))[0]).toMatchObject({ road: 'mobile' });
  });

  it('cancelled on the phone says so and may be begun again', async () => {
    const { link, opener, begin } = await claimed('取消后重来');
    const first = await begin();
    await phone('cancel', first?.content ?? '');
    await until(async () => ((await opener.view(link.interaction)).mobile?.status === 'cancelled' ? true : undefined));
    const second = await begin();
    expect(second?.content).not.toBe(first?.content);
    await phone('confirm', second?.content ?? '');
    expect((await opener.end(link.interaction)).state).toBe('succeeded');
  });

  it('is not asked of a vendor whose certificate opens nothing here', async () => {
    const { link, opener } = await claimed('北辰的');
    expect(codeOf(await world.envelopes.beginMobile(opener.visit(link.interaction), 'bohai'))).toBe('KEY_NOT_NEEDED');
  });

  it('is not moved by knocks at the callback door', async () => {
    const { link, opener, begin } = await claimed('敲门');
    await begin();
    const exchange = world.vendor.tasks().at(-1)?.exchange ?? '';
    const forged = { headers: { 'x-vendor-seal': '00' }, body: JSON.stringify({ status: 'confirmed' }) };
    for (const authority of ['beichen', 'bohai', 'nobody'])
      await world.envelopes.vendorCallback(authority, exchange, forged);
    await world.logins.vendorCallback('beichen', exchange, forged);
    const view = await opener.view(link.interaction);
    expect([view.state, view.items[0]?.item.state]).toEqual(['claimed', 'waiting']);
  });

  it('opens what the vendor’s own service has encrypted, in the vendor’s own way of writing it', async () => {
    const key = await world.enrolledKey({ authority: 'bohai' });
    const ciphertext = await closed(world, key, '机构自己加密的');
    expect(parseEnvelopedData(ciphertext)?.dialect).toBe('gm+key-id+1.2.156.10197.1.104');
    expect((await journalOf(world, 'envelope.encrypted')).at(-1)).toMatchObject({ by: 'vendor' });
    const link = await startDecrypt(world, ciphertext);
    const opener = new Opener(world);
    expect((await opener.claim(link.token)).items[0]?.needed.length).toBe(1);
    expect((await opener.decrypt(link, key)).state).toBe('succeeded');
    expect(message7(world, link.taskId)[0]?.['decData']).toBe('机构自己加密的');
  });

  it('does without a vendor whose encrypt service is down: the hub encrypts', async () => {
    const key = await world.enrolledKey({ authority: 'bohai' });
    world.vendor.outage('bohai', true);
    const ciphertext = await closed(world, key, '机构停机').finally(() => world.vendor.outage('bohai', false));
    expect((await journalOf(world, 'envelope.encrypted')).at(-1)).toMatchObject({ by: 'hub' });
    const link = await startDecrypt(world, ciphertext);
    expect((await new Opener(world).decrypt(link, key)).state).toBe('succeeded');
  });
});
