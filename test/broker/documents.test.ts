import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDocumentsApi, VALIDATE_PATH } from '#broker/documents.ts';
import { guaranteeLetter, letterParts, packed } from '#fixtures/ofd/letter.ts';
import { signOfd } from '#fixtures/ofd/sign.ts';
import { writeZip } from '#fixtures/ofd/zip.ts';
import { type EdgeEnv, requestContext } from '#http/context.ts';
import { hex } from '#kernel/bytes.ts';
import { systemRandom } from '#kernel/random.ts';
import { Secret } from '#kernel/secret.ts';
import { loadFont } from '#print/font.ts';
import { checkPdfSeal } from '#print/pdf-seal.ts';
import { bytesSource } from '#signature/pdf/source.ts';
import { createReportPrinter } from '#signature/report/printer.ts';
import type { ValidationReport } from '#signature/report/report.ts';
import { finishSigning } from '#signature/sign/finish.ts';
import { prepareSigning, type SigningWish } from '#signature/sign/prepare.ts';
import { createValidation } from '#signature/validation.ts';
import { openStore } from '#store/store.ts';
import { certificateOf, gm, type Keyed, openWorld, type World } from '#test/opening/support.ts';
import { plainPdf } from '#test/signature/pdf/base.ts';
import { quietLog } from '#test/support/store.ts';
import { signHeaders } from '#wire/header-sign.ts';

describe('a document that was signed elsewhere', () => {
  let world: World;
  let signer: Keyed;
  const spoolDir = mkdtempSync(join(tmpdir(), 'spool-'));
  const hubKey = gm.sm2.generateKey();
  const fonts = join(import.meta.dirname, '../../src/print/fonts');
  const app = new Hono<EdgeEnv>();
  beforeAll(async () => {
    world = await openWorld(await openStore({ kind: 'sqlite', file: ':memory:' }, { log: quietLog }));
    signer = await world.bidder();
    const { openings, store } = world;
    const { relyingParties, clock, trust } = openings.room;
    const validation = createValidation({ gm, trust, clock, random: systemRandom, timeAuthorities: [], spoolDir });
    const hub = 'https://hub.ca.example';
    const printer = createReportPrinter({ gm, key: hubKey, font: loadFont(fonts), hub });
    app.use('*', requestContext({ random: systemRandom, https: true }));
    app.route('/', createDocumentsApi({ store, gm, clock, log: quietLog, relyingParties, validation, printer }));
  });
  afterAll(async () => {
    await world.close();
    await world.store.close();
    rmSync(spoolDir, { recursive: true, force: true });
  });

  async function ask(
    file: Buffer,
    { secret = world.secret, bodySm3 = hex(gm.sm3(file)), accept = 'application/json' } = {},
  ): Promise<Response> {
    const request = {
      ...{ method: 'POST', target: VALIDATE_PATH, bodySm3 },
      timestamp: String(world.clock.now()),
      nonce: hex(systemRandom.bytes(12)),
    };
    return app.request(VALIDATE_PATH, {
      method: 'POST',
      headers: {
        Accept: accept,
        'X-Ca-Unit-Id': world.unit.id,
        'X-Ca-Timestamp': request.timestamp,
        'X-Ca-Nonce': request.nonce,
        'X-Ca-Content-Sm3': bodySm3,
        'X-Ca-Sign': signHeaders(gm, new Secret(secret), request),
      },
      body: Uint8Array.from(file),
    });
  }

  async function validate(file: Buffer, more: Parameters<typeof ask>[1] = {}) {
    return (await (await ask(file, more)).json()) as { code: number; msg: string; data: ValidationReport };
  }

  async function signed(pdf: Buffer): Promise<Buffer> {
    const wish: SigningWish = {
      certificate: certificateOf(signer.signCertificate),
      signer: signer.company.unitName,
      at: world.clock.now(),
      container: { form: 'cms', profile: 'rfc5652' },
      picture: null,
      placements: [],
      timestamped: false,
    };
    const pending = await prepareSigning(gm, bytesSource(pdf), wish);
    const signature = await gm.sm2.sign(signer.signKey, [pending.toSign]);
    const done = await finishSigning(gm, wish, pending, signature, { chain: [] });
    if (!done.ok) throw new Error(done.fault);
    return Buffer.concat([pdf, done.revision]);
  }

  it('is judged by the hub’s own trust: chain, dates, revocation, and every byte', async () => {
    const { code, msg, data } = await validate(await signed(plainPdf()));
    expect([code, msg, data.pages, data.signatures[0]?.signer?.gm]).toEqual([200, '签名有效', 1, true]);
    expect(data.signatures[0]?.checks.every(({ result }) => result === 'passed')).toBe(true);
  });

  it('comes back as a paper under the hub’s signature where a paper is asked for', async () => {
    const reply = await ask(await signed(plainPdf()), { accept: 'application/pdf' });
    const paper = Buffer.from(await reply.arrayBuffer());
    expect([reply.status, reply.headers.get('content-type')]).toEqual([200, 'application/pdf']);
    expect(checkPdfSeal(gm, paper)).toBe(hex(hubKey.publicKey.point));
  });

  it('that was altered is said to be, and one without signatures has none', async () => {
    const file = await signed(plainPdf());
    file[file.indexOf('Page 1')] = 0x51;
    expect((await validate(file)).msg).toBe('签名无效');
    expect((await validate(plainPdf())).msg).toBe('文件中没有电子签名');
  });

  it('that is none, encrypted or cut off is refused in words', async () => {
    const base = plainPdf();
    const encrypted = Buffer.from(base.toString('latin1').replace('/Root 1', '/Encrypt 3 0 R/Root 1'), 'latin1');
    const answers = [Buffer.from('PK'), encrypted, base.subarray(0, base.length - 9)].map((file) => validate(file));
    const words = (await Promise.all(answers)).map(({ code, msg }) => [code, msg.slice(0, 8)]);
    expect(words).toEqual([
      [422, '文件不是 PDF'],
      [422, 'PDF 文件设有'],
      [422, 'PDF 文件不完'],
    ]);
  });

  it('in OFD is judged through the same door: its seal, what stands beside it, and as a paper', async () => {
    const by = { certificate: signer.signCertificate, key: signer.signKey, at: world.clock.now() - 1000 };
    const parts = await signOfd(gm, letterParts(guaranteeLetter), by);
    const { code, msg, data } = await validate(packed(parts));
    expect([code, msg, data.format, data.pages]).toEqual([200, '签名有效', 'ofd', 2]);
    const beside = packed(new Map([...parts, ['Doc_0/Res/logo.png', Buffer.from('x')]]));
    const changed = await validate(beside);
    expect([changed.msg, changed.data.signatures[0]?.changes[0]?.kind]).toEqual([
      '签名有效，但签署后文件有改动',
      'part-added',
    ]);
    const paper = Buffer.from(await (await ask(beside, { accept: 'application/pdf' })).arrayBuffer());
    expect(checkPdfSeal(gm, paper)).toBe(hex(hubKey.publicKey.point));
  });

  it('that is an office document, or an OFD with something hidden in it, is refused in words', async () => {
    const office = writeZip([{ name: 'word/document.xml', data: Buffer.from('<w/>') }]);
    const hidden = Buffer.concat([packed(letterParts(guaranteeLetter)), Buffer.from('more')]);
    const answers = await Promise.all([validate(office), validate(hidden)]);
    expect(answers.map(({ code, msg }) => [code, msg.slice(0, 12)])).toEqual([
      [422, '签章只支持 PDF 文件'],
      [422, 'OFD 文件不完整、结构'],
    ]);
  });

  it('leaves nothing behind, is taken from registered units only, and only as it was announced', async () => {
    expect((await validate(plainPdf(), { secret: 'x'.repeat(32) })).code).toBe(401);
    expect((await validate(plainPdf(), { bodySm3: '0'.repeat(64) })).code).toBe(422);
    expect(readdirSync(spoolDir)).toEqual([]);
  });
});
