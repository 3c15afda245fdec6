/** The page that checks signatures before the real door behind it: real judging, a real spool folder, a test authority. */

import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import type { Assets } from '#hosted/assets.ts';
import { jsonOnly, pageGuard, refuse } from '#hosted/guard.ts';
import { mountPages } from '#hosted/pages/mount.ts';
import { createLimiter, defaultRates } from '#hosted/rates.ts';
import { type ValidateDeps, validateRoutes } from '#hosted/routes-validate.ts';
import { errorExit } from '#http/answer.ts';
import { type EdgeEnv, requestContext } from '#http/context.ts';
import { systemClock } from '#kernel/clock.ts';
import { systemRandom } from '#kernel/random.ts';
import { loadFont } from '#print/font.ts';
import { openSheet, PORTRAIT } from '#print/sheet.ts';
import { createReportPrinter } from '#signature/report/printer.ts';
import { createValidation } from '#signature/validation.ts';
import { quietLog } from '#test/support/store.ts';
import { gm, NOW, openSigning, type Signing } from '../signature/signing.ts';

const font = loadFont(join(import.meta.dirname, '../../src/print/fonts'));

export interface ValidateStage {
  readonly url: string;
  readonly signing: Signing;
  readonly deps: ValidateDeps;
  /** Files that lie in the folder through which documents go. */
  left(): readonly string[];
  close(): Promise<void>;
}

export async function openValidateStage(assets: Assets, more: Partial<ValidateDeps> = {}): Promise<ValidateStage> {
  const signing = await openSigning();
  const spoolDir = mkdtempSync(join(tmpdir(), 'validate-'));
  const clock = { ...systemClock, now: () => NOW };
  const app = new Hono<EdgeEnv>();
  const server = createServer(getRequestListener((request, env) => app.fetch(request, env)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const deps: ValidateDeps = {
    validation: createValidation({
      ...{ gm, clock, random: systemRandom, timeAuthorities: [], spoolDir },
      sealMakers: { standing: () => 'listed' },
      trust: { judge: (certificate) => signing.judges.certificate(certificate, null) },
    }),
    reports: createReportPrinter({ gm, key: gm.sm2.generateKey(), font, hub: url }),
    ...{ clock, trustProxy: false },
    ...more,
  };
  app.use('*', requestContext({ random: systemRandom, https: false }));
  app.onError(errorExit(quietLog, (c, refusal) => refuse(c, refusal)));
  const origins = { has: async (origin: string | undefined) => origin === url, ofHost: async () => url };
  app.use('/hosted/*', pageGuard({ origins, limiter: createLimiter(defaultRates.address, clock), trustProxy: false }));
  app.use('/hosted/api/*', jsonOnly);
  app.route('/hosted/validate', validateRoutes(deps));
  mountPages(app as unknown as Hono, {
    ...{ assets, publicOrigin: url, agentEndpoints: [], now: () => NOW, authorities: async () => [] },
  });
  return {
    ...{ url, signing, deps },
    left: () => readdirSync(spoolDir),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      rmSync(spoolDir, { recursive: true, force: true });
    },
  };
}

/** A letter of tender over three pages, in Chinese. */
export async function tenderLetter(): Promise<Buffer> {
  const sheet = await openSheet(PORTRAIT, font());
  for (let page = 1; page <= 3; page += 1) {
    sheet.text(page === 1 ? '投 标 函' : `投标函附件 ${page - 1}`, { size: 20, bold: true, align: 'centre' });
    sheet.gap(24);
    for (let line = 0; line < 14; line += 1)
      sheet.text(
        '我方已仔细研究沿海高速公路改扩建工程施工招标文件的全部内容，愿意以人民币壹亿贰仟叁佰肆拾伍万元的投标总报价，按合同约定实施和完成承包工程，修补工程中的任何缺陷。',
        { size: 11 },
      );
    sheet.gap(page === 3 ? 0 : 400);
  }
  return Buffer.from(await sheet.finish(['沿海高速公路改扩建工程施工招标']));
}
