import http from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import { isRegistered, mayConnect, type Range } from './addresses.ts';

/** All addresses of a name, as the system resolver says. */
export type Lookup = (hostname: string) => Promise<readonly { readonly address: string; readonly family: number }[]>;

/** Marks our own refusal on its way through node:http's error event. */
export class Forbidden extends Error {}

export interface Agents {
  /**
   * One pool a policy: a kept-alive socket is only ever used again under the rules it was opened under.
   * `registeredOnly`: even public addresses must lie in a registered range (plain http to a trading system).
   */
  of(secure: boolean, ranges: readonly Range[], registeredOnly: boolean): http.Agent;
  close(): void;
}

const IDLE_MS = 4_000;

export function createAgents(resolve: Lookup, ca: string[] | undefined): Agents {
  const pools = new Map<string, http.Agent>();
  return {
    of: (secure, ranges, registeredOnly) => {
      const rules = ranges.map((range) => `${range.base.toString(16)}/${range.prefix}/${range.family}`).sort();
      const restricted = registeredOnly && !secure;
      const key = [secure, restricted, ...rules].join(' ');
      const known = pools.get(key);
      if (known) return known;
      const allowed = (address: string): boolean =>
        mayConnect(address, ranges) && (!restricted || isRegistered(address, ranges));
      const agent = secure ? new CheckedHttps(resolve, allowed, ca) : new CheckedHttp(resolve, allowed);
      pools.set(key, agent);
      return agent;
    },
    close: () => {
      for (const agent of pools.values()) agent.destroy();
      pools.clear();
    },
  };
}

type Allowed = (address: string) => boolean;
type Connect = NonNullable<http.Agent['createConnection']>;
type Arguments = Parameters<Connect>;
type Connected = ReturnType<Connect>;

// No `proxyEnv` option: environment proxies would connect on our behalf, past every check.
class CheckedHttp extends http.Agent {
  readonly #allowed: Allowed;
  constructor(resolve: Lookup, allowed: Allowed) {
    super({ keepAlive: true, timeout: IDLE_MS, lookup: checkedLookup(resolve, allowed) });
    this.#allowed = allowed;
  }
  override createConnection(...[options, callback]: Arguments): Connected {
    return checked(this.#allowed, options, callback, () => super.createConnection(options, callback));
  }
}

class CheckedHttps extends https.Agent {
  readonly #allowed: Allowed;
  constructor(resolve: Lookup, allowed: Allowed, ca: string[] | undefined) {
    super({
      keepAlive: true,
      timeout: IDLE_MS,
      lookup: checkedLookup(resolve, allowed),
      minVersion: 'TLSv1.2',
      // NODE_TLS_REJECT_UNAUTHORIZED must not be able to switch this off
      rejectUnauthorized: true,
      ...(ca && { ca }),
    });
    this.#allowed = allowed;
  }
  override createConnection(...[options, callback]: Arguments): Connected {
    return checked(this.#allowed, options, callback, () => super.createConnection(options, callback));
  }
}

/** A literal address is judged before, every socket again once connected and before its first byte is written. */
function checked(allowed: Allowed, options: Arguments[0], callback: Arguments[1], connect: () => Connected): Connected {
  const host = options.host ?? '';
  if (isIP(host) !== 0 && !allowed(host)) {
    process.nextTick(() => callback?.(new Forbidden('the address is not allowed'), undefined as never));
    return undefined;
  }
  const socket = connect() as Socket;
  socket.once('connect', () => {
    if (!allowed(socket.remoteAddress ?? '')) socket.destroy(new Forbidden('the connected address is not allowed'));
  });
  return socket;
}

/** Resolves once and hands on only what is allowed: the checked answer is the one connected to, so a second answer cannot differ. */
function checkedLookup(resolve: Lookup, allowed: Allowed): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname).then(
      (found) => {
        const wanted = options.family === 4 || options.family === 6 ? options.family : 0;
        const usable = found
          .filter(({ address }) => allowed(address))
          .map(({ address }) => ({ address, family: isIP(address) }))
          .filter(({ family }) => wanted === 0 || family === wanted);
        const [first] = usable;
        if (!first) callback(new Forbidden('the name resolves to no allowed address'), '', 0);
        else if (options.all) callback(null, usable);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 0),
    );
  };
}
