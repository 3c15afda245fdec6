import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { z } from 'zod';
import type { Bytes } from '#kernel/bytes.ts';

/** The built files of the pages, read once at start; nothing else is ever served from the disk. */
export interface Assets {
  /** Path to write into a page, `/assets/login.3fa0c1d2e4.js`. Throws for a name that was not built. */
  url(name: string): string;
  /** SRI value, `sha384-…`. */
  integrity(name: string): string;
  /** By request path (`/assets/…`, exactly as `url` wrote it). `acceptEncoding` is the request's header. */
  find(path: string, acceptEncoding?: string): FoundAsset | undefined;
}

export interface FoundAsset {
  readonly bytes: Bytes;
  readonly type: string;
  readonly headers: Readonly<Record<string, string>>;
}

const manifestSchema = z.record(
  z.string(),
  z.strictObject({
    file: z.string().regex(/^[\w./-]+$/),
    integrity: z.string().startsWith('sha384-'),
    type: z.string(),
  }),
);

/** Content-addressed names: a year, never asked again. */
const FOREVER = { 'cache-control': 'public, max-age=31536000, immutable', vary: 'accept-encoding' };

/** Reads `manifest.json` and every file it names. Throws where the build is missing, with the command that makes it. */
export function loadAssets(dir: string): Assets {
  const entries = Object.entries(readManifest(dir));
  const byName = new Map(entries);
  const byPath = new Map(
    entries.map(([name, { file, type }]) => [`/assets/${file}`, loadFile(dir, file, type, policyOf(name))]),
  );
  const entryOf = (name: string) => {
    const entry = byName.get(name);
    if (entry === undefined) throw new Error(`no asset named ${name} in ${dir}/manifest.json`);
    return entry;
  };
  return {
    url: (name) => `/assets/${entryOf(name).file}`,
    integrity: (name) => entryOf(name).integrity,
    find: (path, acceptEncoding = '') => {
      const file = byPath.get(path);
      return file && (/\bgzip\b/.test(acceptEncoding) ? file.packed : file.plain);
    },
  };
}

function readManifest(dir: string) {
  try {
    return manifestSchema.parse(JSON.parse(readFileSync(join(dir, 'manifest.json'), 'utf8')));
  } catch (cause) {
    throw new Error(`the pages are not built in ${dir}: run node web/build.mjs`, { cause });
  }
}

/** A second thread answers to the policy that its own script came with. This one decodes documents of strangers: it can reach and run nothing. */
const WORKER_POLICY = {
  'content-security-policy': "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'",
};

const policyOf = (name: string): Readonly<Record<string, string>> => (name === 'pdf-worker.js' ? WORKER_POLICY : {});

interface LoadedFile {
  readonly plain: FoundAsset;
  /** Packed when first asked for: most of two hundred files never are. */
  readonly packed: FoundAsset;
}

function loadFile(dir: string, file: string, type: string, policy: Readonly<Record<string, string>>): LoadedFile {
  const bytes = readFileSync(join(dir, file));
  const headers = { ...FOREVER, ...policy };
  let packed: FoundAsset | undefined;
  return {
    plain: { bytes, type, headers },
    get packed() {
      packed ??= { bytes: gzipSync(bytes, { level: 9 }), type, headers: { ...headers, 'content-encoding': 'gzip' } };
      return packed;
    },
  };
}
