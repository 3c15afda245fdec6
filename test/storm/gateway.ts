/** What stands in front of a trading system on a bad day: an HTTP gateway that spoils a given share of the callbacks. */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';

/** Percent of callbacks, drawn one after the other from 100; what is left passes untouched. */
export interface Spoil {
  /** 500 without asking the trading system. */
  readonly error: number;
  /** Connection reset before the request is passed on. */
  readonly reset: number;
  /** The trading system applies the effect, its answer never arrives: the hub must ask again and nothing may happen twice. */
  readonly lostAnswer: number;
  /** Applied, but the answer is HTML. */
  readonly garbage: number;
  /** Passed on after up to two seconds. */
  readonly delay: number;
  /** Not passed on before `release()`. */
  readonly hold: number;
}

export const goodDay: Spoil = { error: 0, reset: 0, lostAnswer: 0, garbage: 0, delay: 0, hold: 0 };

export const badDay: Spoil = { error: 8, reset: 5, lostAnswer: 5, garbage: 3, delay: 9, hold: 0 };

export interface Gateway {
  /** kind of spoiling → how often. */
  readonly spoiled: Readonly<Record<keyof Spoil, number>>;
  /** `performance.now()` of each callback's arrival. */
  readonly arrivals: readonly number[];
  /** From here on. */
  spoil(how: Spoil): void;
  /** Passes on what is held. */
  release(): void;
  close(): Promise<void>;
}

/** Only paths below `/ca/` are spoiled; people's own pages pass. */
export async function startGateway(options: { port: number; behind: number; spoil: Spoil }): Promise<Gateway> {
  const spoiled = { error: 0, reset: 0, lostAnswer: 0, garbage: 0, delay: 0, hold: 0 };
  const arrivals: number[] = [];
  const held: (() => void)[] = [];
  let spoil = options.spoil;
  let turn = 0;
  const draw = (): keyof Spoil | undefined => {
    turn += 1;
    let left = (turn * 61) % 100; // every residue once in a hundred
    for (const [kind, share] of Object.entries(spoil) as [keyof Spoil, number][]) {
      if (left < share) {
        spoiled[kind] += 1;
        return kind;
      }
      left -= share;
    }
    return undefined;
  };
  const server = createServer((incoming, outgoing) => {
    incoming.on('error', () => undefined);
    const isCallback = incoming.url?.startsWith('/ca/') === true;
    if (isCallback) arrivals.push(performance.now());
    const kind = isCallback ? draw() : undefined;
    if (kind === 'reset') incoming.socket.resetAndDestroy();
    else if (kind === 'error') incoming.resume().on('end', () => outgoing.writeHead(500).end('<html>500</html>'));
    else if (kind === 'delay') setTimeout(() => pass(options.behind, incoming, outgoing), 200 + (turn % 10) * 200);
    else if (kind === 'hold') held.push(() => pass(options.behind, incoming, outgoing));
    else pass(options.behind, incoming, outgoing, kind);
  });
  await new Promise<void>((resolve) => server.listen(options.port, '127.0.0.1', resolve));
  return {
    spoiled,
    arrivals,
    spoil: (how) => {
      spoil = how;
    },
    release: () => {
      for (const passOn of held.splice(0)) passOn();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function pass(port: number, incoming: IncomingMessage, outgoing: ServerResponse, kind?: keyof Spoil): void {
  const { method, url: path, headers } = incoming;
  const onward = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (reply) => {
    if (kind === 'lostAnswer') {
      reply.resume().on('end', () => incoming.socket.resetAndDestroy());
      return;
    }
    if (kind === 'garbage') {
      reply.resume().on('end', () => outgoing.writeHead(200, { 'content-type': 'text/html' }).end('<html>oops'));
      return;
    }
    outgoing.writeHead(reply.statusCode ?? 502, reply.headers);
    reply.pipe(outgoing);
  });
  onward.on('error', () => outgoing.destroy());
  incoming.pipe(onward);
}
