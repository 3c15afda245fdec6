import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Trust } from '#drivers/trust.ts';
import type { KeyPair } from '#fixtures/pki/authority.ts';
import { refuse } from '#hosted/guard.ts';
import { validateRoutes } from '#hosted/routes-validate.ts';
import { errorExit } from '#http/answer.ts';
import { type EdgeEnv, requestContext } from '#http/context.ts';
import { systemClock } from '#kernel/clock.ts';
import { systemRandom } from '#kernel/random.ts';
import { loadFont } from '#print/font.ts';
import { inspect } from '#signature/inspect.ts';
import { bytesSource } from '#signature/pdf/source.ts';
import { createReportPrinter } from '#signature/report/printer.ts';
import { createValidation, type Validation } from '#signature/validation.ts';
import { quietLog } from '#test/support/store.ts';
import { corpus } from './corpus.ts';
import { plainPdf } from './pdf/base.ts';
import { gm, NOW, openSigning, type Signing } from './signing.ts';

let world: Signing;
let signer: KeyPair;
let validation: Validation;
const spoolDir = mkdtempSync(join(tmpdir(), 'corpus-'));
beforeAll(async () => {
  world = await openSigning();
  signer = await world.signer();
  validation = validationBy((certificate) => world.judges.certificate(certificate, null));
});
afterAll(() => rmSync(spoolDir, { recursive: true }));

const validationBy = (judge: Trust['judge']): Validation =>
  createValidation({
    ...{ gm, random: systemRandom, clock: { now: () => NOW }, timeAuthorities: [], spoolDir },
    trust: { judge },
  });

async function* streamOf(file: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < file.length; at += 60_000) yield file.subarray(at, at + 60_000);
}

/** What each door says: a refusal's code, or what is told of the document. */
const doors = {
  validate: async (file: Buffer) => {
    const report = await validation.validate(streamOf(file));
    return report.ok ? report.value.notes : report.refusal.code;
  },
  inspect: async (file: Buffer) => {
    const found = await inspect(bytesSource(file));
    return found.ok ? found.value.notes : found.refusal.code;
  },
  sign: async (file: Buffer) => {
    try {
      await world.sign(file, signer, { placements: [{ page: 0, x: 10, y: 10, width: 20, height: 20 }] });
      return [];
    } catch (error) {
      if ((error as Error).name !== 'PdfFault') throw error;
      return 'DOCUMENT_';
    }
  },
};

describe('the corpus of malformed documents', () => {
  it('is refused in words or taken with what is to be said of it, at every door, and nothing stays behind', async () => {
    for (const { title, file, expect: wanted } of corpus()) {
      const [judged, looked] = [await doors.validate(file), await doors.inspect(file)];
      const wished = wanted === 'refused' ? expect.stringMatching(/^DOCUMENT_/) : wanted;
      expect([title, judged, looked]).toEqual([title, wished, wished]);
      const signed = await doors.sign(file);
      if (wanted === 'refused' && title !== '25 000 fields') expect([title, signed]).toEqual([title, 'DOCUMENT_']);
      expect(readdirSync(spoolDir)).toEqual([]);
    }
  }, 60_000);

  it('of what can be signed, everything still judges well when it has been', async () => {
    for (const { title, file, expect: wanted } of corpus()) {
      if (wanted === 'refused') continue;
      const report = await world.report(await world.sign(file, signer, { placements: [] }));
      expect([title, report.sentence]).toEqual([title, '签名有效']);
    }
  });
});

describe('the door of the page that checks signatures', () => {
  const door = (more: { burst?: number; validation?: Validation; trustProxy?: boolean } = {}) => {
    const app = new Hono<EdgeEnv>();
    app.use('*', requestContext({ random: systemRandom, https: true }));
    app.onError(errorExit(quietLog, (c, refusal) => refuse(c, refusal)));
    const fonts = join(import.meta.dirname, '../../src/print/fonts');
    app.route(
      '/',
      validateRoutes({
        validation: more.validation ?? validation,
        reports: createReportPrinter({
          gm,
          key: gm.sm2.generateKey(),
          hub: 'https://hub.example',
          font: loadFont(fonts),
        }),
        ...{ clock: systemClock, trustProxy: more.trustProxy ?? false },
        rate: { burst: more.burst ?? 100, perSecond: 0.001 },
      }),
    );
    return (body: Buffer | ReadableStream, headers: Record<string, string> = {}) =>
      app.request('/', {
        method: 'POST',
        body: Buffer.isBuffer(body) ? Uint8Array.from(body) : body,
        headers: { 'content-type': 'application/pdf', ...headers },
        duplex: 'half',
      } as RequestInit);
  };

  it('takes PDFs only, refuses what is too large unread, and slows down who comes too often', async () => {
    const ask = door({ burst: 3 });
    const code = async (reply: Response) => [
      reply.status,
      ((await reply.json()) as { error?: { code: string } }).error?.code,
    ];
    expect(await code(await ask(plainPdf(), { 'content-type': 'text/plain' }))).toEqual([200, 'INPUT_NOT_ALLOWED']);
    expect(await code(await ask(plainPdf(), { 'content-length': String(60 * 1024 * 1024) }))).toEqual([
      413,
      'BODY_TOO_LARGE',
    ]);
    expect(await code(await ask(Buffer.from('PK')))).toEqual([200, 'DOCUMENT_NOT_PDF']);
    expect(await code(await ask(plainPdf()))).toEqual([200, undefined]);
    const slowed = await ask(plainPdf());
    expect([slowed.status, Number(slowed.headers.get('retry-after')) > 0]).toEqual([429, true]);
  });

  it('judges four at a time and no more: the others wait for their turn', async () => {
    let [judging, most] = [0, 0];
    const signed = await world.sign(plainPdf(), signer, {});
    const ask = door({
      trustProxy: true,
      validation: validationBy(async (certificate) => {
        judging += 1;
        most = Math.max(most, judging);
        await new Promise((resolve) => setTimeout(resolve, 20));
        judging -= 1;
        return world.judges.certificate(certificate, null);
      }),
    });
    const all = Array.from({ length: 12 }, (_, i) => ask(signed, { 'x-forwarded-for': `192.0.2.${i}` }));
    expect((await Promise.all(all)).map(({ status }) => status)).toEqual(Array.from({ length: 12 }, () => 200));
    expect([judging, most]).toEqual([0, 4]);
  });

  it('is not held shut by uploads that never end: one address has four of them, and nobody else waits', async () => {
    const ask = door({ trustProxy: true });
    const slow = { 'x-forwarded-for': '192.0.2.1' };
    const ends: (() => void)[] = [];
    const endless = () =>
      new ReadableStream({
        start(controller) {
          controller.enqueue(new Uint8Array(plainPdf().subarray(0, 100)));
          ends.push(() => controller.close());
        },
      });
    const held = Array.from({ length: 4 }, () => ask(endless(), slow));
    expect((await ask(plainPdf(), slow)).status).toBe(503);
    expect((await ask(plainPdf(), { 'x-forwarded-for': '192.0.2.2' })).status).toBe(200);
    for (const end of ends) end();
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect((await ask(plainPdf(), slow)).status).toBe(200);
  });

  it('prints the name that the person gave, without what turns a line around', async () => {
    const ask = door();
    const name = encodeURIComponent('../投标‮fdp.函.pdf');
    const paper = await ask(plainPdf(), { accept: 'application/pdf', 'x-file-name': name });
    const { PDFDocument } = await import('pdf-lib');
    const document = await PDFDocument.load(await paper.arrayBuffer(), { updateMetadata: false });
    expect(document.getTitle()).toBe('电子签名校验报告 投标fdp.函.pdf');
  });
});
