import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Gm } from '#crypto/gm.ts';
import { createGm } from '#crypto/provider.ts';
import { type Cast, createCast } from '#fixtures/world/cast.ts';
import { type HubProcess, startHubProcess } from '#fixtures/world/hub-process.ts';
import { freePort } from '#fixtures/world/ports.ts';
import { type PreparedWorld, prepareWorld, type WorldUnit } from '#fixtures/world/setup.ts';
import { startWorldVendor } from '#fixtures/world/vendor-setup.ts';
import { base64, hex } from '#kernel/bytes.ts';
import { cpuSecondsOf } from './cpu.ts';
import type { HubJob } from './jobs.ts';
import { type Companion, startCompanion } from './processes.ts';

/** Real hub processes with a receiver and a client in processes of their own; the vendors' lists come from this one. */
export interface BenchWorld {
  readonly unit: WorldUnit;
  readonly prepared: PreparedWorld;
  /** Which made its keys. */
  readonly gm: Gm;
  readonly cast: Cast;
  readonly hubs: readonly HubProcess[];
  /** '' with PostgreSQL. */
  readonly databaseFile: string;
  readonly client: Companion;
  readonly receiver: Companion;
  loginJob(options: { bidders: number; logins: number; hubs?: number }): HubJob;
  /** CPU seconds of all hubs so far. */
  hubCpu(): number;
  /** What the first hub's event loop did while `work` ran; with `profile`, which code. */
  observed<T>(work: () => Promise<T>, profile?: boolean): Promise<{ value: T; seen: Observation }>;
  close(): Promise<void>;
}

export interface Observation {
  /** Milliseconds between two timer turns beyond nothing at all: includes the timer's own `resolution`. */
  readonly loop: { readonly p50: number; readonly p99: number; readonly max: number; readonly resolution: number };
  /** 0 to 1. */
  readonly utilization: number;
  readonly profile?: Profile;
}

export interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export async function startBenchWorld(options: {
  hubs?: number;
  database?: { readonly kind: 'postgres'; readonly url: string };
}): Promise<BenchWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'caihub-bench-'));
  const closing: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const step of closing.reverse()) await step();
  };
  try {
    const gm = createGm();
    const ports = {
      hub: await freePort(),
      trading: await freePort(),
      neighbour: await freePort(),
      vendor: await freePort(),
      agent: await freePort(),
    };
    const { database } = options;
    const world = await prepareWorld({ gm, folder, ports, logLevel: 'error', ...(database && { database }) });
    const [unit] = world.units;
    if (unit === undefined) throw new Error('no unit');
    const cast = await createCast(gm, world.pki, Date.now());
    const vendor = await startWorldVendor(gm, world, cast);
    closing.push(() => vendor.close());
    const receiver = await startCompanion('receiver.ts', [String(ports.trading), unit.secret]);
    closing.push(receiver.stop);
    const hubs: HubProcess[] = [];
    closing.push(() => Promise.all(hubs.map((hub) => hub.stop())));
    for (let index = 0; index < (options.hubs ?? 1); index += 1) hubs.push(await startHub(world, index));
    await cast.enrol(world, unit);
    await cast.renew(world, unit);
    const client = await startCompanion('client.ts');
    closing.push(client.stop);
    const keys = cast.good.map((key) => ({
      d: hex(gm.sm2.exportPrivate(key.pair.signKey)),
      certificate: base64(key.pair.signCertificate),
    }));
    return {
      unit,
      prepared: world,
      gm,
      cast,
      hubs,
      client,
      receiver,
      databaseFile: database ? '' : join(folder, 'hub.db'),
      loginJob: ({ bidders, logins, hubs: used = hubs.length }) => ({
        kind: 'hub',
        hubs: hubs.slice(0, used).map(({ url }) => url),
        publicUrl: world.hubUrl,
        caUnitId: unit.caUnitId,
        orgcode: unit.orgcode,
        secret: unit.secret,
        keys,
        bidders,
        logins,
      }),
      hubCpu: () => hubs.reduce((sum, hub) => sum + cpuSecondsOf(hub.child.pid), 0),
      observed: (work, profile = false) => observe(hubs[0], folder, work, profile),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const DIAGNOSTICS = pathToFileURL(join(import.meta.dirname, 'diagnostics.mjs')).href;

/** The first hub as configured, further ones on ports of their own; behind a proxy, so that each bidder has his own address. */
async function startHub(world: PreparedWorld, index: number): Promise<HubProcess> {
  const config = JSON.parse(readFileSync(world.configFile, 'utf8')) as { listen: { host: string; port: number } };
  const port = index === 0 ? config.listen.port : await freePort();
  const configFile = join(world.folder, `hub-${index}.json`);
  const changed = { ...config, trustProxy: true, listen: { ...config.listen, port } };
  writeFileSync(configFile, JSON.stringify(changed), { mode: 0o600 });
  return startHubProcess({
    configFile,
    url: `http://127.0.0.1:${port}`,
    env: { NODE_OPTIONS: `--import ${DIAGNOSTICS}`, CAIHUB_BENCH_OUT: outOf(world.folder, index) },
  });
}

const outOf = (folder: string, index: number): string => join(folder, `seen-${index}.json`);

async function observe<T>(
  hub: HubProcess | undefined,
  folder: string,
  work: () => Promise<T>,
  profile: boolean,
): Promise<{ value: T; seen: Observation }> {
  const out = outOf(folder, 0);
  rmSync(out, { force: true });
  writeFileSync(`${out}.want`, profile ? 'profile' : '');
  hub?.child.kill('SIGUSR2');
  await new Promise((resolve) => setTimeout(resolve, 100));
  const value = await work();
  hub?.child.kill('SIGUSR2');
  for (let waited = 0; !existsSync(out); waited += 50) {
    if (waited > 20_000) throw new Error('the hub wrote no observation');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { value, seen: JSON.parse(readFileSync(out, 'utf8')) as Observation };
}
