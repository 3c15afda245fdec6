import { type ChildProcess, fork, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '#fixtures/world/ports.ts';
import { cpuSecondsOf } from './cpu.ts';
import type { PeerJob } from './jobs.ts';

/** oidc-provider as npm has it today, in a folder of its own: it is no dependency of this project. */
export interface InstalledPeer {
  readonly version: string;
  readonly folder: string;
  remove(): void;
}

export async function installPeer(): Promise<InstalledPeer | { readonly trouble: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'caihub-peer-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  const args = ['install', '--prefix', folder, '--no-audit', '--no-fund', '--loglevel=error', 'oidc-provider@latest'];
  const code = await new Promise<number>((resolve) => {
    const child = spawn('npm', [...args, 'koa'], { cwd: folder, stdio: 'ignore', timeout: 120_000 });
    child.once('error', () => resolve(127));
    child.once('exit', (exit) => resolve(exit ?? 128));
  });
  if (code !== 0) {
    remove();
    return { trouble: `the peer could not be installed (npm ended with ${code}): is the package registry reachable?` };
  }
  const manifest = readFileSync(join(folder, 'node_modules', 'oidc-provider', 'package.json'), 'utf8');
  return { folder, remove, version: (JSON.parse(manifest) as { version: string }).version };
}

export interface RunningPeer {
  job(options: { bidders: number; logins: number }): PeerJob;
  cpu(): number;
  stop(): void;
}

export async function startPeer(peer: InstalledPeer, algorithm: 'ES256' | 'RS256'): Promise<RunningPeer> {
  const port = await freePort();
  const redirectUri = 'http://127.0.0.1:9/callback';
  const child = fork(
    join(import.meta.dirname, 'peer', 'server.mjs'),
    [peer.folder, String(port), algorithm, redirectUri],
    { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], env: { ...process.env, NODE_ENV: 'production' } },
  );
  await started(child);
  return {
    job: (options) => ({ kind: 'peer', issuer: `http://127.0.0.1:${port}`, redirectUri, ...options }),
    cpu: () => cpuSecondsOf(child.pid),
    stop: () => void child.kill(),
  };
}

function started(child: ChildProcess): Promise<void> {
  let complaint = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-2_000);
  });
  return new Promise((resolve, reject) => {
    child.once('message', () => resolve());
    child.once('exit', () => reject(new Error(`the peer did not start: ${complaint}`)));
  });
}
