import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Hono } from 'hono';
import { createEgress } from '#delivery/egress.ts';
import { createDriverHosts } from '#drivers/host.ts';
import { installed } from '#drivers/installed.ts';
import type { CapsulePort } from '#envelope/capsule-port.ts';
import { type Company, companies, officers } from '#fixtures/pki/identities.ts';
import type { DecryptPageApi } from '#hosted/decrypt-api.ts';
import type { HallApi } from '#hosted/hall-api.ts';
import type { AskedView, HallView } from '#hosted/hall-view-api.ts';
import type { EdgeEnv } from '#http/context.ts';
import { base64, fromBase64, fromHex, hex, utf8 } from '#kernel/bytes.ts';
import { systemRandom } from '#kernel/random.ts';
import { sealForOpening, unitSigner } from '#opening/capsule/sdk.ts';
import type { HallAct } from '#opening/hall/acts.ts';
import { createHall, type HallDesk } from '#opening/hall/hall.ts';
import { noteOfBid } from '#opening/hall/note.ts';
import { createPrinter } from '#opening/minutes/printer.ts';
import { createOpenings, type Openings } from '#opening/openings.ts';
import { createOneShots } from '#opening/process/one-shots.ts';
import type { OpeningRequest } from '#opening/request.ts';
import { createTimeTrust } from '#opening/time-trust.ts';
import { createVault } from '#opening/vault.ts';
import { loadFont } from '#print/font.ts';
import { createBlobs } from '#store/blobs.ts';
import { createKeyring } from '#store/keys.ts';
import { openStore, type StoreOptions } from '#store/store.ts';
import { hostedOf, PageBrowser } from '#test/hosted/world.ts';
import { gm, type HeldKey, type LoginWorld, openLoginWorld, recordOf, unwrap } from '#test/identity/world.ts';
import { quietLog } from '#test/support/store.ts';

export const MINUTE = 60_000;
const ORIGIN = 'http://127.0.0.1:8443';

/** Somebody with a key and a browser of his own. */
export class Guest {
  readonly key: HeldKey;
  readonly company: Company;
  readonly browser: PageBrowser;
  seat = '';
  view: HallView | undefined;
  readonly #opening: string;

  constructor(app: Hono<EdgeEnv>, opening: string, key: HeldKey, company: Company) {
    this.browser = new PageBrowser(app, ORIGIN);
    this.#opening = opening;
    this.key = key;
    this.company = company;
  }

  async call<R extends keyof HallApi>(route: R, request: HallApi[R]['request']): Promise<HallApi[R]['answer']> {
    const reply = await this.browser.post(`/hosted/api/hall/${route}`, request);
    return (await reply.json()) as HallApi[R]['answer'];
  }

  /** Logs in with his certificate. */
  async sit(): Promise<HallView> {
    await this.browser.call('hello', {});
    const asked = await this.call('sit', { opening: this.#opening });
    if (!asked.ok) throw new Error(asked.error.code);
    const view = await this.sign(asked.asked);
    this.seat = view.seat?.interaction ?? '';
    return view;
  }

  async sign(asked: AskedView, key: HeldKey = this.key): Promise<HallView> {
    const done = await this.signWith(asked, key);
    if (!done.ok) throw new Error(done.error.code);
    return done.view;
  }

  async signWith(asked: AskedView, key: HeldKey): Promise<HallApi['signed']['answer']> {
    const signature = await key.sign(asked.text);
    return this.call('signed', { interaction: asked.interaction, certificate: key.certificate, signature });
  }

  async see(): Promise<HallView> {
    const seen = await this.call('view', { opening: this.#opening, interaction: this.seat === '' ? null : this.seat });
    if (!seen.ok) throw new Error(seen.error.code);
    return seen.view;
  }

  /** Does it, with his signature where one is asked for; the refusal's code otherwise. */
  async act(act: HallAct): Promise<string> {
    const begun = await this.call('act', { interaction: this.seat, act });
    if (!begun.ok) return begun.error.code;
    if (begun.asked === null) return 'ok';
    const done = await this.signWith(begun.asked, this.key);
    return done.ok ? 'ok' : done.error.code;
  }

  /** Custodian: what his agent does between `share` and `shared`. */
  async share(what: 'check-in' | 'release', spoil = false): Promise<string> {
    const asked = await this.call('share', { interaction: this.seat, what });
    if (!asked.ok) return asked.error.code;
    const wrapped = await this.#rewrapped(asked.task, spoil);
    const done = await this.call('shared', { interaction: this.seat, what, wrapped });
    return done.ok ? 'ok' : done.error.code;
  }

  /** Recovery custodian: every share that he is asked for of a bid, through his agent. */
  async recover(bid: string, spoil = false): Promise<string> {
    const asked = await this.call('recover', { interaction: this.seat, bid });
    if (!asked.ok) return asked.error.code;
    for (const task of asked.tasks) {
      const wrapped = await this.#rewrapped(task, spoil);
      const done = await this.call('recovered', { interaction: this.seat, capsule: task.capsule, wrapped });
      if (!done.ok) return done.error.code;
    }
    return 'ok';
  }

  async #rewrapped(task: { readonly wrapped: string; readonly to: string }, spoil: boolean): Promise<string> {
    const opened = await gm.sm2.decrypt(this.key.pair.encKey, fromBase64(task.wrapped) ?? Buffer.alloc(0));
    const to = gm.sm2.importPublic(fromHex(task.to) ?? Buffer.alloc(0));
    if (!opened.ok || to === undefined) throw new Error('the agent cannot unwrap it');
    const value = spoil ? systemRandom.bytes(opened.plaintext.length) : opened.plaintext;
    return base64(await gm.sm2.encrypt(to, value));
  }

  /** Bidder: the decrypt page, from the hall to the last file. `change`: what a spoilt key brings; `which` of the wraps his key opens. */
  async decrypt(
    change: (key: Uint8Array) => Uint8Array = (key) => key,
    which: 'first' | 'last' = 'first',
  ): Promise<string> {
    const page = await this.call('decrypt', { interaction: this.seat });
    if (!page.ok) return page.error.code;
    const token = page.url.split('/').at(-1) ?? '';
    const claimed = await this.decryptCall('claim', { token });
    if (!claimed.ok) return claimed.error.code;
    const { view } = claimed;
    const keys = await Promise.all(
      view.items.flatMap((item) =>
        item.wraps.slice(...(which === 'first' ? [0, 1] : [-1])).map(async (wrap) => {
          const opened = await gm.sm2.decrypt(this.key.pair.encKey, fromBase64(wrap.wrapped) ?? Buffer.alloc(0));
          if (!opened.ok) throw new Error('this key does not unwrap it');
          return { item: item.id, wrap: wrap.id, key: base64(change(opened.plaintext)) };
        }),
      ),
    );
    const done = await this.decryptCall('keys', { interaction: view.interaction, keys });
    if (!done.ok) return done.error.code;
    return done.view.items.every((item) => item.state === 'opened' || item.state === 'delivered') ? 'ok' : 'closed';
  }

  /** Opens the page and shows it these keys, as a PC with them plugged would. */
  async show(...keys: readonly HeldKey[]): Promise<string> {
    const page = await this.call('decrypt', { interaction: this.seat });
    if (!page.ok) throw new Error(page.error.code);
    const claimed = await this.decryptCall('claim', { token: page.url.split('/').at(-1) ?? '' });
    if (!claimed.ok) throw new Error(claimed.error.code);
    const { interaction } = claimed.view;
    const certificates = keys.map((key, index) => ({
      key: `k${index}`,
      sign: key.certificate,
      encrypt: base64(key.pair.encCertificate),
    }));
    const shown = await this.decryptCall('certificates', { interaction, certificates });
    if (!shown.ok) throw new Error(shown.error.code);
    return interaction;
  }

  /** Only opens the page. */
  async enter(): Promise<void> {
    const page = await this.call('decrypt', { interaction: this.seat });
    if (!page.ok) throw new Error(page.error.code);
    await this.decryptCall('claim', { token: page.url.split('/').at(-1) ?? '' });
  }

  async decryptCall<R extends keyof DecryptPageApi>(
    route: R,
    request: DecryptPageApi[R]['request'],
  ): Promise<DecryptPageApi[R]['answer']> {
    return (await (
      await this.browser.post(`/hosted/api/decrypt/${route}`, request)
    ).json()) as DecryptPageApi[R]['answer'];
  }
}

export interface HallWorld {
  readonly login: LoginWorld;
  readonly openings: Openings;
  readonly hall: HallDesk;
  readonly app: Hono<EdgeEnv>;
  readonly printer: ReturnType<typeof createPrinter>;
  /** Officers' keys: a host, a supervisor, three custodians, a deputy. */
  readonly officers: Readonly<Record<'host' | 'supervisor' | 'one' | 'two' | 'three' | 'deputy', HeldKey>>;
  announce(changes?: Partial<OpeningRequest>): Promise<string>;
  /** A bidder of this company, enrolled, with a sealed file (none for lot ''). */
  bidder(opening: string, company: Company, lot?: string, key?: HeldKey): Promise<Guest>;
  guest(opening: string, who: keyof HallWorld['officers']): Guest;
  /** Time passes until so long after the opening time. */
  toTheGate(opening: string, after?: number): Promise<void>;
  /** Somebody sets the machine's clock. */
  setClock(byMs: number): void;
  /** Behind the gate: the host begins, two custodians release. */
  release(opening: string): Promise<{ host: Guest; supervisor: Guest }>;
  blobFolder: string;
  close(): Promise<void>;
}

export async function openHallWorld(options: StoreOptions = { kind: 'sqlite', file: ':memory:' }): Promise<HallWorld> {
  const store = await openStore(options, { log: quietLog });
  const late: { openings?: Openings; hall?: HallDesk } = {};
  const port = new Proxy({} as CapsulePort, {
    get: (_, name) =>
      name === 'noted'
        ? (...rest: Parameters<HallDesk['noted']>) => late.hall?.noted(...rest)
        : late.openings?.port[name as keyof CapsulePort],
  });
  const login = await openLoginWorld(store, ORIGIN, quietLog, port);
  const { cipher, clock, journal, relyingParties, authorities, trust, subscribers, signingKey, publicUrl } = login;
  const random = systemRandom;
  const vault = createVault(gm, cipher);
  let setBy = 0;
  const source = { now: () => clock.now() + setBy, monotonic: () => clock.monotonic() };
  const time = createTimeTrust({ store, vault, journal, random, log: quietLog, clock, source });
  await time.start();
  const blobFolder = mkdtempSync(join(tmpdir(), 'caihub-hall-'));
  const shared = { store, gm, cipher, clock, random, log: quietLog, journal, relyingParties, trust, subscribers };
  const openings = createOpenings({
    ...shared,
    ...{ publicUrl, signingKey, time },
    blobs: createBlobs({ dir: blobFolder, gm, random }),
    processes: createOneShots({ gm }),
    note: noteOfBid({ cipher, clock, random }),
  });
  late.openings = openings;
  const egress = createEgress({ log: quietLog });
  const drivers = createDriverHosts({ authorities, egress, clock, random, log: quietLog, installed });
  const hall = createHall({
    ...shared,
    ...{ authorities, publicUrl, signingKey, drivers, openings, envelopes: login.envelopes },
    keyring: createKeyring(gm, [{ id: 'h1', key: random.bytes(32) }]),
    publish: () => undefined,
  });
  late.hall = hall;
  const fonts = join(import.meta.dirname, '../../../src/print/fonts');
  const printer = createPrinter({ gm, key: signingKey, font: loadFont(fonts) });
  const app = hostedOf(login, {}, () => store.ping(), { hall: { desk: hall, printer } });

  const all = Object.values(officers);
  const officer = (index: number) => login.key({ holder: all[index % all.length] ?? companies.liaoning });
  const people = {
    host: await officer(0),
    supervisor: await officer(1),
    one: await officer(2),
    two: await officer(3),
    three: await officer(4),
    deputy: await officer(5),
  };
  const person = (name: string, key: HeldKey, unwraps = false) => ({
    name,
    signCertificate: key.certificate,
    encryptionCertificate: unwraps ? base64(key.pair.encCertificate) : '',
  });

  const world: HallWorld = {
    ...{ login, openings, hall, app, printer, officers: people, blobFolder },
    async announce(changes = {}) {
      const opensAt = changes.opensAt ?? clock.now() + 20 * MINUTE;
      const request: OpeningRequest = {
        taskId: `OPEN-${hex(random.bytes(6))}`,
        orgcode: login.platform.orgcode,
        title: '南湖大街道路改造工程施工',
        number: 'SL-2026-0318',
        tenderer: '示例市建设局',
        agency: '',
        place: '第三开标室',
        lots: [{ code: 'L1', name: '一标段' }],
        opensAt,
        closesAt: opensAt,
        windowMs: 40 * MINUTE,
        keyModel: 'joint',
        hosts: [person('甲', people.host)],
        supervisors: [person('乙', people.supervisor)],
        custodians: {
          needed: 2,
          persons: [
            { ...person('交易中心托管人', people.one, true), deputies: [person('代理人', people.deputy, true)] },
            { ...person('招标代理托管人', people.two, true), deputies: [] },
            { ...person('行政监督托管人', people.three, true), deputies: [] },
          ],
        },
        recovery: { needed: 0, persons: [] },
        rules: {
          minimumBidders: 3,
          whenBidder: '因投标人原因未解密的，视为撤销其投标文件。',
          whenOthers: '因其他原因未解密的，视为撤回其投标文件。',
          remedies: ['extend', 'backup'],
        },
        ...changes,
      };
      return unwrap(await openings.create(login.unit, request)).opening.id;
    },
    guest: (opening, who) => new Guest(app, opening, people[who], companies.liaoning),
    async bidder(opening, company, lot = 'L1', known) {
      const key = known ?? (await login.key({ holder: company }));
      if (known === undefined)
        unwrap(await subscribers.synchronise(login.unit, recordOf(key.pair, { holder: company })));
      if (lot !== '') await sealBid(world, opening, company, lot, key);
      return new Guest(app, opening, key, company);
    },
    setClock: (byMs) => {
      setBy += byMs;
    },
    async toTheGate(opening, after = 0) {
      const file = await openings.file(store.read, opening);
      clock.pass(Math.max(0, (file?.opening.opensAt ?? 0) + after - clock.now()));
    },
    async release(opening) {
      await world.toTheGate(opening);
      const host = world.guest(opening, 'host');
      const supervisor = world.guest(opening, 'supervisor');
      await host.sit();
      await supervisor.sit();
      const begun = await host.act({ act: 'start' });
      if (begun !== 'ok') throw new Error(begun);
      for (const who of ['one', 'two'] as const) {
        const custodian = world.guest(opening, who);
        await custodian.sit();
        const released = await custodian.share('release');
        if (released !== 'ok') throw new Error(released);
      }
      return { host, supervisor };
    },
    async close() {
      await drivers.stop();
      egress.close();
      await login.close();
      await store.close();
      rmSync(blobFolder, { recursive: true, force: true });
    },
  };
  return world;
}

/** What a bidder's client and his trading system do: sealed at home, handed in whole. */
export async function sealBid(world: HallWorld, opening: string, company: Company, lot: string, key: HeldKey) {
  const { login, openings } = world;
  const { unit, store, relyingParties } = login;
  const [secret] = await relyingParties.liveSecrets(store.read, unit.id);
  const ticket = unwrap(await openings.ticket(unit, opening, lot));
  const task = `BID-${hex(systemRandom.bytes(4))}`;
  const sealed = await sealForOpening({
    ticket,
    hubKeys: [hex(login.signingKey.publicKey.point)],
    certificates: [base64(key.pair.encCertificate)],
    task,
    bidder: company.unitCode,
    content: { text: `${company.unitName} 投标总价：壹佰万元整` },
    signer: unitSigner(unit.id, secret?.reveal() ?? ''),
  });
  const parts: Buffer[] = [];
  for await (const part of sealed.stream()) parts.push(part);
  const upload = {
    openingId: opening,
    lot,
    taskId: task,
    label: '投标文件',
    standBy: null,
    sealedBy: 'client' as const,
  };
  async function* whole() {
    yield Buffer.concat(parts);
  }
  return unwrap(await openings.takeIn(unit, upload, whole()));
}

export const garbage = (key: Uint8Array): Uint8Array => gm.sm3(utf8('garbage'), key).subarray(0, key.length);
