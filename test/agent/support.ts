import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { type RunningAgent, startAgent } from '#agent/agent.ts';
import type { PinnedHub } from '#agent/pairings.ts';
import {
  AGENT_PATH,
  type AgentError,
  type AgentEvent,
  type AgentGreeting,
  type AgentRequest,
  type AgentResult,
  fingerprintOf,
  type Grant,
  grantText,
  type Operation,
  type SignedGrant,
} from '#agent/protocol.ts';
import { createSoftwareKeyFile, type SoftwareKeyOptions } from '#agent/software-key.ts';
import type { Sm2PrivateKey } from '#crypto/gm.ts';
import { createGm } from '#crypto/provider.ts';
import { companies } from '#fixtures/pki/identities.ts';
import { buildWorldPki, type VendorId, type WorldPki } from '#fixtures/pki/world.ts';
import { type Bytes, base64, hex, utf8 } from '#kernel/bytes.ts';
import { type Clock, isoUtc } from '#kernel/clock.ts';
import { createLog } from '#kernel/log.ts';
import { systemRandom } from '#kernel/random.ts';

export const gm = createGm();
export const HUB = 'https://hub.ca.example';
export const PIN = '135790';
export const INTERACTION = 'int_0123456789abcdefghjkmnpqrs';
export const START = Date.UTC(2026, 2, 18, 1, 30);

const pki: Promise<WorldPki> = buildWorldPki(gm, { now: () => START, crlBase: (id) => `http://crl.${id}.example` });

export interface Desk {
  readonly agent: RunningAgent;
  readonly keyDir: string;
  readonly home: string;
  readonly hubKey: Sm2PrivateKey;
  /** Everything the agent logged. */
  readonly logged: () => string;
  /** Milliseconds by which both clocks are ahead of their start. */
  advance(ms: number): void;
  connect(options?: { origin?: string; host?: string; path?: string }): Promise<Page>;
  /** Connected, and admitted to all that a login needs. */
  page(operations?: readonly Operation[]): Promise<Page>;
  /** Closes the agent and starts another on the same files. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** A PC with an agent that is paired with one hub, and a key directory. */
export async function openDesk(): Promise<Desk> {
  const home = mkdtempSync(join(tmpdir(), 'agent-'));
  const keyDir = join(home, 'keys');
  const hubKey = gm.sm2.generateKey();
  const lines: string[] = [];
  let ahead = 0;
  const clock: Clock = { now: () => START + ahead, monotonic: () => 1_000 + ahead };
  const start = (): Promise<RunningAgent> =>
    startAgent({
      gm,
      clock,
      random: systemRandom,
      log: createLog('trace', { write: (line: string) => lines.push(line) }),
      port: 0,
      keyDir,
      pairings: () => [pinned(hubKey)],
      controlFile: join(home, 'control.json'),
    });
  let agent = await start();
  const pages: Page[] = [];
  const connect = async (options: { origin?: string; host?: string; path?: string } = {}): Promise<Page> => {
    const page = await openPage(agent.port, { origin: HUB, ...options });
    pages.push(page);
    return page;
  };
  return {
    get agent() {
      return agent;
    },
    keyDir,
    home,
    hubKey,
    logged: () => lines.join(''),
    advance(ms) {
      ahead += ms;
    },
    connect,
    async page(operations = ['enumerate', 'certificates', 'sign-login']) {
      const page = await connect();
      const nonce = page.greeting.nonce;
      const signed = await signGrant(hubKey, { nonce, operations, expires: isoUtc(clock.now() + 60_000) });
      await page.call('authorize', signed);
      return page;
    },
    async restart() {
      await agent.close();
      agent = await start();
    },
    async close() {
      for (const page of pages) page.close();
      await agent.close();
      rmSync(home, { recursive: true });
    },
  };
}

export function pinned(key: Sm2PrivateKey, origin = HUB): PinnedHub {
  const { publicKey } = key;
  return {
    origin,
    publicKey: hex(publicKey.point),
    fingerprint: fingerprintOf(gm, publicKey),
    pairedAt: isoUtc(START),
  };
}

export async function signGrant(key: Sm2PrivateKey, changes: Partial<Grant> & { nonce: string }): Promise<SignedGrant> {
  const grant: Grant = {
    v: 1,
    origin: HUB,
    interaction: INTERACTION,
    operations: ['enumerate', 'certificates', 'sign-login'],
    expires: isoUtc(START + 60_000),
    ...changes,
  };
  return { grant, signature: base64(await gm.sm2.sign(key, [utf8(grantText(grant))])) };
}

/** The challenge of design 5, with any line changed. */
export function challenge(changes: Readonly<Record<string, string>> = {}): string {
  const lines = {
    purpose: 'login',
    hub: HUB,
    unit: 'LN-DEMO-0001',
    orgcode: '210100',
    interaction: INTERACTION,
    nonce: 'ab'.repeat(32),
    expires: isoUtc(START + 5 * 60_000),
    ...changes,
  };
  return ['caihub/1', ...Object.entries(lines).map(([name, value]) => `${name}=${value}`)].join('\n');
}

/** A key with both its pairs. */
export type Sm2KeyOptions = SoftwareKeyOptions & {
  readonly sign: { readonly key: Sm2PrivateKey };
  readonly encrypt: { readonly key: Sm2PrivateKey; readonly certificate: Bytes };
};

/** A key file with certificates of the test PKI. */
export async function makeKey(
  file: string,
  changes: Partial<Pick<SoftwareKeyOptions, 'label' | 'pinEntry' | 'tries'>> & {
    authority?: VendorId;
    encryptionKey?: Sm2PrivateKey;
  } = {},
): Promise<Sm2KeyOptions> {
  const { authority = 'beichen', encryptionKey, ...rest } = changes;
  const holder = companies.liaoning;
  const keys = encryptionKey && { signKey: gm.sm2.generateKey(), encKey: encryptionKey };
  const pair = await (await pki).issueKeyPair({ authority, holder, ...(keys && { keys }) });
  const options: Sm2KeyOptions = {
    file,
    label: holder.unitName,
    pin: PIN,
    pinEntry: 'page',
    iterations: 1_000,
    sign: { key: pair.signKey, certificate: pair.signCertificate },
    encrypt: { key: pair.encKey, certificate: pair.encCertificate },
    ...rest,
  };
  createSoftwareKeyFile(options, { gm, random: systemRandom });
  return options;
}

type Method = AgentRequest['method'];
export type Reply<M extends Method> =
  | { readonly ok: true; readonly result: AgentResult[M] }
  | { readonly ok: false; readonly error: AgentError };

/** A page of the hub in a browser: one connection to the agent. */
export interface Page {
  readonly greeting: AgentGreeting;
  readonly closed: Promise<number>;
  call<M extends Method>(method: M, params?: Extract<AgentRequest, { method: M }>['params']): Promise<Reply<M>>;
  /** Sends anything; the next reply is answered whatever its id. */
  raw(frame: string | Buffer): Promise<unknown>;
  /** The next event of this name, also one that came already. */
  event<E extends AgentEvent['event']>(name: E): Promise<Extract<AgentEvent, { event: E }>>;
  close(): void;
}

/** Rejects with the HTTP status when the agent refuses the upgrade. */
export async function openPage(
  port: number,
  options: { origin?: string; host?: string; path?: string },
): Promise<Page> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${options.path ?? AGENT_PATH}`, {
    ...(options.origin !== undefined && options.origin !== 'absent' && { origin: options.origin }),
    ...(options.host !== undefined && { headers: { host: options.host } }),
  });
  const events: AgentEvent[] = [];
  const replies: { id: string }[] = [];
  let wake: () => void = () => undefined;
  socket.on('message', (data) => {
    const message = JSON.parse(String(data)) as AgentEvent | { id: string };
    if ('event' in message) events.push(message);
    else replies.push(message);
    wake();
  });
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  await new Promise<void>((resolve, reject) => {
    socket.on('open', resolve);
    socket.on('error', reject);
    socket.on('unexpected-response', (_, reply) => reject(new Error(String(reply.statusCode))));
  });
  const next = async <T>(take: () => T | undefined): Promise<T> => {
    for (;;) {
      const found = take();
      if (found !== undefined) return found;
      await Promise.race([
        new Promise<void>((resolve) => {
          wake = resolve;
        }),
        closed.then((code) => Promise.reject(new Error(`the agent hung up: ${code}`))),
      ]);
    }
  };
  const takeFrom =
    <T>(list: T[], fits: (item: T) => boolean) =>
    (): T | undefined => {
      const at = list.findIndex(fits);
      return at < 0 ? undefined : list.splice(at, 1)[0];
    };
  const event = (name: AgentEvent['event']): Promise<AgentEvent> =>
    next(takeFrom(events, (one: AgentEvent) => one.event === name));
  let count = 0;
  const greeting = (await event('hello')) as AgentGreeting;
  return {
    greeting,
    closed,
    async call(method, params) {
      count += 1;
      const id = `r${count}`;
      socket.send(JSON.stringify({ id, method, params }));
      return (await next(takeFrom(replies, (reply) => reply.id === id))) as never;
    },
    async raw(frame) {
      socket.send(frame);
      return next(takeFrom(replies, () => true));
    },
    event: event as Page['event'],
    close: () => socket.close(),
  };
}

/** The value of a reply that must be good. */
export function good<T>(
  reply: { readonly ok: true; readonly result: T } | { readonly ok: false; readonly error: AgentError },
): T {
  if (!reply.ok) throw new Error(`the agent said ${reply.error.code}`);
  return reply.result;
}

export const codeOf = (reply: { readonly ok: boolean; readonly error?: AgentError }): string =>
  reply.ok ? 'ok' : (reply.error?.code ?? 'no code');

/** The handle of the key with this label, or of the only key. */
export async function handle(page: Page, label?: string): Promise<string> {
  const { keys } = good(await page.call('enumerate'));
  const key = label === undefined ? keys[0] : keys.find((one) => one.label === label);
  if (key === undefined) throw new Error('no such key is plugged in');
  return key.key;
}

/** Until a condition of the outside holds (a file watched, a process ended). */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 400; i += 1) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('it never came to hold');
}
