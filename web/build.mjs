import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const here = import.meta.dirname;

/** Scripts that a page or the island loads, by the logical name that the server asks for. */
const MODULES = {
  'login.js': 'hosted/login.ts',
  'decrypt.js': 'hosted/decrypt.ts',
  'hall.js': 'hosted/hall.ts',
  'diagnose.js': 'hosted/diagnose.ts',
  'sign.js': 'hosted/sign.ts',
  'sign-fault.js': 'hosted/sign-fault.ts',
  'validate.js': 'hosted/validate.ts',
  'control.js': 'control/main.ts',
  'dialects/standard-key.js': 'hosted/dialects/standard-key.ts',
  'dialects/sof-service.js': 'hosted/dialects/sof-service.ts',
};
/** Classic scripts in ES5: they run where nothing else does, so esbuild must not lower or wrap anything. */
const CLASSIC = { 'guard.js': 'hosted/guard.js' };
const STYLES = {
  'control.css': 'control/control.css',
  'hosted.css': 'hosted/hosted.css',
  'hall.css': 'hosted/hall.css',
  'sign.css': 'hosted/sign.css',
  'validate.css': 'hosted/validate/validate.css',
  'viewer.css': 'hosted/sign/viewer/viewer.css',
};
const FILES = { 'favicon.svg': 'hosted/favicon.svg', 'sdk/ca-hub.d.ts': 'sdk/ca-hub.d.ts' };
/** For trading systems' pages: as a module, and for one script tag with the global `CaHub`. */
const SDK_MODULE = { 'sdk/ca-hub.mjs': 'sdk/index.ts' };
const SDK_SCRIPT = { 'sdk/ca-hub.js': 'sdk/index.ts' };

/**
 * What reads PDFs: its second thread, then the module that knows the thread's and the data files' names. Loaded when a document is shown.
 */
const PDF_WORKER = { 'pdf-worker.js': 'hosted/sign/viewer/engine/worker.ts' };
const PDF = { 'pdf.js': 'hosted/sign/viewer/engine/pdf.ts' };
const PDF_DATA = {
  cmaps: /\.bcmap$/,
  standard_fonts: /\.(pfb|ttf)$/,
  wasm: /^(openjpeg|jbig2)(\.wasm|_nowasm_fallback\.js)$/,
};

/**
 * Bundles the pages' scripts and styles into `outDir`: names carry the content's hash, `manifest.json` maps logical name to
 * {file, integrity (SRI sha384), type}. No splitting: a chunk imported by a module would escape its integrity attribute.
 *
 * `only`: the logical names wanted, for a test of one page.
 *
 * @param {{ outDir?: string, minify?: boolean, only?: readonly string[] }} [options]
 * @returns {Promise<Record<string, { file: string, integrity: string, type: string }>>}
 */
export async function buildWeb({ outDir = resolve(here, '../dist/web'), minify = true, only } = {}) {
  const wanted = (entries) =>
    Object.entries(entries).filter(([name]) => only === undefined || only.includes(name) || entries === PDF_WORKER);
  const common = { bundle: true, write: false, minify, charset: 'utf8', legalComments: 'none', logLevel: 'warning' };
  const bundle = async (entries, options) => {
    const result = await build({
      ...common,
      ...options,
      entryPoints: wanted(entries).map(([name, file]) => ({
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
      bundle(SDK_MODULE, { format: 'esm', target: 'chrome86', outExtension: { '.js': '.mjs' } }),
      bundle(SDK_SCRIPT, { format: 'iife', globalName: 'CaHub', target: 'chrome86' }),
      Promise.all(wanted(FILES).map(async ([name, file]) => [name, await readFile(join(here, file))])),
      wanted(PDF).length === 0 ? [] : reader(bundle),
    ])
  ).flat();

  const manifest = {};
  const written = new Set(['manifest.json']);
  for (const [name, bytes, file = tagged(name, bytes)] of made.sort(([a], [b]) => (a < b ? -1 : 1))) {
    manifest[name] = { file, integrity: integrityOf(bytes), type: TYPES[extname(name)] };
    written.add(file);
    await mkdir(dirname(join(outDir, file)), { recursive: true });
    await writeFile(join(outDir, file), bytes);
  }
  await writeFile(join(outDir, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  await sweep(outDir, written);
  return manifest;
}

/** The PDF reader's files; `pdf.js` carries the hash of each of the others, so that one hash in a page stands for all. */
async function reader(bundle) {
  const packed = { format: 'esm', target: 'chrome86', define: { 'process.env.NODE_ENV': '"production"' } };
  const [worker, data] = await Promise.all([bundle(PDF_WORKER, { ...packed, plugins: [firstPageFirst] }), pdfData()]);
  const folder = `pdf-data.${tagOf(Buffer.concat(data.map(([, bytes]) => bytes)))}`;
  const [[workerName, workerBytes]] = worker;
  const files = {
    worker: tagged(workerName, workerBytes),
    data: `${folder}/`,
    integrity: Object.fromEntries(data.map(([name, bytes]) => [name, integrityOf(bytes)])),
  };
  const pdf = await bundle(PDF, { ...packed, define: { ...packed.define, PDF_FILES: JSON.stringify(files) } });
  return [...worker, ...pdf, ...data.map(([name, bytes]) => [`pdf-data/${name}`, bytes, `${folder}/${name}`])];
}

/**
 * pdf.js reads every page's head before it shows the first one: it looks for the last page, and asks for all children of the page tree's root at once. Of a
 * document of 50 MB that is all of it. The hub has counted the pages; one that is missing is told where it should stand.
 */
const firstPageFirst = {
  name: 'first-page-first',
  setup: ({ onLoad }) =>
    onLoad({ filter: /pdf\.worker\.mjs$/ }, async ({ path }) => ({
      contents: CHANGES.reduce(
        (text, [old, now]) => {
          const [before, after, ...more] = text.split(old);
          if (after === undefined || more.length > 0) throw new Error(`another version of pdf.js, look at: ${old}`);
          return before + now + after;
        },
        await readFile(path, 'utf8'),
      ),
      loader: 'js',
    })),
};
const CHANGES = [
  ['await this.getPage(numPages - 1);', ''],
  [
    'if (currentNode === this.toplevelPagesDict && lastKid',
    'if (last <= pageIndex && currentNode === this.toplevelPagesDict && lastKid',
  ],
];

/** Character maps of East Asian fonts that are not embedded, the fourteen standard fonts, decoders of scanned pictures; and their licences. */
async function pdfData() {
  const root = dirname(createRequire(import.meta.url).resolve('pdfjs-dist/package.json'));
  const lists = await Promise.all(
    Object.entries(PDF_DATA).map(async ([folder, wanted]) =>
      (await readdir(join(root, folder)))
        .filter((name) => wanted.test(name) || name.startsWith('LICENSE'))
        .map((name) => [name === 'LICENSE' ? `LICENSE_${folder}` : name, join(root, folder, name)]),
    ),
  );
  const core = createRequire(import.meta.url).resolve('core-js/package.json');
  const files = [
    ...lists.flat(),
    ['LICENSE_pdfjs', join(root, 'LICENSE')],
    ['LICENSE_core-js', join(dirname(core), 'LICENSE')],
  ].sort(([a], [b]) => (a < b ? -1 : 1));
  return Promise.all(files.map(async ([name, path]) => [name, await readFile(path)]));
}

const tagOf = (bytes) => createHash('sha256').update(bytes).digest('hex').slice(0, 10);
/** Declarations keep both their endings: a program that strips types below node_modules must know them for what they are. */
const tagged = (name, bytes) => {
  const ending = name.endsWith('.d.ts') ? '.d.ts' : extname(name);
  return `${name.slice(0, -ending.length)}.${tagOf(bytes)}${ending}`;
};
const integrityOf = (bytes) => `sha384-${createHash('sha384').update(bytes).digest('base64')}`;

const TYPES = {
  '': 'text/plain; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.ts': 'text/plain; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.wasm': 'application/wasm',
  '.ttf': 'font/ttf',
  '.pfb': 'application/octet-stream',
  '.bcmap': 'application/octet-stream',
};

/** Files of earlier builds: only names of our own making are touched. */
async function sweep(outDir, written) {
  const found = await readdir(outDir, { recursive: true });
  const stale = found
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => /\.[0-9a-f]{10}(\.(js|mjs|d\.ts|css|svg)|\/[\w.-]+)$/.test(name) && !written.has(name));
  await Promise.all(stale.map((name) => rm(join(outDir, name), { force: true })));
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const started = performance.now();
  const manifest = await buildWeb();
  console.log(
    `${basename(here)}: ${Object.keys(manifest).length} files in ${Math.round(performance.now() - started)} ms`,
  );
}
