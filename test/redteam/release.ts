import { join } from 'node:path';
import type { Core } from '#app/core.ts';
import { createJournal } from '#audit/journal.ts';
import { base64, fromHex } from '#kernel/bytes.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Result } from '#kernel/result.ts';
import { createOpenings, type Openings } from '#opening/openings.ts';
import { createOneShots } from '#opening/process/one-shots.ts';
import { createTimeTrust } from '#opening/time-trust.ts';
import { createVault } from '#opening/vault.ts';
import { createBlobs } from '#store/blobs.ts';
import { loadHubKey } from '#store/hub-keys.ts';
import { quietLog } from '#test/support/store.ts';
import { type Ground, gm } from './ground.ts';
import type { Truth } from './truth.ts';

const LATER = 2 * 3600_000 + 60_000;

/** Behind the gate: two custodians release, every bidder gives his half. How many capsules gave back their content. */
export async function openAll(ground: Ground, core: Core, truth: Truth): Promise<{ opened: number; faults: string[] }> {
  const openings = await hubLater(ground, core);
  for (const { id } of ground.openings) await releaseOne(ground, core, openings, id);
  const [first] = ground.world.units;
  const unit = await core.relyingParties.unit(core.store.read, first?.caUnitId ?? '');
  if (unit === undefined) throw new Error('no unit');
  let opened = 0;
  const faults: string[] = [];
  for (const capsule of ground.capsules) {
    const found = unwrap(await openings.port.find(core.store.read, unit, capsule.bytes));
    const half = Buffer.from(truth.kb.get(capsule) ?? []);
    const result = await openings.port.open(found, found.wraps[0]?.id ?? '', half, 'key');
    if (result.ok && result.value.kind === 'text' && result.value.text === `投标总价：${capsule.mark}`) opened += 1;
    else faults.push(`${capsule.task} ${result.ok ? 'other content' : result.refusal.code}`);
  }
  return { opened, faults };
}

/** The opening room over the same database and blobs, two hours later. */
async function hubLater({ world }: Ground, core: Core): Promise<Openings> {
  const { store, cipher, random } = core;
  const clock: Clock = { now: () => Date.now() + LATER, monotonic: () => performance.now() };
  const journal = createJournal({ gm, clock });
  const vault = createVault(gm, cipher);
  const time = createTimeTrust({ store, vault, journal, random, log: quietLog, clock, source: clock });
  await time.start();
  const signing = await loadHubKey(store, { gm, cipher, clock, random }, 'signing');
  return createOpenings({
    ...core,
    ...{ log: quietLog, clock, journal, time, gm },
    blobs: createBlobs({ dir: core.config.blobDir ?? join(world.folder, 'blobs'), gm, random }),
    processes: createOneShots({ gm }),
    publicUrl: world.hubUrl,
    signingKey: signing.key,
    note: async () => undefined,
  });
}

async function releaseOne(ground: Ground, { store }: Core, openings: Openings, id: string): Promise<void> {
  const actor = { kind: 'person', id: 'host', name: '主持人' } as const;
  const before = await openings.file(store.read, id);
  // by an attempt before this one
  if (before?.opening.state === 'released') return;
  unwrap(await store.tx((tx) => openings.begin(tx, id, actor)));
  const file = await openings.file(store.read, id);
  const custodians = file?.persons.filter(({ role }) => role === 'custodian').sort((a, b) => a.seat - b.seat) ?? [];
  for (const [index, person] of custodians.slice(0, 2).entries()) {
    const share = unwrap(await openings.shareFor(store.read, id, person.id));
    const holder = ground.custodians[index];
    const to = gm.sm2.importPublic(fromHex(share.to) ?? Buffer.alloc(0));
    const bare = holder && (await gm.sm2.decrypt(holder.encKey, Buffer.from(share.wrapped, 'base64')));
    if (to === undefined || !bare?.ok) throw new Error('a custodian cannot release');
    unwrap(await openings.release(id, person.id, base64(await gm.sm2.encrypt(to, bare.plaintext))));
  }
}

function unwrap<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.refusal.code} ${result.refusal.detail ?? ''}`);
  return result.value;
}
