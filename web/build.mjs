import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const here = import.meta.dirname;

/** Scripts that a page or the island loads, by the logical name that the server asks for. */
const MODULES = {
  'login.js': 'hosted/login.ts',
  'decrypt.js': 'hosted/decrypt.ts',
  'hall.js': 'hosted/hall.ts',
  'diagnose.js': 'hosted/diagnose.ts',
  'dialects/standard-key.js': 'hosted/dialects/standard-key.ts',
};
/** Classic scripts in ES5: they run where nothing else does, so esbuild must not lower or wrap anything. */
const CLASSIC = { 'guard.js': 'hosted/guard.js' };
const STYLES = { 'hosted.css': 'hosted/hosted.css', 'hall.css': 'hosted/hall.css' };
const FILES = { 'favicon.svg': 'hosted/favicon.svg' };

/**
 * Bundles the pages' scripts and styles into `outDir`: names carry the content's hash, `manifest.json` maps logical name to
 * {file, integrity (SRI sha384), type}. No splitting: a chunk imported by a module would escape its integrity attribute.
 *
 * @param {{ outDir?: string, minify?: boolean }} [options]
 * @returns {Promise<Record<string, { file: string, integrity: string, type: string }>>}
 */
export async function buildWeb({ outDir = resolve(here, '../dist/web'), minify = true } = {}) {
  const common = { bundle: true, write: false, minify, charset: 'utf8', legalComments: 'none', logLevel: 'warning' };
  const bundle = async (entries, options) => {
    const result = await build({
      ...common,
      ...options,
      entryPoints: Object.entries(entries).map(([name, file]) => ({
        in: join(here, file),
        out: name.slice(0, -extname(name).length),
      })),
      outdir: outDir,
    });
    return result.outputFiles.map((file) => [file.path.slice(outDir.length + 1).replaceAll('\\', '/'), file.contents]);
  };
  const made = (
    await Promise.all([
      bundle(MODULES, { format: 'esm', target: 'chrome86' }),
      bundle(CLASSIC, { format: 'iife', target: 'es5' }),
      bundle(STYLES, { target: 'chrome86' }),
      Promise.all(Object.entries(FILES).map(async ([name, file]) => [name, await readFile(join(here, file))])),
    ])
  ).flat();

  const manifest = {};
  const written = new Set(['manifest.json']);
  await mkdir(join(outDir, 'dialects'), { recursive: true });
  for (const [name, bytes] of made.sort(([a], [b]) => (a < b ? -1 : 1))) {
    const tag = createHash('sha256').update(bytes).digest('hex').slice(0, 10);
    const file = `${name.slice(0, -extname(name).length)}.${tag}${extname(name)}`;
    manifest[name] = {
      file,
      integrity: `sha384-${createHash('sha384').update(bytes).digest('base64')}`,
      type: TYPES[extname(name)],
    };
    written.add(file);
    await writeFile(join(outDir, file), bytes);
  }
  await writeFile(join(outDir, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  await sweep(outDir, written);
  return manifest;
}

const TYPES = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
};

/** Files of earlier builds: only names of our own making are touched. */
async function sweep(outDir, written) {
  const found = await readdir(outDir, { recursive: true });
  const stale = found
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => /\.[0-9a-f]{10}\.(js|css|svg)$/.test(name) && !written.has(name));
  await Promise.all(stale.map((name) => rm(join(outDir, name), { force: true })));
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const started = performance.now();
  const manifest = await buildWeb();
  console.log(
    `${basename(here)}: ${Object.keys(manifest).length} files in ${Math.round(performance.now() - started)} ms`,
  );
}
