import type { ZodType } from 'zod';
import type { Egress } from '#delivery/egress.ts';
import { fromUtf8, utf8 } from '#kernel/bytes.ts';
import type { Clock } from '#kernel/clock.ts';
import { HubError } from '#kernel/errors.ts';
import { isObject, type Json, type JsonObject } from '#kernel/json.ts';
import { limits } from '#kernel/limits.ts';
import type { Logger } from '#kernel/log.ts';
import type { Random } from '#kernel/random.ts';
import { type Authority, driverFor } from './authority.ts';
import type {
  Channel,
  Channels,
  EgressReply,
  EgressRequest,
  EncryptAnswer,
  EncryptRequest,
  Medium,
  ResumeEvent,
  Step,
} from './contract.ts';
import type { InstalledDriver } from './installed.ts';
import { createLane, type Lane } from './lane.ts';
import { encryptAnswer, healthReport, type Method, steps } from './messages.ts';
import { ownChild } from './own-child.ts';
import type { Authorities } from './repository.ts';

/**
 * The vendors' drivers, each in a process of its own. A driver's answer is evidence at most; a vendor that cannot be reached, a process
 * that dies, and an answer of the wrong shape all throw HubError AUTHORITY_UNAVAILABLE (SERVICE_BUSY when the queue is full): the exchange
 * as stored is unharmed and may be resumed later. `refused` comes from the driver alone and ends the exchange.
 */
export interface DriverHosts {
  /** Whether this authority has the medium, and its driver for it the channel. */
  offers(authority: Authority, medium: Medium, channel: Channel): boolean;
  /** `medium` picks the authority's driver for it; default: its own service where the authority has one, else the key. */
  begin<C extends Channel>(
    authority: Authority,
    channel: C,
    request: Channels[C]['request'],
    medium?: Medium,
  ): Stepped<C>;
  /** `state` as the last pending step gave it, for this authority and channel only. */
  resume<C extends Channel>(authority: Authority, channel: C, state: Json, event: ResumeEvent): Stepped<C>;
  /** Has the vendor's own service encrypt (`authority.manifest.encryption` is `vendor`). */
  encrypt(authority: Authority, request: EncryptRequest, medium?: Medium): Promise<EncryptAnswer>;
  health(authority: Authority, medium?: Medium): Promise<{ readonly ok: boolean; readonly detail: string }>;
  /** How far a driver is kept apart on this system; the production profile asks. */
  readonly isolation: 'process';
  stop(): Promise<void>;
}

type Stepped<C extends Channel> = Promise<Step<Channels[C]['value']>>;

export function createDriverHosts(deps: {
  authorities: Authorities;
  egress: Egress;
  clock: Clock;
  random: Random;
  log: Logger;
  installed: readonly InstalledDriver[];
  /** Milliseconds for one call, waiting and starting included. */
  deadlineMs?: number;
}): DriverHosts {
  const { authorities, installed, deadlineMs = limits.driverDeadline } = deps;
  const lanes = new Map<string, { readonly updatedAt: number; readonly lane: Promise<Lane> }>();
  let stopped = false;

  /** The lane of one vendor's driver; a changed configuration closes the old process and opens a new one. */
  function laneOf(authority: Authority, driver: string): Promise<Lane> {
    if (stopped) throw new HubError('AUTHORITY_UNAVAILABLE', 'stopping', { params: { authority: authority.name } });
    const key = `${authority.id}/${driver}`;
    const open = lanes.get(key);
    if (open && open.updatedAt >= authority.updatedAt) return open.lane;
    open?.lane.then((lane) => lane.stop()).catch(() => undefined);
    const lane = openLane(authority, driver);
    lanes.set(key, { updatedAt: authority.updatedAt, lane });
    lane.catch(() => lanes.get(key)?.lane === lane && lanes.delete(key));
    return lane;
  }

  async function openLane(authority: Authority, driver: string): Promise<Lane> {
    const entry = installed.find((each) => each.manifest.id === driver);
    if (!entry) {
      const detail = `driver ${driver} of ${authority.id} is not installed`;
      throw new HubError('AUTHORITY_UNAVAILABLE', detail, { params: { authority: authority.name } });
    }
    return createLane({
      authority,
      driver,
      config: await authorities.driverConfig(authority),
      program: entry.program ?? ownChild(),
      egress: (request, signal) => fetchFor(authority, request, signal),
      clock: deps.clock,
      random: deps.random,
      log: deps.log,
    });
  }

  /** The only road of a driver to the network: the vendor's own registered origins. */
  async function fetchFor(authority: Authority, request: EgressRequest, signal: AbortSignal): Promise<EgressReply> {
    const { body, ...rest } = request;
    const reply = await deps.egress.request({
      ...rest,
      ...(body === undefined ? {} : { body: utf8(body) }),
      timeoutMs: Math.max(1, request.timeoutMs),
      maxBytes: limits.driverMessage / 4,
      allow: { ...authority.manifest.egress, plainHttp: 'registered' },
      signal,
    });
    return reply.ok ? { ...reply, body: fromUtf8(reply.body) } : reply;
  }

  /** Asks the driver and lets nothing through but the contract's own shape. */
  async function ask<T>(authority: Authority, driver: string, method: Method, params: JsonObject, shape: ZodType<T>) {
    const lane = await laneOf(authority, driver);
    const checked = shape.safeParse(await lane.call(method, params, deadlineMs));
    if (checked.success) return checked.data;
    const fault = checked.error.issues[0]?.path.join('.') ?? '';
    const detail = `driver ${driver} answered ${method} in the wrong shape (${fault})`;
    throw new HubError('AUTHORITY_UNAVAILABLE', detail, { params: { authority: authority.name } });
  }

  return {
    isolation: 'process',
    offers(authority, medium, channel) {
      const id = driverFor(authority, medium);
      const manifest = installed.find((entry) => entry.manifest.id === id)?.manifest;
      return authority.manifest.media.includes(medium) && manifest?.channels.includes(channel) === true;
    },
    async begin(authority, channel, request, medium) {
      const driver = driverFor(authority, medium);
      const params = { channel, request: request as unknown as JsonObject };
      return label(authority, driver, channel, await ask(authority, driver, 'begin', params, steps[channel]));
    },

    async resume(authority, channel, state, event) {
      const { driver, state: own } = unlabel(authority, channel, state);
      const params = { channel, state: own, event: { ...event } };
      return label(authority, driver, channel, await ask(authority, driver, 'resume', params, steps[channel]));
    },

    encrypt: (authority, request, medium) =>
      ask(authority, driverFor(authority, medium), 'encrypt', { request: { ...request } }, encryptAnswer),

    async health(authority, medium) {
      try {
        const lane = await laneOf(authority, driverFor(authority, medium));
        return healthReport.parse(await lane.call('health', null, 5_000));
      } catch (error) {
        return { ok: false, detail: error instanceof HubError ? (error.refusal.detail ?? '') : 'wrong shape' };
      }
    },

    async stop() {
      stopped = true;
      await Promise.allSettled([...lanes.values()].map(async ({ lane }) => (await lane).stop()));
    },
  };
}

/** The stored state names its vendor, driver and channel, so that one vendor's task can never be handed to another's process, nor a login's to a decryption. */
function label<V>(authority: Authority, driver: string, channel: Channel, step: Step<V>): Step<V> {
  if (step.step !== 'pending') return step;
  return { ...step, state: { authority: authority.id, driver, channel, state: step.state } };
}

function unlabel(authority: Authority, channel: Channel, state: Json): { driver: string; state: Json } {
  const driver = isObject(state) ? state['driver'] : undefined;
  if (!isObject(state) || state['authority'] !== authority.id || typeof driver !== 'string') {
    throw new HubError('INTERNAL', 'exchange state of another authority');
  }
  if ((state['channel'] ?? 'auth') !== channel) throw new HubError('INTERNAL', 'exchange state of another channel');
  return { driver, state: state['state'] ?? null };
}
