import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createJournal, type Journal } from '#audit/journal.ts';
import { encodeDecryptOpened } from '#broker/encode-decrypt-opened.ts';
import { encodeDocumentSigned } from '#broker/encode-document-signed.ts';
import { encodeLoginVerified } from '#broker/encode-login-verified.ts';
import type { Sm2PrivateKey } from '#crypto/gm.ts';
import { createGm } from '#crypto/provider.ts';
import { createDispatcher } from '#delivery/dispatcher.ts';
import { createEgress, type Egress } from '#delivery/egress.ts';
import { createOutbox } from '#delivery/outbox.ts';
import { createDriverHosts } from '#drivers/host.ts';
import { installed } from '#drivers/installed.ts';
import { type Authorities, createAuthorities } from '#drivers/repository.ts';
import { createTrust, type Trust } from '#drivers/trust.ts';
import type { CapsulePort } from '#envelope/capsule-port.ts';
import { createEnvelopes, type Envelopes } from '#envelope/envelopes.ts';
import { noCapsules } from '#envelope/no-capsules.ts';
import type { KeyPair } from '#fixtures/pki/authority.ts';
import { companies } from '#fixtures/pki/identities.ts';
import { buildWorldPki, type PairRequest, vendors, type WorldPki } from '#fixtures/pki/world.ts';
import { encryptService } from '#fixtures/world/vendor/encrypt-service.ts';
import { startVendorService, type VendorService } from '#fixtures/world/vendor/service.ts';
import { createLogins, type Logins } from '#identity/logins.ts';
import type { LoginRequest } from '#identity/start.ts';
import { base64, utf8 } from '#kernel/bytes.ts';
import { beijingDateTime, type Clock } from '#kernel/clock.ts';
import { newId } from '#kernel/ids.ts';
import type { Logger } from '#kernel/log.ts';
import { systemRandom } from '#kernel/random.ts';
import type { Result } from '#kernel/result.ts';
import { parseCertificate } from '#pki/certificate.ts';
import type { Platform, Unit } from '#relying-party/party.ts';
import { createRelyingParties, type RelyingParties } from '#relying-party/relying-parties.ts';
import type { SignatureDeps } from '#signature/room.ts';
import { createSignatures, type Signatures } from '#signature/signatures.ts';
import { createFieldCipher, type FieldCipher } from '#store/field-cipher.ts';
import { loadHubKey } from '#store/hub-keys.ts';
import { createKeyring } from '#store/keys.ts';
import { createSealedFiles } from '#store/sealed-files.ts';
import type { Store } from '#store/store.ts';
import type { SubjectRecord } from '#subscriber/record.ts';
import { createSeals, type SealLibrary } from '#subscriber/seals/library.ts';
import { createSubscribers, type Subscribers } from '#subscriber/subscribers.ts';
import { quietLog } from '#test/support/store.ts';

export const gm = createGm();

/** The system's clock, which a test may push forward. */
interface ShiftedClock extends Clock {
  /** Milliseconds. */
  pass(time: number): void;
}

function shiftedClock(): ShiftedClock {
  let shift = 0;
  return {
    now: () => Date.now() + shift,
    monotonic: () => performance.now() + shift,
    pass: (time) => {
      shift += time;
    },
  };
}

/** A key as its holder's agent would use it. */
export interface HeldKey {
  readonly pair: KeyPair;
  /** Base64 DER of the signing certificate. */
  readonly certificate: string;
  readonly serial: string;
  /** Base64 DER signature over the UTF-8 of the text. */
  sign(text: string): Promise<string>;
}

/** A message the trading system received. */
type Received = Readonly<Record<string, unknown>>;
/** How the trading system answers; `hang` never does. */
type Reply = { readonly status?: number; readonly body: string } | 'hang';

export interface LoginWorld {
  readonly store: Store;
  readonly clock: ShiftedClock;
  readonly publicUrl: string;
  readonly signingKey: Sm2PrivateKey;
  readonly logins: Logins;
  readonly envelopes: Envelopes;
  readonly signatures: Signatures;
  /** What the signature room is made of, and where its documents lie. */
  readonly signing: SignatureDeps;
  readonly documents: string;
  readonly seals: SealLibrary;
  readonly egress: Egress;
  readonly relyingParties: RelyingParties;
  readonly authorities: Authorities;
  readonly subscribers: Subscribers;
  readonly journal: Journal;
  readonly trust: Trust;
  readonly cipher: FieldCipher;
  readonly pki: WorldPki;
  readonly vendor: VendorService;
  /** The unit that begins, its neighbour that never enrolled anybody, and a platform of each. */
  readonly unit: Unit;
  readonly platform: Platform;
  readonly neighbour: Unit;
  readonly neighbourPlatform: Platform;
  readonly returnUrl: string;
  /** Everything feedbackResult brought, oldest first. */
  readonly received: Received[];
  answerWith(reply: Reply | ((message: Received) => Reply)): void;
  /** Called as the live channel is. */
  onPublish: (interaction: string, version: number) => void;
  /** Issued by the vendor and enrolled by `unit`. */
  enrolledKey(request?: Partial<PairRequest>): Promise<HeldKey>;
  key(request?: Partial<PairRequest>): Promise<HeldKey>;
  /** The key in this vendor's phone. */
  phoneKey(vendor: PhoneVendor): HeldKey;
  /** Enrols the certificate that this vendor's phone holds. */
  enrolPhone(vendor: PhoneVendor): Promise<void>;
  cancelKey(key: HeldKey, holder?: PairRequest['holder']): Promise<void>;
  start(
    taskId: string,
    change?: Partial<LoginRequest>,
  ): Promise<{ interaction: string; pageUrl: string; token: string }>;
  close(): Promise<void>;
}

export const newSecret = (): string => Buffer.from(systemRandom.bytes(32)).toString('base64url');
export const newTask = (): string => newId('req', systemRandom);

export function unwrap<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.refusal.code} ${JSON.stringify(result.refusal)}`);
  return result.value;
}

export const codeOf = (result: Result<unknown>): string => (result.ok ? 'ok' : result.refusal.code);

const VENDOR_SECRET = 'vendor-secret-for-tests-only';

/** The rooms joined as the process joins them, over a real database, real vendors' services and a real receiver on loopback. */
export async function openLoginWorld(
  store: Store,
  publicUrl = 'http://127.0.0.1:8443',
  log: Logger = quietLog,
  capsules: CapsulePort = noCapsules,
): Promise<LoginWorld> {
  const clock = shiftedClock();
  const random = systemRandom;
  const keyring = createKeyring(gm, [{ id: 'k1', key: random.bytes(32) }]);
  const cipher = createFieldCipher(gm, keyring, random);
  const authorities = createAuthorities({ store, cipher, gm, clock });
  const relyingParties = createRelyingParties({ store, cipher, clock, random, mode: 'development' });
  const egress = createEgress({ log });
  const journal = createJournal({ gm, clock });
  const trust = createTrust({ store, gm, authorities, egress, clock, log });
  const subscribers = createSubscribers({
    ...{ store, cipher, gm, trust, journal, clock, random },
    onCertificateChanged: (tx, change) => envelopes.changedKey(tx, change),
  });
  const outbox = createOutbox({ cipher, clock, random });
  const drivers = createDriverHosts({ authorities, egress, clock, random, log, installed });
  const receiver = await startReceiver();

  const { pki, vendor, mobileKeys } = await openVendors(clock);
  for (const { id, name, root, intermediate, identity } of pki.authorities) {
    await store.tx(async (tx) => {
      const manifest = {
        media: ['key', 'mobile'] as const,
        drivers: { key: 'standard-key', mobile: 'mobile-scan' },
        identity,
        support: {
          hotline: '10000000001',
          install: 'https://vendor.example/install',
          renew: 'https://vendor.example/renew',
          unlock: 'https://vendor.example/unlock',
        },
        driverConfig: { apiBase: vendor.apiBase(id) },
        egress: { origins: [vendor.url], privateRanges: ['127.0.0.0/8'] },
        encryption: id === 'bohai' ? ('vendor' as const) : ('hub' as const),
      };
      const secrets = { secret: VENDOR_SECRET };
      unwrap(await authorities.add(tx, { id, name, driver: 'standard-key', manifest, secrets }));
      unwrap(await authorities.addCertificate(tx, id, 'root', root));
      unwrap(await authorities.addCertificate(tx, id, 'intermediate', intermediate));
    });
  }
  const returnUrl = `${receiver.origin}/login/return?from=hub`;
  const addParty = (id: string, orgcode: string, name: string): Promise<{ unit: Unit; platform: Platform }> =>
    store.tx(async (tx) => {
      const { unit } = unwrap(await relyingParties.addUnit(tx, { id, name, profile: {} }));
      const callbackBase = `${receiver.origin}/${id}`;
      const returnUrls = [returnUrl, `${receiver.origin}/other`];
      const homeUrl = `${receiver.origin}/`;
      const privateRanges = ['127.0.0.0/8'];
      const input = { unitId: id, orgcode, name, callbackBase, returnUrls, homeUrl, privateRanges };
      return { unit, platform: unwrap(await relyingParties.addPlatform(tx, input)) };
    });
  const { unit, platform } = await addParty('LN-TEST-1', '210100', '示例市交易系统');
  const neighbour = await addParty('LN-TEST-2', '210181', '邻县交易系统');

  const { key: signingKey } = await loadHubKey(store, { gm, cipher, clock, random }, 'signing');
  const pages = {
    ...{ store, gm, cipher, keyring, clock, random, log, journal, outbox, relyingParties, authorities, trust },
    ...{ subscribers, drivers, publicUrl, signingKey },
    publish: (interaction: string, version: number) => world.onPublish(interaction, version),
  };
  const logins = createLogins(pages);
  const envelopes: Envelopes = createEnvelopes({ ...pages, capsules });
  const documents = mkdtempSync(join(tmpdir(), 'documents-'));
  const seals = createSeals({
    ...{ store, cipher, gm, trust, journal, clock, random },
    sealMakers: [parseCertificate(gm, pki.sealHouse.root)].flatMap((one) => one ?? []),
  });
  const signing: SignatureDeps = {
    ...{ ...pages, seals, egress, files: createSealedFiles({ dir: documents, gm, random }) },
    ...{ timeAuthority: null, timeAuthorities: [] },
  };
  const signatures = createSignatures(signing);
  const encodeMessage9 = encodeDocumentSigned({
    ...{ store, gm, clock, random, relyingParties },
    signedDocument: (body) => signatures.signedDocument(body),
  });
  const encodeMessage7 = encodeDecryptOpened({
    ...{ store, gm, clock, relyingParties, held: envelopes.held },
    fileUrl: async ({ capsuleId }) => `${publicUrl}/content/${capsuleId}`,
  });
  const dispatcher = createDispatcher({
    ...{ store, cipher, clock, random, log, egress },
    encode: (event) =>
      ({
        'login.verified': encodeLoginVerified({ store, gm, clock, relyingParties }),
        'decrypt.opened': encodeMessage7,
        'document.signed': encodeMessage9,
      })[event.kind](event),
    outcome: (tx, event, outcome) =>
      ({ 'login.verified': logins, 'decrypt.opened': envelopes, 'document.signed': signatures })[event.kind].outcome(
        tx,
        event,
        outcome,
      ),
    owner: 'test',
    graceMs: 0,
  });
  dispatcher.start();

  const held = (pair: KeyPair): HeldKey => ({
    pair,
    certificate: base64(pair.signCertificate),
    serial: parseCertificate(gm, pair.signCertificate)?.serial ?? '',
    sign: async (text) => base64(await gm.sm2.sign(pair.signKey, [utf8(text)])),
  });
  const key = async (request: Partial<PairRequest> = {}): Promise<HeldKey> =>
    held(await pki.issueKeyPair({ authority: 'beichen', holder: companies.liaoning, ...request }));

  const world: LoginWorld = {
    onPublish: () => undefined,
    ...{
      store,
      clock,
      publicUrl,
      signingKey,
      logins,
      envelopes,
      ...{ signatures, signing, documents, seals, egress },
      relyingParties,
      authorities,
      subscribers,
      journal,
      trust,
      cipher,
      pki,
      vendor,
    },
    ...{ unit, platform, returnUrl, received: receiver.received, answerWith: receiver.answerWith },
    neighbour: neighbour.unit,
    neighbourPlatform: neighbour.platform,
    key,
    async enrolledKey(request = {}) {
      const made = await key(request);
      unwrap(await subscribers.synchronise(unit, recordOf(made.pair, request)));
      return made;
    },
    phoneKey: (vendorId) => held(mobileKeys[vendorId]),
    enrolPhone: async (vendorId) => void unwrap(await subscribers.synchronise(unit, recordOf(mobileKeys[vendorId]))),
    cancelKey: async (gone, holder) =>
      void unwrap(await subscribers.change(unit, { ...recordOf(gone.pair, holder && { holder }), change: 'cancel' })),
    async start(taskId, change = {}) {
      const request = { taskId, standBy: null, returnUrl: null, content: { taskId }, ...change };
      const started = unwrap(await logins.start(unit, platform, request));
      return { ...started, token: started.pageUrl.split('/').at(-1) ?? '' };
    },
    async close() {
      receiver.stop();
      await dispatcher.stop();
      await drivers.stop();
      await trust.stop();
      egress.close();
      await vendor.close();
      await receiver.close();
      rmSync(documents, { recursive: true, force: true });
    },
  };
  return world;
}

const PHONE_VENDORS = ['beichen', 'bohai'] as const;
type PhoneVendor = (typeof PHONE_VENDORS)[number];

/** Both vendors' outside services: status lists, and a phone with one certificate of each. */
async function openVendors(clock: Clock): Promise<{
  pki: WorldPki;
  vendor: VendorService;
  mobileKeys: Record<PhoneVendor, KeyPair>;
}> {
  const port = await freePort();
  const pki = await buildWorldPki(gm, { now: clock.now, crlBase: (id) => `http://127.0.0.1:${port}/${id}/crl` });
  const phoneKey = (authority: PhoneVendor) => pki.issueKeyPair({ authority, holder: companies.liaoning });
  const mobileKeys = { beichen: await phoneKey('beichen'), bohai: await phoneKey('bohai') };
  const vendor = await startVendorService({
    gm,
    host: '127.0.0.1',
    port,
    now: clock.now,
    authorities: PHONE_VENDORS.map((id) => ({
      id,
      name: vendors[id].name,
      secret: VENDOR_SECRET,
      hotline: '10000000001',
      crls: () => pki.authority(id).crls(),
      mobileKeys: [{ holder: companies.liaoning.unitName, ...mobileKeys[id] }],
      encrypt: encryptService(gm, pki.authority(id), clock.now),
    })),
  });
  return { pki, vendor, mobileKeys };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

/** A trading system's callback endpoint. */
async function startReceiver() {
  const received: Received[] = [];
  let reply: Reply | ((message: Received) => Reply) = { body: '{"code":200,"msg":"成功"}' };
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const message = JSON.parse(Buffer.concat(parts).toString('utf8')) as Received;
      received.push(message);
      const answer = typeof reply === 'function' ? reply(message) : reply;
      if (answer === 'hang') return;
      response.writeHead(answer.status ?? 200, { 'content-type': 'application/json' }).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answerWith: (next: typeof reply) => {
      reply = next;
    },
    stop: () => server.closeAllConnections(),
    close: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  };
}

export function recordOf(pair: KeyPair, request: Partial<PairRequest> = {}): SubjectRecord {
  const holder = request.holder ?? companies.liaoning;
  const sign = parseCertificate(gm, pair.signCertificate);
  const encrypt = parseCertificate(gm, pair.encCertificate);
  if (sign === undefined || encrypt === undefined) throw new Error('the builder made an unreadable certificate');
  return {
    userName: holder.holderName,
    idType: '身份证',
    idNumber: holder.idNumber,
    unitName: holder.unitName,
    unitCode: holder.unitCode,
    signCertificate: base64(pair.signCertificate),
    encryptionCertificate: base64(pair.encCertificate),
    signSerial: sign.serial,
    encryptionSerial: encrypt.serial,
    endTime: beijingDateTime(sign.notAfter),
    legalName: holder.holderName,
    legalIdNumber: holder.idNumber,
    seal: 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    standBy: null,
  };
}

/** Waits for what happens by itself (a delivery); the bound is for a broken hub, not an assertion. */
export async function until<T>(read: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const value = await read();
    if (value !== undefined) return value;
    if (Date.now() > deadline) throw new Error('it never happened');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
