import { execFile, spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, portIsTaken } from '#fixtures/world/ports.ts';
import { gone } from '#test/support/world-process.ts';

/** The published package, installed as a stranger installs it: from the tarball, in an empty folder. */
const root = resolve(import.meta.dirname, '../..');
const run = promisify(execFile);
let folder: string;
let app: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'caihub-package-'));
  const stage = join(folder, 'stage');
  app = join(folder, 'app');
  mkdirSync(stage);
  mkdirSync(app);
  await run(process.execPath, ['src/cli/bundle.mjs', join(stage, 'dist')], { cwd: root });
  for (const name of ['package.json', 'LICENSE', 'README.md']) cpSync(join(root, name), join(stage, name));
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: stage });
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '';
  writeFileSync(join(app, 'package.json'), '{"private":true}');
  await run(
    'npm',
    ['install', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', join(folder, tarball)],
    { cwd: app },
  );
}, 240_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bin = (): string => join(app, 'node_modules', '.bin', 'ca-interop-hub');
/** npx puts the package's own Node first on the path, as npm does for scripts. */
const env = (): NodeJS.ProcessEnv => ({
  ...process.env,
  PATH: `${join(app, 'node_modules', '.bin')}:${process.env['PATH']}`,
});

describe('the published package', () => {
  it('holds programs, pages and licence, and no TypeScript', () => {
    const files = readdirSync(join(app, 'node_modules', 'ca-interop-hub'), { recursive: true }).map(String);
    expect(files).toEqual(
      expect.arrayContaining(['dist/main.js', 'dist/child.js', 'dist/web/manifest.json', 'LICENSE', 'README.md']),
    );
    // What reads documents comes along whole: a Chinese document without fonts needs the character maps, a licence each.
    const pdf = files.filter((name) => /^dist\/web\/pdf-data\.\w+\//.test(name)).map((name) => name.split('/').at(-1));
    expect(pdf).toEqual(
      expect.arrayContaining([
        'UniGB-UCS2-H.bcmap',
        'GBK-EUC-H.bcmap',
        'FoxitSymbol.pfb',
        'jbig2.wasm',
        'LICENSE_cmaps',
        'LICENSE_pdfjs',
        'LICENSE_core-js',
      ]),
    );
    expect(files.filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))).toEqual([]);
  });

  it('starts the hub, which serves its pages and answers its interfaces', async () => {
    const port = await freePort();
    const config = join(app, 'hub.json');
    writeFileSync(
      config,
      JSON.stringify({
        mode: 'development',
        publicUrl: `http://127.0.0.1:${port}`,
        listen: { port },
        database: { kind: 'sqlite', file: 'hub.db' },
        masterKeys: [{ id: 'dev', key: Buffer.alloc(32, 3).toString('base64') }],
        logLevel: 'error',
      }),
    );
    const hub = spawn(bin(), ['serve', '--config', config], { env: env(), stdio: ['ignore', 'pipe', 'pipe'] });
    let printed = '';
    hub.stderr.on('data', (chunk: Buffer) => {
      printed += chunk;
    });
    try {
      expect(await gone(() => portIsTaken(port), 20_000), printed).toBe(true);
      const page = await (await fetch(`http://127.0.0.1:${port}/diagnose`)).text();
      const script = /\/assets\/[\w.-]+\.js/.exec(page)?.[0] ?? '';
      expect((await fetch(`http://127.0.0.1:${port}${script}`)).status).toBe(200);
      const answer = await (
        await fetch(`http://127.0.0.1:${port}/api/ca/startCheck`, { method: 'POST', body: '{}' })
      ).json();
      expect(answer).toMatchObject({ code: 400, msg: expect.stringContaining('caUnitId') });
      const { stdout } = await run(bin(), ['unit', 'add', '--name', '某单位', '--json', '--config', config], {
        env: env(),
      });
      expect(JSON.parse(stdout)).toMatchObject({ unit: { name: '某单位' } });
    } finally {
      hub.kill('SIGTERM');
      await new Promise((done) => hub.once('exit', done));
    }
  });

  it('opens a vendor’s driver in a process that may read nothing but the package’s own programs', async () => {
    const dist = join(app, 'node_modules', 'ca-interop-hub', 'dist');
    const driver = spawn(
      process.execPath,
      [
        '--permission',
        `--allow-fs-read=${dist}/`,
        `--allow-fs-read=${join(dist, '..', 'package.json')}`,
        join(dist, 'child.js'),
      ],
      { env: {}, stdio: ['pipe', 'pipe', 'pipe'] },
    );
    let said = '';
    driver.stdout.on('data', (chunk: Buffer) => {
      said += chunk;
    });
    const config = { apiBase: 'http://127.0.0.1:1/x', app: 'hub', secret: 'a-secret-of-24-characters' };
    driver.stdin.write(`${JSON.stringify({ type: 'open', protocol: 1, driver: 'mobile-scan', config })}\n`);
    await gone(() => said.includes('\n'), 10_000);
    driver.stdin.end();
    await new Promise((done) => driver.once('exit', done));
    expect(JSON.parse(said.split('\n')[0] ?? '')).toEqual({ type: 'opened', driver: 'mobile-scan' });
  });

  it('deals a key in a one-shot process that may read nothing but the package, and seals with the SDK', async () => {
    const dist = join(app, 'node_modules', 'ca-interop-hub', 'dist');
    const order = Buffer.from('{"opening":"o","threshold":2,"custodians":[]}');
    const frame = Buffer.concat([Buffer.alloc(5), order]);
    frame.writeUInt32BE(order.length);
    const flags = ['--permission', `--allow-fs-read=${dist}/`, `--allow-fs-read=${join(dist, '..', 'package.json')}`];
    const dealt = spawnSync(process.execPath, [...flags, join(dist, 'one-shot.js'), 'dealer'], {
      env: {},
      input: frame,
    });
    // No custodians is no dealing: it says nothing, and ends as a refusal does, not as a missing file would.
    expect([dealt.status, dealt.stdout.length, dealt.stderr.toString()]).toEqual([1, 0, '']);
    const script =
      "import * as sdk from 'ca-interop-hub/sdk'; console.log(sdk.unitSigner('u', 's').name.by, typeof sdk.sealForOpening)";
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: app, env: env() });
    expect(stdout.trim()).toBe('unit function');
  });

  it('starts the agent', async () => {
    const port = await freePort();
    const agent = spawn(bin(), ['agent', 'start', '--home', join(app, 'agent'), '--port', String(port)], {
      env: env(),
      stdio: 'ignore',
    });
    try {
      expect(await gone(() => portIsTaken(port), 20_000)).toBe(true);
      expect((await fetch(`http://127.0.0.1:${port}/anything`)).status).toBe(404);
    } finally {
      agent.kill('SIGTERM');
      await new Promise((done) => agent.once('exit', done));
    }
    expect(readFileSync(join(app, 'node_modules', 'ca-interop-hub', 'package.json'), 'utf8')).toContain('"bin"');
  });
});
