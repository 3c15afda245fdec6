import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attack } from './attack.ts';
import { drawFrom } from './draw.ts';
import { generate, mutators } from './generate.ts';
import { faultsOf } from './judge.ts';
import { newPrey } from './prey.ts';
import { rawAttacks } from './raw.ts';
import { bytesOf } from './shot.ts';
import { targetsOf } from './targets.ts';
import type { Heard } from './wire.ts';
import { type HostileWorld, openHostileWorld } from './world.ts';

/** T36, T43, T44, R10: repeat a failure with `node test/hostile/long.ts --seed N`. */
const SEED = 20_261_122;

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
      return targets.map((target, turn) => bytesOf(generate(target, turn, { draw, prey, world })).toString('latin1'));
    };
    expect(bytes()).toEqual(bytes());
  });

  it('sends a request that is right when nothing is spoilt, so that damage is met behind the first guard', async () => {
    const prey = await newPrey(world);
    for (const { kind, path, headers, members, sign } of targetsOf(world, prey)) {
      if (kind !== 'wire' || members === undefined || sign === undefined) continue;
      const body = JSON.stringify(sign(members()));
      const reply = await fetch(world.prepared.hubUrl + path, {
        method: 'POST',
        headers: Object.fromEntries(headers),
        body,
      });
      const { code } = (await reply.json()) as { code: number };
      expect([path, [200, 404, 409].includes(code)]).toEqual([path, true]);
    }
  });

  it('has a judge who sees what must not be', () => {
    const [target] = targetsOf(world, {
      taskId: 't',
      token: 't',
      interaction: 'i',
      cookie: '',
      foreign: { taskId: 'f', token: 'f', interaction: 'f' },
    });
    if (target === undefined) throw new Error('no target');
    const prey = {
      taskId: 't',
      token: 't',
      interaction: 'i',
      cookie: '',
      foreign: { taskId: 'f', token: 'f', interaction: 'f' },
    };
    const draft = { ...generate(target, 0, { draw: drawFrom(1), prey, world }), http: false };
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
      heard(200, '<html>', 'text/html'),
      heard(302, ''),
      { ...heard(200, '{}'), end: 'patience' } satisfies Heard,
      { replies: [], rest: Buffer.alloc(0), end: 'closed', ms: 1 } satisfies Heard,
    ];
    expect(bad.filter((one) => faultsOf(draft, one).length === 0)).toEqual([]);
  });
});

describe('the hub under malformed requests', () => {
  it('answers two thousand of them properly, and people go on logging in', async () => {
    const report = await attack(world, { requests: 2_000, seed: SEED, calmLogins: 4 });
    console.log(
      `seed ${report.seed}: ${JSON.stringify({ ...report, faults: report.faults.length, codes: undefined })}`,
    );
    expect(report.faults).toEqual([]);
    expect(report.requests).toBeGreaterThanOrEqual(2_000);
    expect(report.attacked.logins).toBeGreaterThan(0);
    expect(report.rssMb.most - report.rssMb.before).toBeLessThan(150);
    // the damage did reach the far side of every guard
    expect(Object.keys(report.codes)).toEqual(expect.arrayContaining(['200', '400', '401', '403', 'BODY_NOT_JSON']));
  }, 240_000);

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
