import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Core } from '#app/core.ts';
import { hex } from '#kernel/bytes.ts';
import { attack, type Spoils } from './attack.ts';
import { type Ground, takeGround } from './ground.ts';
import { createSearch } from './needles.ts';
import { openAll } from './release.ts';
import { learnTruth, type Truth } from './truth.ts';

const COUNT = 16;
let ground: Ground;
let core: Core;
let truth: Truth;
let spoils: Spoils;
beforeAll(async () => {
  ground = await takeGround(COUNT);
  core = await ground.core();
  truth = await learnTruth(ground, core);
  spoils = await attack(ground, core, truth);
}, 300_000);
afterAll(async () => {
  await core?.close();
  await ground?.close();
});

describe('who has the hub’s machine before the opening (T30)', () => {
  it('has looked everywhere', () => {
    expect(spoils.processes).toBeGreaterThanOrEqual(1);
    expect(spoils.memory).toBeGreaterThan(20_000_000);
    expect(spoils.files).toBeGreaterThan(COUNT * 4096);
    for (const column of [
      'capsule.record_sealed',
      'capsule.head_sealed',
      'capsule_wrap.record_sealed',
      'hub_key.private_sealed',
    ])
      expect([column, (spoils.columns.get(column) ?? 0) > 0]).toEqual([column, true]);
    // Whatever the master key opens was looked at, in every table there is.
    expect([...spoils.closed]).toEqual([]);
  });

  it('opens no capsule, joint or quorum, sealed at the client or by the hub', () => {
    expect(ground.capsules.filter(({ sealedBy }) => sealedBy === 'hub')).toHaveLength(COUNT / 4);
    expect(spoils.opened).toEqual([]);
    expect(spoils.unwrapped).toBe(0);
  });

  it('finds not even one half of one key, no share and no opening key', () => {
    expect([...spoils.found]).toEqual([]);
  });
});

describe('the red team can fail us', () => {
  it('finds what was put into the hub’s memory, and opens exactly that capsule; and what lies in a file', async () => {
    const [first, second] = ground.capsules;
    if (first === undefined || second === undefined) throw new Error('no capsules');
    const halves = [truth.kb, truth.ko].map((half) => Buffer.from(half.get(first) ?? []));
    const kbOnly = Buffer.from(`,${hex(truth.kb.get(second) ?? Buffer.alloc(0))},`);
    writeFileSync(ground.plantFile, Buffer.concat([Buffer.concat(halves), kbOnly]));
    const share = truth.needles.find(({ name }) => name === `share/${second.opening}/1`);
    if (share === undefined) throw new Error('no share');
    writeFileSync(join(ground.world.folder, 'forgotten.txt'), `key ${Buffer.from(share.value).toString('base64')}`);
    for (let tries = 0; existsSync(ground.plantFile) && tries < 100; tries += 1) await setTimeout(50);
    const again = await attack(ground, core, truth);
    expect(again.opened).toEqual([first.task]);
    const planted = [`kb/${first.task}`, `kb/${second.task}`, `ko/${first.task}`, share.name];
    expect([...again.found].sort()).toEqual(planted.sort());
  }, 120_000);

  it('knows a secret as bytes, hex and base64, wherever it begins', () => {
    const value = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
    const search = createSearch([{ name: 'it', value }]);
    const texts = [0, 1, 2, 3].map((shift) => Buffer.concat([Buffer.alloc(shift, 7), value, Buffer.alloc(5, 9)]));
    const hays = [
      ...texts,
      ...texts.flatMap((text) =>
        (['hex', 'base64', 'base64url'] as const).map((form) => Buffer.from(text.toString(form))),
      ),
      ...texts.map((text) => Buffer.from(text.toString('base64'), 'utf16le')),
      Buffer.from(value.toString('hex').toUpperCase()),
    ];
    for (const hay of hays) {
      const found = new Set<string>();
      search.scan(hay, found);
      expect([...found], hay.toString('latin1')).toEqual(['it']);
    }
    const none = new Set<string>();
    search.scan(Buffer.from(value).reverse(), none);
    expect(none.size).toBe(0);
  });
});

describe('after the release', () => {
  it('every capsule opens', async () => {
    await ground.stopHub();
    expect(await openAll(ground, core, truth)).toEqual({ opened: COUNT, faults: [] });
  });
});
