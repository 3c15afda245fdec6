import type { Clock } from '#kernel/clock.ts';
import { HubError } from '#kernel/errors.ts';
import type { Json, JsonObject } from '#kernel/json.ts';
import { limits } from '#kernel/limits.ts';
import type { Logger } from '#kernel/log.ts';
import type { Random } from '#kernel/random.ts';
import type { Secret } from '#kernel/secret.ts';
import { createBackOff } from './back-off.ts';
import { type Call, createRelay, openCall } from './call.ts';
import type { EgressReply, EgressRequest } from './contract.ts';
import { budget } from './excess.ts';
import type { DriverMessage, Method } from './messages.ts';
import { type DriverProcess, type EndReason, type Program, startProcess } from './process.ts';

/** One vendor's driver: at most one process, a bounded queue in front of it, restarts with back-off. Lanes share nothing. */
export interface Lane {
  /** Answers what the driver answered, unchecked. Throws HubError: AUTHORITY_UNAVAILABLE or SERVICE_BUSY. */
  call(method: Method, params: Json, deadlineMs: number): Promise<Json>;
  stop(): Promise<void>;
}

const OPEN_MS = 10_000;
/** After a cancel the process has this long to prove that it is still listening. */
const CANCEL_GRACE_MS = 500;

export function createLane(deps: {
  authority: { id: string; name: string };
  driver: string;
  config: Secret<JsonObject>;
  program: Program;
  egress: (request: EgressRequest, signal: AbortSignal) => Promise<EgressReply>;
  clock: Clock;
  random: Random;
  log: Logger;
}): Lane {
  const { clock, authority } = deps;
  const log = deps.log.child({ authority: authority.id, driver: deps.driver });
  let running: DriverProcess | undefined;
  let opened = false;
  let stopped = false;
  const backOff = createBackOff(clock, deps.random);
  const relay = createRelay(deps.egress);
  /** A driver's diary may not fill the hub's log. */
  const tooTalkative = budget(clock, 10_000, 50);
  let wake: NodeJS.Timeout | undefined;
  let nextId = 1;
  const queue: Call[] = [];
  const sent = new Map<number, Call>();
  /** Cancelled calls whose sign of life is awaited. */
  const overdue = new Map<number, NodeJS.Timeout>();

  const unavailable = (detail: string): HubError =>
    new HubError('AUTHORITY_UNAVAILABLE', `driver of ${authority.id}: ${detail}`, {
      params: { authority: authority.name },
    });

  function start(): void {
    opened = false;
    const driver: DriverProcess = startProcess({
      program: deps.program,
      clock,
      message: (got) => message(driver, got),
      ended,
    });
    running = driver;
    const timer = setTimeout(() => !opened && driver.kill('overrun'), OPEN_MS).unref();
    overdue.set(0, timer);
    driver.send({ type: 'open', protocol: 1, driver: deps.driver, config: deps.config.reveal() });
  }

  function ended(reason: EndReason, stderr: string): void {
    running = undefined;
    for (const timer of overdue.values()) clearTimeout(timer);
    overdue.clear();
    if (stopped) return;
    const waitMs = backOff.failed();
    log.warn({ reason, failures: backOff.failures, waitMs }, 'driver process ended');
    log.debug({ stderr }, 'what the driver process wrote last');
    for (const call of [...sent.values()]) settle(call, unavailable(`process ended (${reason})`));
    if (backOff.open) for (const call of queue.splice(0)) settle(call, unavailable('restarting'));
    pump();
  }

  function message(driver: DriverProcess, got: DriverMessage): void {
    switch (got.type) {
      case 'opened':
        opened = true;
        clearOverdue(0);
        pump();
        return;
      case 'failed':
        log.warn({ detail: got.reason }, 'driver refused its configuration');
        driver.kill('failed');
        return;
      case 'log':
        if (!tooTalkative(1)) log[got.level]({ said: got.message.slice(0, 200) }, 'driver');
        return;
      case 'reply':
        reply(got);
        return;
      case 'egress':
        void relay(got, sent.get(got.call), driver.send);
    }
  }

  function reply(got: Extract<DriverMessage, { type: 'reply' }>): void {
    const call = sent.get(got.id);
    if (call === undefined) {
      if (!clearOverdue(got.id)) running?.kill('garbage'); // an answer to nothing
      return;
    }
    backOff.worked();
    settle(call, got.ok ? got.value : unavailable(`driver failed (${got.error})`));
    pump();
  }

  function pump(): void {
    if (stopped || queue.length === 0) return;
    const wait = backOff.left();
    if (running === undefined && wait > 0) {
      clearTimeout(wake);
      wake = setTimeout(pump, wait);
      wake.unref();
      return;
    }
    if (running === undefined) start();
    while (opened && running && sent.size < limits.driverConcurrency) {
      const call = queue.shift();
      if (call === undefined) return;
      sent.set(call.id, call);
      const { id, method, params } = call;
      running.send({ type: 'call', id, method, params, deadlineMs: call.left(), now: clock.now() });
    }
  }

  /** The deadline has passed: the caller is answered at once, the driver gets one chance to show that it hears. */
  function overrun(call: Call): void {
    const waiting = queue.indexOf(call);
    if (waiting >= 0) {
      queue.splice(waiting, 1);
      settle(call, unavailable('deadline passed in the queue'));
      return;
    }
    settle(call, unavailable('deadline passed'));
    running?.send({ type: 'cancel', id: call.id });
    overdue.set(
      call.id,
      setTimeout(() => running?.kill('overrun'), CANCEL_GRACE_MS),
    );
    pump();
  }

  function clearOverdue(id: number): boolean {
    clearTimeout(overdue.get(id));
    return overdue.delete(id);
  }

  function settle(call: Call, outcome: Json | HubError): void {
    sent.delete(call.id);
    call.settle(outcome);
  }

  return {
    call(method, params, deadlineMs) {
      if (stopped) return Promise.reject(unavailable('stopped'));
      if (backOff.open) return Promise.reject(unavailable('restarting'));
      if (queue.length >= limits.driverQueue) {
        return Promise.reject(
          new HubError('SERVICE_BUSY', `queue of ${authority.id} full`, { params: { seconds: '5' } }),
        );
      }
      const { call, answer } = openCall(clock, { id: nextId++, method, params, deadlineMs }, overrun);
      queue.push(call);
      pump();
      return answer;
    },
    async stop() {
      stopped = true;
      clearTimeout(wake);
      for (const call of [...queue.splice(0), ...sent.values()]) settle(call, unavailable('stopped'));
      await running?.close(1000);
    },
  };
}
