// Bundles the published package into dist/: Node strips no types below node_modules, so what is installed from a registry must be JavaScript.
//   dist/main.js   the command line (hub and agent), npm dependencies left to the installer
//   dist/child.js  the drivers' own program with everything inside: its permission flags let it read nothing but this folder
//   dist/web/      the pages' scripts and styles
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildWeb } from '../../web/build.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node22',
  sourcemap: true,
  logLevel: 'warning',
};
const requireForCommonJs =
  "import { createRequire as __cr } from 'node:module'; const require = __cr(import.meta.url);";

await rm(join(root, 'dist'), { recursive: true, force: true });
await build({
  ...common,
  entryPoints: { main: 'src/main.ts' },
  outdir: 'dist',
  packages: 'external',
  banner: { js: '#!/usr/bin/env node' },
});
await build({
  ...common,
  entryPoints: { child: 'src/drivers/child.ts' },
  outdir: 'dist',
  banner: { js: requireForCommonJs },
});
await buildWeb({ outDir: join(root, 'dist', 'web'), minify: true });
