#!/usr/bin/env node
// The bootstrap behind `npm start`, `npm test` and the other npm scripts. Node built-ins only; must run on Node 20, because it is what
// installs the pinned Node 24 (npm's node-<os>-<arch> packages) that everything else runs on.
//
//   node src/cli/run.mjs <start|test|setup|cli|storm|bench|…> [arguments]
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const STOP_GRACE_MS = 9_000;
const [command = 'start', ...rest] = process.argv.slice(2);

/** command → what is run on Node 24 once the tree is installed and built */
const programs = {
  start: () => ['fixtures/world/main.ts', ...rest],
  cli: () => ['src/main.ts', ...rest],
  storm: () => ['test/storm/long.ts', ...rest],
  bench: () => ['test/bench/main.ts', ...rest],
  hostile: () => ['test/hostile/long.ts', ...rest],
  redteam: () => ['test/redteam/long.ts', ...rest],
  forced: () => ['test/forced/forced.ts', ...rest],
  mutants: () => ['test/crypto/false-accepts.ts', ...rest],
  figures: () => ['test/faults/figures.ts', ...rest],
  threats: () => ['test/threats/main.ts', ...rest],
  test: () => [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${join(root, 'node_modules', '.cache', 'test-report.json')}`,
    ...rest,
  ],
};

process.chdir(root);
// Stripped and compiled once, read by every process after: a hub is up in half the time. Drivers inherit no environment and so none of this.
process.env.NODE_COMPILE_CACHE ??= join(root, 'node_modules', '.cache', 'compiled');
const launcher = process.ppid;
let child;
let stopping = false;

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => stop(signal));
// A killed npm sends no signal: its orphan notices that it has a new parent.
setInterval(() => process.ppid !== launcher && stop('SIGTERM'), 500).unref();

if (command !== 'setup' && !(command in programs)) {
  console.error(`未知命令 ${command}。可用：setup ${Object.keys(programs).join(' ')}`);
  process.exit(2);
}
await install();
const node = runtime();
if (command === 'cli') useRunningDemo();
else await run(node, ['web/build.mjs'], '构建页面');
if (command === 'setup') process.exit(0);
if (command === 'test') listMissingTools();
const code = await run(node, programs[command](), undefined, command !== 'cli');
if (command === 'test') {
  // A whole run, all green: every claimed row of the threat table must name tests that were green in it.
  const claims = code === 0 && rest.length === 0 ? await run(node, ['test/threats/main.ts']) : 0;
  printTotals(code || claims);
  process.exit(code || claims);
}
process.exit(code);

/** `npm ci` when the lockfile has changed since the last one that succeeded. Scripts and dev tools are on whatever the user's npmrc says. */
async function install() {
  const stamp = join('node_modules', '.cache', 'installed');
  const want = createHash('sha256')
    .update(readFileSync('package-lock.json'))
    .update(`${process.platform} ${process.arch}`)
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === want) return;
  console.error('首次运行：正在安装依赖（约 30 秒）… / installing dependencies');
  const npm = process.env.npm_execpath;
  const args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'];
  const environment = { ...process.env, npm_config_ignore_scripts: 'false', NODE_ENV: 'development' };
  const failed = npm ? await wait(process.execPath, [npm, ...args], environment) : await wait('npm', args, environment);
  if (failed !== 0) {
    console.error('依赖安装失败：请检查 npm 的网络与源设置后重试。 / npm ci failed; see the lines above.');
    process.exit(failed);
  }
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, want);
}

/** The pinned Node 24 inside node_modules, else this one when it is new enough. */
function runtime() {
  const pinned = join('node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node');
  if (existsSync(pinned)) return join(root, pinned);
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 14)) return process.execPath;
  console.error(`需要 Node 22.14 或更新版本，当前为 ${process.versions.node}，且本平台没有随 npm 提供的 Node 24。`);
  process.exit(1);
}

async function run(program, args, title, lifeline = false) {
  const began = Date.now();
  const status = await wait(program, args, process.env, lifeline);
  if (status !== 0 && title) {
    console.error(`${title}失败。`);
    process.exit(status);
  }
  if (title && Date.now() - began > 3_000) console.error(`${title}：${((Date.now() - began) / 1000).toFixed(1)} 秒`);
  return status;
}

/** With a lifeline the child reads end-of-file on its stdin when this process is gone, however it went. */
function wait(program, args, env, lifeline = false) {
  return new Promise((resolve) => {
    const stdin = lifeline ? 'pipe' : command === 'cli' ? 'inherit' : 'ignore';
    child = spawn(program, args, { stdio: [stdin, 'inherit', 'inherit'], env });
    child.on('error', (error) => {
      console.error(error.message);
      resolve(1);
    });
    child.on('exit', (exit, signal) => {
      child = undefined;
      if (stopping) process.exit(signal ? 143 : (exit ?? 0));
      resolve(exit ?? 1);
    });
  });
}

function stop(signal) {
  if (stopping) return;
  stopping = true;
  if (!child) process.exit(143);
  child.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal);
  child.stdin?.end();
  setTimeout(() => {
    child?.kill('SIGKILL');
    process.exit(137);
  }, STOP_GRACE_MS);
}

/** `npm run cli -- unit list` talks to the demo of `npm start` when no configuration is named. */
function useRunningDemo() {
  const pointer = join('node_modules', '.cache', 'running-demo.json');
  if (process.env.CAHUB_CONFIG || rest.includes('--config') || !existsSync(pointer)) return;
  process.env.CAHUB_CONFIG = JSON.parse(readFileSync(pointer, 'utf8')).configFile;
}

/** Suites that need a Debian tool say so before the run; with CI=true they fail there. */
function listMissingTools() {
  const tools = [
    ['chromium', '页面与旅程测试', 'chromium fonts-noto-cjk'],
    ['openssl', '密码与证书对照测试', 'openssl'],
    ['strace', '落盘顺序与写盘故障测试', 'strace'],
    ['faketime', '时钟跳变测试', 'faketime'],
  ];
  for (const [tool, suite, packages] of tools) {
    if (spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0) continue;
    console.error(`未运行：${suite}（缺少 ${tool}）。安装：apt-get install -y ${packages}`);
  }
}

function printTotals(status) {
  try {
    const report = JSON.parse(readFileSync(join('node_modules', '.cache', 'test-report.json'), 'utf8'));
    console.log(
      `${report.numPassedTests} passed, ${report.numFailedTests + (status !== 0 && report.numFailedTests === 0 ? 1 : 0)} failed`,
    );
  } catch {
    console.log('0 passed, 1 failed');
  }
}
