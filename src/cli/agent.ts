import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { type RunningAgent, startAgent } from '#agent/agent.ts';
import { type ControlAnswer, type ControlCommand, readTicket, sendCommand } from '#agent/control.ts';
import { fetchHubIdentity } from '#agent/pair.ts';
import { addPairing, readPairings, removePairing, sameFingerprint } from '#agent/pairings.ts';
import type { HubIdentity } from '#agent/protocol.ts';
import { createGm } from '#crypto/provider.ts';
import { systemClock } from '#kernel/clock.ts';
import { createLog } from '#kernel/log.ts';
import { systemRandom } from '#kernel/random.ts';
import { endOnSignals } from './lifeline.ts';

export const agentUsage = `agent [start] [--home DIR] [--keys DIR] [--port N]   启动证书助手（UKey 与网页之间的桥）
agent pair 平台地址 [--yes --fingerprint 指纹] [--ca FILE]  与平台配对：核对指纹后才生效
agent hubs | unpair 平台地址                         列出、解除配对
agent keys | plug FILE | unplug KEY                  列出、插入、拔出软件 UKey`;

interface Place {
  readonly keys: string;
  readonly pairings: string;
  readonly control: string;
}

/** `ca-interop-hub agent …`. Answers the exit code; people read standard output, errors go to standard error. */
export async function runAgent(args: readonly string[]): Promise<number> {
  const parsed = readArguments(args);
  if (parsed === undefined) return say(agentUsage, 2);
  const { values, positionals } = parsed;
  const home = resolve(values.home ?? join(homedir(), '.ca-interop-hub', 'agent'));
  const place: Place = {
    keys: resolve(values.keys ?? join(home, 'keys')),
    pairings: join(home, 'hubs.json'),
    control: join(home, 'control.json'),
  };
  const [verb = 'start', subject, ...rest] = positionals;
  if (rest.length > 0) return say(agentUsage, 2);
  if (verb === 'start' && subject === undefined) return start(place, values);
  if (verb === 'hubs' && subject === undefined) return hubs(place, values.json);
  if (verb === 'keys' && subject === undefined) return command(place, { command: 'keys' }, values.json);
  if (subject === undefined) return say(agentUsage, 2);
  if (verb === 'pair') return pair(place, subject, values);
  if (verb === 'unpair') return unpair(place, subject);
  if (verb === 'plug') return command(place, { command: 'plug', file: resolve(subject) }, values.json);
  if (verb === 'unplug') return command(place, { command: 'unplug', key: subject }, values.json);
  return say(agentUsage, 2);
}

type Values = NonNullable<ReturnType<typeof readArguments>>['values'];

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        home: { type: 'string' },
        keys: { type: 'string' },
        port: { type: 'string' },
        'with-parent': { type: 'boolean', default: false },
        yes: { type: 'boolean', default: false },
        fingerprint: { type: 'string' },
        ca: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
  } catch {
    return undefined;
  }
}

function say(text: string, code: number): number {
  (code === 0 ? process.stdout : process.stderr).write(`${text}\n`);
  return code;
}

/** In the foreground until a signal, or with `--with-parent` until whoever started us is gone. */
async function start(place: Place, values: Values): Promise<number> {
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port < 65_536))
    return say('端口应为 0 至 65535。', 2);
  const log = createLog('warn');
  const gm = createGm({ alarm: (message) => log.warn(message) });
  const { promise: running, resolve: isRunning } = Promise.withResolvers<RunningAgent>();
  // Before the port opens and its ticket is written: whoever sees them may end us at once. A forked child hears of its parent's death by the
  // channel, any other by its standard input.
  const forked = values['with-parent'] && process.connected;
  if (forked) process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  const ended = endOnSignals(async () => (await running).close(), values['with-parent'] && !forked);
  const agent = await startAgent({
    gm,
    clock: systemClock,
    random: systemRandom,
    log,
    keyDir: place.keys,
    pairings: () => readPairings(place.pairings),
    controlFile: place.control,
    ...(port !== undefined && { port }),
  });
  const paired = readPairings(place.pairings).map(({ origin }) => origin);
  if (values.json) say(JSON.stringify({ url: agent.url, port: agent.port }), 0);
  else
    say(
      `证书助手已启动：${agent.url}\nUKey 目录：${place.keys}\n已配对平台：${paired.join('、') || '无（先执行 agent pair 平台地址）'}`,
      0,
    );
  if (forked && process.connected) process.send?.({ url: agent.url, port: agent.port });
  isRunning(agent);
  return ended;
}

async function pair(place: Place, address: string, values: Values): Promise<number> {
  const fetched = await fetchHubIdentity(
    createGm(),
    address,
    values.ca === undefined ? undefined : readFileSync(values.ca, 'utf8'),
  );
  if (!fetched.ok) {
    const reasons = {
      address: '地址应为 https 地址（本机开发环境可用 http）。',
      unreachable: `连接不上平台：${fetched.detail}。请核对地址和网络后重试。`,
      'not-a-hub': '该地址没有给出有效的平台身份，请核对地址。',
    };
    return say(reasons[fetched.reason], 1);
  }
  const { hub } = fetched;
  const known = readPairings(place.pairings).find(({ origin }) => origin === hub.origin);
  say(`平台：${hub.origin}\n指纹：${hub.fingerprint}`, 0);
  if (known !== undefined && known.publicKey !== hub.publicKey)
    say(`注意：与上次配对的指纹不同（${known.fingerprint}）。请先向平台核实。`, 0);
  if (!(await accepted(hub, values))) return say('指纹没有确认，未配对。', 1);
  addPairing(place.pairings, hub, systemClock.now());
  return say('已配对。', 0);
}

/** The fingerprint came by another road: typed by a person, or handed in by whoever administers this PC. */
async function accepted(hub: HubIdentity, values: Values): Promise<boolean> {
  if (values.fingerprint !== undefined) return sameFingerprint(values.fingerprint, hub.fingerprint);
  if (values.yes || !process.stdin.isTTY)
    return say('非交互配对须用 --fingerprint 给出从其他途径得到的指纹。', 1) === 0;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const typed = await terminal.question(
      '请与平台管理员或平台“使用帮助”页公布的指纹逐组核对，一致请输入最后两组（例如 12AB-34CD）：',
    );
    return (
      typed.trim().length > 0 &&
      lastGroups(hub.fingerprint) ===
        typed
          .trim()
          .toUpperCase()
          .replace(/[^0-9A-F]/g, '')
    );
  } finally {
    terminal.close();
  }
}

const lastGroups = (fingerprint: string): string => fingerprint.replaceAll('-', '').slice(-8);

function unpair(place: Place, address: string): number {
  const origin = URL.canParse(address) ? new URL(address).origin : address;
  return removePairing(place.pairings, origin) ? say('已解除配对。', 0) : say('没有与该平台配对。', 1);
}

function hubs(place: Place, json: boolean): number {
  const paired = readPairings(place.pairings);
  if (json) return say(JSON.stringify(paired), 0);
  return say(
    paired.map(({ origin, fingerprint }) => `${origin}  ${fingerprint}`).join('\n') || '尚未与任何平台配对。',
    0,
  );
}

async function command(place: Place, asked: ControlCommand, json: boolean): Promise<number> {
  const ticket = readTicket(place.control);
  const answer = ticket && (await sendCommand(ticket, asked));
  if (answer === undefined) return say('证书助手没有运行，请先启动：ca-interop-hub agent', 1);
  if (json) return say(JSON.stringify(answer), answer.ok ? 0 : 1);
  return answer.ok ? say(linesOf(answer), 0) : say('没有这把 UKey，或名称对应不止一把。', 1);
}

const linesOf = ({ keys }: ControlAnswer): string =>
  keys.map((key) => `${key.id.slice(0, 8)}  ${key.label}  PIN 剩余 ${key.remaining} 次  ${key.file}`).join('\n') ||
  '没有插入 UKey。';
