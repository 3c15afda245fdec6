import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

async function complaintsOf(script: string, ...args: string[]): Promise<string> {
  try {
    await promisify(execFile)(process.execPath, [script, ...args], { cwd: root, maxBuffer: 64 * 1024 * 1024 });
    return '';
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    return `${stdout ?? ''}${stderr ?? ''}`.slice(0, 4_000) || String(error);
  }
}

describe('the whole tree', () => {
  it('passes the type checker', async () => {
    expect(await complaintsOf('node_modules/typescript/bin/tsc', '--noEmit', '-p', '.')).toBe('');
  }, 180_000);

  it('passes the linter and is formatted', async () => {
    expect(await complaintsOf('node_modules/@biomejs/biome/bin/biome', 'check', '--config-path=.biome.json', '.')).toBe(
      '',
    );
  }, 60_000);

  it('holds no file, export or dependency that nobody uses', async () => {
    expect(await complaintsOf('node_modules/knip/bin/knip.js', '--config', '.knip.json')).toBe('');
  }, 120_000);
});
