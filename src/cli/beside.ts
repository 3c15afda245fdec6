import { readFileSync } from 'node:fs';
import { openCore } from '#app/core.ts';
import { loadConfig } from '#config/config.ts';
import { createLog } from '#kernel/log.ts';
import type { AdminCommand } from './actions.ts';

/**
 * Runs an admin command beside a running hub (or without one): `--config FILE` or CAHUB_CONFIG names the hub, the rest are the command's
 * own words. What it changes holds from the hub's next request on.
 */
export async function runBeside(args: readonly string[], command: AdminCommand): Promise<number> {
  const at = args.indexOf('--config');
  const file = at < 0 ? undefined : args[at + 1];
  const words = at < 0 ? args : [...args.slice(0, at), ...args.slice(at + 2)];
  const help = command.help?.(words);
  if (help !== undefined) {
    process.stdout.write(`${help.join('\n')}\n`);
    return 0;
  }
  const config = loadConfig(file);
  const core = await openCore(config, createLog('error'), { admin: true });
  try {
    return await command(words, {
      ...core,
      mode: config.mode,
      publicUrl: config.publicUrl,
      readFile: (name) => readFileSync(name),
      out: (line) => process.stdout.write(`${line}\n`),
      err: (line) => process.stderr.write(`${line}\n`),
    });
  } finally {
    core.egress.close();
    await core.close();
  }
}
