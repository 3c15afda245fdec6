import { Hono } from 'hono';
import { createBroker } from '#broker/broker.ts';
import { createControlApi } from '#broker/control.ts';
import { createDocumentsApi } from '#broker/documents.ts';
import { createOfflineApi } from '#broker/offline.ts';
import { createOpeningsApi } from '#broker/openings.ts';
import { createSealsApi } from '#broker/seals.ts';
import { createVerifyApi } from '#broker/verify.ts';
import type { Controls } from '#control/controls.ts';
import { createDocs } from '#docs/docs.ts';
import { loadDocsFiles } from '#docs/files.ts';
import type { Envelopes } from '#envelope/envelopes.ts';
import { SDK_PATH } from '#hosted/routes-sdk.ts';
import { type EdgeEnv, requestContext } from '#http/context.ts';
import { createPresence } from '#http/presence.ts';
import type { Logins } from '#identity/logins.ts';
import type { Openings } from '#opening/openings.ts';
import type { OfflineJobs } from '#signature/offline/jobs.ts';
import type { ReportPrinter } from '#signature/report/printer.ts';
import type { Signatures } from '#signature/signatures.ts';
import type { Validation } from '#signature/validation.ts';
import type { Verification } from '#signature/verification.ts';
import type { SealedFiles } from '#store/sealed-files.ts';
import type { Core } from './core.ts';
import { folderOf } from './folders.ts';

/** Messages with an attFile that are not proved yet: 96 MB each at most. */
const FILES_AT_ONCE = { ofOne: 16, all: 64 };

/** `/api/*` and `/docs/*`: what programmers of trading systems meet. Everything else is people's. */
export async function integratorsEdge(
  core: Core,
  rooms: {
    readonly logins: Logins;
    readonly envelopes: Envelopes;
    readonly openings: Openings;
    readonly signatures: Signatures;
    readonly files: SealedFiles;
    readonly controls: Controls;
    readonly validation: Validation;
    readonly verification: Verification;
    readonly jobs: OfflineJobs;
    readonly reports: ReportPrinter;
  },
): Promise<Hono<EdgeEnv>> {
  const { store, gm, clock, log, random, relyingParties, subscribers, seals } = core;
  const { logins, envelopes, openings, signatures, files, controls, validation, verification, jobs, reports } = rooms;
  const { publicUrl, trustProxy } = core.config;
  const shared = { store, gm, clock, log, relyingParties };
  const app = new Hono<EdgeEnv>();
  app.use('*', requestContext({ random, https: publicUrl.startsWith('https:') }));
  app.route('/', createOpeningsApi({ ...shared, openings, publicUrl }));
  app.route('/', createSealsApi({ ...shared, seals }));
  app.route('/', createOfflineApi({ ...shared, jobs }));
  app.route('/', createDocumentsApi({ ...shared, validation, printer: reports }));
  app.route('/', createControlApi({ ...shared, controls, sdkPath: SDK_PATH }));
  app.route('/', createVerifyApi({ ...shared, verification }));
  app.route(
    '/',
    createBroker({
      ...{ ...shared, subscribers, logins, envelopes, trustProxy },
      signing: { signatures, files, presence: createPresence(FILES_AT_ONCE) },
    }),
  );
  app.route('/', await createDocs({ gm, publicUrl, files: loadDocsFiles(folderOf('docs')) }));
  return app;
}

export const isForIntegrators = (url: string): boolean => /^\/(api|docs)(\/|$)/.test(new URL(url).pathname);
