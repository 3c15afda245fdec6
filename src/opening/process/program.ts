import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What a one-shot process is for; it does this once and ends. */
export type Role = 'dealer' | 'opener' | 'sealer';

/**
 * The hub's own one-shot program: beside this file, with this file's extension (.ts in the tree, one bundled .js in the package). Node's permission flags leave it its
 * own code to read and nothing else: no other file, no process, no thread, no add-on.
 */
export function oneShotProgram(role: Role): { command: string; args: string[] } {
  const here = fileURLToPath(import.meta.url);
  const inTree = extname(here) === '.ts';
  const readable = inTree
    ? [
        './',
        '../capsule/',
        '../../kernel/',
        '../../crypto/',
        '../../pki/',
        '../../../node_modules/',
        '../../../package.json',
      ]
    : ['./', '../package.json'];
  return {
    command: process.execPath,
    args: [
      '--disable-warning=ExperimentalWarning',
      '--max-old-space-size=96',
      '--max-semi-space-size=2',
      '--permission',
      ...readable.map((path) => `--allow-fs-read=${fileURLToPath(new URL(path, import.meta.url))}`),
      fileURLToPath(new URL(`./one-shot${extname(here)}`, import.meta.url)),
      role,
    ],
  };
}
