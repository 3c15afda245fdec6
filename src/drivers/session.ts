import { AsyncLocalStorage } from 'node:async_hooks';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { base64 } from '#kernel/bytes.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Json, JsonObject } from '#kernel/json.ts';
import type { Random } from '#kernel/random.ts';
import type {
  AuthRequest,
  CryptoRequest,
  Driver,
  DriverContext,
  EgressReply,
  EncryptRequest,
  OpenDriver,
  ResumeEvent,
  SealRequest,
} from './contract.ts';
import type { DriverMessage, HostMessage } from './messages.ts';

/** The driver's side of the protocol: opens one driver, answers calls side by side, asks the host for the network. */
export function serveDriver(options: {
  input: Readable;
  output: Writable;
  drivers: readonly Driver[];
  clock: Clock;
  random: Random;
  leave: (code: number) => void;
}): void {
  const currentCall = new AsyncLocalStorage<number>();
  const cancelled = new Map<number, () => void>();
  const asked = new Map<number, { call: number; answer: (reply: EgressReply) => void }>();
  let opened: OpenDriver | undefined;
  let clockOffset = 0;
  let nextEgress = 1;

  const send = (message: DriverMessage): void => void options.output.write(`${JSON.stringify(message)}\n`);

  const context: DriverContext = {
    egress: {
      request: (request) =>
        new Promise((answer) => {
          const id = nextEgress++;
          const call = currentCall.getStore() ?? 0;
          asked.set(id, { call, answer });
          send({ type: 'egress', id, call, request });
        }),
    },
    log: (level, message) => send({ type: 'log', level, message: message.slice(0, 2000) }),
    now: () => options.clock.now() + clockOffset,
    random: (length) => base64(options.random.bytes(length)),
  };

  function open(message: Extract<HostMessage, { type: 'open' }>): void {
    const driver = options.drivers.find(({ manifest }) => manifest.id === message.driver);
    try {
      if (!driver) throw new RangeError('no such driver');
      opened = driver.open(message.config, context);
      send({ type: 'opened', driver: driver.manifest.id });
    } catch (error) {
      send({ type: 'failed', reason: configFault(error) });
    }
  }

  async function call({ id, method, params, now }: Extract<HostMessage, { type: 'call' }>): Promise<void> {
    clockOffset = now - options.clock.now(); // a driver sees the hub's time
    const cancel = new Promise<never>((_, reject) => {
      cancelled.set(id, () => reject(new DOMException('', 'AbortError')));
    });
    try {
      const value = await Promise.race([currentCall.run(id, () => run(method, params)), cancel]);
      send({ type: 'reply', id, ok: true, value });
    } catch (error) {
      console.error(error instanceof Error ? error.stack?.split('\n').slice(1).join('\n') : typeof error);
      send({ type: 'reply', id, ok: false, error: nameOf(error) });
    } finally {
      cancelled.delete(id);
    }
  }

  async function run(method: string, params: Json): Promise<Json> {
    if (!opened) throw new Error('not open');
    if (method === 'health') return (await opened.health?.()) ?? { ok: true, detail: '' };
    return (await perform(opened, method, params as JsonObject)) as Json;
  }

  function cancel(id: number): void {
    cancelled.get(id)?.();
    for (const [egress, { call, answer }] of asked) {
      if (call !== id) continue;
      asked.delete(egress);
      answer({ ok: false, reason: 'timeout', detail: 'cancelled' });
    }
  }

  const lines = createInterface({ input: options.input, crlfDelay: Number.POSITIVE_INFINITY });
  lines.on('line', (line) => {
    const message = JSON.parse(line) as HostMessage; // the host is trusted; what is not its JSON ends this process
    switch (message.type) {
      case 'open':
        open(message);
        return;
      case 'call':
        void call(message);
        return;
      case 'cancel':
        cancel(message.id);
        return;
      case 'egress': {
        asked.get(message.id)?.answer(message.reply);
        asked.delete(message.id);
      }
    }
  });
  lines.on('close', () => options.leave(0)); // the host is gone, or wants this process gone
}

/** The contract's types are plain JSON by construction; the host checks the shape of what comes back again. */
function perform(driver: OpenDriver, method: string, given: JsonObject): Promise<unknown> {
  if (method === 'encrypt') {
    if (!driver.encrypt) throw new Error('this vendor offers no encrypt service');
    return driver.encrypt(given['request'] as unknown as EncryptRequest);
  }
  const begins = method === 'begin';
  const request = given['request'] as unknown;
  const [state, event] = [given['state'] ?? null, given['event'] as unknown as ResumeEvent];
  switch (given['channel']) {
    case 'auth':
      if (!driver.auth) throw new Error('no auth channel');
      return begins ? driver.auth.begin(request as AuthRequest) : driver.auth.resume(state, event);
    case 'crypto':
      if (!driver.crypto) throw new Error('no crypto channel');
      return begins ? driver.crypto.begin(request as CryptoRequest) : driver.crypto.resume(state, event);
    case 'seal':
      if (!driver.seal) throw new Error('no seal channel');
      return begins ? driver.seal.begin(request as SealRequest) : driver.seal.resume(state, event);
    default:
      throw new Error('no such channel');
  }
}

/** The kind of an error only: its message may quote what a person or a vendor wrote. */
const nameOf = (error: unknown): string => (error instanceof Error ? error.name : 'unknown');

/** Which members of the configuration are wrong: their names, never their values. */
function configFault(error: unknown): string {
  const issues = error instanceof Error && 'issues' in error && Array.isArray(error.issues) ? error.issues : [];
  const names = issues.map((issue: { path?: readonly PropertyKey[] }) => issue.path?.map(String).join('.'));
  return [nameOf(error), ...names].join(' ').slice(0, 300);
}
