import type { Server } from 'node:http';
import type { WebSocketServer } from 'ws';
import { AGENT_PORT } from './protocol.ts';

export interface PortChoice {
  /** One port (0: a free one), or the first free of several; AGENT_PORT and the next nine. */
  readonly port?: number;
  readonly portRange?: { readonly first: number; readonly count: number };
}

/** Ports to try, in order. */
export const portsOf = ({ port, portRange }: PortChoice): readonly number[] => {
  if (port !== undefined) return [port];
  const { first, count } = portRange ?? { first: AGENT_PORT, count: 10 };
  return Array.from({ length: count }, (_, i) => first + i);
};

/** Takes the first of these ports of 127.0.0.1 that is free; rejects when none is. */
export async function listen(server: Server, ports: readonly number[]): Promise<void> {
  for (const [i, port] of ports.entries()) {
    try {
      return await tryPort(server, port);
    } catch (error) {
      const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
      if (!taken || i === ports.length - 1) throw error;
    }
  }
}

const tryPort = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const failed = (error: Error): void => reject(error);
    server.once('error', failed);
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
      server.off('error', failed);
      resolve();
    });
  });

/** Ends politely, and after half a second anyhow. */
export function stop(server: Server, sockets: WebSocketServer): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => {
      for (const ws of sockets.clients) ws.terminate();
      server.closeAllConnections();
    }, 500);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}
