import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuthRequest, Evidence, SealEvidence, SealRequest, Step } from '#drivers/contract.ts';
import { createDriverHosts, type DriverHosts } from '#drivers/host.ts';
import { installed } from '#drivers/installed.ts';
import { vendorPage } from '#drivers/vendor-page/driver.ts';
import { base64, fromBase64, hex, utf8 } from '#kernel/bytes.ts';
import { systemRandom } from '#kernel/random.ts';
import { attributesToSign } from '#pki/cms-detached.ts';
import { judgeSeal, mayUseSeal, parseSeal } from '#pki/ses.ts';
import { sealTbs } from '#pki/ses-signature.ts';
import { quietLog } from '#test/support/store.ts';
import { openVendorPage } from '#test/support/vendor-page.ts';
import { gm, openTown, PAGE_ACCOUNT, read, runningClock, type Town, unwrap } from './support.ts';

const clock = runningClock();
let town: Town;
let hosts: DriverHosts;
let count = 0;
beforeAll(async () => {
  town = await openTown(clock);
  hosts = createDriverHosts({ ...town, clock, random: systemRandom, log: quietLog, installed });
});
afterAll(async () => {
  await hosts.stop();
  await town.close();
});

const RETURN = 'https://hub.ca.example/sign/i/int_1';

function asking(purpose: 'login' | 'sign'): AuthRequest {
  count += 1;
  return {
    exchange: `p${count}`,
    text: `caihub/1\npurpose=${purpose}\nnonce=${count}\n`,
    digits: '42',
    platformName: '示例市公共资源交易中心电子交易系统',
    expiresAt: clock.now() + 120_000,
    callbackUrl: `http://127.0.0.1:1/drivers/qinglan/callback/p${count}`,
    returnUrl: RETURN,
  };
}

/** One seal on a document, with whatever is changed. */
function sealing(changes: Partial<SealRequest> = {}): SealRequest {
  const certificate = read(town.pairs.qinglan.signCertificate);
  const digest = gm.sm3(utf8('投标文件'));
  const plan = { certificate, digest, signingTime: clock.now(), profile: 'gbt35275Attributes' } as const;
  return {
    ...asking('sign'),
    toSign: base64(attributesToSign(gm, plan)),
    digest: hex(digest),
    algorithm: 'sm2',
    certificate: base64(certificate.der),
    documentName: '投标文件（技术标）.pdf',
    sealName: '示例公司公章',
    places: 12,
    ...changes,
  };
}

async function beginAuth(request: AuthRequest) {
  const authority = await town.authority('qinglan');
  const step = await hosts.begin(authority, 'auth', request, 'page');
  const again = (): Promise<Step<Evidence>> => hosts.resume(authority, 'auth', stateOf(step), { from: 'poll' });
  return { ...pageOf(step), again };
}

async function beginSeal(request: SealRequest) {
  const authority = await town.authority('qinglan');
  const step = await hosts.begin(authority, 'seal', request, 'page');
  const again = (): Promise<Step<SealEvidence>> => hosts.resume(authority, 'seal', stateOf(step), { from: 'poll' });
  return { ...pageOf(step), again };
}

const stateOf = (step: Step<unknown>) => {
  if (step.step !== 'pending') throw new Error(JSON.stringify(step));
  return step.state;
};
function pageOf(step: Step<unknown>) {
  if (step.step !== 'pending' || step.prompt.kind !== 'redirect') throw new Error(JSON.stringify(step));
  return { url: step.prompt.url, page: openVendorPage(step.prompt.url, PAGE_ACCOUNT) };
}

describe('a vendor’s own page', () => {
  it('shows who asks, for what, and the digits; nobody may frame it', async () => {
    const { url, page } = await beginAuth(asking('login'));
    const shown = await page.open();
    for (const said of ['示例市公共资源交易中心电子交易系统', '登录', '>42<']) expect(shown).toContain(said);
    const reply = await fetch(url);
    expect(reply.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(reply.headers.get('x-frame-options')).toBe('DENY');
  });

  it('sends the browser back to the hub, and brings the seals that the person lets go with it', async () => {
    const { page, again } = await beginAuth(asking('sign'));
    const shown = await page.signIn(PAGE_ACCOUNT.pin);
    expect(shown).toContain('示例公司公章');
    const id = /name="seal" value="([^"]+)"/.exec(shown)?.[1] ?? '';
    expect(await page.confirm(new URLSearchParams({ seal: id }))).toBe(RETURN);
    const step = await again();
    if (step.step !== 'done') throw new Error(JSON.stringify(step));
    const [brought] = step.value.seals ?? [];
    const seal = parseSeal(gm, fromBase64(brought ?? '') ?? new Uint8Array());
    if (seal === undefined) throw new Error('no seal came');
    expect(judgeSeal(gm, seal, clock.now())).toMatchObject({ ok: true });
    expect(mayUseSeal(gm, seal, read(town.pairs.qinglan.signCertificate))).toBe(true);
  });

  it('brings no seal that was not chosen, and none for a login', async () => {
    const signer = await beginAuth(asking('sign'));
    await signer.page.confirm();
    expect(await signer.again()).toMatchObject({ step: 'done', value: { seals: [] } });
    const login = await beginAuth(asking('login'));
    await login.page.confirm(new URLSearchParams({ seal: 'anything' }));
    expect(await login.again()).toMatchObject({ step: 'done' });
    expect(JSON.stringify(await login.again())).not.toContain('seals');
  });

  it('shows the document, its fingerprint, the seal and on how many places, and signs a seal’s TBS_Sign', async () => {
    const signer = await beginAuth(asking('sign'));
    const choice = /name="seal" value="([^"]+)"/.exec(await signer.page.signIn(PAGE_ACCOUNT.pin))?.[1] ?? '';
    await signer.page.confirm(new URLSearchParams({ seal: choice }));
    const known = await signer.again();
    const der =
      known.step === 'done' ? (fromBase64(known.value.seals?.[0] ?? '') ?? new Uint8Array()) : new Uint8Array();
    const seal = parseSeal(gm, der);
    if (seal === undefined) throw new Error('no seal came');
    const documentHash = gm.sm3(utf8('投标文件'));
    const tbs = sealTbs({ seal, documentHash, at: clock.now(), property: '/1' });
    const { page, again } = await beginSeal(sealing({ toSign: base64(tbs) }));
    const shown = await page.open();
    const digest = hex(documentHash);
    for (const said of ['投标文件（技术标）.pdf', '示例公司公章', '>12<', digest.slice(0, 4), digest.slice(-4)])
      expect(shown).toContain(said);
    await page.confirm();
    const step = await again();
    if (step.step !== 'done') throw new Error(JSON.stringify(step));
    const { publicKey } = town.pairs.qinglan.signKey;
    expect(gm.sm2.verify(publicKey, [tbs], fromBase64(step.value.signature) ?? new Uint8Array())).toBe(true);
  });

  it('signs no other document than the one on its screen, and nothing that is no document', async () => {
    const other = hex(gm.sm3(utf8('另一份文件')));
    const wrong: Partial<SealRequest>[] = [
      { digest: other },
      { toSign: base64(fromBase64(sealing().digest) ?? utf8('x'.repeat(32))) },
      { toSign: base64(utf8(asking('login').text)) },
    ];
    for (const changes of wrong) {
      const { page, again } = await beginSeal(sealing(changes));
      expect(await page.confirm()).toContain('不予办理');
      expect((await again()).step).toBe('pending');
    }
  });

  it('has not answered where it says that it is done, with nothing in hand', async () => {
    const request = sealing();
    const { exchange, certificate } = request;
    const page = { sid: 'page-1234', url: 'https://vendor.example/p' };
    const done = { sid: page.sid, exchange, state: 'done', certificate, signature: '' };
    const { publicKey } = gm.sm2.generateKey();
    const driver = vendorPage.open(
      { apiBase: 'https://vendor.example/api', secret: 'x'.repeat(32), returnKey: hex(publicKey.point) },
      {
        egress: {
          request: async ({ method }) => {
            const body = JSON.stringify({ code: 'OK', message: '', result: method === 'POST' ? page : done });
            return { ok: true, status: 200, headers: {}, body };
          },
        },
        log: () => undefined,
        now: () => clock.now(),
        random: (length) => base64(systemRandom.bytes(length)),
      },
    );
    if (driver.seal === undefined) throw new Error('no channel for seals');
    const state = stateOf(await driver.seal.begin(request));
    expect(await driver.seal.resume(state, { from: 'poll' })).toMatchObject({ step: 'refused', reason: 'unavailable' });
  });

  it('lets nobody but the person asked for confirm, and only in the browser in which he signed in', async () => {
    const { url, page, again } = await beginSeal(sealing());
    const stranger = openVendorPage(url, { account: 'qinglan-002', pin: PAGE_ACCOUNT.pin });
    expect(await stranger.confirm()).toContain('请使用刚才确认签章身份的账号');
    await page.signIn(PAGE_ACCOUNT.pin);
    const elsewhere = await fetch(`${url}/confirm`, {
      method: 'POST',
      redirect: 'manual',
      headers: { origin: new URL(url).origin },
    });
    expect(elsewhere.headers.get('location')).not.toBe(RETURN);
    expect((await again()).step).toBe('pending');
    expect(await page.confirm()).toBe(RETURN);
    expect((await again()).step).toBe('done');
  });

  it('is not opened for a certificate that the vendor does not know, an RSA key, or another purpose', async () => {
    const authority = await town.authority('qinglan');
    const begin = async (changes: Partial<SealRequest>) =>
      hosts
        .begin(authority, 'seal', sealing(changes), 'page')
        .then((step) => (step.step === 'refused' ? step.reason : ''));
    expect(await begin({ certificate: base64(town.pairs.beichen.signCertificate) })).toBe('rejected');
    expect(await begin({ algorithm: 'rsa' })).toBe('rejected');
    expect(await begin({ text: asking('login').text })).toBe('rejected');
  });

  it('locks the account after five wrong PINs', async () => {
    const { url } = await beginAuth(asking('login'));
    const thief = openVendorPage(url, { account: 'qinglan-002', pin: '' });
    for (let i = 0; i < 4; i += 1) expect(await thief.signIn('000000')).toContain('还可尝试');
    expect(await thief.signIn('000000')).toContain('已锁定');
    expect(await thief.signIn(PAGE_ACCOUNT.pin)).toContain('已锁定');
  });

  it('is offered for what its driver does, and a return key that is no point keeps the driver shut', async () => {
    const authority = await town.authority('qinglan');
    expect((['auth', 'crypto', 'seal'] as const).map((one) => hosts.offers(authority, 'page', one))).toEqual([
      true,
      true,
      true,
    ]);
    expect(hosts.offers(authority, 'mobile', 'auth')).toBe(false);
    const manifest = town.manifestOf('qinglan');
    const broken = { ...manifest, driverConfig: { ...manifest.driverConfig, returnKey: `04${'00'.repeat(64)}` } };
    await town.store.tx(async (tx) => unwrap(await town.authorities.changeManifest(tx, 'qinglan', broken)));
    await expect(hosts.begin(await town.authority('qinglan'), 'auth', asking('login'), 'page')).rejects.toThrow();
    await town.store.tx(async (tx) => unwrap(await town.authorities.changeManifest(tx, 'qinglan', manifest)));
  });
});
