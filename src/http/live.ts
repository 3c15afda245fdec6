import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Logger } from '#kernel/log.ts';

/** Who may listen to what. `version` is what he is told first. */
interface Listener {
  readonly subject: string;
  readonly version: number;
}

export interface LiveDeps {
  readonly path: string;
  /** Checks Origin and cookie of the handshake; undefined: 403. Reads only. */
  readonly admit: (request: IncomingMessage, url: URL) => Promise<Listener | undefined>;
  /** Present version of each subject; asked every 2 s for those listened to, so that no lost hint and no other process's change stays unseen. */
  readonly versions: (subjects: readonly string[]) => Promise<ReadonlyMap<string, number>>;
  readonly log: Logger;
  /** Sockets on one subject; default: the tabs of one browser. A hall has an audience. */
  readonly mostASubject?: number;
}

export interface Live {
  /** For the server's `upgrade` event. Every path but ours is refused. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Tells the subject's listeners in this process. */
  publish(subject: string, version: number): void;
  /** Ends every socket; they will poll or come back. */
  close(): void;
}

const CHECK_MS = 2_000;
const PING_MS = 25_000;
/** Tabs of one browser on one login. */
const MOST_A_SUBJECT = 8;
const MOST = 20_000;

interface Seat {
  readonly socket: WebSocket;
  told: number;
  alive: boolean;
}

/** Live channel: versions only, never content; whoever hears a newer one re-reads over the ordinary API, which decides what he may see. */
export function createLive(deps: LiveDeps): Live {
  const server = new WebSocketServer({ noServer: true, maxPayload: 1024, perMessageDeflate: false });
  const seats = new Map<string, Set<Seat>>();
  const timers = [setInterval(() => void check(), CHECK_MS), setInterval(ping, PING_MS)];
  for (const timer of timers) timer.unref();

  async function admit(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const url = URL.canParse(request.url ?? '', 'http://hub') ? new URL(request.url ?? '', 'http://hub') : undefined;
    if (url?.pathname !== deps.path) return refuse(socket, '404 Not Found');
    const listener = await deps.admit(request, url);
    if (listener === undefined) return refuse(socket, '403 Forbidden');
    if (
      server.clients.size >= MOST ||
      (seats.get(listener.subject)?.size ?? 0) >= (deps.mostASubject ?? MOST_A_SUBJECT)
    )
      return refuse(socket, '503 Service Unavailable');
    server.handleUpgrade(request, socket, head, (opened) => sit(opened, listener));
  }

  function sit(socket: WebSocket, { subject, version }: Listener): void {
    const seat: Seat = { socket, told: -1, alive: true };
    const around = seats.get(subject) ?? new Set();
    seats.set(subject, around.add(seat));
    socket.on('pong', () => {
      seat.alive = true;
    });
    // Nothing is expected from a page; one that talks is not ours.
    socket.on('message', () => socket.close(1008));
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      around.delete(seat);
      if (around.size === 0 && seats.get(subject) === around) seats.delete(subject);
    });
    tell(seat, version);
  }

  function tell(seat: Seat, version: number): void {
    if (version <= seat.told) return;
    seat.told = version;
    seat.socket.send(JSON.stringify({ version }));
  }

  async function check(): Promise<void> {
    if (seats.size === 0) return;
    try {
      for (const [subject, version] of await deps.versions([...seats.keys()])) publish(subject, version);
    } catch (error) {
      deps.log.warn({ err: error }, 'live channel could not read versions');
    }
  }

  function publish(subject: string, version: number): void {
    for (const seat of seats.get(subject) ?? []) tell(seat, version);
  }

  function ping(): void {
    for (const seat of [...seats.values()].flatMap((around) => [...around])) {
      if (!seat.alive) seat.socket.terminate();
      seat.alive = false;
      seat.socket.ping();
    }
  }

  return {
    upgrade: (request, socket, head) => {
      socket.on('error', () => socket.destroy());
      admit(request, socket, head).catch((error: unknown) => {
        deps.log.warn({ err: error }, 'live handshake failed');
        refuse(socket, '503 Service Unavailable');
      });
    },
    publish,
    close: () => {
      for (const timer of timers) clearInterval(timer);
      for (const socket of server.clients) socket.terminate();
      server.close();
    },
  };
}

function refuse(socket: Duplex, status: string): void {
  if (!socket.writable) return void socket.destroy();
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
}
