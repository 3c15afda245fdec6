/** One trading system, the vendors' services and one or more hub processes, ready to be hurt. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Core, openCore } from '#app/core.ts';
import { checkConfig } from '#config/config.ts';
import type { Gm } from '#crypto/gm.ts';
import { createGm } from '#crypto/provider.ts';
import { type Cast, createCast } from '#fixtures/world/cast.ts';
import { type HubProcess, startHubProcess } from '#fixtures/world/hub-process.ts';
import { freePort } from '#fixtures/world/ports.ts';
import { type PreparedWorld, prepareWorld, type WorldUnit } from '#fixtures/world/setup.ts';
import { type LedgerRow, memoryLedger } from '#fixtures/world/trading-system/ledger.ts';
import { startTradingSystem } from '#fixtures/world/trading-system/server.ts';
import { startWorldVendor } from '#fixtures/world/vendor-setup.ts';
import { base64, utf8 } from '#kernel/bytes.ts';
import { createLog } from '#kernel/log.ts';
import type { BidderKey } from '#test/support/bidder.ts';
import { startBalancer } from './balancer.ts';
import type { Place } from './bidders.ts';
import { type Gateway, type Spoil, startGateway } from './gateway.ts';

export interface StageOptions {
  readonly database?: { readonly kind: 'postgres'; readonly url: string };
  /** Hub processes behind one address; more than one needs PostgreSQL. */
  readonly hubs?: number;
  /** What becomes of the trading system's answers. */
  readonly spoil?: Spoil;
  /** Where configuration and database go, e.g. a small file system; otherwise a temporary folder. */
  readonly folder?: string;
  /** Who takes the callbacks in the trading system's place, on this port. */
  readonly receive?: (place: { readonly port: number; readonly unit: WorldUnit }) => Promise<Receiver>;
  /** Environment of the hub processes. */
  readonly env?: Record<string, string>;
}

export interface Receiver {
  readonly port: number;
  close(): Promise<void>;
}

export interface StageHub {
  /** The living process. */
  process(): HubProcess;
  kill(): Promise<void>;
  start(): Promise<void>;
}

export interface Stage {
  readonly gm: Gm;
  readonly world: PreparedWorld;
  readonly unit: WorldUnit;
  readonly cast: Cast;
  readonly place: Place;
  readonly hubs: readonly StageHub[];
  readonly gateway: Gateway | undefined;
  /** Every line any hub process has logged. */
  readonly lines: readonly string[];
  /** What the trading system saw. */
  receiver(): LedgerRow[];
  /** The hub's own rooms over the same database, beside the hub processes. */
  core(): Promise<Core>;
  close(): Promise<void>;
}

export async function setStage(options: StageOptions = {}): Promise<Stage> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'caihub-storm-'));
  const closers: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer().catch(() => undefined);
    if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
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
    const world = await prepareWorld({ gm, folder, ports, logLevel: 'warn', ...(database && { database }) });
    const unit = world.units[0];
    if (unit === undefined) throw new Error('no unit');
    const cast = await createCast(gm, world.pki, Date.now());
    const vendor = await startWorldVendor(gm, world, cast);
    closers.push(() => vendor.close());

    const ledger = memoryLedger();
    const tradingPort = options.spoil ? await freePort() : ports.trading;
    const trading = options.receive
      ? await options.receive({ port: tradingPort, unit })
      : await startTradingSystem({
          name: unit.platformName,
          host: '127.0.0.1',
          port: tradingPort,
          publicOrigin: `http://localhost:${ports.trading}`,
          hub: world.hubUrl,
          caUnitId: unit.caUnitId,
          orgcode: unit.orgcode,
          secret: unit.secret,
          ledger,
        });
    closers.push(() => trading.close());
    const gateway =
      options.spoil && (await startGateway({ port: ports.trading, behind: trading.port, spoil: options.spoil }));
    if (gateway) closers.push(() => gateway.close());

    const lines: string[] = [];
    const hubs = await startHubs(world, options, lines, closers);
    await cast.enrol(world, unit);
    await cast.renew(world, unit);
    const keys = cast.good.map(
      (key): BidderKey => ({
        certificate: base64(key.pair.signCertificate),
        sign: async (text) => base64(await gm.sm2.sign(key.pair.signKey, [utf8(text)])),
      }),
    );
    return {
      ...{ gm, world, unit, cast },
      place: { trading: `http://localhost:${ports.trading}`, hub: world.hubUrl, keys },
      hubs,
      gateway,
      lines,
      receiver: () => ledger.read(),
      core: () => openCore(checkConfig(readConfig(world), world.folder), createLog('error'), { admin: true }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const readConfig = (world: PreparedWorld): Record<string, unknown> =>
  JSON.parse(readFileSync(world.configFile, 'utf8')) as Record<string, unknown>;

async function startHubs(
  world: PreparedWorld,
  options: StageOptions,
  lines: string[],
  closers: (() => Promise<unknown>)[],
): Promise<StageHub[]> {
  const count = options.hubs ?? 1;
  const places =
    count === 1
      ? [{ configFile: world.configFile, url: world.hubUrl }]
      : await Promise.all(Array.from({ length: count }, (_, i) => ownPort(world, i)));
  if (count > 1) {
    const ports = places.map(({ url }) => Number(new URL(url).port));
    const balancer = await startBalancer(Number(new URL(world.hubUrl).port), ports);
    closers.push(() => balancer.close());
  }
  const onLine = (line: string): void => void lines.push(line);
  return Promise.all(
    places.map(async (place) => {
      const launch = (): Promise<HubProcess> =>
        startHubProcess({ ...place, onLine, ...(options.env && { env: options.env }) });
      let living = await launch();
      closers.push(() => living.kill());
      return {
        process: () => living,
        kill: () => living.kill(),
        start: async () => {
          living = await launch();
        },
      };
    }),
  );
}

/** The same hub under the same public address, listening on a port of its own. */
async function ownPort(world: PreparedWorld, i: number): Promise<{ configFile: string; url: string }> {
  const port = await freePort();
  const configFile = join(world.folder, `hub-${i}.json`);
  const config = { ...readConfig(world), listen: { host: '127.0.0.1', port } };
  writeFileSync(configFile, JSON.stringify(config), { mode: 0o600 });
  return { configFile, url: `http://127.0.0.1:${port}` };
}
