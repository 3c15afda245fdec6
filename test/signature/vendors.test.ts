import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Authority } from '#drivers/authority.ts';
import type { Channel } from '#drivers/contract.ts';
import { createDriverHosts } from '#drivers/host.ts';
import { installed } from '#drivers/installed.ts';
import { createEnvelopes } from '#envelope/envelopes.ts';
import { noCapsules } from '#envelope/no-capsules.ts';
import { companies } from '#fixtures/pki/identities.ts';
import { buildWorldPki } from '#fixtures/pki/world.ts';
import { startVendorService, type VendorService } from '#fixtures/world/vendor/service.ts';
import { createLogins } from '#identity/logins.ts';
import { fromBase64, hex } from '#kernel/bytes.ts';
import { createSignatures } from '#signature/signatures.ts';
import { openStore } from '#store/store.ts';
import { encryptRequest, startDecrypt } from '#test/envelope/people.ts';
import { freePort } from '#test/hosted/world.ts';
import {
  codeOf,
  gm,
  type HeldKey,
  type LoginWorld,
  newSecret,
  newTask,
  openLoginWorld,
  recordOf,
  until,
  unwrap,
} from '#test/identity/world.ts';
import { quietLog } from '#test/support/store.ts';
import { openVendorPage } from '#test/support/vendor-page.ts';
import { plainPdf } from './pdf/base.ts';
import { ringSeal } from './pdf/seal-picture.ts';
import { enrolled, keyOf, reportOf, SigningPerson, sealFor, signedFile, sketch, start } from './people.ts';

let world: LoginWorld;
beforeAll(async () => {
  world = await openLoginWorld(await openStore({ kind: 'sqlite', file: ':memory:' }, { log: quietLog }));
});
afterAll(async () => {
  await world.close();
  await world.store.close();
});

async function opened() {
  const link = await start(world, plainPdf([{}, {}]));
  const person = new SigningPerson(world);
  await person.claim(link);
  const visit = person.visit(link.interaction);
  const begin = (authority: string, last = true) => world.signatures.beginMobile(visit, authority, last);
  /** The page polls while it waits. */
  const seen = async <T>(read: (view: Awaited<ReturnType<typeof person.view>>) => T | undefined): Promise<T> =>
    until(async () => read(await person.view(link.interaction)));
  return { link, person, visit, begin, seen };
}

describe('a vendor’s phone', () => {
  const phone = async (deed: 'scan' | 'confirm' | 'cancel', content = ''): Promise<void> => {
    const reply = await fetch(`${world.vendor.url}/phone/api/${deed}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ content }),
    });
    expect(await reply.json()).toMatchObject({ ok: true });
  };
  beforeAll(async () => {
    const pair = world.phoneKey('beichen').pair;
    const seal = Buffer.from(ringSeal().bytes).toString('base64');
    unwrap(await world.subscribers.synchronise(world.unit, { ...recordOf(pair), seal }));
  });

  it('says who signs, then signs what was prepared', async () => {
    const { link, person, begin, seen } = await opened();
    const who = unwrap(await begin('beichen')).mobile;
    expect(who?.step).toBe('identify');
    await phone('scan', who?.content);
    await phone('confirm', who?.content);
    expect(await seen(({ signer }) => signer?.road)).toBe('mobile');

    unwrap(await person.prepare(link.interaction));
    const what = unwrap(await begin('beichen')).mobile;
    expect(what?.step).toBe('sign');
    await phone('confirm', what?.content);
    expect((await person.end(link.interaction)).state).toBe('succeeded');
    expect(sketch(await reportOf(world, signedFile(world, link.taskId)))).toEqual(['valid/unchanged']);
  });

  it('that cancels leaves what is prepared, and another key may take over', async () => {
    const { link, person, begin, seen } = await opened();
    const who = unwrap(await begin('beichen')).mobile;
    await phone('confirm', who?.content);
    await seen(({ signer }) => signer ?? undefined);
    unwrap(await person.prepare(link.interaction));
    const what = unwrap(await begin('beichen', false)).mobile;
    await phone('cancel', what?.content);
    await seen(({ mobile }) => (mobile?.status === 'cancelled' ? true : undefined));
    expect((await person.view(link.interaction)).prepared).not.toBeNull();
    const again = unwrap(await begin('beichen', false)).mobile;
    await phone('confirm', again?.content);
    expect(await seen(({ made }) => made[0]?.places)).toBe(1);
    const own = keyOf(await enrolled(world));
    expect((await person.sign(link.interaction, own, {}, true)).made).toHaveLength(2);
  });

  it('that does not hold the key which has proved itself signs nothing', async () => {
    const { link, person, begin } = await opened();
    unwrap(await person.identify(link.interaction, keyOf(await enrolled(world))));
    unwrap(await person.prepare(link.interaction));
    const what = unwrap(await begin('beichen')).mobile;
    await expect(phone('confirm', what?.content)).rejects.toThrow();
    const { made, state } = await person.view(link.interaction);
    expect([made, state]).toEqual([[], 'claimed']);
  });
});

describe('a vendor’s own page', () => {
  let qinglan: VendorService;
  let holder: HeldKey;
  const account = { account: 'qinglan-001', pin: '246810' };
  beforeAll(async () => {
    const port = await freePort();
    const pki = await buildWorldPki(gm, {
      now: world.clock.now,
      crlBase: () => `http://127.0.0.1:${port}/qinglan/crl`,
      vendors: ['qinglan'],
    });
    const { id, name, root, intermediate, identity, crls } = pki.authority('qinglan');
    const pair = await pki.issueKeyPair({ authority: 'qinglan', holder: companies.anshan });
    const held = { ...(await world.key()), pair };
    holder = held;
    const der = fromBase64(await sealFor(world, [held], { id: '21030000000009' })) ?? Buffer.alloc(0);
    const picture = { picture: ringSeal().bytes, width: 42, height: 42 };
    const returnKey = gm.sm2.generateKey();
    const key = { holder: companies.anshan.unitName, ...pair };
    const people = [{ ...account, key, seals: [{ id: '1', name: '公章', der, ...picture }] }];
    const secret = 'qinglan-secret-for-tests';
    qinglan = await startVendorService({
      ...{ gm, host: '127.0.0.1', port, now: world.clock.now },
      authorities: [{ id, name, secret, hotline: '10000000003', crls, mobileKeys: [], pages: { returnKey, people } }],
    });
    const url = { install: 'https://v.example/i', renew: 'https://v.example/r', unlock: 'https://v.example/u' };
    const manifest = {
      ...{ media: ['page' as const], drivers: { page: 'vendor-page' }, identity },
      support: { hotline: '10000000003', ...url },
      driverConfig: { apiBase: qinglan.apiBase('qinglan'), returnKey: hex(returnKey.publicKey.point) },
      egress: { origins: [qinglan.url], privateRanges: ['127.0.0.0/8'] },
    };
    await world.store.tx(async (tx) => {
      unwrap(await world.authorities.add(tx, { id, name, driver: 'vendor-page', manifest, secrets: { secret } }));
      unwrap(await world.authorities.addCertificate(tx, id, 'root', root));
      unwrap(await world.authorities.addCertificate(tx, id, 'intermediate', intermediate));
    });
    const record = recordOf(pair, { holder: companies.anshan });
    unwrap(await world.subscribers.synchronise(world.unit, { ...record, seal: '' }));
  });
  afterAll(() => qinglan.close());

  it('brings the person’s seals along, and signs with the key it keeps', async () => {
    const { link, person, begin, seen } = await opened();
    const who = unwrap(await begin('qinglan')).mobile;
    expect(who).toMatchObject({ step: 'identify', medium: 'page' });
    const fields = new URLSearchParams([['seal', '1']]);
    await openVendorPage(who?.content ?? '', account).confirm(fields);
    await seen(({ signer }) => signer ?? undefined);
    const { seals } = await person.view(link.interaction);
    expect(seals.map(({ kind, source, refusal }) => [kind, source, refusal?.code])).toEqual([
      ['ses', 'vendor', undefined],
    ]);

    unwrap(await person.prepare(link.interaction));
    const what = unwrap(await begin('qinglan')).mobile;
    expect(what).toMatchObject({ step: 'sign', medium: 'page' });
    await openVendorPage(what?.content ?? '', account).confirm();
    expect((await person.end(link.interaction)).state).toBe('succeeded');
    const report = await reportOf(world, signedFile(world, link.taskId));
    expect(sketch(report)).toEqual(['valid/unchanged']);
    expect(report.signatures[0]?.seal?.generation).toBe('v4');
  });

  it('asks nobody to sign what was not prepared', async () => {
    const { link, person, begin } = await opened();
    unwrap(await person.identify(link.interaction, keyOf(await enrolled(world))));
    expect(unwrap(await begin('qinglan')).mobile?.step).toBe('identify');
    expect(codeOf(await world.signatures.finish(person.visit(link.interaction)))).toBe('NOTHING_SIGNED');
  });

  it('is offered on the pages whose every channel its driver has, and on no other', async () => {
    const media = (view: { readonly authorities: readonly Authority[] }) =>
      Object.fromEntries(view.authorities.map(({ id, manifest }) => [id, manifest.media]));
    /** The same rooms over drivers of which those of a page have these channels. */
    const shown = async (...channels: Channel[]) => {
      const { authorities, clock, random, log } = world.signing;
      const { egress } = world;
      const cut = installed.map((entry) =>
        entry.manifest.id === 'vendor-page' ? { ...entry, manifest: { ...entry.manifest, channels } } : entry,
      );
      const drivers = createDriverHosts({ authorities, egress, clock, random, log, installed: cut });
      const rooms = { ...world.signing, drivers };
      const request = encryptRequest(holder, '投标函', {}, companies.anshan);
      const { ciphertext } = unwrap(await world.envelopes.encrypt(world.unit, request));
      const links = {
        login: await world.start(newTask()),
        files: await startDecrypt(world, ciphertext),
        document: await start(world, plainPdf([{}])),
      };
      const logged = unwrap(await createLogins(rooms).claim({ token: links.login.token }, newSecret()));
      const envelopes = createEnvelopes({ ...rooms, capsules: noCapsules });
      const decrypted = unwrap(await envelopes.claim({ token: links.files.token }, newSecret()));
      const signed = unwrap(await createSignatures(rooms).claim({ token: links.document.token }, newSecret()));
      return [logged, decrypted, signed].map(({ view }) => media(view)['qinglan']);
    };
    expect(await shown('auth', 'crypto', 'seal')).toEqual([['page'], ['page'], ['page']]);
    expect(await shown('auth', 'crypto')).toEqual([['page'], ['page'], []]);
    expect(await shown('auth', 'seal')).toEqual([['page'], [], ['page']]);
    expect(await shown('seal')).toEqual([[], [], []]);
    const { person, link } = await opened();
    expect(media(await person.view(link.interaction))['beichen']).toEqual(['key', 'mobile']);
  });
});
