import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Hono } from 'hono';
import { createCheckpoints } from '#audit/checkpoints.ts';
import { createJournal, type Journal } from '#audit/journal.ts';
import { createBroker } from '#broker/broker.ts';
import { createControlApi } from '#broker/control.ts';
import { createDocumentsApi } from '#broker/documents.ts';
import { encodeDecryptOpened } from '#broker/encode-decrypt-opened.ts';
import { encodeDocumentSigned } from '#broker/encode-document-signed.ts';
import { encodeLoginVerified } from '#broker/encode-login-verified.ts';
import { createOfflineApi } from '#broker/offline.ts';
import { createOpeningsApi } from '#broker/openings.ts';
import { createSealsApi } from '#broker/seals.ts';
import { createVerifyApi } from '#broker/verify.ts';
import type { HubConfig } from '#config/config.ts';
import { createControls } from '#control/controls.ts';
import type { Gm } from '#crypto/gm.ts';
import { createGm } from '#crypto/provider.ts';
import { createDispatcher, type Dispatcher, type Encode, type Outcome } from '#delivery/dispatcher.ts';
import { createEgress, type Egress } from '#delivery/egress.ts';
import { createOutbox } from '#delivery/outbox.ts';
import { createDocs } from '#docs/docs.ts';
import { loadDocsFiles } from '#docs/files.ts';
import { createDriverHosts } from '#drivers/host.ts';
import { installed } from '#drivers/installed.ts';
import { type Authorities, createAuthorities } from '#drivers/repository.ts';
import { createTrust, type Trust } from '#drivers/trust.ts';
import { createEnvelopes, type Envelopes } from '#envelope/envelopes.ts';
import { loadAssets } from '#hosted/assets.ts';
import { HALL_LIVE_PATH } from '#hosted/hall-api.ts';
import { createPublicOrigins } from '#hosted/origins.ts';
import { createHosted, createPageLive } from '#hosted/routes.ts';
import { createHallLive } from '#hosted/routes-hall.ts';
import { SDK_PATH } from '#hosted/routes-sdk.ts';
import { type EdgeEnv, requestContext } from '#http/context.ts';
import { createPresence } from '#http/presence.ts';
import { startServer } from '#http/server.ts';
import { createLogins, type Logins } from '#identity/logins.ts';
import { startBeats } from '#kernel/beats.ts';
import { type Clock, systemClock } from '#kernel/clock.ts';
import { startErrand } from '#kernel/errand.ts';
import { HubError } from '#kernel/errors.ts';
import { newId } from '#kernel/ids.ts';
import { limits } from '#kernel/limits.ts';
import { createLog, type Logger } from '#kernel/log.ts';
import { type Random, systemRandom } from '#kernel/random.ts';
import { createSteadyClock } from '#kernel/steady-clock.ts';
import { createHall, type HallDesk } from '#opening/hall/hall.ts';
import { noteOfBid } from '#opening/hall/note.ts';
import { createPrinter } from '#opening/minutes/printer.ts';
import { createOpenings, type Openings } from '#opening/openings.ts';
import { createOneShots } from '#opening/process/one-shots.ts';
import { createTimeTrust } from '#opening/time-trust.ts';
import type { TimeAuthority } from '#opening/time-witness.ts';
import { createVault } from '#opening/vault.ts';
import { type Certificate, readCertificateText } from '#pki/certificate.ts';
import { loadFont } from '#print/font.ts';
import { createRelyingParties, type RelyingParties } from '#relying-party/relying-parties.ts';
import { forgetSignPaths } from '#relying-party/sign-path-repository.ts';
import { createOfflineJobs } from '#signature/offline/jobs.ts';
import { createReportPrinter } from '#signature/report/printer.ts';
import { createSignatures, type Signatures } from '#signature/signatures.ts';
import type { StampingAuthority } from '#signature/stamp.ts';
import { createValidation, judgesOf } from '#signature/validation.ts';
import { createVerification } from '#signature/verification.ts';
import { createBlobs, sweepBlobs } from '#store/blobs.ts';
import { createFieldCipher, type FieldCipher } from '#store/field-cipher.ts';
import { loadHubKey } from '#store/hub-keys.ts';
import { createKeyring, type Keyring } from '#store/keys.ts';
import type { OutboxTable } from '#store/schema.ts';
import { createSealedFiles } from '#store/sealed-files.ts';
import { openStore, type Store } from '#store/store.ts';
import { createSeals, type SealLibrary } from '#subscriber/seals/library.ts';
import { createSubscribers, type Subscribers } from '#subscriber/subscribers.ts';
import type { OnCertificateChanged } from '#subscriber/workbench.ts';

/** What every program over one hub's database shares: the hub itself and the admin commands beside it. */
export interface Core {
  readonly config: HubConfig;
  readonly gm: Gm;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly store: Store;
  readonly keyring: Keyring;
  readonly cipher: FieldCipher;
  readonly journal: Journal;
  readonly egress: Egress;
  readonly relyingParties: RelyingParties;
  readonly authorities: Authorities;
  readonly trust: Trust;
  readonly subscribers: Subscribers;
  readonly seals: SealLibrary;
  /** Rooms that must learn of a changed key (changeCert) add themselves; asked in turn, inside the transaction. */
  readonly keyWatchers: OnCertificateChanged[];
  close(): Promise<void>;
}

/** Opens the database and everything that stands on it. `admin`: beside a running hub, without its lock. */
export async function openCore(config: HubConfig, log: Logger, options: { admin?: boolean } = {}): Promise<Core> {
  const clock = createSteadyClock(systemClock, (byMs) =>
    log.error({ alarm: 'clock', byMs }, 'the clock of this machine was set; the hub goes on counting without it'),
  );
  const random = systemRandom;
  const gm = createGm({ alarm: (message) => log.error({ alarm: 'crypto' }, message) });
  const store = await openStore(
    config.database.kind === 'sqlite'
      ? { ...config.database, admin: options.admin === true }
      : { kind: 'postgres', url: config.database.url, poolSize: config.database.poolSize },
    { log },
  );
  const keyring = createKeyring(gm, config.masterKeys);
  const cipher = createFieldCipher(gm, keyring, random);
  const journal = createJournal({ gm, clock });
  const egress = createEgress({ log, ...(config.extraCa !== undefined && { extraCa: config.extraCa }) });
  const relyingParties = createRelyingParties({ store, cipher, clock, random, mode: config.mode });
  const authorities = createAuthorities({ store, cipher, gm, clock });
  const trust = createTrust({ store, gm, authorities, egress, clock, log });
  const keyWatchers: OnCertificateChanged[] = [];
  const onCertificateChanged: OnCertificateChanged = async (tx, change) => {
    const warnings: string[] = [];
    for (const watcher of keyWatchers) warnings.push(...(await watcher(tx, change)));
    return warnings;
  };
  const deps = { store, cipher, gm, trust, journal, clock, random, onCertificateChanged };
  const subscribers = createSubscribers(deps);
  const seals = createSeals({ ...deps, sealMakers: sealMakersOf(config, gm) });
  return {
    config,
    gm,
    clock,
    random,
    log,
    store,
    keyring,
    cipher,
    journal,
    egress,
    relyingParties,
    authorities,
    trust,
    subscribers,
    seals,
    keyWatchers,
    close: () => store.close(),
  };
}

export interface RunningHub {
  /** As bound, for logs; people use `config.publicUrl`. */
  readonly url: string;
  /** Takes nothing new, lets what runs end, within `limits.shutdownGrace`. Idempotent. */
  close(): Promise<void>;
}

/** The hub: this is the only place where its rooms meet. */
export async function startHub(config: HubConfig): Promise<RunningHub> {
  const log = createLog(config.logLevel);
  const core = await openCore(config, log);
  const {
    store,
    gm,
    cipher,
    keyring,
    clock,
    random,
    journal,
    egress,
    relyingParties,
    authorities,
    trust,
    subscribers,
    seals,
  } = core;
  // The outbox hands to the dispatcher what it may send at once, the dispatcher tells the logins, the logins fill the outbox: late-bound again.
  const outbox = createOutbox({ cipher, clock, random, takeAtOnce: (tx, row) => dispatcher.takeAtOnce(tx, row) });
  const drivers = createDriverHosts({ authorities, egress, clock, random, log, installed });
  const signing = await loadHubKey(store, { gm, cipher, clock, random }, 'signing');
  const { publicUrl } = config;
  const vault = createVault(gm, cipher);
  const time = createTimeTrust({ store, vault, journal, random, log, clock, source: systemClock });
  // Before anything is recorded: the clock is compared with the record's last row.
  await time.start();
  const blobDir = config.blobDir ?? mkdtempSync(join(tmpdir(), 'caihub-blobs-'));
  const spoolDir = join(blobDir, 'spool');
  for (const dir of [blobDir, spoolDir]) await sweepBlobs(dir, systemClock.now() - DAY_MS);

  // The live channel asks the rooms and the rooms tell the live channel: they meet through a late-bound call.
  const live = createPageLive({
    sources: () => [logins, envelopes, signatures],
    origins: createPublicOrigins({ store, relyingParties, publicUrl, clock }),
    https: publicUrl.startsWith('https:'),
    log,
  });
  const pages = {
    store,
    gm,
    cipher,
    keyring,
    clock,
    random,
    log,
    journal,
    outbox,
    relyingParties,
    authorities,
    trust,
    subscribers,
    seals,
    drivers,
    publicUrl,
    signingKey: signing.key,
    publish: (interaction: string, version: number) => live.publish(interaction, version),
  };
  const logins: Logins = createLogins(pages);
  const openings: Openings = createOpenings({
    ...pages,
    blobs: createBlobs({ dir: blobDir, gm, random }),
    processes: createOneShots({ gm }),
    time,
    note: noteOfBid({ cipher, clock, random }),
  });
  const envelopes: Envelopes = createEnvelopes({
    ...pages,
    capsules: { ...openings.port, noted: (capsules, note) => hall.noted(capsules, note) },
  });
  const timeAuthority = timeAuthorityOf(config, gm);
  const timeAuthorities = timeAuthority?.certificates ?? [];
  const files = createSealedFiles({ dir: join(blobDir, 'documents'), gm, random });
  const signatures: Signatures = createSignatures({
    ...pages,
    ...{ seals, files, egress, timeAuthority },
    timeAuthorities,
  });
  core.keyWatchers.push(envelopes.changedKey, openings.onCertificateChanged);
  const hallLive = createHallLive({
    hall: () => hall,
    origins: createPublicOrigins({ store, relyingParties, publicUrl, clock }),
    log,
  });
  const hall: HallDesk = createHall({
    ...pages,
    openings,
    envelopes,
    publish: async (opening) => {
      const version = (await hall.versions([opening])).get(opening);
      if (version !== undefined) hallLive.publish(opening, version);
    },
  });
  const encoders: Readonly<Record<OutboxTable['kind'], Encode>> = {
    'login.verified': encodeLoginVerified({ gm, store, relyingParties, clock }),
    'decrypt.opened': encodeDecryptOpened({
      ...{ gm, store, relyingParties, clock },
      held: envelopes.held,
      fileUrl: async ({ unitId, capsuleId }) => {
        const link = await openings.contentLink(unitId, capsuleId);
        if (!link.ok) throw new HubError(link.refusal.code, 'content of a capsule');
        return link.value.url;
      },
    }),
    'document.signed': encodeDocumentSigned({
      ...{ gm, store, relyingParties, clock, random },
      signedDocument: (body) => signatures.signedDocument(body),
    }),
  };
  const outcomes: Readonly<Record<OutboxTable['kind'], Outcome>> = {
    'login.verified': logins.outcome,
    'decrypt.opened': envelopes.outcome,
    'document.signed': signatures.outcome,
  };
  const dispatcher: Dispatcher = createDispatcher({
    store,
    cipher,
    clock,
    random,
    log,
    egress,
    encode: (event) => encoders[event.kind](event),
    outcome: (tx, event, outcome) => outcomes[event.kind](tx, event, outcome),
    owner: newId('req', random),
  });
  const checkpoints = createCheckpoints({
    store,
    gm,
    journal,
    clock,
    log,
    key: () => loadHubKey(store, { gm, cipher, clock, random }, 'journal'),
  });
  const ready = async (): Promise<void> => store.ping();

  const font = loadFont(folderOf('fonts'));
  const printer = createPrinter({ gm, key: signing.key, font });
  const reports = createReportPrinter({ gm, key: signing.key, font, hub: publicUrl });
  const witnessing = { authority: timeAuthority, egress };
  const validation = createValidation({
    ...{ gm, trust, clock, random, spoolDir },
    timeAuthorities,
    sealMakers: seals.makers,
  });
  const judges = judgesOf({ gm, trust, clock, timeAuthorities, sealMakers: seals.makers });
  const verification = createVerification({ gm, judges, clock });
  const controls = createControls({ ...pages, verification });
  const hosted = createHosted({
    logins,
    envelopes,
    signatures,
    hall: { desk: hall, printer },
    controls,
    checking: { validation, reports },
    store,
    relyingParties,
    authorities,
    gm,
    clock,
    random,
    log,
    publicUrl,
    ready,
    assets: loadAssets(folderOf('web')),
    dialects: new Map(
      installed.flatMap(({ manifest: { id, dialect, pinWindow = false } }) =>
        dialect === undefined ? [] : [[id, { module: dialect, pinWindow }]],
      ),
    ),
    agentEndpoints: config.agentEndpoints,
    signingKey: signing.key.publicKey,
    trustProxy: config.trustProxy,
  });
  const api = new Hono<EdgeEnv>();
  api.use('*', requestContext({ random, https: publicUrl.startsWith('https:') }));
  api.route('/', createOpeningsApi({ store, gm, clock, log, relyingParties, openings, publicUrl }));
  api.route('/', createSealsApi({ store, gm, clock, log, relyingParties, seals }));
  const jobs = createOfflineJobs({
    ...{ store, gm, clock, random, journal, judges, publicUrl },
    ...{ key: signing.key, spoolDir },
  });
  api.route('/', createOfflineApi({ store, gm, clock, log, relyingParties, jobs }));
  api.route('/', createDocumentsApi({ store, gm, clock, log, relyingParties, validation, printer: reports }));
  api.route('/', createControlApi({ store, gm, clock, log, relyingParties, controls, sdkPath: SDK_PATH }));
  api.route('/', createVerifyApi({ store, gm, clock, log, relyingParties, verification }));
  api.route(
    '/',
    createBroker({
      ...{ store, gm, clock, log, relyingParties, subscribers, logins, envelopes },
      signing: { signatures, files, presence: createPresence(FILES_AT_ONCE) },
      trustProxy: config.trustProxy,
    }),
  );
  api.route('/', await createDocs({ gm, publicUrl, files: loadDocsFiles(folderOf('docs')) }));

  const beats = startBeats(log, [
    { name: 'expired logins', everyMs: 1_000, work: () => logins.sweep() },
    { name: 'expired decryptions', everyMs: 1_000, work: () => envelopes.sweep() },
    { name: 'expired controls', everyMs: 5_000, work: () => controls.sweep() },
    { name: 'expired signings', everyMs: 1_000, work: () => signatures.sweep() },
    { name: 'signed strings', everyMs: HOUR_MS, work: () => forgetOldStrings(core) },
    { name: 'openings', everyMs: 1_000, work: () => openings.sweep(witnessing) },
    { name: 'halls', everyMs: 1_000, work: () => hall.sweep() },
    { name: 'vendors of open exchanges', everyMs: 1_500, work: () => logins.pollVendors() },
    { name: 'vendors of open decryptions', everyMs: 1_500, work: () => envelopes.pollVendors() },
    { name: 'vendors of open signings', everyMs: 1_500, work: () => signatures.pollVendors() },
    { name: 'vendors of the halls', everyMs: 1_500, work: () => hall.pollVendors() },
  ]);
  dispatcher.start();
  checkpoints.start();
  const server = await startServer({
    fetch: (request, env) => (isForIntegrators(request.url) ? api.fetch(request, env) : hosted.fetch(request, env)),
    host: config.listen.host,
    port: config.listen.port,
    tls: config.tlsPem,
    upgrade: (request, ...rest) => (isForHall(request.url) ? hallLive : live).upgrade(request, ...rest),
  });
  log.info({ url: server.url, publicUrl, mode: config.mode, database: store.dialect }, 'the hub is up');
  const adoption = startErrand(log, {
    name: 'seals of before the library',
    work: (halt) => subscribers.adoptSeals({ halt, log }),
  });
  return {
    url: server.url,
    close: once(async () => {
      live.close();
      hallLive.close();
      await Promise.all([server.close(), beats.stop(), adoption.stop(), dispatcher.stop(), checkpoints.stop()]);
      await Promise.all([drivers.stop(), trust.stop()]);
      egress.close();
      await core.close();
      log.info('the hub is down');
    }),
  };
}

const HOUR_MS = 3600_000;
/** Messages with an attFile that are not proved yet: 96 MB each at most. */
const FILES_AT_ONCE = { ofOne: 16, all: 64 };

/** What a writer that died left behind is swept away when it is a day old. */
const DAY_MS = 24 * HOUR_MS;

/**
 * The printed strings carry no time, so on its own path a string opens a task again whenever it comes. On another path it could do more than there while the
 * trading system still waits for the answer: an hour of a page and 72 hours of delivery, which the life is ten times of.
 */
const forgetOldStrings = ({ store, clock }: Core): Promise<number> =>
  forgetSignPaths(store, { before: clock.now() - limits.signPathLife, now: clock.now() });

function sealMakersOf({ sealMakers }: HubConfig, gm: Gm): readonly Certificate[] {
  const certificates = certificatesIn(sealMakers, gm);
  if (sealMakers !== '' && certificates.length === 0)
    throw new Error('sealMakers.certificatesFile: no readable certificate');
  return certificates;
}

const certificatesIn = (pem: string, gm: Gm): Certificate[] =>
  (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).flatMap(
    (block) => readCertificateText(gm, block) ?? [],
  );

function timeAuthorityOf({ timeAuthority }: HubConfig, gm: Gm): (TimeAuthority & StampingAuthority) | null {
  if (timeAuthority === undefined) return null;
  const certificates = certificatesIn(timeAuthority.certificates, gm);
  if (certificates.length === 0) throw new Error('timeAuthority.certificatesFile: no readable certificate');
  const { url, privateRanges, whenDown } = timeAuthority;
  return { url, privateRanges, whenDown, certificates };
}

const isForHall = (path = ''): boolean => path.startsWith(`${HALL_LIVE_PATH}?`);

/** The integrators' edges; everything else is people's. */
const isForIntegrators = (url: string): boolean => /^\/(api|docs)(\/|$)/.test(new URL(url).pathname);

/** Files that travel with the program: in the tree where they are made, in the package beside the bundled program. */
function folderOf(what: 'web' | 'docs' | 'fonts'): string {
  const inTree = { web: '../dist/web/', docs: './docs/', fonts: './print/fonts/' };
  return fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? inTree[what] : `./${what}/`, import.meta.url));
}

function once(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => {
    running ??= work();
    return running;
  };
}
