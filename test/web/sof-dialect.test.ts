import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Operation } from '#agent/protocol.ts';
import { createGm } from '#crypto/provider.ts';
import type { KeyPair } from '#fixtures/pki/authority.ts';
import { companies } from '#fixtures/pki/identities.ts';
import { buildWorldPki } from '#fixtures/pki/world.ts';
import { type KeyService, type ServiceKey, startKeyService } from '#fixtures/world/key-service/service.ts';
import { base64, fromBase64, hex, utf8 } from '#kernel/bytes.ts';
import { parseCertificate } from '#pki/certificate.ts';
import { attributesToSign } from '#pki/cms-detached.ts';
import type { AgentSession, ConnectOptions, SessionEvent } from '#web/hosted/dialects/dialect.ts';
import { readingsOf } from '#web/hosted/dialects/sof-forms.ts';
import { connect } from '#web/hosted/dialects/sof-service.ts';
import { createTalk } from '#web/hosted/dialects/sof-talk.ts';

const gm = createGm();
const PIN = '135790';
const ORIGIN = 'http://hub.example';
let pair: KeyPair;
let other: KeyPair;
let service: KeyService;
let events: SessionEvent[];
let open: AgentSession[];

beforeAll(async () => {
  const pki = await buildWorldPki(gm, { now: Date.now, crlBase: () => 'http://crl.example', vendors: ['bailu'] });
  pair = await pki.issueKeyPair({ authority: 'bailu', holder: companies.liaoning });
  other = await pki.issueKeyPair({ authority: 'bailu', holder: companies.dalian });
});
beforeEach(async () => {
  events = [];
  open = [];
  service = await startKeyService({
    port: 0,
    keys: [keyOf('BL1/SM2', pair), { ...keyOf('BL2/SM2', other), away: true }],
  });
});
afterEach(async () => {
  for (const one of open) one.close();
  await service.close();
});

const keyOf = (certId: string, { signKey, signCertificate, encKey, encCertificate }: KeyPair): ServiceKey => ({
  ...{ certId, label: '辽宁示例建设有限公司（白鹭）', pin: PIN, signCertificate, encCertificate },
  signKey: hex(gm.sm2.exportPrivate(signKey)),
  encKey: hex(gm.sm2.exportPrivate(encKey)),
});

const ALL: readonly Operation[] = ['enumerate', 'certificates', 'sign-login', 'unwrap', 'sign-document'];
const granting =
  (operations: readonly Operation[]): ConnectOptions['grant'] =>
  async (nonce) => ({
    grant: { v: 1, nonce, origin: ORIGIN, interaction: 'int_1', operations, expires: '2026-03-18T01:30:00Z' },
    signature: 'AA==',
  });
const options = (more: Partial<ConnectOptions> = {}): ConnectOptions => ({
  endpoints: ['ws://127.0.0.1:9/sofapp/', service.url],
  patienceMs: 2000,
  grant: granting(ALL),
  onEvent: (event) => events.push(event),
  ...more,
});

async function session(operations: readonly Operation[] = ALL): Promise<AgentSession> {
  const found = await connect(options({ grant: granting(operations) }));
  if (!found.ok) throw new Error(found.reason);
  open.push(found.session);
  return found.session;
}

async function withKey(operations: readonly Operation[] = ALL) {
  const on = await session(operations);
  const said = await on.keys();
  const key = said.ok ? (said.value[0]?.key ?? '') : '';
  return { on, key };
}

async function withOpenKey(operations: readonly Operation[] = ALL) {
  const { on, key } = await withKey(operations);
  expect(await on.login(key, PIN)).toEqual({ ok: true, value: null });
  return { on, key };
}

const challenge = (purpose = 'login', interaction = 'int_1'): string =>
  [
    ...['caihub/1', `purpose=${purpose}`, `hub=${ORIGIN}`, 'unit=U1', 'orgcode=210100', `interaction=${interaction}`],
    ...[`nonce=${'ab'.repeat(32)}`, 'expires=2026-03-18T01:30:00Z'],
  ].join('\n');

const heard = (event: string) => vi.waitFor(() => expect(events.map((one) => one.event)).toContain(event), 2000);
const called = () => service.calls.map(({ name }) => name);

describe('the SOF dialect with a vendor’s own program', () => {
  it('finds the program among closed ports and opens nothing before the hub has granted it', async () => {
    const nonces: string[] = [];
    const found = await connect(
      options({
        grant: async (nonce) => {
          nonces.push(nonce);
          expect(called()).toEqual(['SOF_GetVersion']);
          return null;
        },
      }),
    );
    expect(found).toEqual({ ok: false, reason: 'no-grant', version: 'SOF 3.2.1' });
    expect(nonces).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
    expect(called()).toEqual(['SOF_GetVersion']);
  });

  it('does not take a grant of another connection for its own', async () => {
    const grant: ConnectOptions['grant'] = () => granting(ALL)('ab'.repeat(32));
    expect(await connect(options({ grant }))).toMatchObject({ ok: false, reason: 'no-grant' });
  });

  it('says that no program is there, in time', async () => {
    expect(await connect(options({ endpoints: ['ws://127.0.0.1:9/sofapp/'] }))).toMatchObject({
      reason: 'unreachable',
    });
    const { createServer } = await import('node:net');
    const mute = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => mute.once('listening', resolve));
    const { port } = mute.address() as import('node:net').AddressInfo;
    const found = await connect(options({ endpoints: [`ws://127.0.0.1:${port}/sofapp/`], patienceMs: 100 }));
    expect(found).toMatchObject({ reason: 'unreachable' });
    mute.close();
  });

  it('lists the plugged keys with their tries, under handles that say nothing, and what they can be asked for', async () => {
    const { on, key } = await withKey();
    expect(await on.keys()).toEqual({
      ok: true,
      value: [
        {
          ...{ key, label: '辽宁示例建设有限公司（白鹭）', pinEntry: 'page', pinRemaining: 6, loggedIn: false },
          can: ['sign', 'sign-document', 'unwrap'],
        },
      ],
    });
    expect(key).not.toContain('BL1');
    expect(await on.certificates(key)).toEqual({
      ok: true,
      value: { sign: base64(pair.signCertificate), encrypt: base64(pair.encCertificate) },
    });
  });

  it('counts wrong PINs with the key until it is locked', async () => {
    const { on, key } = await withKey();
    expect(await on.login(key, '000000')).toEqual({ ok: false, failure: { code: 'PIN_INCORRECT', remaining: 5 } });
    for (let tries = 4; tries > 0; tries -= 1) await on.login(key, '000000');
    expect(await on.login(key, '000000')).toEqual({ ok: false, failure: { code: 'PIN_LOCKED', remaining: 0 } });
    expect(await on.login(key, PIN)).toEqual({ ok: false, failure: { code: 'PIN_LOCKED', remaining: 0 } });
    expect(await on.keys()).toMatchObject({ value: [{ pinRemaining: 0 }] });
  });

  it('has the challenge of its own interaction signed, and nothing else', async () => {
    const { on, key } = await withKey();
    expect(await on.sign(key, challenge())).toMatchObject({ failure: { code: 'PIN_REQUIRED' } });
    await on.login(key, PIN);
    const said = await on.sign(key, challenge());
    if (!said.ok) throw new Error(said.failure.code);
    const signature = fromBase64(said.value.signature);
    const { publicKey } = pair.signKey;
    expect(signature && gm.sm2.verify(publicKey, [utf8(challenge())], signature)).toBe(true);
    expect(signature?.[0]).toBe(0x30);
    expect(said.value.certificate).toBe(base64(pair.signCertificate));
    for (const text of ['我同意付款', challenge('decrypt'), challenge('login', 'int_2')])
      expect(await on.sign(key, text)).toMatchObject({ failure: { code: 'TEXT_REFUSED' } });
    expect(called().filter((name) => name === 'SOF_SignData')).toHaveLength(1);
  });

  it('has what stands for a document signed, never a bare digest', async () => {
    const { on, key } = await withOpenKey();
    const certificate = parseCertificate(gm, pair.signCertificate);
    if (certificate === undefined) throw new Error('unreadable');
    const plan = { certificate, digest: gm.sm3(utf8('标书')), signingTime: Date.now(), profile: 'gbt35275Attributes' };
    const toSign = attributesToSign(gm, plan as Parameters<typeof attributesToSign>[1]);
    const said = await on.signDocument(key, base64(toSign));
    if (!said.ok) throw new Error(said.failure.code);
    const signature = fromBase64(said.value.signature);
    expect(signature && gm.sm2.verify(pair.signKey.publicKey, [toSign], signature)).toBe(true);
    expect(await on.signDocument(key, base64(gm.sm3(toSign)))).toMatchObject({ failure: { code: 'TEXT_REFUSED' } });
  });

  it.each(['der', 'c1c3c2-04', 'c1c3c2', 'c1c2c3-04', 'c1c2c3', 'skf'] as const)(
    'opens a key that was wrapped as %s, though the program knows one form',
    async (layout) => {
      const { on, key } = await withOpenKey();
      const content = gm.sm3(utf8(layout)).subarray(0, 16);
      const der = await gm.sm2.encrypt(pair.encKey.publicKey, content);
      expect(await on.unwrap(key, base64(inLayout(der, layout)))).toEqual({
        ok: true,
        value: { key: base64(content), layout },
      });
    },
  );

  it('says so where a wrap is another key’s, or what is in it is no key', async () => {
    const { on, key } = await withOpenKey();
    const foreign = await gm.sm2.encrypt(other.encKey.publicKey, utf8('0123456789abcdef'));
    expect(await on.unwrap(key, base64(foreign))).toMatchObject({ failure: { code: 'UNWRAP_FAILED' } });
    const data = await gm.sm2.encrypt(pair.encKey.publicKey, utf8('x'.repeat(65)));
    expect(await on.unwrap(key, base64(data))).toMatchObject({ failure: { code: 'UNWRAP_FAILED' } });
  });

  it('refuses what such a program cannot do, without asking it', async () => {
    const { on, key } = await withOpenKey(['enumerate', 'unwrap', 'release', 'rewrap']);
    const before = service.calls.length;
    const unable = { ok: false, failure: { code: 'NOT_SUPPORTED', remaining: null } };
    expect(await on.unwrap(key, 'AAAA', '04'.repeat(65))).toEqual(unable);
    expect(await on.rewrap(key, 'AAAA', 'AAAA', '')).toEqual(unable);
    expect(await on.pinDialog(key)).toMatchObject({ failure: { code: 'PIN_ENTRY_WRONG' } });
    expect(service.calls.length).toBe(before);
  });

  it('does what was granted and no more', async () => {
    const { on, key } = await withKey(['enumerate']);
    const refused = { failure: { code: 'OPERATION_NOT_GRANTED' } };
    expect(await on.certificates(key)).toMatchObject(refused);
    expect(await on.login(key, PIN)).toMatchObject(refused);
    expect(await on.sign(key, challenge())).toMatchObject(refused);
    expect(await on.unwrap(key, 'AAAA')).toMatchObject(refused);
    expect(called()).toEqual(['SOF_GetVersion', 'SOF_GetUserList', 'SOF_GetPinRetryCount']);
    const blind = await session(['certificates']);
    expect(await blind.keys()).toMatchObject(refused);
  });

  it('closes behind its page the key that the program would leave open for everybody', async () => {
    const first = await withOpenKey();
    const second = await withKey();
    // Open for the program, but not by this page: its person is asked all the same.
    expect(await second.on.sign(second.key, challenge())).toMatchObject({ failure: { code: 'PIN_REQUIRED' } });
    first.on.close();
    await vi.waitFor(() => expect(called()).toContain('SOF_Logout'));
  });

  it('finds out which key came or went, where the program only says that something changed', async () => {
    const { on, key } = await withOpenKey();
    service.unplug('BL1/SM2');
    await heard('unplugged');
    expect(events).toEqual([{ event: 'unplugged', key }]);
    expect(await on.sign(key, challenge())).toMatchObject({ failure: { code: 'KEY_REMOVED' } });
    service.plug('BL2/SM2');
    await heard('plugged');
    service.plug('BL1/SM2');
    await vi.waitFor(() => expect(events).toHaveLength(3));
    expect(events[2]).toEqual({ event: 'plugged', key });
    // Pulled in between: the PIN is asked again.
    expect(await on.sign(key, challenge())).toMatchObject({ failure: { code: 'PIN_REQUIRED' } });
  });

  it('tells its page when the program ends', async () => {
    const { on } = await withKey();
    await service.stop();
    await heard('closed');
    expect(await on.keys()).toMatchObject({ failure: { code: 'CLOSED' } });
    await service.start();
  });
});

describe('answers of a program that is not what it says', () => {
  /** A program that answers these functions so, and every other with "". */
  async function strange(answers: Readonly<Record<string, unknown>>) {
    const { WebSocketServer } = await import('ws');
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await new Promise((resolve) => server.once('listening', resolve));
    server.on('connection', (socket) =>
      socket.on('message', (data) => {
        const { xtx_func_name: name, call_cmd_id: id } = JSON.parse(String(data)) as Record<string, string>;
        if (name === undefined || answers[name] === 'silent') return;
        socket.send(JSON.stringify({ call_cmd_id: id, retVal: name in answers ? answers[name] : '' }));
      }),
    );
    const { port } = server.address() as import('node:net').AddressInfo;
    const found = await connect(options({ endpoints: [`ws://127.0.0.1:${port}/`], patienceMs: 200 }));
    if (found.ok) open.push(found.session);
    const end = (): Promise<unknown> => {
      for (const socket of server.clients) socket.terminate();
      return new Promise((done) => server.close(done));
    };
    return { found, end };
  }

  it('is not this program when its version makes no sense', async () => {
    for (const version of ['', '<b>3</b>', { major: 3 }]) {
      const { found, end } = await strange({ SOF_GetVersion: version });
      expect(found).toMatchObject({ ok: false, reason: 'unreachable' });
      await end();
    }
  });

  it.each([
    ['half a line', 'name||&&&'],
    ['a mark inside', 'na||me||id&&&x'],
    ['the same key twice', 'a||1&&&b||1&&&'],
    ['an object', { list: [] }],
    ['a control character', 'a\u0000||1&&&'],
  ])('a list of keys with %s is believed in no part', async (_, list) => {
    const { found, end } = await strange({ SOF_GetVersion: '3.2.1', SOF_GetUserList: list });
    expect(found.ok && (await found.session.keys())).toMatchObject({ ok: false, failure: { code: 'BAD_REQUEST' } });
    await end();
  });

  it('truth and numbers may come as text, certificates as PEM', async () => {
    const text = base64(pair.signCertificate);
    const answers = {
      ...{ SOF_GetVersion: 3, SOF_GetUserList: '甲||1', SOF_GetPinRetryCount: '4', SOF_Login: true },
      SOF_ExportUserCert: `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`,
    };
    const { found, end } = await strange(answers);
    if (!found.ok) throw new Error(found.reason);
    const listed = await found.session.keys();
    const key = listed.ok ? (listed.value[0]?.key ?? '') : '';
    expect(listed).toMatchObject({ value: [{ label: '甲', pinRemaining: 4 }] });
    expect(await found.session.certificates(key)).toEqual({ ok: true, value: { sign: text, encrypt: '' } });
    expect(await found.session.login(key, PIN)).toEqual({ ok: true, value: null });
    // No signature, and an error that nobody knows.
    expect(await found.session.sign(key, challenge())).toMatchObject({ failure: { code: 'INTERNAL' } });
    found.session.close();
    await end();
  });
});

describe('a program that hangs', () => {
  afterAll(() => vi.useRealTimers());

  it('is given up when it misses its heartbeat', () => {
    vi.useFakeTimers();
    const sent: string[] = [];
    const socket = {
      readyState: WebSocket.OPEN,
      url: 'ws://127.0.0.1:1/',
      send: (text: string) => sent.push(text),
      close: vi.fn(),
    };
    const onClosed = vi.fn();
    createTalk(socket as unknown as WebSocket, { onChange: () => undefined, onClosed }).watch();
    vi.advanceTimersByTime(10_000);
    expect(sent).toEqual([expect.stringContaining('SOF_GetVersion')]);
    expect(onClosed).not.toHaveBeenCalled();
    return vi.advanceTimersByTimeAsync(5_000).then(() => {
      expect(onClosed).toHaveBeenCalledOnce();
      expect(socket.close).toHaveBeenCalledOnce();
      vi.useRealTimers();
    });
  });
});

/** The same ciphertext written in another way (domain 1.2). */
function inLayout(
  der: Uint8Array,
  layout: 'der' | 'c1c3c2-04' | 'c1c3c2' | 'c1c2c3-04' | 'c1c2c3' | 'skf',
): Uint8Array {
  const parts: Buffer[] = [];
  for (let at = 2; at < der.length; ) {
    const length = der[at + 1] ?? 0;
    parts.push(Buffer.from(der.subarray(at + 2, at + 2 + length)));
    at += 2 + length;
  }
  const [x, y] = parts.slice(0, 2).map((part) => Buffer.from(part.toString('hex').padStart(64, '0').slice(-64), 'hex'));
  const [c3, c2] = parts.slice(2);
  if (x === undefined || y === undefined || c3 === undefined || c2 === undefined) throw new Error('not a ciphertext');
  const four = Buffer.of(4);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(c2.length);
  const blank = Buffer.alloc(32);
  const forms = {
    der: der,
    'c1c3c2-04': Buffer.concat([four, x, y, c3, c2]),
    c1c3c2: Buffer.concat([x, y, c3, c2]),
    'c1c2c3-04': Buffer.concat([four, x, y, c2, c3]),
    c1c2c3: Buffer.concat([x, y, c2, c3]),
    skf: Buffer.concat([blank, x, blank, y, c3, length, c2]),
  };
  // The first reading of an unmarked one may be the marked one's: what the key opens decides.
  expect(readingsOf(forms[layout]).length).toBeGreaterThan(0);
  return forms[layout];
}
