import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { timeAuthorityOf } from '#app/believed.ts';
import { type Core, openCore } from '#app/core.ts';
import { folderOf } from '#app/folders.ts';
import { integratorsEdge, isForIntegrators } from '#app/integrators.ts';
import { createMessages } from '#app/messages.ts';
import { createCheckpoints } from '#audit/checkpoints.ts';
import type { HubConfig } from '#config/config.ts';
import { createControls } from '#control/controls.ts';
import type { Dispatcher } from '#delivery/dispatcher.ts';
import { createOutbox } from '#delivery/outbox.ts';
import { createDriverHosts } from '#drivers/host.ts';
import { installed } from '#drivers/installed.ts';
import { createEnvelopes, type Envelopes } from '#envelope/envelopes.ts';
import { loadAssets } from '#hosted/assets.ts';
import { HALL_LIVE_PATH } from '#hosted/hall-api.ts';
import { createPublicOrigins } from '#hosted/origins.ts';
import { createHosted, createPageLive } from '#hosted/routes.ts';
import { createHallLive } from '#hosted/routes-hall.ts';
import { startServer } from '#http/server.ts';
import { createLogins, type Logins } from '#identity/logins.ts';
import { startBeats } from '#kernel/beats.ts';
import { systemClock } from '#kernel/clock.ts';
import { startErrand } from '#kernel/errand.ts';
import { limits } from '#kernel/limits.ts';
import { createLog } from '#kernel/log.ts';
import { createHall, type HallDesk } from '#opening/hall/hall.ts';
import { noteOfBid } from '#opening/hall/note.ts';
import { createPrinter } from '#opening/minutes/printer.ts';
import { createOpenings, type Openings } from '#opening/openings.ts';
import { createOneShots } from '#opening/process/one-shots.ts';
import { createTimeTrust } from '#opening/time-trust.ts';
import { createVault } from '#opening/vault.ts';
import { loadFont } from '#print/font.ts';
import { forgetSignPaths } from '#relying-party/sign-path-repository.ts';
import { createOfflineJobs } from '#signature/offline/jobs.ts';
import { createReportPrinter } from '#signature/report/printer.ts';
import { createSignatures, type Signatures } from '#signature/signatures.ts';
import { createValidation, judgesOf } from '#signature/validation.ts';
import { createVerification } from '#signature/verification.ts';
import { createBlobs, sweepBlobs } from '#store/blobs.ts';
import { loadHubKey } from '#store/hub-keys.ts';
import { createSealedFiles } from '#store/sealed-files.ts';

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
  const dispatcher: Dispatcher = createMessages(core, { logins, envelopes, openings, signatures });
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
  const validating = { gm, trust, clock, random, spoolDir, timeAuthorities, sealMakers: seals.makers };
  const judges = judgesOf({ gm, trust, clock, timeAuthorities, sealMakers: seals.makers });
  const verification = createVerification({ gm, judges, clock });
  const controls = createControls({ ...pages, verification });
  const hosted = createHosted({
    logins,
    envelopes,
    signatures,
    hall: { desk: hall, printer },
    controls,
    checking: { validation: createValidation(validating), reports },
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
  const jobs = createOfflineJobs({
    ...{ store, gm, clock, random, journal, judges, publicUrl },
    ...{ key: signing.key, spoolDir },
  });
  const checks = { validation: createValidation(validating), reports, verification, jobs };
  const api = await integratorsEdge(core, { logins, envelopes, openings, signatures, files, controls, ...checks });

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
/** What a writer that died left behind is swept away when it is a day old. */
const DAY_MS = 24 * HOUR_MS;

/**
 * The printed strings carry no time, so on its own path a string opens a task again whenever it comes. On another path it could do more than there while the
 * trading system still waits for the answer: an hour of a page and 72 hours of delivery, which the life is ten times of.
 */
const forgetOldStrings = ({ store, clock }: Core): Promise<number> =>
  forgetSignPaths(store, { before: clock.now() - limits.signPathLife, now: clock.now() });

const isForHall = (path = ''): boolean => path.startsWith(`${HALL_LIVE_PATH}?`);

function once(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => {
    running ??= work();
    return running;
  };
}
