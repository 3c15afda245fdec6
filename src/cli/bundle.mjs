// Bundles the published package: Node strips no types below node_modules, so what is installed from a registry must be JavaScript.
//   main.js    the command line (hub and agent); npm dependencies are left to the installer, commands are chunks loaded when named
//   child.js   the drivers' own program with everything inside: its permission flags let it read nothing but this folder
//   one-shot.js  what deals, opens and seals in a process of its own, closed in the same way
//   sdk.js     sealing at the client, for trading systems' own programs: import { … } from 'ca-interop-hub/sdk'
//   hash-thread.js  its second thread, and the hub's
//   web/ docs/ what the pages and the documentation are served from; fonts/ what the minutes are printed with
//
//   node src/cli/bundle.mjs [folder]     default: dist
import { cp, mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildWeb } from '../../web/build.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const outdir = resolve(root, process.argv[2] ?? 'dist');
const common = {
  absWorkingDir: root,
  outdir,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node22',
  legalComments: 'none',
  logLevel: 'warning',
};
const requireForCommonJs =
  "import { createRequire as __cr } from 'node:module'; const require = __cr(import.meta.url);";

await mkdir(outdir, { recursive: true });
for (const name of await readdir(outdir)) if (name.endsWith('.js')) await rm(join(outdir, name));
await build({
  ...common,
  entryPoints: { main: 'src/main.ts' },
  packages: 'external',
  splitting: true,
  chunkNames: 'part-[hash]',
  banner: { js: '#!/usr/bin/env node' },
});
await build({ ...common, entryPoints: { child: 'src/drivers/child.ts' }, banner: { js: requireForCommonJs } });
await build({
  ...common,
  entryPoints: { 'one-shot': 'src/opening/process/one-shot.ts' },
  banner: { js: requireForCommonJs },
});
await build({
  ...common,
  entryPoints: { sdk: 'src/opening/capsule/sdk.ts', 'hash-thread': 'src/opening/capsule/hash-thread.ts' },
  banner: { js: requireForCommonJs },
});
await cp(join(root, 'src/docs/docs.css'), join(outdir, 'docs/docs.css'));
await cp(join(root, 'src/opening/capsule/README.md'), join(outdir, 'docs/capsule.md'));
await cp(join(root, 'src/docs/samples'), join(outdir, 'docs/samples'), { recursive: true });
await cp(join(root, 'src/print/fonts'), join(outdir, 'fonts'), { recursive: true });
await buildWeb({ outDir: join(outdir, 'web'), minify: true });
