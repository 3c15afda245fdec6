import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSoftwareKeyFile } from '#agent/software-key.ts';
import { createGm } from '#crypto/provider.ts';
import { type AgentProcess, startAgentProcess } from '#fixtures/world/agent-process.ts';
import { type Cast, type CastKey, createCast } from '#fixtures/world/cast.ts';
import { type HubProcess, startHubProcess } from '#fixtures/world/hub-process.ts';
import { freePort } from '#fixtures/world/ports.ts';
import { type PreparedWorld, prepareWorld } from '#fixtures/world/setup.ts';
import { callHub, type HubAccess, newTaskId } from '#fixtures/world/trading-system/hub.ts';
import { callExt } from '#fixtures/world/trading-system/hub-ext.ts';
import { startWorldVendor } from '#fixtures/world/vendor-setup.ts';
import { base64, fromBase64, fromHex, hex, utf8 } from '#kernel/bytes.ts';
import { systemRandom } from '#kernel/random.ts';
import { joinKeys } from '#opening/capsule/keys.ts';
import { sealForOpening, unitSigner } from '#opening/capsule/sdk.ts';
import { joinShares } from '#opening/capsule/shares.ts';
import { splitCapsule } from '#opening/capsule/structure.ts';
import { openingWrap, wrappedBytes } from '#opening/capsule/wraps.ts';
import { good, handle, openPage } from '#test/agent/support.ts';
import { createSearch, type Needle } from '#test/redteam/needles.ts';
import { Browser, tokenOf } from '#test/support/bidder.ts';
import {
  announceOpening,
  decryptCall,
  HallPerson,
  handIn,
  LOT,
  must,
  sealAtClient,
  ticketOf,
  unwrap,
} from '#test/support/opening-day.ts';
import { eventually } from '#test/support/receiver.ts';

/** Real processes, everything over HTTP: what is sealed comes out unchanged where it should, and nowhere else can it be read. */
const gm = createGm();
const PIN = 'Canary-PIN-9f3K7w2q';
const MARK = '金丝雀正文';
const OPENS_IN_MS = 20_000;

let folder: string;
let outside: string;
let world: PreparedWorld;
let cast: Cast;
let hub: HubProcess;
let agent: AgentProcess;
let trading: Server;
let access: HubAccess;
let closeVendor: () => Promise<void>;
const hubLines: string[] = [];
const agentLines: string[] = [];
/** Everything that the hub answered to anybody but message 7 and the content behind a link. */
const answers: string[] = [];
const addresses: string[] = [];
const delivered = new Map<string, { readonly decData: string; readonly url: string }>();
const secrets: Needle[] = [];
const remember = (name: string, value: Uint8Array): void => void secrets.push({ name, value: Uint8Array.from(value) });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'caihub-opening-'));
  outside = mkdtempSync(join(tmpdir(), 'caihub-opening-agent-'));
  const [hubPort, tradingPort, vendor, agentPort] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const ports = { hub: hubPort, trading: tradingPort, neighbour: await freePort(), vendor, agent: agentPort };
  world = await prepareWorld({ gm, folder, ports, logLevel: 'info' });
  cast = await createCast(gm, world.pki, Date.now());
  const service = await startWorldVendor(gm, world, cast);
  closeVendor = () => service.close();
  trading = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { taskId, decData } = JSON.parse(Buffer.concat(parts).toString()) as Record<string, string>;
    delivered.set(taskId ?? '', { decData: decData ?? '', url: request.url ?? '' });
    addresses.push(request.url ?? '');
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ data: decData, taskId }));
  });
  await new Promise<void>((resolve) => trading.listen(tradingPort, '127.0.0.1', resolve));
  hub = await startHubProcess({
    configFile: world.configFile,
    url: world.hubUrl,
    onLine: (line) => void hubLines.push(line),
  });
  const [unit] = world.units;
  if (unit === undefined) throw new Error('no unit');
  access = { hub: world.hubUrl, caUnitId: unit.caUnitId, orgcode: unit.orgcode, secret: unit.secret };
  await cast.enrol(world, unit);
  const keyFolder = join(outside, 'keys');
  mkdirSync(keyFolder);
  const { label, pair } = keyOf('liaoning-beichen');
  createSoftwareKeyFile(
    {
      ...{ file: join(keyFolder, 'one.json'), label, pin: PIN, pinEntry: 'page' as const },
      sign: { key: pair.signKey, certificate: pair.signCertificate },
      encrypt: { key: pair.encKey, certificate: pair.encCertificate },
    },
    { gm, random: systemRandom },
  );
  agent = await startAgentProcess({
    ...{ gm, home: join(outside, 'home'), keyFolder, port: agentPort, hub: world.hubUrl },
    onLine: (line) => void agentLines.push(line),
  });
}, 120_000);
afterAll(async () => {
  await agent?.kill();
  await hub?.kill();
  await closeVendor?.();
  trading?.closeAllConnections();
  trading?.close();
  for (const path of [folder, outside]) rmSync(path, { recursive: true, force: true });
});

const keyOf = (name: string): CastKey => {
  const key = cast.keys.find((one) => one.name === name);
  if (key === undefined) throw new Error(`no key ${name}`);
  return key;
};

class Watched extends Browser {
  override async fetch(...args: Parameters<Browser['fetch']>): Promise<Response> {
    addresses.push(args[0]);
    const reply = await super.fetch(...args);
    answers.push(`${[...reply.headers].join('\n')}\n${await reply.clone().text()}`);
    return reply;
  }
}

async function hubSays(name: 'encrypt' | 'startdecrypt', members: Record<string, string>) {
  const answer = await callHub(access, name, members);
  answers.push(JSON.stringify(answer));
  return answer;
}

const encrypt = async (key: CastKey, decData: string, more: Record<string, string> = {}): Promise<string> => {
  const { idNumber, unitCode } = key.holder;
  const members = { taskId: newTaskId('E'), idNumber, unitCode, encCertSn: key.encCertSn, decData, ...more };
  const answer = await hubSays('encrypt', members);
  if ('trouble' in answer) throw new Error(answer.trouble);
  return String(answer.body['encdata']);
};

const startDecrypt = async (encData: string) => {
  const taskId = newTaskId('D');
  const { caUnitId, orgcode } = access;
  return { taskId, answer: await hubSays('startdecrypt', { caUnitId, taskId, orgcode, encData }) };
};

type GivenKey = { readonly item: string; readonly wrap: string; readonly key: string; readonly layout: string };
type AskedWrap = { readonly item: string; readonly wrap: string; readonly wrapped: string };

/** startdecrypt → page → key → message 7; what the trading system then has. */
async function opened(
  encData: string,
  key: CastKey,
  give: (wraps: readonly AskedWrap[], interaction: string, browser: Browser) => Promise<GivenKey[]> = async (wraps) =>
    Promise.all(
      wraps.map(async ({ item, wrap, wrapped }) => {
        const value = await unwrap(gm, key.pair, wrapped);
        remember(`content key or half, ${key.name}`, value);
        return { item, wrap, key: base64(value), layout: 'der' };
      }),
    ),
): Promise<string> {
  const { taskId, answer } = await startDecrypt(encData);
  if ('trouble' in answer) throw new Error(answer.trouble);
  const browser = new Watched();
  await browser.call(world.hubUrl, 'hello', {});
  const page = String(answer.body['decrypturl']);
  await browser.fetch(page);
  const { view } = must('claim', await decryptCall(browser, world.hubUrl, 'claim', { token: tokenOf(page) }));
  const { interaction } = view;
  const sign = base64(key.pair.signCertificate);
  const certificates = [{ key: 'k', sign, encrypt: base64(key.pair.encCertificate) }];
  const plugged = must(
    'certificates',
    await decryptCall(browser, world.hubUrl, 'certificates', { interaction, certificates }),
  );
  const own = view.items.filter((item) => item.interaction === interaction).map(({ id }) => id);
  const wraps = (plugged.wraps['k'] ?? []).filter(({ item }) => own.includes(item));
  const keys = await give(wraps, interaction, browser);
  must('keys', await decryptCall(browser, world.hubUrl, 'keys', { interaction, keys }));
  await eventually('message 7', () => delivered.has(taskId));
  await eventually('the end of the page', async () => {
    const seen = must('view', await decryptCall(browser, world.hubUrl, 'view', { interaction }));
    return seen.view.state === 'succeeded';
  });
  return delivered.get(taskId)?.decData ?? '';
}

describe('a text that was encrypted over HTTP', () => {
  it.each<[string, string]>([
    ['nothing', ''],
    ['one byte', 'x'],
    ['15 bytes', 'x'.repeat(15)],
    ['16 bytes', 'x'.repeat(16)],
    ['17 bytes', 'x'.repeat(17)],
    ['4 KB', `${MARK}4KB，`.repeat(200)],
    ['JSON with everything that JSON escapes', JSON.stringify({ [MARK]: '"\\/\b\f\n\r\t\u0001 ', n: [1.5e300, null] })],
    ['1 MiB of Chinese and emoji', `${MARK}🔑🏗️壹拾万元整\r\n`.repeat(24_000)],
  ])('of %s comes back unchanged in message 7', async (_, text) => {
    const key = keyOf('liaoning-bohai');
    expect(await opened(await encrypt(key, text), key)).toBe(text);
  });

  it('is opened by either of two recipients', async () => {
    const [one, other] = [keyOf('liaoning-beichen'), keyOf('dalian-bohai')];
    const { idNumber, unitCode } = other.holder;
    const hubPart = { recipients: [{ idNumber, unitCode, encCertSn: other.encCertSn }] };
    const encData = await encrypt(one, `${MARK}两位收件人`, { standBy: JSON.stringify({ hub: hubPart }) });
    for (const key of [other, one]) expect(await opened(encData, key)).toBe(`${MARK}两位收件人`);
  });

  it('is opened through the agent, and the PIN goes to the agent alone', async () => {
    const key = keyOf('liaoning-beichen');
    const text = `${MARK}经证书助手`;
    const port = Number(new URL(agent.url.replace('ws:', 'http:')).port);
    const page = await openPage(port, { origin: world.hubUrl });
    const got = await opened(await encrypt(key, text), key, async (wraps, interaction, browser) => {
      const { nonce } = page.greeting;
      const { grant } = must('grant', await decryptCall(browser, world.hubUrl, 'grant', { interaction, nonce }));
      good(await page.call('authorize', grant));
      const held = await handle(page);
      expect(await page.call('login', { key: held, pin: `${PIN}?` })).toMatchObject({ ok: false });
      good(await page.call('login', { key: held, pin: PIN }));
      return Promise.all(
        wraps.map(async ({ item, wrap, wrapped }) => {
          const result = good(await page.call('unwrap', { key: held, wrapped }));
          if (!('key' in result)) throw new Error('wrapped again');
          remember('content key from the agent', fromBase64(result.key) ?? Buffer.alloc(0));
          return { item, wrap, key: result.key, layout: result.layout };
        }),
      );
    });
    page.close();
    expect(got).toBe(text);
  });
});

describe('an opening over HTTP', () => {
  it('keeps three bids closed until its time and its custodians, and gives each back unchanged', async () => {
    const opensAt = Date.now() + OPENS_IN_MS;
    const opening = await announceOpening(access, cast.officers, { opensAt });
    const ticket = await ticketOf(access, opening);
    const [a, b, c] = [keyOf('liaoning-beichen'), keyOf('dalian-bohai'), keyOf('anshan-beichen')];
    const texts = { a: `${MARK}甲：壹佰万元整 🏗`, b: `${MARK}乙：贰佰万元整` };
    const sealedByHub = await encrypt(a, texts.a, {
      standBy: JSON.stringify({ hub: { openingId: opening, lot: LOT } }),
    });
    const bid = await sealAtClient(access, ticket, { taskId: newTaskId('B'), text: texts.b, key: b });
    const handed = await handIn(access, opening, bid);
    if ('trouble' in handed) throw new Error(handed.trouble);
    const file = Buffer.concat([utf8(`${MARK}丙的文件`), systemRandom.bytes(1_200_000)]);
    const fileBid = newTaskId('F');
    const fileCapsule = await sealForOpening({
      ...{ ticket, hubKeys: [ticket.key], task: fileBid, bidder: c.holder.unitCode },
      certificates: [base64(c.pair.encCertificate)],
      content: { bytes: file, name: `${MARK}丙的标书.zip` },
      signer: unitSigner(access.caUnitId, access.secret),
    });
    const parts: Buffer[] = [];
    for await (const part of fileCapsule.stream()) parts.push(part);
    const bytes = Buffer.concat(parts);
    const sent = await callExt(access, 'PUT', `/api/ca/ext/openings/${opening}/capsules?lot=${LOT}&taskId=${fileBid}`, {
      bytes,
    });
    answers.push(JSON.stringify(sent));
    if (!sent.ok) throw new Error(sent.trouble);
    for (const early of [sealedByHub, base64(bid.bytes), handed.encData, String(sent.data['encData'])])
      expect((await startDecrypt(early)).answer).toEqual({
        trouble: expect.stringMatching(/^未到开标时间（北京时间 /),
      });
    const seat = async (key: CastKey): Promise<HallPerson> => {
      const person = new HallPerson(gm, world.hubUrl, opening, key, new Watched());
      await person.sit();
      return person;
    };
    const host = await seat(cast.officers.find(({ role }) => role === 'host') as CastKey);
    await expect(host.start()).rejects.toThrow();
    await setTimeout(Math.max(0, opensAt - Date.now() + 50));
    await host.start();
    expect((await startDecrypt(handed.encData)).answer).toEqual({
      trouble: expect.stringContaining('开标密钥尚未释放'),
    });
    const shares: Uint8Array[] = [];
    for (const custodian of cast.officers.filter(({ role }) => role === 'custodian').slice(0, 2)) {
      const person = await seat(custodian);
      const share = await shareOf(person, custodian);
      shares.push(share);
      remember(`share of ${custodian.name}`, share);
      await person.release();
    }
    expect(await opened(sealedByHub, a)).toBe(texts.a);
    expect(await opened(handed.encData, b)).toBe(texts.b);
    const link = JSON.parse(await opened(String(sent.data['encData']), c)) as Record<string, string>;
    expect(link).toMatchObject({ sm3: hex(gm.sm3(file)), size: file.length });
    const fetched = Buffer.from(await (await fetch(link['url'] ?? '')).arrayBuffer());
    expect(fetched.equals(file)).toBe(true);
    expect((await fetch(link['url'] ?? '')).status).toBe(410);

    // What was whole for a moment in the opener only: worked out here from what the custodians and the bidders have.
    const scalar = await joinShares(shares);
    const key = scalar && gm.sm2.importPrivate(scalar);
    if (scalar === undefined || key === undefined) throw new Error('the shares do not join');
    remember('opening key', scalar);
    const capsules: [Uint8Array, CastKey][] = [
      [fromBase64(sealedByHub) ?? Buffer.alloc(0), a],
      [bid.bytes, b],
      [bytes, c],
    ];
    for (const [capsule, bidder] of capsules) {
      const { head } = await splitCapsule(gm, [capsule]);
      const half = openingWrap(head.wraps);
      const ko = half && (await gm.sm2.decrypt(key, wrappedBytes(half)));
      const own = head.wraps.find(({ kind }) => kind === 'bidder');
      const kb = await unwrap(gm, bidder.pair, own?.wrapped ?? '');
      if (!ko?.ok) throw new Error('no half of the opening');
      const joined = joinKeys(gm, head.header, kb, ko.plaintext);
      if (!joined.ok) throw new Error(joined.wrong);
      remember(`K_b ${bidder.name}`, kb);
      remember(`K_o ${bidder.name}`, ko.plaintext);
      remember(`DEK ${bidder.name}`, joined.dek);
    }
  }, 120_000);

  it('leaves no content, no key, no half, no share and no PIN in a log, an answer, an address, a row or a file (T34)', () => {
    remember('PIN', utf8(PIN));
    remember('content', utf8(MARK));
    remember(
      'content in JSON escapes',
      utf8(
        JSON.stringify(MARK)
          .replaceAll(/[^\x20-\x7e]/g, escaped)
          .slice(1, -1),
      ),
    );
    expect(secrets.length).toBeGreaterThan(25);
    const search = createSearch(secrets);
    const where = (hay: Uint8Array): string[] => {
      const found = new Set<string>();
      search.scan(hay, found);
      return [...found];
    };
    const places: [string, Uint8Array][] = [
      ['the hub’s log', utf8(hubLines.join('\n'))],
      ['the agent’s log', utf8(agentLines.join('\n'))],
      ['answers', utf8(answers.join('\n'))],
      ['addresses', utf8(addresses.join('\n'))],
      ...filesUnder(folder).map((file): [string, Uint8Array] => [file, readFileSync(file)]),
      ...filesUnder(outside).map((file): [string, Uint8Array] => [file, readFileSync(file)]),
    ];
    expect(places.some(([name]) => name.includes('blobs'))).toBe(true);
    expect(hubLines.length).toBeGreaterThan(30);
    expect(answers.length).toBeGreaterThan(60);
    expect(places.flatMap(([name, hay]) => where(hay).map((what) => `${what} in ${name}`))).toEqual([]);
    // The search can fail, and looks where the hub writes.
    const [first] = secrets;
    expect(where(utf8(`"key":"${base64(first?.value ?? Buffer.alloc(0))}"`))).toEqual([first?.name]);
    expect(places.some(([, hay]) => Buffer.from(hay).includes('decrypt.opened'))).toBe(true);
  });
});

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

function filesUnder(path: string): string[] {
  return readdirSync(path).flatMap((name) => {
    const full = join(path, name);
    return statSync(full).isDirectory() ? filesUnder(full) : [full];
  });
}

/** The share itself, as the custodian's token sees it and nobody else. */
async function shareOf(person: HallPerson, custodian: CastKey): Promise<Uint8Array> {
  const { task } = must(
    'share',
    await person.call('share', { interaction: (await person.see()).seat?.interaction ?? '', what: 'release' }),
  );
  expect(fromHex(task.to)).toHaveLength(65);
  return unwrap(gm, custodian.pair, task.wrapped);
}
