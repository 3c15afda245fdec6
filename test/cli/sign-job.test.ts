import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createSoftwareKeyFile } from '#agent/software-key.ts';
import { createOfflineApi } from '#broker/offline.ts';
import { runCommand } from '#cli/commands.ts';
import { type EdgeEnv, requestContext } from '#http/context.ts';
import { hex } from '#kernel/bytes.ts';
import { systemRandom } from '#kernel/random.ts';
import { parseCertificate } from '#pki/certificate.ts';
import { createOfflineJobs, type OfflineJobs } from '#signature/offline/jobs.ts';
import { documentOf } from '#signature/pdf/document.ts';
import { makeRevision } from '#signature/pdf/revision.ts';
import { judgesOf } from '#signature/validation.ts';
import type { Store } from '#store/store.ts';
import { standingAmong } from '#subscriber/seals/makers.ts';
import { codeOf, gm, type Keyed, openWorld, streamOf, unwrap, type World } from '#test/opening/support.ts';
import { judgedElsewhere } from '#test/signature/openssl-judge.ts';
import { plainPdf } from '#test/signature/pdf/base.ts';
import { ringSeal } from '#test/signature/pdf/seal-picture.ts';
import { printedBy } from '#test/support/printed.ts';
import { describeOnBothDatabases, quietLog } from '#test/support/store.ts';

const folder = mkdtempSync(join(tmpdir(), 'sign-job-'));
const PIN = '123456';
const hubKey = gm.sm2.generateKey();
let world: World;
let signer: Keyed;
let jobs: OfflineJobs;
let server: Server;
let url: string;
let trusted: string[];

const file = (name: string): string => join(folder, name);
let count = 0;
/** A file name that nobody has used. */
const fresh = (kind: string): string => file(`${++count}.${kind}`);
const write = (content: Uint8Array | string, kind: string): string => {
  const name = fresh(kind);
  writeFileSync(name, content);
  return name;
};

const run = (...args: string[]) => printedBy(() => runCommand(args));

async function openHub(store: Store): Promise<void> {
  world = await openWorld(store);
  vi.useFakeTimers({ toFake: ['Date'], now: world.clock.now() });
  signer = await world.bidder();
  const { journal, clock } = world;
  const { relyingParties, trust } = world.openings.room;
  const makers = [parseCertificate(gm, world.pki.sealHouse.root)].flatMap((one) => one ?? []);
  const judges = judgesOf({
    gm,
    trust,
    clock,
    timeAuthorities: [],
    sealMakers: { standing: standingAmong(gm, makers) },
  });
  const deps = { store, gm, clock, random: systemRandom, journal, judges, key: hubKey, spoolDir: file('spool') };
  const app = new Hono<EdgeEnv>();
  server = createServer(getRequestListener((request, env) => app.fetch(request, env)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  jobs = createOfflineJobs({ ...deps, publicUrl: url });
  app.use('*', requestContext({ random: systemRandom, https: false }));
  app.route('/', createOfflineApi({ store, gm, clock, log: quietLog, relyingParties, jobs }));
  rmSync(file('key.json'), { force: true });
  createSoftwareKeyFile(
    {
      ...{ file: file('key.json'), label: '示例', pin: PIN, pinEntry: 'page', iterations: 1000 },
      sign: { key: signer.signKey, certificate: signer.signCertificate },
      encrypt: { key: signer.encKey, certificate: signer.encCertificate },
    },
    { gm, random: systemRandom },
  );
  writeFileSync(file('pin'), PIN);
  writeFileSync(file('secret'), world.secret);
  writeFileSync(file('seal.png'), ringSeal().bytes);
  trusted = world.pki.authorities.flatMap(({ root, intermediate }) => [write(root, 'der'), write(intermediate, 'der')]);
}
async function closeHub(): Promise<void> {
  vi.useRealTimers();
  server.closeAllConnections();
  server.close();
  await world.close();
}
afterAll(() => rmSync(folder, { recursive: true }));

const withKey = ['--software-key', file('key.json'), '--pin-file', file('pin')];
const toHub = () => ['--hub', url, '--unit', world.unit.id, '--secret-file', file('secret')];
const hubPoint = hex(hubKey.publicKey.point);
const look = ['--picture', file('seal.png'), '--at', '1,120,200'];

async function made(document: string, ...more: string[]): Promise<string> {
  const job = fresh('json');
  const { exit, out } = await run('sign-job', 'create', document, '--out', job, ...toHub(), ...more);
  expect([exit, out]).toEqual([0, expect.stringContaining('任务已写入')]);
  return job;
}
async function signedBy(job: string, document: string, ...more: string[]) {
  const result = fresh('json');
  const args = ['--document', document, '--hub-key', hubPoint, '--out', result, ...withKey, ...more];
  return { result, ...(await run('sign-job', 'sign', job, ...args)) };
}

describeOnBothDatabases('offline signing', ({ open }) => {
  beforeAll(async () => openHub(await open()));
  afterAll(closeHub);

  describe('a document signed on this computer', () => {
    it('is judged without a hub: undecided for want of revocation lists, and unknown under foreign roots', async () => {
      const [document, out] = [write(plainPdf(), 'pdf'), fresh('pdf')];
      expect((await run('sign', document, '--out', out, ...withKey, ...look)).exit).toBe(0);
      const judged = await run('verify', out, ...trusted.flatMap((one) => ['--trust', one]));
      expect([judged.exit, judged.out]).toEqual([3, expect.stringContaining('缺少吊销信息')]);
      const foreign = await run('verify', out, '--trust', trusted.at(-2) ?? '');
      expect([foreign.exit, foreign.out]).toEqual([3, expect.stringContaining('签发机构未接入')]);
      const altered = readFileSync(out);
      altered[altered.indexOf('Page 1')] = 0x51;
      const bad = await run('verify', write(altered, 'pdf'), ...trusted.flatMap((one) => ['--trust', one]));
      expect([bad.exit, bad.out]).toEqual([1, expect.stringContaining('签名无效')]);
    });

    it('is not written over another, nor signed with a wrong PIN or outside the page', async () => {
      const document = write(plainPdf(), 'pdf');
      expect((await run('sign', document, '--out', document, ...withKey)).exit).toBe(1);
      const wrong = write('654321', 'pin');
      const out = fresh('pdf');
      const denied = await run('sign', document, '--out', out, '--software-key', file('key.json'), '--pin-file', wrong);
      expect([denied.exit, denied.out]).toEqual([1, expect.stringContaining('PIN 码不正确')]);
      const outside = ['--picture', file('seal.png'), '--at', '1,200,200'];
      expect((await run('sign', document, '--out', out, ...withKey, ...outside)).exit).toBe(1);
      expect(existsSync(out)).toBe(false);
    });
  });

  describe('an offline job', () => {
    it('goes out, is signed, comes back, and is then used up', async () => {
      const document = write(plainPdf(), 'pdf');
      const job = await made(document);
      const signed = await signedBy(job, document, ...look);
      expect([signed.exit, signed.out]).toEqual([0, expect.stringContaining('已签署')]);
      const back = (): string[] => ['import', signed.result, '--document', document, '--out', fresh('pdf'), ...toHub()];
      const first = await run('sign-job', ...back());
      expect([first.exit, first.out]).toEqual([0, expect.stringContaining('任务完成')]);
      const again = await run('sign-job', ...back());
      expect([again.exit, again.out]).toEqual([1, expect.stringContaining('已经完成')]);
    });

    it('may be signed with an electronic seal, on a page and over the edges of all', async () => {
      const now = world.clock.now();
      const seal = await world.pki.sealHouse.make({
        ...{ generation: 'v4', id: '21010000000001', name: '辽宁示例建设有限公司', type: 1 },
        signers: [signer.signCertificate],
        ...{ createdAt: now - 1000, validFrom: now - 1000, validTo: now + 3_600_000 },
        picture: { format: 'PNG', data: ringSeal().bytes, width: 42, height: 42 },
      });
      const document = write(plainPdf([{}, {}, {}]), 'pdf');
      const places = ['--seal', write(seal, 'esl'), '--at', '1,120,200', '--straddle', '140'];
      const { result, out } = await signedBy(await made(document), document, ...places);
      expect(out).toContain('已签署');
      const file = fresh('pdf');
      const back = await run('sign-job', 'import', result, '--document', document, '--out', file, ...toHub());
      expect([back.exit, back.out]).toEqual([0, expect.stringContaining('任务完成')]);
      const [judged] = judgedElsewhere(readFileSync(file));
      expect(judged).toMatchObject({ form: 'seal', signature: true, maker: true, claimed: judged?.digest });
    });

    it('of two results that arrive at once takes one', async () => {
      const document = write(plainPdf(), 'pdf');
      const job = await made(document);
      const results = [await signedBy(job, document), await signedBy(job, document)];
      const ids = results.map(({ result }) => JSON.parse(readFileSync(result, 'utf8')).job as string);
      const files = results.map(({ result }) =>
        Buffer.concat([plainPdf(), Buffer.from(JSON.parse(readFileSync(result, 'utf8')).revision as string, 'base64')]),
      );
      const answers = await Promise.all(files.map((one, i) => jobs.complete(world.unit, ids[i] ?? '', streamOf(one))));
      expect(answers.map(codeOf).sort()).toEqual(['OFFLINE_JOB_USED', 'ok']);
    });

    it('is signed by nobody when it was altered, is another hub’s, is for another document, or is over', async () => {
      const document = write(plainPdf(), 'pdf');
      const job = await made(document);
      const text = readFileSync(job, 'utf8');
      const altered = write(text.replace('sign-job', 'sign-jab'), 'json');
      expect((await signedBy(altered, document)).out).toContain('已被改动');
      const strange = ['--document', document, '--hub-key', `04${'1'.repeat(128)}`, '--out', fresh('json'), ...withKey];
      expect((await run('sign-job', 'sign', job, ...strange)).out).toContain('不是给出公钥的枢纽签发的');
      expect((await signedBy(job, write(plainPdf([{ text: 'other' }]), 'pdf'))).out).toContain('不是任务所指的文件');
      vi.setSystemTime(world.clock.now() + 73 * 3_600_000);
      expect((await signedBy(job, document)).out).toContain('有效时间');
      vi.setSystemTime(world.clock.now());
    });

    it('takes nothing but its own document with one signature that names it, by the certificate it demands', async () => {
      const base = plainPdf();
      const document = write(base, 'pdf');
      const job = await made(document, '--certificate-sm3', '0'.repeat(64));
      expect((await signedBy(job, document)).out).toContain('不是任务指定的证书');
      const [one, two] = [await made(document), await made(document)];
      const { result } = await signedBy(one, document);
      const { job: id, revision } = JSON.parse(readFileSync(result, 'utf8')) as { job: string; revision: string };
      const good = Buffer.concat([base, Buffer.from(revision, 'base64')]);
      const other = (JSON.parse(JSON.parse(readFileSync(two, 'utf8')).job as string) as { id: string }).id;
      const content = { kind: 'new-stream', dict: new Map(), data: Buffer.from('BT ET') } as const;
      const later = Buffer.concat([good, makeRevision(await documentOf(good), new Map([[5, content]])).bytes]);
      const flipped = Buffer.from(good);
      flipped[good.length - 20_000] = (flipped[good.length - 20_000] ?? 0) ^ 1;
      const sent = async (which: string, bytes: Buffer) =>
        codeOf(await jobs.complete(world.unit, which, streamOf(bytes)));
      expect(await sent(other, good)).toBe('OFFLINE_RESULT_UNBOUND');
      expect(await sent(id, base)).toBe('OFFLINE_RESULT_OTHER');
      expect(await sent(id, Buffer.concat([Buffer.from('%PDF-1.4\n'), good]))).toBe('OFFLINE_RESULT_OTHER');
      expect(await sent(id, later)).toBe('OFFLINE_RESULT_UNBOUND');
      expect(await sent(id, good.subarray(0, good.length - 9))).toBe('DOCUMENT_BROKEN');
      expect(await sent(id, flipped)).not.toBe('ok');
      expect(await sent('job_none', good)).toBe('OFFLINE_JOB_UNKNOWN');
      expect(unwrap(await jobs.status(world.unit, id)).state).toBe('open');
      expect(await sent(id, good)).toBe('ok');
      expect(unwrap(await jobs.status(world.unit, id)).state).toBe('used');
    });
  });
});
