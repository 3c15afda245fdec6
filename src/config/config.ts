import { existsSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';
import { loopbackSocket } from '#drivers/loopback.ts';

const port = z.number().int().min(0).max(65_535);
const origin = z.string().refine((text) => isOrigin(text), '应为 http(s)://主机[:端口]，不带路径');
const masterKey = z.strictObject({
  /** Written into every sealed value; never reuse an id for another key. */
  id: z.string().regex(/^[a-z0-9-]{1,24}$/),
  /** 32 bytes, base64. Exactly one of `key` and `keyFile`; production takes only `keyFile`. */
  key: z.string().optional(),
  keyFile: z.string().optional(),
});

/** The configuration file, strictly: an unknown member is a fault, and all faults are reported at once. */
const schema = z.strictObject({
  /** `development` allows http, loopback callbacks and keys inside this file; `production` refuses them. */
  mode: z.enum(['development', 'production']).default('production'),
  /** What people's browsers see, e.g. `https://hub.ca.example`. */
  publicUrl: origin,
  listen: z.strictObject({ host: z.string().default('127.0.0.1'), port: port.default(8443) }).prefault({}),
  /** PEM files; without them the hub speaks http (behind a TLS proxy, or in development). */
  tls: z.strictObject({ certFile: z.string(), keyFile: z.string() }).optional(),
  database: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('sqlite'), file: z.string() }),
    z.strictObject({
      kind: z.literal('postgres'),
      url: z.string(),
      poolSize: z.number().int().min(2).max(100).default(10),
    }),
  ]),
  /** Where capsules lie. Default: `blobs` beside the SQLite file; with PostgreSQL it must be given and shared by every hub process. */
  blobDir: z.string().min(1).optional(),
  /** Who is asked what time it is when the clock is doubted (RFC 3161). Without it two custodians or two persons must say so. */
  timeAuthority: z
    .strictObject({
      url: z.url({ protocol: /^https?$/ }),
      /** PEM file: its root and, where there are some, intermediates. */
      certificatesFile: z.string(),
      /** CIDR ranges where it may live besides the internet. */
      privateRanges: z.array(z.string()).default([]),
      /** When it gives no stamp, a document is not signed (`refuse`), or is signed with the signer's own word on the time (`sign`). */
      whenDown: z.enum(['refuse', 'sign']).default('refuse'),
    })
    .optional(),
  /** Makers of electronic seals (制章机构). Without them electronic seals cannot be used, whoever made them. */
  sealMakers: z
    .strictObject({
      /**
       * PEM file: roots under which there is nobody but makers, with intermediates where there are some; and makers' own certificates where a vendor of this hub
       * issued them (the vendor is asked for their revocation). A maker is given up by taking it out.
       */
      certificatesFile: z.string(),
    })
    .optional(),
  /** The first is used for new values; the others still open older ones. */
  masterKeys: z.array(masterKey).min(1),
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  egress: z
    .strictObject({
      /** PEM bundle trusted beside the system's roots for outgoing TLS. */
      extraCaFile: z.string().optional(),
    })
    .prefault({}),
  /** Loopback WebSocket endpoints the pages try for the agent, in turn. */
  agentEndpoints: z.array(loopbackSocket).default([]),
  /**
   * How far vendors' drivers are kept apart. `process` is what this version reaches: own process, empty environment, permission flags, no
   * sockets, but no network namespace and no user of its own. Production has to accept that by name.
   */
  driverIsolation: z.enum(['process']).optional(),
  /** true behind a reverse proxy that sets X-Forwarded-For. */
  trustProxy: z.boolean().default(false),
});

type FileConfig = z.infer<typeof schema>;

export interface HubConfig extends Omit<FileConfig, 'masterKeys' | 'blobDir' | 'timeAuthority' | 'sealMakers'> {
  /** Absolute; undefined only for an in-memory database, whose blobs go to a temporary folder. */
  readonly blobDir: string | undefined;
  readonly masterKeys: readonly { readonly id: string; readonly key: Uint8Array }[];
  readonly tlsPem?: { readonly cert: string; readonly key: string };
  readonly extraCa?: string;
  readonly timeAuthority?: {
    readonly url: string;
    /** PEM blocks as read. */
    readonly certificates: string;
    readonly privateRanges: readonly string[];
    readonly whenDown: 'refuse' | 'sign';
  };
  /** PEM blocks as read; '' for none. */
  readonly sealMakers: string;
}

/** All faults of a configuration, each with the member's path. Printed by the command line; exit code 78. */
export class ConfigFault extends Error {
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(`配置有 ${faults.length} 处问题：\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
    this.name = 'ConfigFault';
    this.faults = faults;
  }
}

/** Reads the file named by `--config` or `CAHUB_CONFIG`. Relative paths are relative to that file. */
export function loadConfig(file: string | undefined, environment: NodeJS.ProcessEnv = process.env): HubConfig {
  const path = file ?? environment['CAHUB_CONFIG'];
  if (path === undefined) throw new ConfigFault(['没有给出配置文件：使用 --config 文件名，或设置 CAHUB_CONFIG']);
  if (!existsSync(path)) throw new ConfigFault([`配置文件 ${path} 不存在`]);
  let raw: unknown;
  try {
    raw = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new ConfigFault([`配置文件不是 JSON：${(error as Error).message}`]);
  }
  return checkConfig(raw, dirname(resolve(path)));
}

export function checkConfig(raw: unknown, base: string): HubConfig {
  const parsed = schema.safeParse(raw);
  if (!parsed.success) {
    throw new ConfigFault(parsed.error.issues.map((issue) => `${issue.path.join('.') || '(根)'}：${issue.message}`));
  }
  const file = parsed.data;
  const faults = productionFaults(file);
  const read = (label: string, name: string): string => {
    const full = isAbsolute(name) ? name : resolve(base, name);
    if (existsSync(full)) return readFileSync(full, 'utf8');
    faults.push(`${label}：文件 ${name} 不存在`);
    return '';
  };
  const masterKeys = file.masterKeys.map((entry, i) => {
    const label = `masterKeys.${i}`;
    if ((entry.key === undefined) === (entry.keyFile === undefined))
      faults.push(`${label}：key 与 keyFile 必须且只能给出一个`);
    const text = entry.keyFile === undefined ? (entry.key ?? '') : read(`${label}.keyFile`, entry.keyFile);
    const key = Buffer.from(text.trim(), 'base64');
    if (key.length !== 32) faults.push(`${label}：密钥应为 32 字节的 Base64`);
    return { id: entry.id, key };
  });
  const tlsPem = file.tls && {
    cert: read('tls.certFile', file.tls.certFile),
    key: read('tls.keyFile', file.tls.keyFile),
  };
  const extraCa =
    file.egress.extraCaFile === undefined ? undefined : read('egress.extraCaFile', file.egress.extraCaFile);
  if (file.database.kind === 'postgres' && file.blobDir === undefined && file.mode === 'production')
    faults.push('blobDir：使用 PostgreSQL 时必须指定密封文件目录，并由所有枢纽进程共享');
  const { timeAuthority: asked } = file;
  const timeAuthority = asked && {
    url: asked.url,
    certificates: read('timeAuthority.certificatesFile', asked.certificatesFile),
    privateRanges: asked.privateRanges,
    whenDown: asked.whenDown,
  };
  const sealMakers =
    file.sealMakers === undefined ? '' : read('sealMakers.certificatesFile', file.sealMakers.certificatesFile);
  if (faults.length > 0) throw new ConfigFault(faults);
  const database =
    file.database.kind === 'sqlite' && !isAbsolute(file.database.file) && file.database.file !== ':memory:'
      ? { ...file.database, file: resolve(base, file.database.file) }
      : file.database;
  const { timeAuthority: _named, sealMakers: _makers, ...same } = file;
  return {
    ...same,
    database,
    blobDir: blobDirOf(file, base, database),
    masterKeys,
    sealMakers,
    ...(tlsPem && { tlsPem }),
    ...(timeAuthority && { timeAuthority }),
    ...(extraCa !== undefined && { extraCa }),
  };
}

function blobDirOf({ blobDir }: FileConfig, base: string, database: FileConfig['database']): string | undefined {
  if (blobDir !== undefined) return resolve(base, blobDir);
  if (database.kind === 'postgres') return join(base, 'blobs');
  return database.file === ':memory:' ? undefined : join(dirname(database.file), 'blobs');
}

function productionFaults(file: FileConfig): string[] {
  if (file.mode === 'development') return [];
  const faults: string[] = [];
  if (!file.publicUrl.startsWith('https://')) faults.push('publicUrl：正式环境必须使用 https');
  if (file.masterKeys.some((entry) => entry.key !== undefined))
    faults.push('masterKeys：正式环境的密钥只能放在 keyFile 中');
  if (file.driverIsolation === undefined)
    faults.push('driverIsolation：机构驱动目前为进程级隔离，接受时请写明 "process"');
  return faults;
}

function isOrigin(text: string): boolean {
  try {
    const url = new URL(text);
    return (url.protocol === 'https:' || url.protocol === 'http:') && url.origin === text;
  } catch {
    return false;
  }
}
