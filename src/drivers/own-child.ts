import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Program } from './process.ts';

/**
 * This hub's own child program: beside this file, with this file's extension (.ts in the tree, one bundled .js in the package).
 * Node's permission flags leave it its own code to read and nothing else: no other file, no process, no thread, no add-on.
 */
export function ownChild(): Program {
  const here = fileURLToPath(import.meta.url);
  const inTree = extname(here) === '.ts';
  const readable = inTree
    ? ['./', '../kernel/', '../crypto/', '../pki/', '../../node_modules/', '../../package.json']
    : ['./', '../package.json'];
  return {
    command: process.execPath,
    args: [
      '--disable-warning=ExperimentalWarning',
      '--max-old-space-size=192',
      '--permission',
      ...readable.map((path) => `--allow-fs-read=${fileURLToPath(new URL(path, import.meta.url))}`),
      fileURLToPath(new URL(`./child${extname(here)}`, import.meta.url)),
    ],
  };
}
