/** The load balancer in front of several hub processes: connections in turn, to whoever listens. */
import { connect, createServer, type Socket } from 'node:net';

export interface Balancer {
  close(): Promise<void>;
}

export async function startBalancer(port: number, behind: readonly number[]): Promise<Balancer> {
  const sockets = new Set<Socket>();
  const known = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
  };
  let turn = 0;
  const server = createServer((client) => {
    known(client);
    turn += 1;
    const order = behind.map((_, i) => behind[(turn + i) % behind.length] ?? 0);
    const tryNext = (): void => {
      const target = order.shift();
      if (target === undefined) return void client.destroy();
      const onward = connect({ host: '127.0.0.1', port: target });
      let reached = false;
      onward.once('connect', () => {
        reached = true;
        known(onward);
        client.pipe(onward).pipe(client);
        onward.once('close', () => client.destroy());
        client.once('close', () => onward.destroy());
      });
      onward.on('error', () => (reached ? onward.destroy() : tryNext()));
    };
    tryNext();
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
