/**
 * The suite with primitives forced over to the second provider (crypto.md 5, plan point "second provider").
 *   node test/forced/forced.ts <primitive|every|all> [files…]   crypto, pki, identity, subscriber, drivers; `all`: each of the ten in turn
 *   node test/forced/forced.ts --short                          a few files for each, as `npm test` runs them
 */
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Primitive } from '../../src/crypto/primitives.ts';
import { isPrimitive, primitives } from './primitives.ts';

const CHECK = 'test/forced/check.ts';
const ROOMS = ['crypto', 'pki', 'identity', 'subscriber', 'drivers'].map((room) => `test/${room}/**/*.test.ts`);
/** Files that use it through the ordinary front door and take a second or two; those of test/crypto choose both providers by themselves. */
const SHORT: Readonly<Record<Primitive | 'every', readonly string[]>> = {
  sm3: ['test/interaction/challenge.test.ts'],
  'hmac-sm3': ['test/wire/sign.test.ts', 'test/interaction/page-token.test.ts'],
  'hkdf-sm3': ['test/store/field-cipher.test.ts'],
  'pbkdf2-sm3': ['test/agent/keys.test.ts'],
  sm4: ['test/store/field-cipher.test.ts'],
  'sm2-sign': ['test/fixtures-pki/world.test.ts'],
  'sm2-verify': ['test/fixtures-pki/world.test.ts'],
  'sm2-encrypt': ['test/pki/sm2-enveloped-key.test.ts'],
  'sm2-decrypt': ['test/pki/sm2-enveloped-key.test.ts'],
  'sm2-keygen': ['test/fixtures-pki/world.test.ts'],
  every: ['test/fixtures-pki/world.test.ts', 'test/interaction/proof.test.ts'],
};

function planOf(): Record<string, readonly string[]> {
  const { values, positionals } = parseArgs({
    options: { short: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  if (values.short) return SHORT;
  const [what = '', ...files] = positionals;
  const include = files.length > 0 ? files : ROOMS;
  if (what === 'all') return Object.fromEntries(primitives.map((name) => [name, include]));
  if (what === 'every' || isPrimitive(what)) return { [what]: include };
  console.error(`usage: node test/forced/forced.ts <${primitives.join('|')}|every|all> [files…] | --short`);
  return process.exit(2);
}

const root = resolve(import.meta.dirname, '../..');
const plan = Object.fromEntries(Object.entries(planOf()).map(([name, files]) => [name, [CHECK, ...files]]));
const child = spawn(
  process.execPath,
  ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/forced/vitest.config.ts'],
  {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, CAHUB_FORCED_PLAN: JSON.stringify(plan) },
  },
);
child.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
