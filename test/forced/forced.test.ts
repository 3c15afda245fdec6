import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { primitives } from './primitives.ts';

const root = resolve(import.meta.dirname, '../..');

function run(...args: string[]): Promise<{ code: number; output: string }> {
  return new Promise((done) => {
    // Not a vitest inside this vitest: what this worker was told about itself is not for the other one.
    const env = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^(VITEST|VITE_|CAHUB_FORCED)/.test(name)),
    );
    const child = spawn(process.execPath, ['test/forced/forced.ts', ...args], {
      cwd: root,
      env: { ...env, NO_COLOR: '1' },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (part: string) => (output += part));
    child.once('exit', (code) => done({ code: code ?? 128, output }));
  });
}

describe('the suite with a primitive forced over to the second provider', () => {
  it('passes, for each of the ten and for all at once (short form)', async () => {
    const { code, output } = await run('--short');
    expect(code, output.slice(-4_000)).toBe(0);
    expect(primitives.filter((name) => !output.includes(`|${name}|`))).toEqual([]);
  }, 400_000);
});
