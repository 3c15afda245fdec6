import { connect, type Socket } from 'node:net';

export interface Reply {
  readonly status: number;
  /** Lower-case names; the last of equal ones. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** The announced body came whole. */
  readonly whole: boolean;
}

export interface Heard {
  readonly replies: readonly Reply[];
  /** Bytes that are no HTTP reply. */
  readonly rest: Buffer;
  /** `closed`: the hub ended the connection; `patience`: it still had not when our patience ended. */
  readonly end: 'closed' | 'reset' | 'patience';
  readonly ms: number;
}

/** Opens a connection from `from` (any address of 127.0.0.0/8: rate limits count addresses). */
export function open(url: string, from: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), localAddress: from, allowHalfOpen: true });
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
  });
}

/**
 * Sends exactly these bytes and hears until the hub closes. `silenceMs`: after so long without a byte from the hub we say that no more will come
 * (FIN); Node then drops what it had not answered yet, so it is only for requests whose framing lies about what follows.
 */
export async function speak(
  url: string,
  from: string,
  bytes: Buffer,
  options: { head?: boolean; silenceMs?: number; patienceMs?: number } = {},
): Promise<Heard> {
  const began = performance.now();
  const socket = await open(url, from);
  const heard = hear(socket, options.patienceMs ?? 15_000, options.head === true);
  socket.write(bytes);
  const { silenceMs } = options;
  const fin = silenceMs === undefined ? undefined : setTimeout(() => socket.end(), silenceMs);
  socket.on('data', () => fin?.refresh());
  const { replies, rest, end } = await heard;
  clearTimeout(fin);
  return { replies, rest, end, ms: performance.now() - began };
}

export function hear(socket: Socket, patienceMs: number, head = false): Promise<Omit<Heard, 'ms'>> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    const finish = (end: Heard['end']): void => {
      clearTimeout(timer);
      socket.removeAllListeners('data').removeAllListeners('end').removeAllListeners('close');
      socket.on('error', () => undefined).destroy();
      resolve({ ...repliesOf(Buffer.concat(parts), head), end });
    };
    const timer = setTimeout(() => finish('patience'), patienceMs);
    socket.on('data', (part: Buffer) => parts.push(part));
    socket.on('end', () => finish('closed'));
    socket.on('close', () => finish('closed'));
    // The hub stopped reading and closed while we still wrote: what it had answered counts.
    socket.on('error', () => finish('reset'));
  });
}

function repliesOf(bytes: Buffer, head: boolean): { replies: Reply[]; rest: Buffer } {
  const replies: Reply[] = [];
  let at = 0;
  while (at < bytes.length) {
    const end = bytes.indexOf('\r\n\r\n', at);
    const lines = end < 0 ? [] : bytes.subarray(at, end).toString('latin1').split('\r\n');
    const status = /^HTTP\/1\.1 (\d{3})( |$)/.exec(lines[0] ?? '')?.[1];
    if (status === undefined) break;
    const headers: Record<string, string> = Object.create(null);
    for (const line of lines.slice(1)) {
      const colon = line.indexOf(':');
      headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
    }
    const bodiless = head || /^(1..|204|304)$/.test(status);
    const read = bodiless ? { body: Buffer.alloc(0), next: end + 4, whole: true } : bodyOf(bytes, end + 4, headers);
    replies.push({ status: Number(status), headers, body: read.body, whole: read.whole });
    at = read.next;
  }
  return { replies, rest: bytes.subarray(at) };
}

function bodyOf(
  bytes: Buffer,
  from: number,
  headers: Readonly<Record<string, string>>,
): { body: Buffer; next: number; whole: boolean } {
  if (headers['transfer-encoding'] === 'chunked') {
    const parts: Buffer[] = [];
    let at = from;
    for (;;) {
      const line = bytes.indexOf('\r\n', at);
      const size = line < 0 ? Number.NaN : Number.parseInt(bytes.subarray(at, line).toString('latin1'), 16);
      if (Number.isNaN(size)) return { body: Buffer.concat(parts), next: bytes.length, whole: false };
      parts.push(bytes.subarray(line + 2, line + 2 + size));
      at = line + 2 + size + 2;
      if (size === 0) return { body: Buffer.concat(parts), next: at, whole: true };
    }
  }
  const declared = headers['content-length'];
  const length = declared === undefined ? bytes.length - from : Number(declared);
  const body = bytes.subarray(from, from + length);
  return { body, next: from + length, whole: body.length === length };
}
