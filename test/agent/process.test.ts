import { type ChildProcess, fork, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readTicket } from '#agent/control.ts';
import { printedBy } from '#test/support/printed.ts';
import { runAgent } from '../../src/cli/agent.ts';
import { makeKey, until } from './support.ts';

const root = resolve(import.meta.dirname, '../..');
let home: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'agent-'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(home, { recursive: true });
});

const start = ['agent', 'start', '--port', '0', '--with-parent', '--json'];
const ended = (child: ChildProcess): Promise<number | null> =>
  child.exitCode !== null
    ? Promise.resolve(child.exitCode)
    : new Promise((done) => child.once('exit', (code) => done(code)));

/** The agent of this home as a child that lives by its standard input. */
function piped(...more: string[]): ChildProcess {
  const args = ['src/main.ts', ...start, '--home', home, ...more];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  return child;
}

async function portOf(control = `${home}/control.json`): Promise<number> {
  await until(() => readTicket(control) !== undefined);
  return Number(new URL(readTicket(control)?.url ?? '').port);
}

const listens = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const socket = connect({ host: '127.0.0.1', port }, () => {
      socket.destroy();
      done(true);
    });
    socket.on('error', () => done(false));
  });

/** A command as typed at another terminal. */
const run = (...args: string[]) => printedBy(() => runAgent([...args, '--home', home]));

describe('the agent as a program', () => {
  it('ends when its parent’s pipe closes, and takes its ticket with it', async () => {
    const agent = piped();
    const port = await portOf();
    expect(await listens(port)).toBe(true);
    agent.stdin?.end();
    expect(await ended(agent)).toBe(0);
    expect(await listens(port)).toBe(false);
    expect(existsSync(`${home}/control.json`)).toBe(false);
  });

  it('ends when the channel of a parent that forked it closes', async () => {
    const agent = fork('src/main.ts', [...start, '--home', home], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    children.push(agent);
    const said = await new Promise<unknown>((done) => agent.once('message', done));
    expect(said).toEqual({ url: `http://127.0.0.1:${await portOf()}`, port: await portOf() });
    agent.disconnect();
    expect(await ended(agent)).toBe(0);
  });

  it('ends when its parent is killed outright', async () => {
    const script = `require('node:child_process').spawn(process.execPath, ${JSON.stringify(['src/main.ts', ...start, '--home', home])}, { stdio: ['pipe', 'ignore', 'ignore'] }); setInterval(() => {}, 1000)`;
    const parent = spawn(process.execPath, ['-e', script], { cwd: root, stdio: 'ignore' });
    children.push(parent);
    const port = await portOf();
    parent.kill('SIGKILL');
    await until(async () => !(await listens(port)));
    await until(() => !existsSync(`${home}/control.json`));
  });

  it('ends on SIGTERM', async () => {
    const agent = piped();
    await portOf();
    agent.kill('SIGTERM');
    expect(await ended(agent)).toBe(0);
  });

  it('obeys plug, unplug and keys from another terminal, and says so when it is not running', async () => {
    expect((await run('keys')).exit).toBe(1);
    const agent = piped();
    await portOf();
    const { file } = await makeKey(`${home}/one.json`, { label: '示例甲' });
    expect(await run('plug', file)).toMatchObject({ exit: 0, out: expect.stringContaining('示例甲') });
    expect(JSON.parse((await run('keys', '--json')).out)).toMatchObject({
      ok: true,
      keys: [{ label: '示例甲', file, remaining: 6 }],
    });
    expect((await run('unplug', '示例甲')).exit).toBe(0);
    expect((await run('unplug', '示例甲')).exit).toBe(1);
    expect((await run('keys')).out).toContain('没有插入 UKey');
    agent.stdin?.end();
    await ended(agent);
  });

  it('refuses wrong usage with a word on how to do it', async () => {
    for (const wrong of [['dance'], ['pair'], ['plug'], ['start', 'now'], ['start', '--port', 'x'], ['--nonsense']]) {
      expect((await run(...wrong)).exit).toBe(2);
    }
  });
});
