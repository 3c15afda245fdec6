import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bench, conformance, type EncryptBench } from '#drivers/conformance.ts';
import type { AskedKeys, Pending } from '#drivers/conformance-checks.ts';
import type { AuthRequest, Channel, Channels, Medium, ResumeEvent, SealRequest } from '#drivers/contract.ts';
import { createDriverHosts, type DriverHosts } from '#drivers/host.ts';
import { installed } from '#drivers/installed.ts';
import { mobileScan } from '#drivers/mobile-scan/driver.ts';
import { sofService, standardKey } from '#drivers/standard-key/driver.ts';
import { vendorPage } from '#drivers/vendor-page/driver.ts';
import type { VendorId } from '#fixtures/pki/world.ts';
import { startKeyService } from '#fixtures/world/key-service/service.ts';
import { postJson } from '#fixtures/world/post-json.ts';
import { base64, fromBase64, fromHex, hex, utf8 } from '#kernel/bytes.ts';
import type { Json } from '#kernel/json.ts';
import { systemRandom } from '#kernel/random.ts';
import { attributesToSign } from '#pki/cms-detached.ts';
import { parseEnvelopedData } from '#pki/cms-enveloped.ts';
import { openEnvelopedData, sm2Opener } from '#pki/cms-open.ts';
import { quietLog } from '#test/support/store.ts';
import { openVendorPage } from '#test/support/vendor-page.ts';
import { connect } from '#web/hosted/dialects/sof-service.ts';
import { gm, openTown, PAGE_ACCOUNT, read, runningClock, type Town } from './support.ts';

/** The drivers through the very host of the hub, against the vendors' real services over loopback. */
describe('the drivers in the box conform', () => {
  let offset = 0;
  const running = runningClock();
  const clock = { now: () => running.now() + offset, monotonic: running.monotonic };
  let town: Town;
  let hosts: DriverHosts;
  let door: Awaited<ReturnType<typeof openDoor>>;
  let count = 0;

  const openHosts = (): DriverHosts =>
    createDriverHosts({ ...town, clock, random: systemRandom, log: quietLog, installed });
  beforeAll(async () => {
    town = await openTown(clock);
    door = await openDoor();
    hosts = openHosts();
  });
  afterAll(async () => {
    await hosts.stop();
    await door.close();
    await town.close();
  });

  const request = (vendor: VendorId, purpose: string, life: number): AuthRequest => {
    count += 1;
    return {
      exchange: `exchange-${count}`,
      text: `caihub/1\npurpose=${purpose}\nnonce=${count}\n`,
      digits: '42',
      platformName: '示例市公共资源交易中心电子交易系统',
      expiresAt: clock.now() + life,
      callbackUrl: `${door.origin}/drivers/${vendor}/callback/exchange-${count}`,
      returnUrl: 'https://hub.ca.example/check/i/int_1',
    };
  };
  /** Two content keys to the person's certificate and one to somebody else's. */
  const wrapped = async (vendor: VendorId, life: number): Promise<AskedKeys> => {
    const replyKey = gm.sm2.generateKey();
    const { encKey, encCertificate } = town.pairs[vendor];
    const keys = new Map(['a', 'b'].map((id) => [`${id}-${count}`, systemRandom.bytes(16)]));
    const wraps = await Promise.all(
      [...keys].map(async ([id, key]) => ({ id, wrapped: base64(await gm.sm2.encrypt(encKey.publicKey, key)) })),
    );
    const foreign = base64(await gm.sm2.encrypt(replyKey.publicKey, systemRandom.bytes(16)));
    return {
      replyKey,
      keys,
      request: {
        ...request(vendor, 'decrypt', life),
        wraps: [...wraps, { id: 'foreign', wrapped: foreign }],
        certificate: base64(encCertificate),
        replyKey: hex(replyKey.publicKey.point),
      },
    };
  };
  /** A document's signed attributes to the person's certificate. */
  const sealed = async (vendor: VendorId, life: number): Promise<SealRequest> => {
    const certificate = read(town.pairs[vendor].signCertificate);
    const digest = systemRandom.bytes(32);
    const plan = { certificate, digest, signingTime: clock.now(), profile: 'gbt35275Attributes' } as const;
    return {
      ...request(vendor, 'sign', life),
      toSign: base64(attributesToSign(gm, plan)),
      digest: hex(digest),
      algorithm: 'sm2',
      certificate: base64(certificate.der),
      documentName: '投标文件.pdf',
      sealName: '示例公司公章',
      places: 3,
    };
  };
  const channelOf = <C extends Channel>(vendor: VendorId, channel: C, medium: Medium) => ({
    begin: async (wanted: Channels[C]['request']) => hosts.begin(await town.authority(vendor), channel, wanted, medium),
    resume: async (state: Json, event: ResumeEvent) =>
      hosts.resume(await town.authority(vendor), channel, state, event),
  });
  const common = {
    gm,
    async restart() {
      await hosts.stop();
      hosts = openHosts();
    },
    async pass(ms: number) {
      offset += ms;
    },
  };

  const scanned = new Set<string>();
  const phone = async (deed: 'scan' | 'confirm' | 'cancel', pending: Pending): Promise<ResumeEvent> => {
    if (pending.prompt.kind !== 'qr') throw new Error('no code to scan');
    const { content } = pending.prompt;
    if (deed === 'confirm' && !scanned.has(content)) await phone('scan', pending); // its own callback is not awaited again
    if (deed === 'scan') scanned.add(content);
    const heard = door.next();
    await postJson(`${new URL(content).origin}/phone/api/${deed}`, { content });
    return heard;
  };
  const withPhone = {
    person: {
      scan: (pending: Pending) => phone('scan', pending),
      confirm: (pending: Pending) => phone('confirm', pending),
      cancel: (pending: Pending) => phone('cancel', pending),
    },
    forgeries: (_: Pending, genuine: ResumeEvent) => forgeriesOf(genuine),
  };
  const mobile = (vendor: VendorId): Bench => ({
    ...common,
    manifest: mobileScan.manifest,
    auth: {
      ...channelOf(vendor, 'auth', 'mobile'),
      ...withPhone,
      request: (life) => request(vendor, 'login', life),
    },
    crypto: { ...channelOf(vendor, 'crypto', 'mobile'), ...withPhone, request: (life) => wrapped(vendor, life) },
    seal: { ...channelOf(vendor, 'seal', 'mobile'), ...withPhone, request: (life) => sealed(vendor, life) },
    outage: async (off) => town.vendor.outage(vendor, off),
    ...(vendor === 'bohai' && { encrypt: encryptBench() }),
  });
  const encryptBench = (): EncryptBench => ({
    run: async (wanted) => hosts.encrypt(await town.authority('bohai'), wanted, 'mobile'),
    get recipient() {
      return base64(town.pairs.bohai.encCertificate);
    },
    get stranger() {
      return base64(town.pairs.beichen.encCertificate);
    },
    async open(envelope) {
      const der = fromBase64(envelope) ?? Buffer.alloc(0);
      const { encKey, encCertificate } = town.pairs.bohai;
      const parsed = parseEnvelopedData(der);
      const opener = sm2Opener(gm, encKey, [read(encCertificate)]);
      const opened = parsed && (await openEnvelopedData(gm, parsed, opener));
      return opened?.ok ? opened.content : undefined;
    },
  });
  const atPc = async ({ prompt }: Pending): Promise<ResumeEvent> => {
    if (prompt.kind !== 'agent') throw new Error('nothing to do at this PC');
    const { signKey, signCertificate, encKey } = town.pairs.beichen;
    if (prompt.operation !== 'unwrap') {
      const said = prompt.operation === 'sign' ? utf8(prompt.text) : (fromBase64(prompt.toSign) ?? Buffer.alloc(0));
      const signature = await gm.sm2.sign(signKey, [said]);
      return {
        from: 'page',
        payload: { certificate: base64(signCertificate), signature: base64(signature) },
      };
    }
    const to = gm.sm2.importPublic(fromHex(prompt.to) ?? Buffer.alloc(0));
    const keys: { id: string; wrapped: string; layout: string }[] = [];
    for (const { id, wrapped: wrap } of prompt.wraps) {
      const opened = await gm.sm2.decrypt(encKey, fromBase64(wrap) ?? Buffer.alloc(0));
      if (!opened.ok || to === undefined) continue;
      keys.push({ id, wrapped: base64(await gm.sm2.encrypt(to, opened.plaintext)), layout: opened.layout });
    }
    return { from: 'page', payload: { keys } };
  };
  const person = {
    confirm: atPc,
    cancel: async (): Promise<ResumeEvent> => ({ from: 'page', payload: { error: 'PIN_CANCELLED' } }),
  };
  const key: Bench = {
    ...common,
    manifest: standardKey.manifest,
    auth: {
      ...channelOf('beichen', 'auth', 'key'),
      person,
      request: (life) => request('beichen', 'login', life),
    },
    crypto: { ...channelOf('beichen', 'crypto', 'key'), person, request: (life) => wrapped('beichen', life) },
    seal: { ...channelOf('beichen', 'seal', 'key'), person, request: (life) => sealed('beichen', life) },
  };

  /** The browser half is the dialect itself, with the vendor's own program behind it. */
  const atProgram = async ({ prompt }: Pending): Promise<ResumeEvent> => {
    if (prompt.kind !== 'agent' || prompt.operation === 'unwrap') throw new Error('nothing to do at this PC');
    const { signKey, signCertificate, encKey, encCertificate } = town.pairs.bailu;
    const program = await startKeyService({
      port: 0,
      keys: [
        {
          ...{ certId: 'BL1', label: '示例公司（白鹭）', pin: '135790', signCertificate, encCertificate },
          signKey: hex(gm.sm2.exportPrivate(signKey)),
          encKey: hex(gm.sm2.exportPrivate(encKey)),
        },
      ],
    });
    const operations = ['enumerate', 'certificates', 'sign-login', 'sign-document'] as const;
    const found = await connect({
      endpoints: [program.url],
      patienceMs: 5_000,
      grant: async (nonce) => ({
        grant: { v: 1, nonce, origin: 'https://hub.ca.example', interaction: 'int_1', operations, expires: '' },
        signature: '',
      }),
      onEvent: () => undefined,
    });
    try {
      if (!found.ok) throw new Error(found.reason);
      const { session } = found;
      const listed = await session.keys();
      const key = listed.ok ? (listed.value[0]?.key ?? '') : '';
      await session.login(key, '135790');
      const said =
        prompt.operation === 'sign'
          ? await session.sign(key, prompt.text)
          : await session.signDocument(key, prompt.toSign);
      if (!said.ok) throw new Error(said.failure.code);
      return { from: 'page', payload: { ...said.value } };
    } finally {
      if (found.ok) found.session.close();
      await program.close();
    }
  };
  const program: Bench = {
    ...common,
    manifest: sofService.manifest,
    auth: {
      ...channelOf('bailu', 'auth', 'key'),
      person: { ...person, confirm: atProgram },
      request: (life) => {
        const asked = request('bailu', 'login', life);
        return { ...asked, text: challengeOf(asked.text) };
      },
    },
    seal: {
      ...channelOf('bailu', 'seal', 'key'),
      person: { ...person, confirm: atProgram },
      request: (life) => sealed('bailu', life),
    },
  };

  /** A browser on the vendor's own page. The vendor tells the hub when it is first opened, and how it ended. */
  const opened = new Set<string>();
  const onPage = async (deed: 'open' | 'confirm' | 'cancel', pending: Pending): Promise<ResumeEvent> => {
    if (pending.prompt.kind !== 'redirect') throw new Error('no page to go to');
    const { url } = pending.prompt;
    const browser = openVendorPage(url, PAGE_ACCOUNT);
    if (!opened.has(url)) {
      opened.add(url);
      const heard = door.next();
      await browser.open();
      if (deed === 'open') return heard;
      await heard;
    }
    const heard = door.next();
    if (deed === 'confirm') await browser.confirm();
    else await browser.cancel();
    return heard;
  };
  const withPage = {
    person: {
      scan: (pending: Pending) => onPage('open', pending),
      confirm: (pending: Pending) => onPage('confirm', pending),
      cancel: (pending: Pending) => onPage('cancel', pending),
    },
    forgeries: (_: Pending, genuine: ResumeEvent) => forgedReturns(genuine),
  };
  const ownPage: Bench = {
    ...common,
    manifest: vendorPage.manifest,
    auth: {
      ...channelOf('qinglan', 'auth', 'page'),
      ...withPage,
      request: (life) => request('qinglan', 'login', life),
    },
    crypto: { ...channelOf('qinglan', 'crypto', 'page'), ...withPage, request: (life) => wrapped('qinglan', life) },
    seal: { ...channelOf('qinglan', 'seal', 'page'), ...withPage, request: (life) => sealed('qinglan', life) },
    outage: async (off) => town.vendor.outage('qinglan', off),
  };

  describe('mobile-scan', () => {
    for (const each of conformance(mobile('bohai'))) it(each.name, () => each.run());
    it('is asked everything', () => expect(conformance(mobile('bohai')).filter(({ skip }) => skip)).toEqual([]));
    it('of a vendor without an encrypt service is not asked about one', () =>
      expect(conformance(mobile('beichen')).flatMap(({ skip }) => skip ?? [])).toEqual([
        'this vendor has no encrypt service',
      ]));
  });
  describe('vendor-page', () => {
    for (const each of conformance(ownPage).filter(({ skip }) => !skip)) it(each.name, () => each.run());
    it('is not asked to show a code, or to encrypt', () =>
      expect(conformance(ownPage).flatMap(({ skip }) => skip ?? [])).toEqual([
        'this driver shows no code',
        'this driver shows no code',
        'this driver shows no code',
        'this vendor has no encrypt service',
      ]));
  });
  describe('sof-service, with the dialect and the vendor’s own program', () => {
    for (const each of conformance(program).filter(({ skip }) => !skip)) it(each.name, () => each.run());
    it('opens no keys for the hub, and says so', () => {
      expect(conformance(program).flatMap(({ skip }) => skip ?? [])).toContain('this driver opens no keys');
    });
    it('is refused the channel that it does not have before anybody is asked', async () => {
      expect(hosts.offers(await town.authority('bailu'), 'key', 'crypto')).toBe(false);
      expect(hosts.offers(await town.authority('bailu'), 'key', 'seal')).toBe(true);
    });
  });
  describe('standard-key', () => {
    for (const each of conformance(key).filter(({ skip }) => !skip)) it(each.name, () => each.run());
    it('is asked nothing about a code or a service, and why stands on record', () => {
      const inEachChannel = [
        'this driver shows no code',
        'the hub itself ends the prompt of a key',
        'this driver has no callback door',
        'there is no service behind this driver',
      ];
      expect(conformance(key).flatMap(({ skip }) => skip ?? [])).toEqual([
        ...inEachChannel,
        ...inEachChannel,
        ...inEachChannel,
        'this vendor has no encrypt service',
      ]);
    });
  });
});

/** A whole challenge (design 5), as the dialect asks for it. */
function challengeOf(text: string): string {
  const [version, purpose, nonce] = text.split('\n');
  const hub = ['hub=https://hub.ca.example', 'unit=U1', 'orgcode=210100', 'interaction=int_1'];
  return [version, purpose, ...hub, nonce, 'expires=2026-03-18T01:35:00Z'].join('\n');
}

function forgeriesOf(genuine: ResumeEvent): readonly { wrong: string; event: ResumeEvent }[] {
  if (genuine.from !== 'vendor') throw new Error('not a callback');
  const { headers, body } = genuine;
  const seal = headers['x-vendor-seal'] ?? '';
  const flipped = seal.startsWith('0') ? `1${seal.slice(1)}` : `0${seal.slice(1)}`;
  const stale = String(Number(headers['x-vendor-timestamp']) - 400_000);
  return [
    { wrong: 'sealed wrongly', event: { ...genuine, headers: { ...headers, 'x-vendor-seal': flipped } } },
    { wrong: 'not sealed', event: { ...genuine, headers: {} } },
    { wrong: 'altered', event: { ...genuine, body: body.replace('"01"', '"02"') } },
    { wrong: 'about another exchange', event: { ...genuine, body: body.replace('exchange-', 'exchange-9') } },
    { wrong: 'stale', event: { ...genuine, headers: { ...headers, 'x-vendor-timestamp': stale } } },
    { wrong: 'given another nonce', event: { ...genuine, headers: { ...headers, 'x-vendor-nonce': 'ab'.repeat(16) } } },
  ];
}

function forgedReturns(genuine: ResumeEvent): readonly { wrong: string; event: ResumeEvent }[] {
  if (genuine.from !== 'vendor') throw new Error('not a return');
  const { headers, body } = genuine;
  const withHeader = (name: string, value: string) => ({ ...genuine, headers: { ...headers, [name]: value } });
  const stale = String(Number(headers['x-return-timestamp']) - 400_000);
  return [
    { wrong: 'signed by somebody else', event: withHeader('x-return-signature', base64(Buffer.alloc(70, 1))) },
    { wrong: 'not signed', event: { ...genuine, headers: {} } },
    { wrong: 'altered', event: { ...genuine, body: body.replace('"open"', '"cancelled"') } },
    { wrong: 'about another exchange', event: { ...genuine, body: body.replace('exchange-', 'exchange-9') } },
    { wrong: 'stale', event: withHeader('x-return-timestamp', stale) },
    { wrong: 'given another nonce', event: withHeader('x-return-nonce', 'ab'.repeat(16)) },
  ];
}

/** The hub's callback door as far as a driver sees it: headers in lower case and the raw body. */
async function openDoor() {
  const waiting: ((event: ResumeEvent) => void)[] = [];
  const server = createServer((incoming, answer) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const headers = Object.fromEntries(
        Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
      );
      waiting.shift()?.({ from: 'vendor', headers, body: Buffer.concat(chunks).toString('utf8') });
      answer.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** The next callback, whoever it is about. */
    next: () => new Promise<ResumeEvent>((resolve) => waiting.push(resolve)),
    close: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  };
}
