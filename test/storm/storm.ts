/**
 * The kill storm: bidders log in while the hub is killed with SIGKILL again and again. Three ledgers are joined when it is calm:
 * what the trading system accepted, what the hub recorded, what the receiver saw. None lost, none applied twice.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkConfig } from '#config/config.ts';
import { createGm } from '#crypto/provider.ts';
import { createCast } from '#fixtures/world/cast.ts';
import { type HubProcess, startHubProcess } from '#fixtures/world/hub-process.ts';
import { freePort } from '#fixtures/world/ports.ts';
import { type PreparedWorld, prepareWorld } from '#fixtures/world/setup.ts';
import { memoryLedger } from '#fixtures/world/trading-system/ledger.ts';
import { startTradingSystem } from '#fixtures/world/trading-system/server.ts';
import { startWorldVendor } from '#fixtures/world/vendor-setup.ts';
import { base64, utf8 } from '#kernel/bytes.ts';
import { createLog } from '#kernel/log.ts';
import { type BidderKey, Browser, claim, PageSaidNo, settle, tokenOf } from '#test/support/bidder.ts';
import { openCore } from '../../src/app.ts';

export interface StormOptions {
  readonly kills: number;
  readonly bidders: number;
  /** Milliseconds between the hub being ready and its next death, drawn from this range. */
  readonly calm: readonly [number, number];
  readonly database?: { readonly kind: 'postgres'; readonly url: string };
  readonly progress?: (line: string) => void;
}

export interface StormReport {
  readonly kills: number;
  /** Logins whose browser ended up logged in at the trading system. */
  readonly accepted: readonly string[];
  /** taskId → times the receiver applied the effect, and saw it again. */
  readonly effects: ReadonlyMap<string, { effects: number; repeats: number }>;
  /** Interaction states the hub ended with. */
  readonly states: Readonly<Record<string, number>>;
  /** taskIds the hub calls succeeded. */
  readonly succeeded: readonly string[];
  readonly pending: number;
  readonly journal: { readonly ok: boolean };
}

export async function runStorm(options: StormOptions): Promise<StormReport> {
  const folder = mkdtempSync(join(tmpdir(), 'caihub-storm-'));
  const gm = createGm();
  const ports = {
    hub: await freePort(),
    trading: await freePort(),
    neighbour: await freePort(),
    vendor: await freePort(),
    agent: await freePort(),
  };
  const world = await prepareWorld({
    gm,
    folder,
    ports,
    logLevel: 'error',
    ...(options.database && { database: options.database }),
  });
  const ledger = memoryLedger();
  const unit = world.units[0];
  if (unit === undefined) throw new Error('no unit');
  const cast = await createCast(gm, world.pki, Date.now());
  const vendor = await startWorldVendor(gm, world, cast);
  const trading = await startTradingSystem({
    name: unit.platformName,
    host: '127.0.0.1',
    port: ports.trading,
    publicOrigin: `http://localhost:${ports.trading}`,
    hub: world.hubUrl,
    caUnitId: unit.caUnitId,
    orgcode: unit.orgcode,
    secret: unit.secret,
    ledger,
  });
  const start = (): Promise<HubProcess> => startHubProcess({ configFile: world.configFile, url: world.hubUrl });
  let hub = await start();
  let over = false;
  try {
    await cast.enrol(world, unit);
    const keys = cast.good.map(
      (key): BidderKey => ({
        certificate: base64(key.pair.signCertificate),
        sign: async (text) => base64(await gm.sm2.sign(key.pair.signKey, [utf8(text)])),
      }),
    );
    const accepted: string[] = [];
    const bidders = Array.from({ length: options.bidders }, async (_, i) => {
      const key = keys[i % keys.length] as BidderKey;
      while (!over) {
        const taskId = await stubbornLogin(`http://localhost:${ports.trading}`, world.hubUrl, key, () => over);
        if (taskId !== undefined) accepted.push(taskId);
      }
    });
    for (let kill = 1; kill <= options.kills; kill += 1) {
      await wait(options.calm[0] + ((options.calm[1] - options.calm[0]) * ((kill * 7919) % 101)) / 100);
      await hub.kill();
      options.progress?.(`${kill}/${options.kills} kills, ${accepted.length} logins accepted`);
      hub = await start();
    }
    over = true;
    await Promise.all(bidders);
    await drained(world, 45_000);
    await hub.stop();
    return await join3(world, ledger.read(), accepted, options.kills);
  } finally {
    over = true;
    await hub.kill();
    await trading.close();
    await vendor.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One login that does not give up because the hub died under it: every step is tried again until it is answered. */
async function stubbornLogin(
  trading: string,
  hub: string,
  key: BidderKey,
  over: () => boolean,
): Promise<string | undefined> {
  const browser = new Browser();
  const began = await again(() => browser.fetch(`${trading}/login`, { method: 'POST' }), over);
  const pageUrl = began?.headers.get('location') ?? '';
  if (!pageUrl.includes('/check/')) return void (await wait(50)); // the trading system could not reach the hub: its person presses again
  const view = await again(() => claim(browser, pageUrl), over);
  if (view === undefined) return undefined;
  const { interaction } = view;
  for (let i = 0; i < 40; i += 1) {
    const state = await again(
      () => browser.call(hub, 'view', { interaction }),
      () => false,
    );
    if (state?.ok && state.view.state !== 'claimed') break;
    try {
      const challenge = await browser.call(hub, 'challenge', { interaction });
      if (!challenge.ok) continue;
      await browser.call(hub, 'evidence', {
        interaction,
        certificate: key.certificate,
        signature: await key.sign(challenge.text),
      });
    } catch {
      await wait(60); // answer lost: the view says what became of it
    }
  }
  const ended = await again(
    () => settle(browser, hub, interaction, 60_000),
    () => false,
  );
  if (ended?.next?.kind !== 'redirect') return undefined;
  await browser.fetch(ended.next.url);
  const state = (await (await browser.fetch(`${trading}/login/state`)).json()) as { loggedIn: boolean };
  return state.loggedIn ? (new URL(ended.next.url).searchParams.get('taskId') ?? tokenOf(pageUrl)) : undefined;
}

async function again<T>(step: () => Promise<T>, over: () => boolean): Promise<T | undefined> {
  for (;;) {
    try {
      return await step();
    } catch (error) {
      if (error instanceof PageSaidNo && error.code !== 'SERVICE_BUSY') return undefined;
      if (over()) return undefined;
      await wait(60);
    }
  }
}

async function openQuietly(world: PreparedWorld) {
  return openCore(checkConfig(JSON.parse(readFileSync(world.configFile, 'utf8')), world.folder), createLog('error'), {
    admin: true,
  });
}

/** Waits until the outbox holds nothing pending; a bound for a broken hub. */
async function drained(world: PreparedWorld, patienceMs: number): Promise<void> {
  const core = await openQuietly(world);
  try {
    const deadline = Date.now() + patienceMs;
    while (Date.now() < deadline) {
      const rows = await core.store.read.db.selectFrom('outbox').select('id').where('state', '=', 'pending').execute();
      if (rows.length === 0) return;
      await wait(100);
    }
  } finally {
    await core.close();
  }
}

async function join3(
  world: PreparedWorld,
  receiver: readonly { taskId: string; effects: number; repeats: number }[],
  accepted: readonly string[],
  kills: number,
): Promise<StormReport> {
  const core = await openQuietly(world);
  try {
    const rows = await core.store.read.db.selectFrom('interaction').select(['id', 'state', 'task_sealed']).execute();
    const states: Record<string, number> = {};
    for (const row of rows) states[row.state] = (states[row.state] ?? 0) + 1;
    const succeeded = rows
      .filter((row) => row.state === 'succeeded')
      .map((row) =>
        String(
          JSON.parse(
            core.cipher.openText({ table: 'interaction', row: row.id, column: 'task_sealed' }, row.task_sealed),
          ),
        ),
      );
    const pending = await core.store.read.db.selectFrom('outbox').select('id').where('state', '=', 'pending').execute();
    const journal = await core.journal.verify(core.store.read);
    return {
      kills,
      accepted,
      effects: new Map(receiver.map(({ taskId, effects, repeats }) => [taskId, { effects, repeats }])),
      states,
      succeeded,
      pending: pending.length,
      journal: { ok: journal.ok },
    };
  } finally {
    await core.close();
  }
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What must hold when it is calm; empty when all is well. */
export function faultsOf(report: StormReport): string[] {
  const faults: string[] = [];
  const effectsOf = (taskId: string): number => report.effects.get(taskId)?.effects ?? 0;
  const succeeded = new Set(report.succeeded);
  for (const taskId of report.accepted)
    if (effectsOf(taskId) !== 1) faults.push(`${taskId}: accepted, but ${effectsOf(taskId)} effects`);
  for (const taskId of report.accepted)
    if (!succeeded.has(taskId)) faults.push(`${taskId}: accepted, but the hub does not say succeeded`);
  for (const taskId of report.succeeded)
    if (effectsOf(taskId) !== 1) faults.push(`${taskId}: succeeded, but ${effectsOf(taskId)} effects`);
  for (const [taskId, { effects }] of report.effects) {
    if (effects > 1) faults.push(`${taskId}: applied ${effects} times`);
    if (effects === 1 && !succeeded.has(taskId)) faults.push(`${taskId}: applied, but the hub does not say succeeded`);
  }
  if (report.pending > 0) faults.push(`${report.pending} deliveries never ended`);
  if (!report.journal.ok) faults.push('the journal chain is broken');
  if (report.accepted.length === 0) faults.push('no login at all was accepted: the storm tested nothing');
  return faults;
}
