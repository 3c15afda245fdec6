import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadAssets } from '#hosted/assets.ts';
import { buildWeb } from '#web/build.mjs';
import { builtPages } from './built.ts';

let built: Awaited<ReturnType<typeof builtPages>>;
beforeAll(async () => {
  built = await builtPages();
});
afterAll(() => built.remove());

const manifest = () =>
  JSON.parse(readFileSync(join(built.dir, 'manifest.json'), 'utf8')) as Record<
    string,
    { file: string; integrity: string }
  >;

describe('the built pages', () => {
  it('carry the integrity hash of their very bytes', () => {
    const names = Object.keys(manifest());
    expect(names.filter((name) => !name.startsWith('pdf-data/'))).toEqual([
      'control.css',
      'control.js',
      'decrypt.js',
      'diagnose.js',
      'dialects/sof-service.js',
      'dialects/standard-key.js',
      'favicon.svg',
      'guard.js',
      'hall.css',
      'hall.js',
      'hosted.css',
      'login.js',
      'pdf-worker.js',
      'pdf.js',
      'sdk/ca-hub.d.ts',
      'sdk/ca-hub.js',
      'sdk/ca-hub.mjs',
      'sign-fault.js',
      'sign.css',
      'sign.js',
      'validate.css',
      'validate.js',
      'viewer.css',
    ]);
    for (const { file, integrity } of Object.values(manifest())) {
      const bytes = readFileSync(join(built.dir, file));
      expect(integrity).toBe(`sha384-${createHash('sha384').update(bytes).digest('base64')}`);
    }
  });

  it('keep their names when nothing changed, and sweep away what an older build left', async () => {
    const before = manifest();
    writeFileSync(join(built.dir, 'login.0000000000.js'), 'old');
    writeFileSync(join(built.dir, 'notes.txt'), 'not ours');
    const after = await buildWeb({ outDir: built.dir });
    expect(after).toEqual(before);
    expect(() => readFileSync(join(built.dir, 'login.0000000000.js'))).toThrow();
    expect(readFileSync(join(built.dir, 'notes.txt'), 'utf8')).toBe('not ours');
  });

  it('stay small enough for a slow line', () => {
    for (const [name, most] of [
      ['login.js', 24_000],
      ['decrypt.js', 24_000],
      ['hall.js', 32_000],
    ] as const) {
      const packed = built.assets.find(built.assets.url(name), 'gzip');
      expect([name, (packed?.bytes.length ?? Number.NaN) < most]).toEqual([name, true]);
    }
  });

  it('use nothing that Chromium 86 lacks in styles', () => {
    const textOf = (name: string) =>
      Buffer.from(built.assets.find(built.assets.url(name))?.bytes ?? []).toString('utf8');
    expect(`${textOf('hosted.css')}${textOf('hall.css')}`).not.toMatch(
      /:has\(|:is\(|:where\(|@container|oklch|color-mix|aspect-ratio|[;{]inset:|@layer|@import/,
    );
  });

  it('contain no code made from text', () => {
    // The PDF reader brings polyfills that name such things; the pages' policy forbids them to run.
    const own = Object.entries(manifest()).filter(([name]) => !/^pdf[-.]/.test(name));
    for (const [, { file }] of own) {
      expect(readFileSync(join(built.dir, file), 'utf8')).not.toMatch(
        /\beval\(|new Function|innerHTML|insertAdjacentHTML|document\.write/,
      );
    }
  });
});

describe('assets', () => {
  it('are found under the exact name that a page writes, whole or packed', () => {
    const url = built.assets.url('login.js');
    const plain = built.assets.find(url);
    const packed = built.assets.find(url, 'gzip, deflate, br');
    expect(plain?.type).toBe('text/javascript; charset=utf-8');
    expect(plain?.headers['cache-control']).toContain('immutable');
    expect(packed?.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(packed?.bytes ?? new Uint8Array()).equals(Buffer.from(plain?.bytes ?? []))).toBe(true);
  });

  it('are nothing else: no manifest, no path outside', () => {
    for (const path of [
      '/assets/manifest.json',
      '/assets/../manifest.json',
      '/assets/',
      '/assets/login.js',
      '/etc/passwd',
    ]) {
      expect(built.assets.find(path)).toBeUndefined();
    }
  });

  it('say which command builds them where the build is missing', () => {
    expect(() => loadAssets(join(built.dir, 'nowhere'))).toThrow('node web/build.mjs');
    expect(() => built.assets.url('other.js')).toThrow('no asset named other.js');
  });
});
