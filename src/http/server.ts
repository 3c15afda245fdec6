import { createServer as createHttp, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import { limits } from '#kernel/limits.ts';

export interface ServerOptions {
  readonly fetch: (
    request: Request,
    env: { incoming: IncomingMessage; outgoing: ServerResponse },
  ) => Response | Promise<Response>;
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  /** PEM. */
  readonly tls?: { readonly key: string; readonly cert: string } | undefined;
  /** WebSocket handshakes; without it they are refused. */
  readonly upgrade?: ((request: IncomingMessage, socket: Duplex, head: Buffer) => void) | undefined;
}

export interface RunningServer {
  /** `http(s)://host:port` as bound. */
  readonly url: string;
  readonly port: number;
  /** No new connections; running requests may finish for `limits.shutdownGrace`, then every socket is closed. Idempotent. */
  close(): Promise<void>;
}

/** Listens, or rejects with the operating system's reason (port taken, …). */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const state = { draining: false };
  const answer = getRequestListener(options.fetch as Parameters<typeof getRequestListener>[0], {
    errorHandler: badRequest,
  });
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    if (state.draining) response.setHeader('Connection', 'close');
    void answer(request, response);
  };
  const timing = {
    headersTimeout: 15_000,
    // The outer bound, for a streamed gigabyte; body.ts ends an ordinary body after `limits.bodyTime`.
    requestTimeout: limits.streamTime,
    // Longer than the usual proxy's 60 s, so that the proxy closes first and no request meets a closed socket.
    keepAliveTimeout: 65_000,
    maxHeaderSize: 16 * 1024,
    connectionsCheckingInterval: 5_000,
  };
  const server: Server = options.tls
    ? createHttps({ ...timing, ...options.tls }, onRequest)
    : createHttp(timing, onRequest);
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('clientError', refuseClient);
  server.on('upgrade', options.upgrade ?? ((_request, socket) => endWith(socket, '426 Upgrade Required')));
  await listen(server, options);
  const { port } = server.address() as AddressInfo;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    state.draining = true;
    closing ??= drain(server, sockets);
    return closing;
  };
  return { url: `${options.tls ? 'https' : 'http'}://${host}:${port}`, port, close };
}

function listen(server: Server, { host, port }: ServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Idle connections end at once, running ones when their answer is out, the rest (WebSockets too) at the deadline. */
function drain(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  return new Promise((resolve) => {
    const sweep = setInterval(() => server.closeIdleConnections(), 100);
    const deadline = setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, limits.shutdownGrace);
    server.close(() => {
      clearInterval(sweep);
      clearTimeout(deadline);
      resolve();
    });
    server.closeIdleConnections();
  });
}

/** A request that no app can be asked about: no Host, a target that is no URL. */
const badRequest = (): Response =>
  new Response(JSON.stringify({ code: 400, msg: '请求有误，请核对接口文档。' }), {
    status: 400,
    headers: { 'content-type': 'application/json; charset=utf-8' },
  });

const FAULTS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** Bytes that are not HTTP, headers too large, a request that never ends. */
function refuseClient(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
  else endWith(socket, FAULTS[error.code ?? ''] ?? '400 Bad Request');
}

function endWith(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
}
