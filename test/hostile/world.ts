import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCore } from '#app/core.ts';
import { checkConfig } from '#config/config.ts';
import type { Gm } from '#crypto/gm.ts';
import { createGm } from '#crypto/provider.ts';
import { type Cast, createCast } from '#fixtures/world/cast.ts';
import { type HubProcess, startHubProcess } from '#fixtures/world/hub-process.ts';
import { freePort } from '#fixtures/world/ports.ts';
import { type PreparedWorld, prepareWorld, type WorldUnit } from '#fixtures/world/setup.ts';
import { startTradingSystem } from '#fixtures/world/trading-system/server.ts';
import { startWorldVendor } from '#fixtures/world/vendor-setup.ts';
import { base64, utf8 } from '#kernel/bytes.ts';
import { createLog } from '#kernel/log.ts';
import type { BidderKey } from '#test/support/bidder.ts';

/** A hub process with everything around it: two units, enrolled keys, vendors, one trading system that accepts logins. */
export interface HostileWorld {
  readonly gm: Gm;
  readonly prepared: PreparedWorld;
  readonly hub: HubProcess;
  readonly cast: Cast;
  readonly unit: WorldUnit;
  readonly neighbour: WorldUnit;
  /** Origin of the trading system of `unit`. */
  readonly trading: string;
  readonly keys: readonly BidderKey[];
  /** Everything the hub printed. */
  readonly logged: readonly string[];
  /** One more hub process over the same database; its URL. PostgreSQL only. */
  second(): Promise<HubProcess>;
  verifyJournal(): Promise<{ readonly ok: boolean }>;
  close(): Promise<void>;
}

export async function openHostileWorld(
  options: { database?: { readonly kind: 'postgres'; readonly url: string } } = {},
): Promise<HostileWorld> {
  const gm = createGm();
  const folder = mkdtempSync(join(tmpdir(), 'caihub-hostile-'));
  const ports = {
    hub: await freePort(),
    trading: await freePort(),
    neighbour: await freePort(),
    vendor: await freePort(),
    agent: await freePort(),
  };
  const prepared = await prepareWorld({ gm, folder, ports, ...options });
  const [unit, neighbour] = prepared.units;
  if (unit === undefined || neighbour === undefined) throw new Error('two units are needed');
  const cast = await createCast(gm, prepared.pki, Date.now());
  const vendor = await startWorldVendor(gm, prepared, cast);
  const trading = `http://localhost:${ports.trading}`;
  const system = await startTradingSystem({
    name: unit.platformName,
    host: '127.0.0.1',
    port: ports.trading,
    publicOrigin: trading,
    hub: prepared.hubUrl,
    caUnitId: unit.caUnitId,
    orgcode: unit.orgcode,
    secret: unit.secret,
  });
  const logged: string[] = [];
  const onLine = (line: string): void => void logged.push(line);
  const hubs = [await startHubProcess({ configFile: prepared.configFile, url: prepared.hubUrl, onLine })];
  await cast.enrol(prepared, unit);
  await cast.renew(prepared, unit);
  return {
    gm,
    prepared,
    hub: hubs[0] as HubProcess,
    cast,
    unit,
    neighbour,
    trading,
    keys: cast.good.map((key) => ({
      certificate: base64(key.pair.signCertificate),
      sign: async (text) => base64(await gm.sm2.sign(key.pair.signKey, [utf8(text)])),
    })),
    logged,
    second: async () => {
      const port = await freePort();
      const configFile = join(folder, `hub-${port}.json`);
      const config = JSON.parse(readFileSync(prepared.configFile, 'utf8')) as { listen: { port: number } };
      config.listen.port = port;
      writeFileSync(configFile, JSON.stringify(config), { mode: 0o600 });
      const hub = await startHubProcess({ configFile, url: `http://127.0.0.1:${port}`, onLine });
      hubs.push(hub);
      return hub;
    },
    verifyJournal: async () => {
      const raw = JSON.parse(readFileSync(prepared.configFile, 'utf8')) as unknown;
      const core = await openCore(checkConfig(raw, folder), createLog('error'), { admin: true });
      try {
        return await core.journal.verify(core.store.read);
      } finally {
        await core.close();
      }
    },
    close: async () => {
      for (const hub of hubs) await hub.kill();
      await system.close();
      await vendor.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
