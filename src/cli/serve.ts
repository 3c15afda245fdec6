import { parseArgs } from 'node:util';
import { loadConfig } from '#config/config.ts';
import { startHub } from '../app.ts';
import { endOnSignals } from './lifeline.ts';

export const serveUsage = 'serve --config FILE [--with-parent]      启动枢纽，直到收到 SIGTERM';

/** The hub in the foreground. `--with-parent`: ends when stdin closes. Exit code 0 after a graceful stop. */
export async function runServe(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { config: { type: 'string' }, 'with-parent': { type: 'boolean', default: false } },
  });
  const hub = await startHub(loadConfig(values.config));
  const code = await endOnSignals(() => hub.close(), values['with-parent'] === true);
  return code;
}
