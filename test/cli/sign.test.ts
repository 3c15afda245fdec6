import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSoftwareKeyFile } from '#agent/software-key.ts';
import { runCommand } from '#cli/commands.ts';
import { createGm } from '#crypto/provider.ts';
import type { KeyPair } from '#fixtures/pki/authority.ts';
import { basicConstraints, crlDistributionPoints, signUsage } from '#fixtures/pki/extensions.ts';
import { companies } from '#fixtures/pki/identities.ts';
import type { SealOrder } from '#fixtures/pki/seal-maker.ts';
import { buildWorldPki, type WorldPki } from '#fixtures/pki/world.ts';
import { systemRandom } from '#kernel/random.ts';
import { parseCertificate } from '#pki/certificate.ts';
import { loadFont } from '#print/font.ts';
import { createReportPrinter } from '#signature/report/printer.ts';
import type { ValidationReport } from '#signature/report/report.ts';
import { judgedElsewhere } from '#test/signature/openssl-judge.ts';
import { plainPdf, through } from '#test/signature/pdf/base.ts';
import { ringSeal } from '#test/signature/pdf/seal-picture.ts';
import { printedBy } from '#test/support/printed.ts';

const gm = createGm();
const DAY = 24 * 3600_000;
const CRL = 'http://127.0.0.1:9/crl';
const folder = mkdtempSync(join(tmpdir(), 'sign-'));
let pki: WorldPki;
let pair: KeyPair;
let tsa: Server;
let stampedBy: string;
let answering = true;
/** Roots and intermediates of the vendor, its lists of today, and the seal makers' root: arguments of `verify`. */
let trust: string[];
let lists: string[];
let makers: string[];

let count = 0;
const fresh = (kind: string): string => join(folder, `${++count}.${kind}`);
function write(content: Uint8Array | string, kind: string): string {
  const name = fresh(kind);
  writeFileSync(name, content);
  return name;
}

const run = (...args: string[]) => printedBy(() => runCommand(args));

/** Arguments of `sign` for a key in a file. */
function keyFile(sign: Parameters<typeof createSoftwareKeyFile>[0]['sign']): string[] {
  const file = fresh('key');
  createSoftwareKeyFile(
    { file, label: '示例', pin: '123456', pinEntry: 'page', iterations: 1000, sign, encrypt: null },
    { gm, random: systemRandom },
  );
  return ['--software-key', file, '--pin-file', write('123456\n', 'pin')];
}
const keyOf = ({ signKey, signCertificate }: KeyPair): string[] =>
  keyFile({ key: signKey, certificate: signCertificate });
const newPair = (): Promise<KeyPair> => pki.issueKeyPair({ authority: 'beichen', holder: companies.liaoning });

async function sealFile(signers: readonly KeyPair[], more: Partial<SealOrder> = {}): Promise<string> {
  const now = Date.now();
  const made = await pki.sealHouse.make({
    ...{ generation: 'v4', id: '21010000000001', name: '辽宁示例建设有限公司', type: 1 },
    signers: signers.map(({ signCertificate }) => signCertificate),
    ...{ createdAt: now - DAY, validFrom: now - DAY, validTo: now + 365 * DAY },
    picture: { format: 'PNG', data: ringSeal().bytes, width: 42, height: 42 },
    ...more,
  });
  return write(made, 'esl');
}

const listArguments = async (): Promise<string[]> =>
  Object.values(await pki.authority('beichen').crls()).flatMap((crl) => ['--crl', write(crl, 'crl')]);

const pages = (many: number): Buffer => plainPdf(Array.from({ length: many }, (_, i) => ({ text: `Page ${i + 1}` })));

/** The signed document. */
async function signed(pdf: Buffer, ...args: string[]): Promise<{ file: string; pdf: Buffer }> {
  const [document, file] = [write(pdf, 'pdf'), fresh('pdf')];
  const { exit, out } = await run('sign', document, '--out', file, ...args);
  expect([exit, out]).toEqual([0, expect.stringContaining('已签署')]);
  return { file, pdf: readFileSync(file) };
}
async function refusedWith(pdf: Buffer, ...args: string[]): Promise<string> {
  const file = fresh('pdf');
  const { exit, out } = await run('sign', write(pdf, 'pdf'), '--out', file, ...args);
  expect([exit, existsSync(file)]).toEqual([1, false]);
  return out;
}

beforeAll(async () => {
  pki = await buildWorldPki(gm, { now: Date.now, crlBase: () => CRL });
  pair = await newPair();
  const { root, intermediate } = pki.authority('beichen');
  trust = [root, intermediate].flatMap((one) => ['--trust', write(one, 'der')]);
  lists = await listArguments();
  makers = ['--seal-makers', write(pki.sealHouse.root, 'der')];
  tsa = createServer(async (request, response) => {
    const asked = await buffer(request);
    response.statusCode = answering ? 200 : 503;
    response.end(answering ? await pki.timeAuthority.answer(asked) : '');
  });
  tsa.listen(0, '127.0.0.1');
  await once(tsa, 'listening');
  stampedBy = `http://127.0.0.1:${(tsa.address() as AddressInfo).port}/tsa`;
});
afterAll(() => {
  tsa.closeAllConnections();
  tsa.close();
  rmSync(folder, { recursive: true });
});

describe('a document signed on this computer and judged without a hub', () => {
  it('is valid with the authority’s lists, undecided without, and invalid once its certificate is revoked', async () => {
    const gone = await newPair();
    const { file } = await signed(pages(1), ...keyOf(gone));
    const good = await run('verify', file, ...trust, ...lists);
    expect([good.exit, good.out]).toEqual([0, expect.stringContaining('签名有效')]);
    const blind = await run('verify', file, ...trust);
    expect([blind.exit, blind.out]).toEqual([3, expect.stringContaining('缺少吊销信息')]);
    pki.revoke('beichen', parseCertificate(gm, gone.signCertificate)?.serial ?? '');
    const revoked = await run('verify', file, ...trust, ...(await listArguments()));
    expect([revoked.exit, revoked.out]).toEqual([1, expect.stringContaining('吊销')]);
  });

  it('says what it was given that is no certificate or list, and what is not there', async () => {
    const { file } = await signed(pages(1), ...keyOf(pair));
    const none = write('nothing', 'txt');
    for (const [option, words] of [
      ['--crl', '不是可读的吊销列表'],
      ['--seal-makers', '没有可读的证书'],
      ['--trust', '没有可读的证书'],
    ] as const) {
      const told = await run('verify', file, ...trust, option, none);
      expect([told.exit, told.out]).toEqual([2, expect.stringContaining(words)]);
      expect(await run('verify', file, ...trust, option, join(folder, 'none'))).toMatchObject({ exit: 2 });
    }
  });

  it('carries an electronic seal that openssl verifies, and that is believed only with its maker', async () => {
    const seal = ['--seal', await sealFile([pair]), '--at', '1,120,200'];
    const { file, pdf } = await signed(pages(2), ...keyOf(pair), ...seal);
    const [judged] = judgedElsewhere(pdf);
    expect(judged).toMatchObject({ form: 'seal', signature: true, maker: true, claimed: judged?.digest });
    const good = await run('verify', file, ...trust, ...lists, ...makers);
    expect([good.exit, good.out]).toEqual([0, expect.stringContaining('辽宁示例建设有限公司')]);
    const unknown = await run('verify', file, ...trust, ...lists);
    expect([unknown.exit, unknown.out]).toEqual([3, expect.stringContaining('制章人证书不在受信任的机构之列')]);
    // A root that certifies keys makes nobody a seal maker; a maker whose own certificate is listed stands or falls with its issuer.
    const root = await run('verify', file, ...trust, '--trust', makers[1] ?? '', ...lists);
    expect(root.exit).toBe(3);
    const own = await run('verify', file, ...trust, ...lists, '--seal-makers', write(pki.sealHouse.certificate, 'der'));
    expect(own.exit).toBe(3);
  });

  it('is not sealed with a seal of somebody else, one that is over, or one that was altered', async () => {
    const stranger = await newPair();
    const at = ['--at', '1,120,200'];
    const sealed = (file: string) => refusedWith(pages(1), ...keyOf(pair), '--seal', file, ...at);
    expect(await sealed(await sealFile([stranger]))).toContain('授权名单中没有这张证书');
    const now = Date.now();
    expect(await sealed(await sealFile([pair], { validTo: now - 1000 }))).toContain('已经过期');
    expect(await sealed(await sealFile([pair], { validFrom: now + DAY }))).toContain('尚未生效');
    const altered = readFileSync(await sealFile([pair]));
    altered.write('21010000000002', altered.indexOf('21010000000001'), 'latin1');
    expect(await sealed(write(altered, 'esl'))).toContain('被改动过');
    expect(await sealed(write('nothing', 'esl'))).toContain('不是可用的电子印章');
  });

  it('bears a seal over the edges of all its pages', async () => {
    const look = ['--picture', write(ringSeal().bytes, 'png'), '--straddle', '140,4'];
    const { file, pdf } = await signed(pages(7), ...keyOf(pair), ...look);
    expect(through(pdf, 'qpdf', (input) => ['--check', input]).text).toContain('No syntax or stream encoding errors');
    expect((await run('verify', file, ...trust, ...lists)).exit).toBe(0);
    expect(judgedElsewhere(pdf)[0]?.signature).toBe(true);
    // Four and three pages to one seal of 40 mm.
    expect([1, 5].map((page) => stripWidth(pdf, page)).map(Math.round)).toEqual([9, 13]);
    expect(await refusedWith(pages(1), ...keyOf(pair), ...look)).toContain('至少需要两页');
    const nonsense = look.with(3, 'top');
    expect(await refusedWith(pages(2), ...keyOf(pair), ...nonsense)).toContain('--straddle 应为');
    expect(await refusedWith(pages(2), ...keyOf(pair), '--straddle', '140')).toContain('请用 --picture 或 --seal');
    expect(await refusedWith(pages(2), ...keyOf(pair), ...look.slice(0, 2), '--at', '3,10,10')).toContain(
      '没有第 3 页',
    );
  });

  it('is signed by an RSA key, as pdfsig verifies; such a key takes no electronic seal', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const now = Date.now();
    const certificate = await pki.authority('beichen').issuingCa.issue({
      subject: [['CN', 'Example Builders']],
      spki: publicKey.export({ format: 'der', type: 'spki' }),
      ...{ notBefore: now - DAY, notAfter: now + 365 * DAY },
      extensions: [signUsage(), basicConstraints(false), crlDistributionPoints([`${CRL}/issuing.crl`])],
    });
    const key = keyFile({ key: { pkcs8: privateKey.export({ format: 'der', type: 'pkcs8' }) }, certificate });
    const picture = ['--picture', write(ringSeal().bytes, 'png'), '--at', '1,120,200'];
    const { file, pdf } = await signed(pages(1), ...key, ...picture);
    const said = through(pdf, 'pdfsig', (input) => ['-nocert', input]).text;
    expect(said).toContain('Signature is Valid');
    expect(said).toContain('Total document signed');
    expect((await run('verify', file, ...trust, ...lists)).exit).toBe(0);
    const seal = ['--seal', await sealFile([pair]), '--at', '1,120,200'];
    expect(await refusedWith(pages(1), ...key, ...seal)).toContain('只能由 SM2 证书使用');
  });

  it('carries the time that an authority gives it, or is not signed', async () => {
    const root = write(pki.timeAuthority.root, 'der');
    const stamp = ['--tsa', stampedBy, '--tsa-trust', root];
    for (const look of [[], ['--seal', await sealFile([pair]), '--at', '1,120,200']]) {
      const { file, pdf } = await signed(pages(1), ...keyOf(pair), ...look, ...stamp);
      const report = fresh('json');
      const judged = await run('verify', file, ...trust, '--trust', root, ...lists, ...makers, '--report', report);
      expect([judged.exit, judged.out]).toEqual([0, expect.stringContaining('（时间戳）')]);
      const [written] = JSON.parse(readFileSync(report, 'utf8')) as { report: ValidationReport }[];
      expect(written?.report.signatures[0]?.time?.source).toBe('timestamp');
      expect(judgedElsewhere(pdf)[0]?.signature).toBe(true);
    }
    const foreign = ['--tsa', stampedBy, '--tsa-trust', trust[1] ?? ''];
    expect(await refusedWith(pages(1), ...keyOf(pair), ...foreign)).toContain('没有给出可信的时间戳');
    answering = false;
    expect(await refusedWith(pages(1), ...keyOf(pair), ...stamp)).toContain('没有给出可信的时间戳');
    answering = true;
    const bare = await run('sign', write(pages(1), 'pdf'), '--out', fresh('pdf'), ...keyOf(pair), '--tsa', stampedBy);
    expect([bare.exit, bare.out]).toEqual([2, expect.stringContaining('--tsa-trust')]);
  });

  it('is not signed with a certificate that is over', async () => {
    const now = Date.now();
    const validity = { notBefore: now - 2 * DAY, notAfter: now - DAY };
    const old = await pki.issueKeyPair({ authority: 'beichen', holder: companies.liaoning, validity });
    expect(await refusedWith(pages(1), ...keyOf(old))).toContain('不在有效期内');
  });
});

describe('the printed report of a hub', () => {
  it('is verified by itself: whose it is, what it says, and that nothing of it was changed', async () => {
    const { file } = await signed(pages(1), ...keyOf(pair));
    const json = fresh('json');
    await run('verify', file, ...trust, ...lists, '--report', json);
    const [{ report }] = JSON.parse(readFileSync(json, 'utf8')) as [{ report: ValidationReport }];
    const key = gm.sm2.generateKey();
    const printer = createReportPrinter({
      ...{ gm, key, hub: 'https://hub.ca.example' },
      font: loadFont(join(import.meta.dirname, '../../src/print/fonts')),
    });
    const paper = Buffer.from(await printer.reportPdf(report, '投标函.pdf'));
    const point = Buffer.from(key.publicKey.point).toString('hex');
    const good = await run('verify', write(paper, 'pdf'), '--key', point);
    expect(good.exit).toBe(0);
    for (const words of ['电子签名校验报告', 'PDF 全文未改动', '投标函.pdf', report.documentSm3, '签名有效'])
      expect(good.out).toContain(words);
    expect((await run('verify', write(paper, 'pdf'))).exit).toBe(3);
    const altered = Buffer.from(paper);
    altered[200] = (altered[200] ?? 0) ^ 1;
    expect((await run('verify', write(altered, 'pdf'), '--key', point)).exit).toBe(1);
    const other = Buffer.from(gm.sm2.generateKey().publicKey.point).toString('hex');
    expect((await run('verify', write(paper, 'pdf'), '--key', other)).exit).toBe(1);
  });
});

/** Millimetres of the page's right edge that are part of the seal's ring, as poppler draws them. */
function stripWidth(pdf: Buffer, page: number): number {
  const at = ['-png', '-r', '127', '-f', String(page), '-l', String(page), '-singlefile', '-'];
  const { data, width, height } = PNG.sync.read(execFileSync('pdftoppm', at, { input: pdf, maxBuffer: 1 << 26 }));
  let left = width;
  for (let i = 0; i < width * height; i += 1) {
    const [red = 0, green = 0] = data.subarray(i * 4, i * 4 + 2);
    if (red > 150 && green < 90) left = Math.min(left, i % width);
  }
  return (width - left) / 5;
}
