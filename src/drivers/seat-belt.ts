import dgram from 'node:dgram';
import dns from 'node:dns';
import net from 'node:net';

/**
 * Closes the roads to the network inside a driver process before any driver is opened. A seat belt for honest code, not a wall against hostile
 * code (a native library could walk around it); the permission flags of process.ts close files, processes, threads and add-ons the same way.
 */
export function closeNetwork(): void {
  const refuse = (): never => {
    throw new Error('a driver reaches the network through its context only');
  };
  net.Socket.prototype.connect = refuse;
  net.Server.prototype.listen = refuse;
  dgram.Socket.prototype.bind = refuse;
  dgram.Socket.prototype.send = refuse;
  dgram.Socket.prototype.connect = refuse;
  dns.lookup = Object.assign(refuse, { __promisify__: refuse });
}
