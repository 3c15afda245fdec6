import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createJournal, type Journal } from '#audit/journal.ts';
import type { Sm2PrivateKey } from '#crypto/gm.ts';
import { createGm } from '#crypto/provider.ts';
import { createEgress } from '#delivery/egress.ts';
import { createAuthorities } from '#drivers/repository.ts';
import { createTrust } from '#drivers/trust.ts';
import type { KeyPair } from '#fixtures/pki/authority.ts';
import { type Company, companies, officers } from '#fixtures/pki/identities.ts';
import { buildWorldPki, type PairRequest, type WorldPki } from '#fixtures/pki/world.ts';
import { base64, fromBase64, fromHex, hex } from '#kernel/bytes.ts';
import { beijingDateTime, type Clock } from '#kernel/clock.ts';
import { systemRandom } from '#kernel/random.ts';
import type { Result } from '#kernel/result.ts';
import { createSteadyClock } from '#kernel/steady-clock.ts';
import { sealForOpening, unitSigner } from '#opening/capsule/sdk.ts';
import type { BidNote } from '#opening/notes.ts';
import type { OpeningFile } from '#opening/opening.ts';
import { createOpenings, type Openings } from '#opening/openings.ts';
import type { OneShots } from '#opening/process/one-shots.ts';
import { createOneShots } from '#opening/process/one-shots.ts';
import type { OpeningRequest } from '#opening/request.ts';
import { createTimeTrust } from '#opening/time-trust.ts';
import { createVault } from '#opening/vault.ts';
import { type Certificate, parseCertificate } from '#pki/certificate.ts';
import type { Unit } from '#relying-party/party.ts';
import type { UnitProfileInput } from '#relying-party/profile.ts';
import { createRelyingParties } from '#relying-party/relying-parties.ts';
import { createBlobs } from '#store/blobs.ts';
import { createFieldCipher } from '#store/field-cipher.ts';
import { createKeyring } from '#store/keys.ts';
import type { Store } from '#store/store.ts';
import { createSubscribers, type Subscribers } from '#subscriber/subscribers.ts';
import { quietLog } from '#test/support/store.ts';

export const gm = createGm();
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const HUB = 'https://hub.ca.example';
const ORG = 'P-1';

/** Two clocks that can be told apart: what the machine says, and what really passes. */
export interface TestClock extends Clock {
  /** Milliseconds, of both. */
  pass(time: number): void;
  /** Somebody sets the machine's clock. */
  set(byMs: number): void;
}

export function createTestClock(start: number = Date.UTC(2026, 2, 18, 1, 0)): TestClock {
  let now = start;
  let monotonic = 0;
  return {
    now: () => now,
    monotonic: () => monotonic,
    pass(time) {
      now += time;
      monotonic += time;
    },
    set(byMs) {
      now += byMs;
    },
  };
}

export interface Keyed extends KeyPair {
  readonly company: Company;
  readonly sign: Certificate;
  readonly encrypt: Certificate;
}

/** A hub's opening room over a real database, with real one-shot processes and one unit that calls. */
export interface World {
  readonly store: Store;
  readonly clock: TestClock;
  readonly journal: Journal;
  readonly openings: Openings;
  readonly subscribers: Subscribers;
  readonly pki: WorldPki;
  readonly unit: Unit;
  readonly secret: string;
  readonly notes: BidNote[];
  readonly hubPoint: string;
  readonly people: Readonly<Record<'host' | 'one' | 'two' | 'three' | 'deputy', Keyed>>;
  key(company?: Company, request?: Partial<PairRequest>): Promise<Keyed>;
  enrol(key: Keyed, unit?: Unit): Promise<void>;
  bidder(company?: Company): Promise<Keyed>;
  addUnit(name: string, profile?: UnitProfileInput): Promise<{ unit: Unit; secret: string }>;
  /** Another process over the same database, started now. */
  restart(): Promise<Openings>;
  announce(changes?: Partial<OpeningRequest>): Promise<OpeningFile>;
  /** What a client makes of a ticket, whole. */
  capsule(file: OpeningFile, bidder: Keyed, changes?: Partial<Sealing>): Promise<Buffer>;
  close(): Promise<void>;
}

export interface Sealing {
  readonly lot: string;
  readonly task: string;
  readonly content: { readonly text: string } | { readonly bytes: Uint8Array; readonly name?: string };
  readonly bidder: string;
}

export async function openWorld(
  store: Store,
  options: { shots?: OneShots; start?: number; profile?: UnitProfileInput } = {},
): Promise<World> {
  const machine = createTestClock(options.start);
  const clock = createSteadyClock(machine, () => undefined);
  const random = systemRandom;
  const cipher = createFieldCipher(gm, createKeyring(gm, [{ id: 'k1', key: random.bytes(32) }]), random);
  const authorities = createAuthorities({ store, cipher, gm, clock });
  const lists = await startLists();
  const pki = await buildWorldPki(gm, { now: clock.now, crlBase: (id) => `${lists.origin}/${id}` });
  lists.serve(pki);
  for (const { id, name, root, intermediate, identity } of pki.authorities) {
    await store.tx(async (tx) => {
      const manifest = {
        media: ['key' as const],
        support: {
          hotline: '10000000001',
          install: 'https://vendor.example/install',
          renew: 'https://vendor.example/renew',
          unlock: 'https://vendor.example/unlock',
        },
        identity,
        egress: { origins: [lists.origin], privateRanges: ['127.0.0.0/8'] },
      };
      unwrap(await authorities.add(tx, { id, name, driver: 'standard-key', manifest }));
      unwrap(await authorities.addCertificate(tx, id, 'root', root));
      unwrap(await authorities.addCertificate(tx, id, 'intermediate', intermediate));
    });
  }
  const egress = createEgress({ log: quietLog });
  const trust = createTrust({ store, gm, authorities, egress, clock, log: quietLog });
  const journal = createJournal({ gm, clock });
  const relyingParties = createRelyingParties({ store, cipher, clock, random, mode: 'production' });
  const folder = mkdtempSync(join(tmpdir(), 'caihub-blobs-'));
  const notes: BidNote[] = [];
  const signingKey = gm.sm2.generateKey();
  const vault = createVault(gm, cipher);
  const late: { openings?: Openings } = {};
  const subscribers = createSubscribers({
    ...{ store, cipher, gm, trust, journal, clock, random },
    onCertificateChanged: async (tx, change) => (await late.openings?.onCertificateChanged(tx, change)) ?? [],
  });
  const start = async (): Promise<Openings> => {
    const own = createSteadyClock(machine, () => undefined);
    const ownJournal = createJournal({ gm, clock: own });
    const time = createTimeTrust({
      store,
      vault,
      journal: ownJournal,
      random,
      log: quietLog,
      clock: own,
      source: machine,
    });
    await time.start();
    return createOpenings({
      ...{ store, gm, cipher, random, log: quietLog, relyingParties, trust, subscribers, time, signingKey },
      clock: own,
      journal: ownJournal,
      blobs: createBlobs({ dir: folder, gm, random }),
      processes: options.shots ?? createOneShots({ gm }),
      publicUrl: HUB,
      note: async (_tx, note) => void notes.push(note),
    });
  };
  const openings = await start();
  late.openings = openings;

  const key = async (company: Company = companies.liaoning, request: Partial<PairRequest> = {}): Promise<Keyed> => {
    const pair = await pki.issueKeyPair({ authority: 'beichen', holder: company, ...request });
    return { ...pair, company, sign: certificateOf(pair.signCertificate), encrypt: certificateOf(pair.encCertificate) };
  };
  const addUnit = async (name: string, profile: UnitProfileInput = {}) =>
    store.tx(async (tx) => {
      const made = unwrap(await relyingParties.addUnit(tx, { name, profile }));
      unwrap(
        await relyingParties.addPlatform(tx, {
          unitId: made.unit.id,
          orgcode: ORG,
          name: '示例平台',
          callbackBase: 'https://trading.example',
          returnUrls: [],
          homeUrl: 'https://trading.example/',
          origins: [],
        }),
      );
      return { unit: made.unit, secret: made.secret.reveal() };
    });
  const { unit, secret } = await addUnit('示例交易中心', options.profile);
  const all = Object.values(officers);
  const person = (index: number) => key(all[index % all.length]);
  const people = {
    host: await person(0),
    one: await person(1),
    two: await person(2),
    three: await person(3),
    deputy: await person(4),
  };
  const enrol = async (bidder: Keyed, at: Unit = unit): Promise<void> => {
    unwrap(await subscribers.synchronise(at, recordOf(bidder)));
  };
  const announce = async (changes: Partial<OpeningRequest> = {}): Promise<OpeningFile> =>
    unwrap(await openings.create(unit, requestOf({ people, clock }, changes)));
  return {
    ...{ store, clock: machine, journal, openings, subscribers, pki, unit, secret, notes, people },
    ...{ key, enrol, addUnit, announce },
    hubPoint: hex(signingKey.publicKey.point),
    restart: async () => {
      const again = await start();
      late.openings = again;
      return again;
    },
    bidder: async (company = companies.liaoning) => {
      const made = await key(company);
      await enrol(made);
      return made;
    },
    capsule: async (file, bidder, changes = {}) => {
      const lot = changes.lot ?? 'L1';
      const ticket = unwrap(await openings.ticket(unit, file.opening.id, lot));
      const sealed = await sealForOpening({
        ticket,
        hubKeys: [hex(signingKey.publicKey.point)],
        certificates: [base64(bidder.encCertificate)],
        task: changes.task ?? 'BID-1',
        bidder: changes.bidder ?? bidder.company.unitCode,
        content: changes.content ?? { text: '投标总价：壹佰万元整' },
        signer: unitSigner(unit.id, secret),
      });
      const parts: Buffer[] = [];
      for await (const part of sealed.stream()) parts.push(part);
      return Buffer.concat(parts);
    },
    close: async () => {
      await trust.stop();
      egress.close();
      await lists.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function requestOf(
  { people, clock }: Pick<World, 'people'> & { clock: Clock },
  changes: Partial<OpeningRequest> = {},
): OpeningRequest {
  const opensAt = changes.opensAt ?? clock.now() + 2 * HOUR;
  return {
    taskId: `OPEN-${hex(systemRandom.bytes(6))}`,
    orgcode: ORG,
    title: '示例道路改造工程施工',
    number: 'ZB-2026-001',
    tenderer: '示例市建设局',
    agency: '',
    place: '网上开标大厅',
    lots: [{ code: 'L1', name: '一标段' }],
    opensAt,
    closesAt: opensAt,
    windowMs: HOUR,
    keyModel: 'joint',
    hosts: [official(people.host)],
    supervisors: [],
    custodians: {
      needed: 2,
      persons: [
        { ...holder(people.one), deputies: [holder(people.deputy)] },
        { ...holder(people.two), deputies: [] },
        { ...holder(people.three), deputies: [] },
      ],
    },
    recovery: { needed: 0, persons: [] },
    rules: { minimumBidders: 3, whenBidder: null, whenOthers: null, remedies: [] },
    ...changes,
  };
}

export const official = ({ company, signCertificate }: Keyed) => ({
  name: company.holderName,
  signCertificate: base64(signCertificate),
  encryptionCertificate: '',
});

export const holder = (key: Keyed) => ({ ...official(key), encryptionCertificate: base64(key.encCertificate) });

export const personIn = (file: OpeningFile, key: Keyed): string => {
  const found = file.persons.find((person) => person.signCertificate.fingerprint === key.sign.fingerprint);
  if (found === undefined) throw new Error('no such person in the opening');
  return found.id;
};

export const upload = (file: OpeningFile, changes: Partial<{ lot: string; taskId: string; label: string }> = {}) => ({
  openingId: file.opening.id,
  lot: 'L1',
  taskId: 'BID-1',
  label: '投标文件.txt',
  standBy: null,
  sealedBy: 'client' as const,
  ...changes,
});

export async function* streamOf(bytes: Uint8Array, piece = 10_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece);
}

/** What an agent does under the grants `unwrap` and `release`: with `to`, the result leaves it wrapped again. */
export async function unwrapWith(key: Sm2PrivateKey, wrapped: string | Uint8Array): Promise<Uint8Array> {
  const bytes = typeof wrapped === 'string' ? (fromBase64(wrapped) ?? Buffer.alloc(0)) : wrapped;
  const opened = await gm.sm2.decrypt(key, bytes);
  if (!opened.ok) throw new Error('this key does not unwrap it');
  return opened.plaintext;
}

export async function rewrapTo(key: Sm2PrivateKey, { wrapped, to }: { wrapped: string; to: string }): Promise<string> {
  const value = await unwrapWith(key, wrapped);
  const recipient = gm.sm2.importPublic(fromHex(to) ?? Buffer.alloc(0));
  if (recipient === undefined) throw new Error('no point');
  return base64(await gm.sm2.encrypt(recipient, value));
}

export const ACTOR = { kind: 'person', id: 'host', name: '示例主持人' } as const;

/** Behind the gate: the host begins and two custodians release. */
export async function releaseAll(
  world: World,
  file: OpeningFile,
  by: readonly Keyed[] = [world.people.one, world.people.two],
) {
  const { openings, store } = world;
  const id = file.opening.id;
  unwrap(await store.tx((tx) => openings.begin(tx, id, ACTOR)));
  let last: unknown;
  for (const key of by) {
    const person = personIn(file, key);
    const share = unwrap(await openings.shareFor(store.read, id, person));
    last = unwrap(await openings.release(id, person, await rewrapTo(key.encKey, share)));
  }
  return last;
}

/** What the decryption page and the envelope room do with one capsule. */
export async function openAsBidder(world: World, bytes: Uint8Array, key: Keyed, openings: Openings = world.openings) {
  const found = await openings.port.find(world.store.read, world.unit, bytes);
  if (!found.ok) return found;
  const [wrap] = found.value.wraps;
  if (wrap === undefined) throw new Error('no wrap');
  return openings.port.open(found.value, wrap.id, await unwrapWith(key.encKey, wrap.wrapped), 'key');
}

export function certificateOf(der: Uint8Array): Certificate {
  const read = parseCertificate(gm, der);
  if (read === undefined) throw new Error('unreadable certificate');
  return read;
}

export function recordOf(key: Keyed) {
  const { company, sign, encrypt } = key;
  return {
    userName: company.holderName,
    idType: '身份证',
    idNumber: company.idNumber,
    unitName: company.unitName,
    unitCode: company.unitCode,
    signCertificate: base64(key.signCertificate),
    encryptionCertificate: base64(key.encCertificate),
    signSerial: sign.serial,
    encryptionSerial: encrypt.serial,
    endTime: beijingDateTime(sign.notAfter),
    legalName: company.holderName,
    legalIdNumber: company.idNumber,
    seal: PNG,
    standBy: null,
  };
}

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

export function unwrap<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.refusal.code} ${JSON.stringify(result.refusal)}`);
  return result.value;
}

export const codeOf = (result: Result<unknown>): string => (result.ok ? 'ok' : result.refusal.code);

async function startLists() {
  let pki: WorldPki | undefined;
  const server = createServer((request, response) => {
    const [, vendor, name] = (request.url ?? '').split('/');
    const authority = pki?.authorities.find(({ id }) => id === vendor);
    if (authority === undefined || (name !== 'root.crl' && name !== 'issuing.crl')) {
      response.writeHead(503).end();
      return;
    }
    authority.crls().then(
      (made) => response.writeHead(200).end(made[name]),
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    serve: (world: WorldPki) => {
      pki = world;
    },
    close: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  };
}
