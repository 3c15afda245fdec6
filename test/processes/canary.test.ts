import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONTROL_PATH } from '#broker/control.ts';
import { VALIDATE_PATH } from '#broker/documents.ts';
import { OFFLINE_PATH } from '#broker/offline.ts';
import { SEALS_PATH } from '#broker/seals.ts';
import { VERIFY_PATH } from '#broker/verify.ts';
import type { Gm } from '#crypto/gm.ts';
import { createGm } from '#crypto/provider.ts';
import { type Cast, type CastKey, createCast, recordOf } from '#fixtures/world/cast.ts';
import { type HubProcess, startHubProcess } from '#fixtures/world/hub-process.ts';
import { freePort } from '#fixtures/world/ports.ts';
import { postJson } from '#fixtures/world/post-json.ts';
import { type PreparedWorld, prepareWorld } from '#fixtures/world/setup.ts';
import { toAttFile } from '#fixtures/world/trading-system/att-file.ts';
import type { HubAccess } from '#fixtures/world/trading-system/hub.ts';
import { callExt } from '#fixtures/world/trading-system/hub-ext.ts';
import { type Members, printed, signOf } from '#fixtures/world/trading-system/sign.ts';
import { drawSeal } from '#fixtures/world/vendor/seal-art.ts';
import { startWorldVendor } from '#fixtures/world/vendor-setup.ts';
import { base64, utf8 } from '#kernel/bytes.ts';
import { plainPdf } from '#test/signature/pdf/base.ts';
import { DocumentSigner } from '#test/storm/document-signer.ts';
import { Browser, claim, prove } from '#test/support/bidder.ts';

/** T34: canary strings in every field of every message; then every log line, every answer and every byte on the disk is searched. */
let gm: Gm;
let folder: string;
let world: PreparedWorld;
let cast: Cast;
let hub: HubProcess;
let closeVendor: () => Promise<void>;
const logged: string[] = [];
const answered: string[] = [];
const canaries = new Set<string>();
/** Parts of what was planted elsewhere: a seal’s picture, a name. */
const planted: (string | Buffer)[] = [];
/** Stands on the document’s page, and in what is broken of it. */
const PAGE_TEXT = 'CanaryOnThePage7919';

const canary = (field: string): string => {
  const text = `canary${field}${Math.abs(field.length * 7919 + canaries.size * 104729).toString(36)}金丝雀`;
  canaries.add(text);
  return text;
};

beforeAll(async () => {
  gm = createGm();
  folder = mkdtempSync(join(tmpdir(), 'caihub-canary-'));
  const [hubPort, vendor] = [await freePort(), await freePort()];
  const ports = {
    hub: hubPort,
    trading: await freePort(),
    neighbour: await freePort(),
    vendor,
    agent: await freePort(),
  };
  world = await prepareWorld({ gm, folder, ports, logLevel: 'info' });
  cast = await createCast(gm, world.pki, Date.now());
  const service = await startWorldVendor(gm, world, cast);
  closeVendor = () => service.close();
  hub = await startHubProcess({
    configFile: world.configFile,
    url: world.hubUrl,
    onLine: (line) => void logged.push(line),
  });
});
afterAll(async () => {
  await hub?.kill();
  await closeVendor?.();
  rmSync(folder, { recursive: true, force: true });
});

const unit = () => world.units[0] as PreparedWorld['units'][number];

async function send(message: keyof typeof printed, members: Members): Promise<Record<string, unknown>> {
  const body = { ...members, sign: signOf(unit().secret, members, printed[message]) };
  const reply = await postJson(`${world.hubUrl}/api/ca/${message}`, body);
  const { Loginurl: _, taskId: _own, ...rest } = reply.body as Record<string, unknown>;
  answered.push(JSON.stringify(rest));
  return reply.body as Record<string, unknown>;
}

describe('what a caller wrote', () => {
  const key = () => cast.good[0] as CastKey;

  it('is taken where it may be free text', async () => {
    const free = Object.fromEntries(
      ['userName', 'legalName', 'legalIdcard', 'standBy', 'idType'].map((field) => [field, canary(field)]),
    );
    expect(
      await send('userSynchro', { ...recordOf(unit(), key()), ...free, signature: base64(utf8(canary('seal'))) }),
    ).toMatchObject({ code: 200 });
    expect(
      await send('changeCert', { ...recordOf(unit(), key()), standBy: canary('standBy2'), paType: '1' }),
    ).toMatchObject({
      code: 200,
    });
  });

  it('is refused where it contradicts the certificate', async () => {
    for (const message of ['userSynchro', 'changeCert'] as const) {
      for (const field of printed.userSynchro) {
        if (field === 'sign' || field === 'standBy') continue;
        const answer = await send(message, {
          ...recordOf(unit(), key()),
          paType: '0',
          [field]: canary(`${message}${field}`),
        });
        expect(typeof answer['code']).toBe('number');
      }
    }
  });

  it('goes through a whole login', async () => {
    const standBy = JSON.stringify({ note: canary('standByJson'), hub: {} });
    const start = await send('startCheck', {
      caUnitId: unit().caUnitId,
      taskId: canary('taskId'),
      orgcode: unit().orgcode,
      standBy,
    });
    expect(start['code']).toBe(200);
    await send('startCheck', { caUnitId: unit().caUnitId, taskId: canary('taskId2'), orgcode: canary('orgcode') });
    await send('startCheck', { caUnitId: canary('caUnitId'), taskId: canary('taskId3'), orgcode: unit().orgcode });
    const browser = new Browser();
    const view = await claim(browser, String(start['Loginurl']));
    const proved = await prove(browser, world.hubUrl, view.interaction, {
      certificate: base64(key().pair.signCertificate),
      sign: async (text) => base64(await gm.sm2.sign(key().pair.signKey, [utf8(text)])),
    });
    expect(proved.state).toBe('proved'); // nobody listens at the callback address: the message stays in the outbox
  });

  it('goes through a document’s signing, and through every door where a document is refused', async () => {
    const [signer] = cast.good.filter(({ name }) => name === 'anshan-beichen');
    if (signer === undefined) throw new Error('no key with a seal');
    const image = drawSeal({ shape: 'round', around: signer.holder.unitName });
    expect(await send('userSynchro', recordOf(unit(), { ...signer, image }))).toMatchObject({ code: 200 });
    planted.push(base64(image).slice(400, 500), image.subarray(300, 400), signer.holder.unitName);
    const access: HubAccess = { ...unit(), hub: world.hubUrl };
    const place = { gm, access, fileKey: unit().fileKey, orgcode: unit().orgcode };
    const one = new DocumentSigner(place, signer, canary('signTask'));
    const hubWishes = { fileName: `${canary('fileName')}.pdf`, keyword: canary('keyword') };
    const pdf = plainPdf([{ text: PAGE_TEXT }]);
    await one.begin(pdf, JSON.stringify({ note: canary('signStandBy'), hub: hubWishes }));
    await one.prepare(canary('reason'));
    await one.complete();
    expect((await one.view()).made).toMatchObject([{ places: 1 }]);

    const broken = [
      Buffer.from(`${PAGE_TEXT} is no document`),
      Buffer.concat([pdf.subarray(0, 200), Buffer.from(PAGE_TEXT), pdf.subarray(300)]),
      Buffer.from(pdf.toString('latin1').replace('<</Type/Catalog', `<</${PAGE_TEXT} 1/${PAGE_TEXT} 2`), 'latin1'),
    ];
    for (const file of broken) {
      const taskId = canary('brokenTask');
      const { caUnitId, orgcode, fileKey } = unit();
      await send('startSignature', { caUnitId, taskId, orgcode, attFile: toAttFile(file, fileKey) });
      for (const path of [VALIDATE_PATH, `${OFFLINE_PATH}/job_${canary('job')}/result`])
        answered.push(JSON.stringify(await callExt(access, 'POST', encodeURI(path), { bytes: file })));
      const headers = { 'content-type': 'application/pdf', origin: world.hubUrl };
      const page = { ...headers, 'x-file-name': encodeURIComponent(canary('fileHeader')) };
      const reply = await fetch(`${world.hubUrl}/hosted/validate`, {
        method: 'POST',
        body: Uint8Array.from(file),
        headers: page,
      });
      answered.push(await reply.text());
    }
    for (const [path, json] of [
      [SEALS_PATH, { eseal: base64(utf8(canary('eseal'))) }],
      [`${SEALS_PATH}/sel_0/state`, { act: 'suspend', reason: canary('stateReason') }],
      [VERIFY_PATH, { text: canary('text'), signature: base64(utf8(canary('signature'))) }],
      [OFFLINE_PATH, { documentSm3: 'ab'.repeat(32), bytes: 9, name: canary('jobName'), hours: 1 }],
      [CONTROL_PATH, { orgcode: canary('controlOrgcode'), origin: 'https://a.example', taskId: canary('controlTask') }],
      [CONTROL_PATH, { orgcode: unit().orgcode, origin: unit().origin, taskId: canary('controlTask2') }],
    ] as const) {
      const answer = await callExt(access, 'POST', path, { json });
      if (!answer.ok) answered.push(JSON.stringify(answer));
    }
  });

  it('is found in no log line, no answer and no byte on the disk', () => {
    const secrets = [
      unit().secret,
      unit().fileKey,
      key().holder.idNumber,
      key().holder.holderName,
      key().holder.unitName,
      key().holder.unitCode,
      key().signCertSn,
    ];
    planted.push(...canaries, ...secrets, PAGE_TEXT);
    expect(planted.length).toBeGreaterThan(40);
    expect(logged.length).toBeGreaterThan(30);
    const inFolder = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    const files = inFolder.filter((name) => /^hub\.db|^blobs\/.*[0-9a-f]{32}$/.test(name));
    expect(files.filter((name) => name.startsWith('hub.db')).length).toBeGreaterThan(0);
    // two of each attempt that signed
    expect(files.filter((name) => name.startsWith('blobs/documents')).length).toBeGreaterThanOrEqual(2);
    const places: [string, Buffer][] = [
      ['the log', Buffer.from(logged.join('\n'))],
      ...files.map((name): [string, Buffer] => [name, readFileSync(join(folder, name))]),
    ];
    const found = planted.flatMap((text) =>
      places.filter(([, bytes]) => bytes.includes(text)).map(([place]) => `${text} in ${place}`),
    );
    expect(found).toEqual([]);
    expect([...canaries, PAGE_TEXT].filter((text) => answered.some((answer) => answer.includes(text)))).toEqual([]);
    // the search itself can fail: what is known to be there is found
    expect(places.some(([, bytes]) => bytes.includes(unit().caUnitId))).toBe(true);
  });
});
