import { createCipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCore } from '#app/core.ts';
import { VALIDATE_PATH } from '#broker/documents.ts';
import { OFFLINE_PATH } from '#broker/offline.ts';
import { checkConfig } from '#config/config.ts';
import { callExt } from '#fixtures/world/trading-system/hub-ext.ts';
import { printed, signOf } from '#fixtures/world/trading-system/sign.ts';
import { VALIDATE_PAGE_PATH } from '#hosted/validate-api.ts';
import { createLog } from '#kernel/log.ts';
import type { UnitProfileInput } from '#relying-party/profile.ts';
import { corpus, type Sample } from '#test/signature/corpus.ts';
import { plainPdf } from '#test/signature/pdf/base.ts';
import { Browser } from '#test/support/bidder.ts';
import { faultsInLog } from './attack.ts';
import { accessOf } from './day.ts';
import { residentMb } from './neighbours.ts';
import { beginSigning } from './prey.ts';
import { type HostileWorld, openHostileWorld } from './world.ts';

/** T21, T23: every malformed document, brought to a real hub process by every door that takes documents. */
let world: HostileWorld;
/** Whoever brings a file of his own: a signing page of each attempt's own. */
let signing: string;
let cookie: string;
const units: Record<string, Sender> = {};
beforeAll(async () => {
  world = await openHostileWorld();
  const profiles: Record<string, UnitProfileInput> = {
    'sm4-cbc': {},
    'sm4-ecb': { attFile: 'sm4-ecb' },
    plain: { attFile: 'plain' },
    'in the clear': { plainFiles: true },
  };
  for (const [name, profile] of Object.entries(profiles)) units[name] = await sender(profile);
  await beginOwn();
  // what a working hub has loaded is no attack's doing
  for (const bring of Object.values(doors)) await bring(plainPdf());
});
afterAll(() => world?.close());

async function beginOwn(): Promise<void> {
  const browser = new Browser();
  await browser.call(world.prepared.hubUrl, 'hello', {});
  signing = (await beginSigning(world, browser)).interaction;
  cookie = browser.cookies(world.prepared.hubUrl);
}

interface Sender {
  readonly id: string;
  readonly secret: string;
  readonly fileKey: string;
}

async function inCore<T>(work: (core: Awaited<ReturnType<typeof openCore>>) => Promise<T>): Promise<T> {
  const { configFile, folder } = world.prepared;
  const raw = JSON.parse(readFileSync(configFile, 'utf8')) as unknown;
  const core = await openCore(checkConfig(raw, folder), createLog('error'), { admin: true });
  try {
    return await work(core);
  } finally {
    await core.close();
  }
}

const sender = (profile: UnitProfileInput): Promise<Sender> =>
  inCore(({ store, relyingParties }) =>
    store.tx(async (tx) => {
      const made = await relyingParties.addUnit(tx, { name: '送文件的单位', profile });
      if (!made.ok) throw new Error(made.refusal.code);
      const { unit, secret, fileKey } = made.value;
      const home = { callbackBase: `${world.trading}/ca`, returnUrls: [`${world.trading}/back`] };
      const input = { unitId: unit.id, orgcode: '210100', name: '送文件的平台', ...home };
      const platform = await relyingParties.addPlatform(tx, { ...input, privateRanges: ['127.0.0.0/8', '::1/128'] });
      if (!platform.ok) throw new Error(platform.refusal.code);
      return { id: unit.id, secret: secret.reveal(), fileKey: fileKey.reveal() };
    }),
  );

/** As answered: one of the hub's stable codes, or `taken`; in Chinese in every case. */
interface Answer {
  readonly code: string;
  readonly said: string;
}

let sent = 0;

/** From another address each time: rates count addresses. */
function send(
  method: string,
  path: string,
  body: Buffer,
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string }> {
  sent += 1;
  const { hostname, port } = new URL(world.prepared.hubUrl);
  const localAddress = `127.0.${20 + (sent % 200)}.${1 + (sent % 250)}`;
  const options = { host: hostname, port, method, path, localAddress, agent: false };
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { ...options, headers: { 'content-length': String(body.length), ...headers } },
      (reply) => {
        const parts: Buffer[] = [];
        reply.on('data', (part: Buffer) => parts.push(part));
        reply.on('end', () => resolve({ status: reply.statusCode ?? 0, text: Buffer.concat(parts).toString('utf8') }));
        reply.on('error', reject);
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** What our own programs are told. */
function read({ status, text }: { status: number; text: string }): Answer {
  const answer = JSON.parse(text) as {
    code?: number;
    msg?: string;
    errData?: string;
    ok?: boolean;
    error?: { code: string; message: string };
  };
  if (status >= 500) return { code: `status ${status}`, said: text };
  if (answer.ok === true || answer.code === 200) return { code: 'taken', said: answer.msg ?? '成功' };
  const code = answer.error?.code ?? /code=(\w+)/.exec(answer.errData ?? '')?.[1] ?? `no code: ${text}`;
  return { code, said: answer.error?.message ?? answer.msg ?? '' };
}

let tasks = 0;

async function startSignature({ id, secret }: Sender, attFile: string): Promise<Answer> {
  tasks += 1;
  const members = { caUnitId: id, taskId: `corpus-${tasks}`, orgcode: '210100', attFile };
  const sign = signOf(secret, members, printed.startSignature);
  const body = Buffer.from(JSON.stringify({ ...members, sign }));
  return read(await send('POST', '/api/ca/startSignature', body, { 'content-type': 'application/json' }));
}

function encrypted(mode: 'sm4-cbc' | 'sm4-ecb', file: Buffer, fileKey: string): string {
  const iv = mode === 'sm4-cbc' ? randomBytes(16) : Buffer.alloc(0);
  const cipher = createCipheriv(mode, Buffer.from(fileKey, 'utf8'), mode === 'sm4-cbc' ? iv : null);
  return Buffer.concat([iv, cipher.update(file), cipher.final()]).toString('base64');
}

const unitOf = (name: string): Sender => {
  const unit = units[name];
  if (unit === undefined) throw new Error(name);
  return unit;
};

/** Headers that prove these bytes. */
function proofOf(path: string, file: Buffer): Record<string, string> {
  const { caUnitId, secret } = world.unit;
  const [timestamp, nonce] = [String(Date.now()), randomBytes(12).toString('hex')];
  const sm3 = createHash('sm3').update(file).digest('hex');
  const text = ['POST', path, timestamp, nonce, sm3].join('\n');
  const sign = createHmac('sm3', Buffer.from(secret, 'utf8')).update(text, 'utf8').digest('hex');
  return {
    'content-type': 'application/pdf',
    'x-ca-unit-id': caUnitId,
    'x-ca-timestamp': timestamp,
    'x-ca-nonce': nonce,
    'x-ca-sign': sign,
    'x-ca-content-sm3': sm3,
  };
}

const page = (): Record<string, string> => ({
  'content-type': 'application/pdf',
  origin: world.prepared.hubUrl,
  'sec-fetch-site': 'same-origin',
  cookie,
});

/** A job over all but the last byte: the result is read as a document, whatever it is. */
async function offline(file: Buffer): Promise<Answer> {
  const base = file.subarray(0, Math.max(1, file.length - 1));
  const documentSm3 = createHash('sm3').update(base).digest('hex');
  const json = { documentSm3, bytes: Math.max(1, base.length), hours: 1 };
  const made = await callExt(accessOf(world), 'POST', OFFLINE_PATH, { json });
  if (!made.ok) throw new Error(made.trouble);
  const { id } = JSON.parse(String(made.data['job'])) as { id: string };
  const path = `${OFFLINE_PATH}/${id}/result`;
  return read(await send('POST', path, file, proofOf(path, file)));
}

const doors: Readonly<Record<string, (file: Buffer) => Promise<Answer>>> = {
  'startSignature, SM4-CBC': (file) =>
    startSignature(unitOf('sm4-cbc'), encrypted('sm4-cbc', file, unitOf('sm4-cbc').fileKey)),
  'startSignature, SM4-ECB': (file) =>
    startSignature(unitOf('sm4-ecb'), encrypted('sm4-ecb', file, unitOf('sm4-ecb').fileKey)),
  'startSignature, plain': (file) => startSignature(unitOf('plain'), file.toString('base64')),
  'startSignature, in the clear beside encrypted ones': (file) =>
    startSignature(unitOf('in the clear'), file.toString('base64')),
  'startSignature, in the clear where only encrypted ones are taken': (file) =>
    startSignature(unitOf('sm4-cbc'), file.toString('base64')),
  'a person’s own file': async (file) => read(await send('PUT', `/hosted/sign/document/${signing}`, file, page())),
  'documents/validate': async (file) => read(await send('POST', VALIDATE_PATH, file, proofOf(VALIDATE_PATH, file))),
  'the page that checks signatures': async (file) => read(await send('POST', VALIDATE_PAGE_PATH, file, page())),
  'the result of an offline job': offline,
};

const REFUSED: Readonly<Record<string, RegExp>> = {
  'startSignature, SM4-CBC': /^(DOCUMENT_\w+|FILE_KEY_WRONG)$/,
  'startSignature, SM4-ECB': /^(DOCUMENT_\w+|FILE_KEY_WRONG)$/,
  'startSignature, plain': /^(DOCUMENT_\w+|FIELD_MISSING)$/,
  'startSignature, in the clear beside encrypted ones': /^(DOCUMENT_\w+|FILE_KEY_WRONG|FIELD_MISSING)$/,
  'startSignature, in the clear where only encrypted ones are taken':
    /^(FILE_NOT_ENCRYPTED|FILE_KEY_WRONG|FIELD_MISSING)$/,
  'the result of an offline job': /^(DOCUMENT_\w+|OFFLINE_RESULT_(OTHER|UNBOUND))$/,
};
const signingRows = (): Promise<number> =>
  inCore(async ({ store }) => {
    const rows = await store.read.db.selectFrom('signing').select('interaction_id').execute();
    const tasks = await store.read.db.selectFrom('interaction').select('id').where('kind', '=', 'sign').execute();
    expect(rows.length).toBe(tasks.length);
    return rows.length;
  });
const namedFiles = (): Promise<string[]> =>
  inCore(async ({ store }) => {
    const rows = await store.read.db.selectFrom('signing_file').select('name').execute();
    return rows.map(({ name }) => name).sort();
  });
const filesUnder = (folder: string): string[] => {
  const path = join(world.prepared.folder, 'blobs', folder);
  if (!existsSync(path)) return [];
  const found = readdirSync(path, { recursive: true, withFileTypes: true });
  return found.flatMap((one) => (one.isFile() ? [one.name] : [])).sort();
};

/** What is taken elsewhere is refused by these for what it is. */
const NEVER_TAKEN = new Set([
  'the result of an offline job',
  'startSignature, in the clear where only encrypted ones are taken',
]);

describe('a malformed document at the doors of a hub', () => {
  it('is refused at each in Chinese and by a stable code, leaves nothing behind, and the hub goes on as before', async () => {
    const samples: readonly Sample[] = corpus();
    const everyDoor = Object.entries(doors);
    const faults: string[] = [];
    void world.hub.ended.then((code) => faults.push(`the hub ended with ${code}`));
    const before = residentMb(world.hub.child.pid);
    let most = before;
    const watch = setInterval(() => {
      most = Math.max(most, residentMb(world.hub.child.pid));
    }, 50);
    await beginOwn();
    const logged = world.logged.length;
    const [tasksBefore, filesBefore] = [await signingRows(), filesUnder('documents').length];
    let opened = 0;
    try {
      for (const { title, file, expect: wanted } of samples) {
        const bringTo = async ([door, bring]: (typeof everyDoor)[number]): Promise<void> => {
          const { code, said } = await bring(file);
          const allowed = REFUSED[door] ?? /^DOCUMENT_\w+$/;
          const right = wanted === 'refused' || NEVER_TAKEN.has(door) ? allowed.test(code) : code === 'taken';
          if (!right || !/[\u4e00-\u9fff]/.test(said)) faults.push(`${title} at ${door}: ${code} ${said}`);
          if (code === 'taken' && door.startsWith('startSignature')) opened += 1;
        };
        await Promise.all(everyDoor.map(bringTo));
      }
    } finally {
      clearInterval(watch);
    }
    expect(faults).toEqual([]);
    expect(await signingRows()).toBe(tasksBefore + opened);
    expect(opened).toBeGreaterThan(20);
    // one document for each task that was opened, and the person's last one
    expect(filesUnder('documents').length).toBe(filesBefore + opened + 1);
    expect(await namedFiles()).toEqual(filesUnder('documents'));
    expect(filesUnder('spool')).toEqual([]);
    expect(faultsInLog(world.logged.slice(logged))).toEqual([]);
    console.log(`${sent} documents, resident memory ${Math.round(before)} MB, at most ${Math.round(most)} MB`);
    expect(most - before).toBeLessThan(150);
  }, 240_000);
});
