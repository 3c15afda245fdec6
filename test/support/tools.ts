import { spawnSync } from 'node:child_process';

/** A Debian tool is there; with CI=true it must be. */
export const toolOf = (name: string): boolean =>
  process.env['CI'] === 'true' || spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
