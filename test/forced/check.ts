import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { createGm, selfTest } from '#crypto/provider.ts';
import { isPrimitive, primitives } from './primitives.ts';

/** Runs inside a forced run only (see vitest.config.ts): that the forcing is real, here and in child processes. */
describe('a forced run', () => {
  const forced = process.env['CAHUB_TEST_FORCE'] ?? '';

  it('really uses sm-crypto for what it names, and node for the rest', () => {
    expect(forced === 'every' || isPrimitive(forced)).toBe(true);
    const chosen = selfTest();
    for (const primitive of primitives) {
      expect([primitive, chosen[primitive].name]).toEqual([
        primitive,
        forced === 'every' || forced === primitive ? 'sm-crypto' : 'node',
      ]);
    }
    expect(createGm().sm3(new Uint8Array()).length).toBe(32);
  });

  it('reaches the programs that tests start', () => {
    const program = `const { selfTest } = await import('#crypto/provider.ts'); const c = selfTest(); console.log(Object.keys(c).filter((p) => c[p].name === 'sm-crypto').join());`;
    const said = execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }).trim();
    expect(said.split(',').sort()).toEqual(forced === 'every' ? [...primitives].sort() : [forced]);
  });
});
