/** A real hub in a process of its own, with openings and capsules handed in over its interfaces, and everybody's keys in our hand. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Core, openCore } from '#app/core.ts';
import { checkConfig } from '#config/config.ts';
import { createGm } from '#crypto/provider.ts';
import type { KeyPair } from '#fixtures/pki/authority.ts';
import { type Company, officers } from '#fixtures/pki/identities.ts';
import { type CastKey, createCast } from '#fixtures/world/cast.ts';
import { type HubProcess, startHubProcess } from '#fixtures/world/hub-process.ts';
import { freePort } from '#fixtures/world/ports.ts';
import { type PreparedWorld, prepareWorld } from '#fixtures/world/setup.ts';
import type { HubAccess } from '#fixtures/world/trading-system/hub.ts';
import { callHub } from '#fixtures/world/trading-system/hub.ts';
import { callExt } from '#fixtures/world/trading-system/hub-ext.ts';
import { startWorldVendor } from '#fixtures/world/vendor-setup.ts';
import { base64, fromBase64, utf8 } from '#kernel/bytes.ts';
import { createLog } from '#kernel/log.ts';
import { type SealContent, sealForOpening, unitSigner } from '#opening/capsule/sdk.ts';

export const gm = createGm();
const HOUR = 3600_000;
export type Model = 'joint' | 'quorum';

export interface Ground {
  readonly world: PreparedWorld;
  readonly hub: HubProcess;
  /** In the hub's environment under CAHUB_PLANT. */
  readonly plantFile: string;
  readonly openings: readonly { readonly id: string; readonly model: Model }[];
  readonly custodians: readonly KeyPair[];
  readonly bidders: readonly CastKey[];
  readonly capsules: readonly HandedIn[];
  /** The hub's rooms over the same database, with its keys: what an operator has. */
  core(): Promise<Core>;
  stopHub(): Promise<void>;
  close(): Promise<void>;
}

export interface HandedIn {
  readonly opening: string;
  readonly task: string;
  readonly bidder: CastKey;
  readonly sealedBy: 'client' | 'hub';
  /** The capsule as its sender keeps it. */
  readonly bytes: Buffer;
  /** Stands in the content and nowhere else. */
  readonly mark: string;
}

/** `count` capsules, half of each model; two of every eight sealed by the hub's own sealer. */
export async function takeGround(count: number, progress: (line: string) => void = () => undefined): Promise<Ground> {
  const folder = mkdtempSync(join(tmpdir(), 'caihub-redteam-'));
  const outside = mkdtempSync(join(tmpdir(), 'caihub-plant-'));
  const closers: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer().catch(() => undefined);
    for (const path of [folder, outside]) rmSync(path, { recursive: true, force: true });
  };
  try {
    const ports = {
      hub: await freePort(),
      trading: await freePort(),
      neighbour: await freePort(),
      vendor: await freePort(),
      agent: await freePort(),
    };
    const world = await prepareWorld({ gm, folder, ports, logLevel: 'warn' });
    const [unit] = world.units;
    if (unit === undefined) throw new Error('no unit');
    const cast = await createCast(gm, world.pki, Date.now());
    const vendor = await startWorldVendor(gm, world, cast);
    closers.push(() => vendor.close());
    const plantFile = join(outside, 'plant');
    const hub = await startHubProcess({
      configFile: world.configFile,
      url: world.hubUrl,
      env: { NODE_OPTIONS: `--import=${join(import.meta.dirname, 'plant.mjs')}`, CAHUB_PLANT: plantFile },
    });
    closers.push(() => hub.kill());
    await cast.enrol(world, unit);
    const access: HubAccess = {
      hub: world.hubUrl,
      caUnitId: unit.caUnitId,
      orgcode: unit.orgcode,
      secret: unit.secret,
    };
    const people = await Promise.all(
      Object.values(officers)
        .slice(0, 5)
        .map(async (company) => ({
          company,
          pair: await world.pki.issueKeyPair({ authority: 'beichen', holder: company }),
        })),
    );
    const openings = await Promise.all(
      (['joint', 'quorum'] as const).map(async (model) => ({ id: await announce(access, model, people), model })),
    );
    const bidders = cast.good.filter(({ name }) => !name.endsWith('-new'));
    const capsules: HandedIn[] = [];
    for (let index = 0; index < count; index += 1) {
      if (index % 50 === 0) progress(`${index} of ${count} capsules`);
      const opening = openings[index % openings.length]?.id ?? '';
      const bidder = bidders[index % bidders.length];
      if (bidder === undefined) throw new Error('no bidder');
      const work = {
        access,
        opening,
        bidder,
        task: `BID-${index}`,
        mark: `mark-${index}-${Math.random().toString(36).slice(2)}`,
      };
      capsules.push(index % 8 >= 6 ? await sealInHub(work) : await sealAtClient(work));
    }
    const config = (): unknown => JSON.parse(readFileSync(world.configFile, 'utf8'));
    return {
      ...{ world, hub, plantFile, openings, capsules },
      custodians: people.slice(1, 4).map(({ pair }) => pair),
      bidders,
      core: () => openCore(checkConfig(config(), world.folder), createLog('error'), { admin: true }),
      stopHub: () => hub.kill(),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Officer {
  readonly company: Company;
  readonly pair: KeyPair;
}

/** Host, three custodians of whom two are needed; for `quorum` two recovery custodians of another body. */
async function announce(access: HubAccess, keyModel: Model, people: readonly Officer[]): Promise<string> {
  const official = ({ company, pair }: Officer) => ({
    name: company.holderName,
    signCertificate: base64(pair.signCertificate),
  });
  const holder = (one: Officer) => ({ ...official(one), encryptionCertificate: base64(one.pair.encCertificate) });
  const [host, ...others] = people;
  if (host === undefined) throw new Error('no host');
  const made = await callExt(access, 'POST', '/api/ca/ext/openings', {
    json: {
      taskId: `OPEN-${keyModel}`,
      orgcode: access.orgcode,
      title: '示例道路改造工程施工',
      lots: [{ code: 'L1', name: '一标段' }],
      opensAt: Date.now() + 2 * HOUR,
      keyModel,
      hosts: [official(host)],
      custodians: { needed: 2, persons: others.slice(0, 3).map(holder) },
      ...(keyModel === 'quorum' && { recovery: { needed: 2, persons: [...others.slice(3), host].map(holder) } }),
    },
  });
  if (!made.ok) throw new Error(`opening: ${made.trouble}`);
  return String(made.data['id'] ?? made.data['openingId']);
}

interface Work {
  readonly access: HubAccess;
  readonly opening: string;
  readonly bidder: CastKey;
  readonly task: string;
  readonly mark: string;
}

async function sealAtClient({ access, opening, bidder, task, mark }: Work): Promise<HandedIn> {
  const answer = await callExt(access, 'GET', `/api/ca/ext/openings/${opening}/ticket?lot=L1`);
  if (!answer.ok) throw new Error(`ticket: ${answer.trouble}`);
  const ticket = answer.data['ticket'] as { key: string };
  const content: SealContent = { text: `投标总价：${mark}` };
  const sealed = await sealForOpening({
    ticket,
    hubKeys: [ticket.key],
    certificates: [base64(bidder.pair.encCertificate)],
    task,
    bidder: bidder.holder.unitCode,
    content,
    signer: unitSigner(access.caUnitId, access.secret),
  });
  const parts: Buffer[] = [];
  for await (const part of sealed.stream()) parts.push(part);
  const bytes = Buffer.concat(parts);
  const target = `/api/ca/ext/openings/${opening}/capsules?lot=L1&taskId=${task}`;
  const taken = await callExt(access, 'PUT', target, { bytes });
  if (!taken.ok) throw new Error(`upload of ${bidder.name}: ${taken.trouble}`);
  return { opening, task, bidder, sealedBy: 'client', bytes, mark };
}

async function sealInHub({ access, opening, bidder, task, mark }: Work): Promise<HandedIn> {
  const answer = await callHub(access, 'encrypt', {
    taskId: task,
    idNumber: bidder.holder.idNumber,
    unitCode: bidder.holder.unitCode,
    encCertSn: bidder.encCertSn,
    decData: `投标总价：${mark}`,
    standBy: JSON.stringify({ hub: { openingId: opening, lot: 'L1' } }),
  });
  if ('trouble' in answer) throw new Error(`encrypt: ${answer.trouble}`);
  const bytes = fromBase64(String(answer.body['encdata']));
  if (bytes === undefined || utf8('CAHUBCP1').some((byte, index) => bytes[index] !== byte))
    throw new Error('no capsule');
  return { opening, task, bidder, sealedBy: 'hub', bytes: Buffer.from(bytes), mark };
}
