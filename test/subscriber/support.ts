import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createJournal, type Journal } from '#audit/journal.ts';
import { createGm } from '#crypto/provider.ts';
import { createEgress } from '#delivery/egress.ts';
import { createAuthorities } from '#drivers/repository.ts';
import { createTrust } from '#drivers/trust.ts';
import type { KeyPair } from '#fixtures/pki/authority.ts';
import { type Company, companies } from '#fixtures/pki/identities.ts';
import { buildSealHouse, type SealHouse } from '#fixtures/pki/seal-house.ts';
import { buildWorldPki, type PairRequest, type VendorId, type WorldPki } from '#fixtures/pki/world.ts';
import { type Bytes, base64 } from '#kernel/bytes.ts';
import { beijingDateTime, type Clock } from '#kernel/clock.ts';
import { systemRandom } from '#kernel/random.ts';
import type { Result } from '#kernel/result.ts';
import { type Certificate, parseCertificate } from '#pki/certificate.ts';
import type { Unit } from '#relying-party/party.ts';
import type { UnitProfileInput } from '#relying-party/profile.ts';
import { createRelyingParties } from '#relying-party/relying-parties.ts';
import { createFieldCipher, type FieldCipher } from '#store/field-cipher.ts';
import { createKeyring } from '#store/keys.ts';
import type { Store } from '#store/store.ts';
import type { ChangeKind, SubjectRecord } from '#subscriber/record.ts';
import { createSeals, type SealLibrary } from '#subscriber/seals/library.ts';
import { createSubscribers, type Subscribers } from '#subscriber/subscribers.ts';
import type { OnCertificateChanged } from '#subscriber/workbench.ts';
import { quietLog } from '#test/support/store.ts';

export const gm = createGm();
export const DAY = 86_400_000;

interface TestClock extends Clock {
  /** Milliseconds. */
  pass(time: number): void;
}

function createTestClock(): TestClock {
  let now = Date.UTC(2026, 2, 18, 1, 30);
  let monotonic = 0;
  return {
    now: () => now,
    monotonic: () => monotonic,
    pass(time) {
      now += time;
      monotonic += time;
    },
  };
}

/** The room over a real database, two real vendors that publish lists over loopback, and units that call. */
export interface Desk {
  readonly store: Store;
  readonly cipher: FieldCipher;
  readonly clock: TestClock;
  readonly journal: Journal;
  readonly subscribers: Subscribers;
  /** The same room in another process of the hub. */
  subscribersOver(store: Store): Subscribers;
  readonly seals: SealLibrary;
  /** The library of a hub that believes these makers instead. */
  sealsOf(makers: readonly Certificate[]): SealLibrary;
  /** A seal maker whose root the hub believes. */
  readonly sealHouse: SealHouse;
  readonly pki: WorldPki;
  unit(name: string, profile?: UnitProfileInput): Promise<Unit>;
  /** Vendors stop or resume answering for their lists. */
  lists(state: 'up' | 'down'): void;
  suspend(vendor: VendorId): Promise<void>;
  key(request?: Partial<PairRequest>): Promise<KeyPair>;
  close(): Promise<void>;
}

export async function openDesk(store: Store, onCertificateChanged?: OnCertificateChanged): Promise<Desk> {
  const clock = createTestClock();
  const cipher = createFieldCipher(gm, createKeyring(gm, [{ id: 'k1', key: systemRandom.bytes(32) }]), systemRandom);
  const authorities = createAuthorities({ store, cipher, gm, clock });
  const listServer = await startListServer();
  const pki = await buildWorldPki(gm, { now: clock.now, crlBase: (id) => `${listServer.origin}/${id}` });
  listServer.serve(pki);
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
        egress: { origins: [listServer.origin], privateRanges: ['127.0.0.0/8'] },
      };
      unwrap(await authorities.add(tx, { id, name, driver: 'standard-key', manifest }));
      unwrap(await authorities.addCertificate(tx, id, 'root', root));
      unwrap(await authorities.addCertificate(tx, id, 'intermediate', intermediate));
    });
  }
  const egress = createEgress({ log: quietLog });
  const trust = createTrust({ store, gm, authorities, egress, clock, log: quietLog });
  const journal = createJournal({ gm, clock });
  const parties = createRelyingParties({ store, cipher, clock, random: systemRandom, mode: 'production' });
  const sealHouse = await buildSealHouse(gm, clock.now());
  const deps = { store, cipher, gm, trust, journal, clock, random: systemRandom };
  const sealsOf = (sealMakers: readonly Certificate[]): SealLibrary => createSeals({ ...deps, sealMakers });
  const seals = sealsOf([certificate(sealHouse.root)]);
  const subscribersOver = (over: Store): Subscribers =>
    createSubscribers({ ...deps, store: over, ...(onCertificateChanged && { onCertificateChanged }) });
  return {
    store,
    cipher,
    clock,
    journal,
    subscribers: subscribersOver(store),
    subscribersOver,
    seals,
    sealsOf,
    sealHouse,
    pki,
    unit: async (name, profile = {}) => unwrap(await store.tx((tx) => parties.addUnit(tx, { name, profile }))).unit,
    lists: listServer.state,
    suspend: async (vendor) => void unwrap(await store.tx((tx) => authorities.suspend(tx, vendor))),
    key: (request) => pki.issueKeyPair({ authority: 'beichen', holder: companies.liaoning, ...request }),
    close: async () => {
      await trust.stop();
      egress.close();
      await listServer.close();
    },
  };
}

async function startListServer() {
  let pki: WorldPki | undefined;
  let up = true;
  const server: Server = createServer((request, response) => {
    const [, vendor, name] = (request.url ?? '').split('/');
    const authority = pki?.authorities.find(({ id }) => id === vendor);
    if (!up || authority === undefined || (name !== 'root.crl' && name !== 'issuing.crl')) {
      response.writeHead(503).end();
      return;
    }
    authority.crls().then(
      (lists) => response.writeHead(200).end(lists[name]),
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    serve: (world: WorldPki) => {
      pki = world;
    },
    state: (state: 'up' | 'down') => {
      up = state === 'up';
    },
    close: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  };
}

export function certificate(der: Bytes): Certificate {
  const read = parseCertificate(gm, der);
  if (read === undefined) throw new Error('the builder made an unreadable certificate');
  return read;
}

/** What a trading system would send of this key, spelled the usual way; `changes` replaces members. */
export function recordOf(pair: KeyPair, holder: Company, changes: Partial<SubjectRecord> = {}): SubjectRecord {
  const sign = certificate(pair.signCertificate);
  return {
    userName: holder.holderName,
    idType: '身份证',
    idNumber: holder.idNumber,
    unitName: holder.unitName,
    unitCode: holder.unitCode,
    signCertificate: base64(pair.signCertificate),
    encryptionCertificate: base64(pair.encCertificate),
    signSerial: sign.serial,
    encryptionSerial: certificate(pair.encCertificate).serial,
    endTime: beijingDateTime(sign.notAfter),
    legalName: holder.holderName,
    legalIdNumber: holder.idNumber,
    seal: PNG,
    standBy: null,
    ...changes,
  };
}

export const changeOf = (change: ChangeKind, record: SubjectRecord) => ({ ...record, change });

/** The smallest PNG. */
export const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

export function unwrap<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.refusal.code} ${JSON.stringify(result.refusal)}`);
  return result.value;
}

/** `CODE field`, or `ok`. */
export const refusalOf = (result: Result<unknown>): string =>
  result.ok ? 'ok' : `${result.refusal.code} ${result.refusal.params['field'] ?? ''}`.trim();
