import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Gm } from '#crypto/gm.ts';
import { base64url } from '#kernel/bytes.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Logger } from '#kernel/log.ts';
import type { Random } from '#kernel/random.ts';
import { CONTROL_PATH, controlDoor, removeTicket, writeTicket } from './control.ts';
import { listen, type PortChoice, portsOf, stop } from './listen.ts';
import type { PinnedHub } from './pairings.ts';
import { createPinDialogs, PIN_PATH } from './pin-dialogs.ts';
import { pinDoor } from './pin-door.ts';
import { AGENT_PATH } from './protocol.ts';
import { sendStatus } from './replies.ts';
import { MAX_FRAME } from './requests.ts';
import { createSession } from './session.ts';
import { createSlots, type Slots } from './slots.ts';

const AGENT_VERSION = '0.1.0';

export interface AgentOptions extends PortChoice {
  readonly gm: Gm;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Directory of software key files, watched; made when it does not exist. */
  readonly keyDir: string;
  /** Asked at each connection, so that a new pairing needs no restart. */
  readonly pairings: () => readonly PinnedHub[];
  /** Where the owner's commands find the running agent (mode 0600); no file, no commands. */
  readonly controlFile?: string;
}

export interface RunningAgent {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly port: number;
  readonly slots: Slots;
  close(): Promise<void>;
}

const MAX_CONNECTIONS = 64;

/** Starts the agent on 127.0.0.1. Rejects when no port is free or the key directory cannot be made. */
export async function startAgent(options: AgentOptions): Promise<RunningAgent> {
  const { clock, random, log } = options;
  const slots = createSlots({ gm: options.gm, keyDir: options.keyDir, log });
  const dialogs = createPinDialogs({ clock, random });
  const token = base64url(random.bytes(32));
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_FRAME, perMessageDeflate: false });
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 10_000, maxHeaderSize: 16 * 1024 });
  server.maxConnections = MAX_CONNECTIONS;
  const pulled = slots.subscribe(({ event, token: key }) => {
    if (event === 'unplugged') dialogs.unplugged(key);
  });
  try {
    await listen(server, portsOf(options));
  } catch (error) {
    slots.close();
    dialogs.close();
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  /** Against DNS rebinding: a name of somebody's that resolves to this machine is still not our name. */
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  const ownOrigins = hosts.map((host) => `http://${host}`);

  const serve = async (request: IncomingMessage, reply: ServerResponse): Promise<void> => {
    const path = (request.url ?? '').split('?')[0] ?? '';
    const { host, origin } = request.headers;
    if (!hosts.includes(host ?? '')) return sendStatus(reply, 421);
    if (origin !== undefined && !ownOrigins.includes(origin)) return sendStatus(reply, 403);
    if (path.startsWith(PIN_PATH)) return pinDoor(request, reply, { dialogs, random, ownOrigins });
    if (path === CONTROL_PATH) return controlDoor(request, reply, { slots, token });
    sendStatus(reply, 404);
  };
  server.on('request', (request, reply) => {
    serve(request, reply).catch((error: unknown) => {
      log.error({ err: error }, 'a request to the agent failed');
      if (!reply.headersSent) sendStatus(reply, 500);
      else reply.destroy();
    });
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const hub = admitted(request, hosts, options.pairings, log);
    if (hub === undefined) return refuse(socket);
    sockets.handleUpgrade(request, socket, head, (ws) => {
      converse(ws, hub, { ...options, slots, dialogs, version: AGENT_VERSION, ownOrigin: url });
    });
  });
  if (options.controlFile !== undefined) writeTicket(options.controlFile, { url, token, pid: process.pid });

  return {
    url,
    port,
    slots,
    async close() {
      if (options.controlFile !== undefined) removeTicket(options.controlFile, token);
      pulled();
      for (const ws of sockets.clients) ws.close(1001);
      slots.close();
      dialogs.close();
      await stop(server, sockets);
    },
  };
}

/** The pinned hub whose page this is. Host and Origin are judged on every upgrade; `null`, absent and unpaired origins are nobody. */
function admitted(
  request: IncomingMessage,
  hosts: readonly string[],
  pairings: () => readonly PinnedHub[],
  log: Logger,
): PinnedHub | undefined {
  const { host, origin } = request.headers;
  if ((request.url ?? '') !== AGENT_PATH || !hosts.includes(host ?? '') || origin === undefined) return undefined;
  try {
    return pairings().find((hub) => hub.origin === origin);
  } catch (error) {
    log.error({ err: error }, 'the pairings cannot be read');
    return undefined;
  }
}

const refuse = (socket: Duplex): void => {
  socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n', () => socket.destroy());
};

function converse(ws: WebSocket, hub: PinnedHub, deps: Parameters<typeof createSession>[0]): void {
  const session = createSession(deps, {
    hub,
    origin: hub.origin,
    send: (message) => ws.send(JSON.stringify(message)),
    hangUp: (code = 1008) => ws.close(code),
  });
  ws.on('message', (data, isBinary) => session.receive(isBinary ? '' : String(data)));
  ws.on('close', () => session.close());
  ws.on('error', () => ws.terminate());
}
