import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { grantText } from '#agent/protocol.ts';
import { CONTROL_PATH, createControlApi } from '#broker/control.ts';
import { type Controls, createControls } from '#control/controls.ts';
import type { ControlPageApi } from '#hosted/control-api.ts';
import { SDK_PATH } from '#hosted/routes-sdk.ts';
import { type EdgeEnv, requestContext } from '#http/context.ts';
import { base64, fromBase64, hex, utf8 } from '#kernel/bytes.ts';
import type { JsonObject } from '#kernel/json.ts';
import { limits } from '#kernel/limits.ts';
import { systemRandom } from '#kernel/random.ts';
import { Secret } from '#kernel/secret.ts';
import { parseEnvelopedData } from '#pki/cms-enveloped.ts';
import { openWithContentKey } from '#pki/cms-open.ts';
import { frameOrigins } from '#relying-party/party.ts';
import { judgesOf } from '#signature/validation.ts';
import { createVerification } from '#signature/verification.ts';
import { openStore } from '#store/store.ts';
import { hostedOf, PageBrowser } from '#test/hosted/world.ts';
import { gm, type HeldKey, type LoginWorld, openLoginWorld, unwrap } from '#test/identity/world.ts';
import { quietLog } from '#test/support/store.ts';
import { signHeaders } from '#wire/header-sign.ts';

const TEXT = '投标总报价：人民币 12,345,678.90 元';

let world: LoginWorld;
let controls: Controls;
let key: HeldKey;
let origin: string;
let hosted: Hono<EdgeEnv>;
const api = new Hono<EdgeEnv>();

beforeAll(async () => {
  world = await openLoginWorld(await openStore({ kind: 'sqlite', file: ':memory:' }, { log: quietLog }));
  const { store, clock, trust, relyingParties } = world;
  const judges = judgesOf({ gm, trust, clock, timeAuthorities: [] });
  controls = createControls({ ...world.signing, verification: createVerification({ gm, judges, clock }) });
  hosted = hostedOf(world, {}, undefined, { controls });
  api.use('*', requestContext({ random: systemRandom, https: false }));
  api.route('/', createControlApi({ store, gm, clock, relyingParties, controls, log: quietLog, sdkPath: SDK_PATH }));
  key = await world.key();
  origin = frameOrigins(world.platform)[0] ?? '';
});
afterAll(async () => {
  await world.close();
  await world.store.close();
});

/** What the trading system's server does. */
async function open(body: JsonObject = {}, secret?: string) {
  const text = JSON.stringify({ orgcode: '210100', origin, ...body });
  const [own] = await world.relyingParties.liveSecrets(world.store.read, world.unit.id);
  const request = {
    ...{ method: 'POST', target: CONTROL_PATH, bodySm3: hex(gm.sm3(utf8(text))) },
    timestamp: String(world.clock.now()),
    nonce: hex(systemRandom.bytes(12)),
  };
  const headers = {
    'X-Ca-Unit-Id': world.unit.id,
    'X-Ca-Timestamp': request.timestamp,
    'X-Ca-Nonce': request.nonce,
    'X-Ca-Sign': signHeaders(gm, secret === undefined ? (own ?? new Secret('')) : new Secret(secret), request),
  };
  const reply = await api.request(CONTROL_PATH, { method: 'POST', headers, body: text });
  const answer = (await reply.json()) as { code: number; errData?: string; data: Record<string, string> };
  return { ...answer, status: reply.status };
}

type Route = keyof ControlPageApi;
/** The hub's frame in a page: no cookie, the claim secret in memory. */
class Frame {
  readonly #browser = new PageBrowser(hosted, world.publicUrl);
  #claim: string | null = null;
  interaction = '';

  async call<R extends Route>(route: R, request: Omit<ControlPageApi[R]['request'], 'interaction'>) {
    const headers: Record<string, string> = this.#claim === null ? {} : { 'x-ca-claim': this.#claim };
    const whole = route === 'claim' ? request : { interaction: this.interaction, ...request };
    const reply = await this.#browser.post(`/hosted/api/control/${route}`, whole, headers);
    return (await reply.json()) as ControlPageApi[R]['answer'];
  }

  async good<R extends Route>(route: R, request: Omit<ControlPageApi[R]['request'], 'interaction'>) {
    const answer = await this.call(route, request);
    if (!answer.ok) throw new Error(`${route}: ${answer.error.code}`);
    return answer as Extract<ControlPageApi[R]['answer'], { ok: true }>;
  }

  async code<R extends Route>(route: R, request: Omit<ControlPageApi[R]['request'], 'interaction'>): Promise<string> {
    const answer = await this.call(route, request);
    return answer.ok ? 'ok' : answer.error.code;
  }

  async claim(frame: string): Promise<this> {
    const { session, claim } = await this.good('claim', { token: tokenOf(frame) });
    this.interaction = session.interaction;
    this.#claim = claim;
    return this;
  }
}

const tokenOf = (frame: string): string => frame.slice(frame.lastIndexOf('/') + 1);
const opened = async (body: JsonObject = {}): Promise<Frame> =>
  new Frame().claim((await open(body)).data['frame'] ?? '');

describe('a session of the certificate control', () => {
  it('is opened for a registered origin, and for no other', async () => {
    const { code, data } = await open();
    expect([code, data['operations'], data['sdk']]).toEqual([
      200,
      ['sign', 'verify', 'encrypt', 'decrypt'],
      `${world.publicUrl}/sdk/v1/ca-hub.mjs`,
    ]);
    expect((await open({ origin: 'https://evil.example' })).errData).toContain('CONTROL_ORIGIN_UNREGISTERED');
    for (const wrong of [`${origin}/`, 'null', '*', `${origin} https://evil.example`, 'javascript:1'])
      expect((await open({ origin: wrong })).errData).toContain('FIELD_INVALID');
    expect((await open({ operations: ['sign', 'login'] })).errData).toContain('FIELD_INVALID');
    expect((await open({ orgcode: '999999' })).errData).toContain('PLATFORM_UNKNOWN');
    expect((await open({}, 'x'.repeat(32))).status).toBe(401);
  });

  it('shows its frame in the pages of that origin alone', async () => {
    const { frame = '' } = (await open()).data;
    const page = await hosted.request(frame, { headers: { host: new URL(frame).host } });
    const policy = page.headers.get('content-security-policy') ?? '';
    expect([page.status, /frame-ancestors ([^;]*)/.exec(policy)?.[1]]).toEqual([200, origin]);
    expect(page.headers.get('x-frame-options')).toBeNull();
    expect(policy).toContain("script-src 'self'");
    const forged = await hosted.request(`${frame.slice(0, -3)}AAA`);
    expect([forged.status, forged.headers.get('x-frame-options')]).toEqual([404, 'DENY']);
  });

  it('belongs to the one page that came first, of any number', async () => {
    const { frame = '' } = (await open()).data;
    const pages = Array.from({ length: 5 }, () => new Frame());
    const codes = await Promise.all(pages.map((page) => page.code('claim', { token: tokenOf(frame) })));
    expect(codes.sort()).toEqual(['OTHER_BROWSER', 'OTHER_BROWSER', 'OTHER_BROWSER', 'OTHER_BROWSER', 'ok']);
  });

  it('by the same name is the same session with a new link; other content is refused', async () => {
    const first = (await open({ taskId: 'page-1' })).data['frame'] ?? '';
    const again = (await open({ taskId: 'page-1' })).data['frame'] ?? '';
    expect(again).not.toBe(first);
    expect(await new Frame().code('claim', { token: tokenOf(first) })).toBe('LINK_SUPERSEDED');
    expect(await new Frame().code('claim', { token: tokenOf(again) })).toBe('ok');
    expect((await open({ taskId: 'page-1', operations: ['sign'] })).errData).toContain('TASK_CONFLICT');
  });

  it('ends: with its page, and after half an hour', async () => {
    const page = await opened();
    await page.good('close', {});
    expect(await page.code('grant', { nonce: 'a'.repeat(64) })).not.toBe('ok');
    const late = await opened();
    world.clock.pass(limits.controlLife + 1000);
    expect(await late.code('grant', { nonce: 'a'.repeat(64) })).toBe('TASK_EXPIRED');
    expect(await controls.sweep()).toBeGreaterThan(0);
  });

  it('holds no longer than its platform is active', async () => {
    const page = await opened();
    const { store, relyingParties, unit } = world;
    const set = (status: 'active' | 'suspended') =>
      store.tx(async (tx) => unwrap(await relyingParties.setPlatform(tx, unit.id, '210100', { status })));
    await set('suspended');
    expect(await page.code('grant', { nonce: 'a'.repeat(64) })).toBe('PLATFORM_UNKNOWN');
    await set('active');
  });
});

describe('what the frame may do', () => {
  it('is granted to it for the agent: its operations, its origin, and who may hold the frame', async () => {
    const grants = async (operations: readonly string[]) => {
      const page = await opened({ operations: [...operations] });
      return (await page.good('grant', { nonce: 'ab'.repeat(32) })).grant;
    };
    const { grant, signature } = await grants(['sign', 'decrypt']);
    expect([grant.origin, grant.frames, grant.operations]).toEqual([
      world.publicUrl,
      [origin],
      ['enumerate', 'certificates', 'sign-document', 'unwrap'],
    ]);
    const signed = fromBase64(signature) ?? utf8('');
    expect(gm.sm2.verify(world.signingKey.publicKey, [utf8(grantText(grant))], signed)).toBe(true);
    const enlarged = { ...grant, frames: [origin, 'https://evil.example'] };
    expect(gm.sm2.verify(world.signingKey.publicKey, [utf8(grantText(enlarged))], signed)).toBe(false);
    expect((await grants(['verify'])).grant.operations).toEqual(['enumerate', 'certificates']);
  });

  it('is only what the session was opened for', async () => {
    const page = await opened({ operations: ['verify'] });
    const content = base64(utf8(TEXT));
    const { certificate } = key;
    expect(await page.code('prepare', { certificate, content })).toBe('CONTROL_NOT_ALLOWED');
    expect(await page.code('encrypt', { certificates: [certificate], content })).toBe('CONTROL_NOT_ALLOWED');
    expect(await page.code('locate', { certificate, envelope: content })).toBe('CONTROL_NOT_ALLOWED');
    const signing = await opened({ operations: ['sign'] });
    expect(await signing.code('verify', { signature: content, content })).toBe('CONTROL_NOT_ALLOWED');
  });

  it('lists certificates with what they are worth, enrolled or not', async () => {
    const page = await opened();
    const sign = base64(key.pair.signCertificate);
    const { certificates } = await page.good('certificates', { certificates: [{ key: 'k1', sign }] });
    expect(certificates).toMatchObject([
      { key: 'k1', certId: hex(gm.sm3(key.pair.signCertificate)), algorithm: 'SM2', error: null },
    ]);
    expect((await page.good('certificates', { certificates: [{ key: 'k1', sign: 'eA==' }] })).certificates).toEqual([]);
  });
});

describe('a message signed in a page', () => {
  const content = base64(utf8(TEXT));
  const certificate = () => key.certificate;
  const sign = async (toSign: string, by = key) =>
    base64(await gm.sm2.sign(by.pair.signKey, [fromBase64(toSign) ?? utf8('')]));

  it('is assembled with and without its content, and verifies', async () => {
    const page = await opened();
    for (const detached of [true, false]) {
      const { toSign, signingTime, sm3 } = await page.good('prepare', { certificate: certificate(), content });
      expect(sm3).toBe(hex(gm.sm3(utf8(TEXT))));
      const parts = { certificate: certificate(), content, signingTime, signature: await sign(toSign), detached };
      const { message } = await page.good('assemble', parts);
      const asked = detached ? { signature: message, content } : { signature: message };
      expect((await page.good('verify', asked)).report).toMatchObject({ result: 'valid', form: 'cms' });
      const other = base64(utf8(`${TEXT}整`));
      expect((await page.good('verify', { signature: message, content: other })).report.result).toBe('invalid');
    }
  });

  it('is not made of another text, another key, another time, or a time long past', async () => {
    const page = await opened();
    const { toSign, signingTime } = await page.good('prepare', { certificate: certificate(), content });
    const parts = { certificate: certificate(), content, signingTime, signature: await sign(toSign), detached: true };
    const stranger = await world.key();
    const wrong = [
      { ...parts, content: base64(utf8('别的')) },
      { ...parts, signature: await sign(toSign, stranger) },
      { ...parts, certificate: stranger.certificate },
      { ...parts, signingTime: signingTime + 1000 },
      { ...parts, signature: 'AAAA' },
    ];
    for (const one of wrong) expect(await page.code('assemble', one)).toBe('SIGNATURE_WRONG');
    world.clock.pass(limits.challengeLife + 2000);
    expect(await page.code('assemble', parts)).toBe('CHALLENGE_EXPIRED');
  });

  it('is not begun with a certificate that nobody recognises', async () => {
    const page = await opened();
    const selfMade = base64(world.pki.authorities[0]?.root ?? utf8(''));
    expect(await page.code('prepare', { certificate: selfMade, content })).not.toBe('ok');
    expect(await page.code('prepare', { certificate: 'eA==', content })).toBe('CERTIFICATE_UNREADABLE');
    expect(await page.code('prepare', { certificate: certificate(), content: 'not base64!' })).toBe('BODY_NOT_JSON');
  });
});

describe('an envelope made in a page', () => {
  it('is opened by its recipient’s key alone; the hub only says where things stand', async () => {
    const page = await opened();
    const content = base64(utf8(TEXT));
    const encryption = base64(key.pair.encCertificate);
    const { envelope } = await page.good('encrypt', { content, certificates: [encryption] });
    const { wraps, iv, ciphertext } = await page.good('locate', { envelope, certificate: encryption });
    const wrapped = await gm.sm2.decrypt(key.pair.encKey, fromBase64(wraps[0] ?? '') ?? utf8(''));
    if (!wrapped.ok) throw new Error('not wrapped to this key');
    const plain = gm.sm4Decrypt('cbc', wrapped.plaintext, fromBase64(iv) ?? null, fromBase64(ciphertext) ?? utf8(''));
    expect(plain && Buffer.from(plain).toString('utf8')).toBe(TEXT);
    const parsed = parseEnvelopedData(fromBase64(envelope) ?? utf8(''));
    expect(parsed?.family).toBe('gm');
    expect(parsed && openWithContentKey(gm, parsed, wrapped.plaintext)).toEqual(plain);
    const stranger = base64((await world.key()).pair.encCertificate);
    expect(await page.code('locate', { envelope, certificate: stranger })).toBe('DECRYPT_FAILED');
    expect(await page.code('locate', { envelope: content, certificate: encryption })).toBe('DECRYPT_FAILED');
  });

  it('is never made to a signing certificate', async () => {
    const page = await opened();
    const content = base64(utf8(TEXT));
    expect(await page.code('encrypt', { content, certificates: [key.certificate] })).not.toBe('ok');
  });
});

it('every use stands in the journal, with keyed digests and tails, without a word of what was used', async () => {
  const rows = await world.store.read.db.selectFrom('journal').select(['kind', 'body']).execute();
  const uses = rows.filter(({ kind }) => kind.startsWith('control.'));
  expect(new Set(uses.map(({ kind }) => kind))).toEqual(
    new Set(
      [
        'started',
        'reopened',
        'claimed',
        'cancelled',
        'expired',
        'signing',
        'signed',
        'encrypted',
        'opening',
        'verified',
      ].map((what) => `control.${what}`),
    ),
  );
  const written = JSON.stringify(uses);
  const secrets = [TEXT, base64(utf8(TEXT)), hex(gm.sm3(utf8(TEXT))), key.certificate, key.serial];
  for (const secret of secrets) expect(written).not.toContain(secret);
  expect(written).toContain(world.cipher.index('control.content', hex(gm.sm3(utf8(TEXT)))));
});
