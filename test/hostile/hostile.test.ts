import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ControlApiDeps, createControlApi } from '#broker/control.ts';
import { createDocumentsApi, type DocumentsApiDeps } from '#broker/documents.ts';
import { createOfflineApi, type OfflineApiDeps } from '#broker/offline.ts';
import { createOpeningsApi, type OpeningsApiDeps } from '#broker/openings.ts';
import { createSealsApi, type SealsApiDeps } from '#broker/seals.ts';
import { createVerifyApi, type VerifyApiDeps } from '#broker/verify.ts';
import { heapBounds } from '#config/heap.ts';
import { mountPages, type PagesDeps } from '#hosted/pages/mount.ts';
import { hallFiles } from '#hosted/routes-hall.ts';
import { refusal, sentence } from '#kernel/errors.ts';
import { attack } from './attack.ts';
import { damagedEnvelopes } from './damaged-envelopes.ts';
import { drawFrom } from './draw.ts';
import { generate, mutators, right } from './generate.ts';
import { faultsOf } from './judge.ts';
import { newPrey, noPrey } from './prey.ts';
import { rawAttacks } from './raw.ts';
import { bytesOf, type Kind } from './shot.ts';
import { targetsOf } from './targets.ts';
import { type Heard, speak } from './wire.ts';
import { type HostileWorld, openHostileWorld } from './world.ts';

/** T36, T43, T44, R10: repeat a failure with `node test/hostile/long.ts --seed N`. */
const SEED = 20_261_122;

type Answer = { readonly code?: unknown; readonly ok?: unknown; readonly error?: { readonly code: string } };
/** What a right request may be answered where the state of things speaks against it; of `page` whatever was not said about its form. */
const RIGHT: { readonly [K in Kind]?: (answer: Answer) => boolean } = {
  wire: ({ code }) => [200, 404, 409].includes(Number(code)),
  openings: ({ code }) => [200, 404, 409, 410, 422].includes(Number(code)),
  page: ({ ok, error }) =>
    ok === true || !['BODY_NOT_JSON', 'INPUT_NOT_ALLOWED', 'ROUTE_UNKNOWN'].includes(error?.code ?? ''),
};

let world: HostileWorld;
beforeAll(async () => {
  world = await openHostileWorld();
});
afterAll(() => world?.close());

describe('the generator', () => {
  it('knows more than forty ways to spoil a request, and draws the same ones from the same seed', async () => {
    expect(mutators.length).toBeGreaterThan(40);
    expect(new Set(mutators.map(({ stage, name }) => `${stage} ${name}`)).size).toBe(mutators.length);
    const prey = await newPrey(world);
    const targets = targetsOf(world, prey);
    const bytes = () => {
      const draw = drawFrom(SEED);
      return targets.map((target, turn) =>
        createHash('sm3')
          .update(bytesOf(generate(target, turn, { draw, prey, world })))
          .digest('hex'),
      );
    };
    expect(bytes()).toEqual(bytes());
  });

  it('sends a request that is right when nothing is spoilt, so that damage is met behind the first guard', async () => {
    const prey = await newPrey(world);
    const draw = drawFrom(SEED);
    const wrong: string[] = [];
    for (const target of targetsOf(world, prey)) {
      const accepted = RIGHT[target.kind];
      if (accepted === undefined) continue;
      const heard = await speak(world.prepared.hubUrl, '127.0.0.7', bytesOf(right(target, { draw, world })));
      const text = heard.replies[0]?.body.toString('utf8') ?? '';
      if (target.paper === true && text.startsWith('%PDF-')) continue;
      if (!accepted(JSON.parse(text === '' ? '{}' : text) as Answer)) wrong.push(`${target.name}: ${text}`);
    }
    expect(wrong).toEqual([]);
  });

  it('knows every route of the openings, of seals and documents, of the hall’s files and of the pages', async () => {
    const known = targetsOf(world, noPrey).map(({ method, path }) => `${method} ${path.split('?')[0]}`);
    const pages = new Hono();
    mountPages(pages, {} as PagesDeps);
    const tables = [
      ['', createOpeningsApi({} as OpeningsApiDeps).routes],
      ['', createSealsApi({} as SealsApiDeps).routes],
      ['', createDocumentsApi({} as DocumentsApiDeps).routes],
      ['', createOfflineApi({} as OfflineApiDeps).routes],
      ['', createControlApi({} as ControlApiDeps).routes],
      ['', createVerifyApi({} as VerifyApiDeps).routes],
      ['/hall', hallFiles({} as Parameters<typeof hallFiles>[0]).routes],
      ['', pages.routes],
    ] as const;
    const routes = tables.flatMap(([under, all]) => all.map(({ method, path }) => `${method} ${under}${path}`));
    expect(routes.length).toBeGreaterThan(25);
    const matches = (route: string, one: string) =>
      new RegExp(`^${route.replaceAll(/:\w+/g, '[^/]+').replaceAll('*', '.+')}$`).test(one);
    expect(routes.filter((route) => !known.some((one) => matches(route, one)))).toEqual([]);
  });

  it('has a judge who sees what must not be', () => {
    const [target] = targetsOf(world, noPrey);
    if (target === undefined) throw new Error('no target');
    const draft = { ...generate(target, 0, { draw: drawFrom(1), prey: noPrey, world }), http: false };
    const heard = (status: number, body: string, type = 'application/json'): Heard => ({
      replies: [{ status, headers: { 'content-type': type }, body: Buffer.from(body), whole: true }],
      rest: Buffer.alloc(0),
      end: 'closed',
      ms: 1,
    });
    expect(faultsOf(draft, heard(200, '{"code":400,"msg":"缺少"}'))).toEqual([]);
    const bad = [
      heard(500, '{"code":500,"msg":"内部"}'),
      heard(200, '{"code":500,"msg":"内部"}'),
      heard(200, '{"code":"400","msg":"缺少"}'),
      heard(200, '{"code":400,"msg":"missing"}'),
      heard(200, '{"code":400,"msg":"缺少\\nat x (/srv/app.js:1:2)"}'.replace('\\n', '\n    ')),
      heard(200, '{"code":400,"msg":"缺少 SQLITE_BUSY"}'),
      heard(200, '{"code":425,"msg":"填充不正确"}'),
      heard(200, '{"ok":false,"error":{"code":"DECRYPT_FAILED","message":"填充不正确"}}'),
      heard(200, '<html>', 'text/html'),
      heard(302, ''),
      { ...heard(200, '{}'), end: 'patience' } satisfies Heard,
      { replies: [], rest: Buffer.alloc(0), end: 'closed', ms: 1 } satisfies Heard,
    ];
    expect(bad.filter((one) => faultsOf(draft, one).length === 0)).toEqual([]);
  });
});

describe('the hub under malformed requests', () => {
  it('runs in a heap that is bounded, however it was started', () => {
    const said = readFileSync(`/proc/${world.hub.child.pid}/cmdline`, 'utf8').split('\0');
    expect(said).toEqual(expect.arrayContaining([...heapBounds]));
  });

  it('answers two thousand of them properly, and people go on logging in', async () => {
    const report = await attack(world, { requests: 2_000, seed: SEED, calmLogins: 4 });
    console.log(
      `seed ${report.seed}: ${JSON.stringify({ ...report, faults: report.faults.length, codes: undefined })}`,
    );
    expect(report.faults).toEqual([]);
    expect(report.requests).toBeGreaterThanOrEqual(2_000);
    expect(report.attacked.logins).toBeGreaterThan(0);
    // R10; every page and paper was asked for once before, so what is loaded once is loaded
    expect(report.rssMb.most - report.rssMb.before).toBeLessThan(100);
    // the damage did reach the far side of every guard
    expect(Object.keys(report.codes)).toEqual(expect.arrayContaining(['200', '400', '401', '403', 'BODY_NOT_JSON']));
  }, 240_000);

  it('says one sentence of every envelope that does not open, wherever it was damaged', async () => {
    const draw = drawFrom(SEED);
    let prey = await newPrey(world);
    // Every other prey's decryption is a capsule's.
    if (prey.decryption.kind !== 'envelope') prey = await newPrey(world);
    const report = await damagedEnvelopes(world, prey, draw, 150);
    const one = sentence(refusal('DECRYPT_FAILED'));
    expect([Object.keys(report.atTheDoor), Object.keys(report.onThePage)]).toEqual([[one], [one]]);
  }, 60_000);

  it('takes bytes that are no HTTP, smuggled requests and two hundred slow clients', async () => {
    const report = await rawAttacks(world, { patient: false });
    expect(report.faults).toEqual([]);
    expect(report.figures['rssGrowthMb']).toBeLessThan(150);
  }, 120_000);

  it('has an intact journal afterwards, and is the same process', async () => {
    const journal = await world.verifyJournal();
    expect(journal.ok).toBe(true);
    expect(world.hub.child.exitCode).toBe(null);
  });
});
