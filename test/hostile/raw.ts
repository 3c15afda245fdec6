import type { Socket } from 'node:net';
import { faultsInLog } from './attack.ts';
import { drawFrom } from './draw.ts';
import { residentMb } from './neighbours.ts';
import { type Heard, hear, open, speak } from './wire.ts';
import type { HostileWorld } from './world.ts';

/** What the hub must do with bytes that are not, or not quite, HTTP. */
interface RawAttack {
  readonly name: string;
  readonly bytes: () => Buffer;
  /** Most answers the bytes may get; more means that something was smuggled. Default 1. */
  readonly most?: number;
  /** Among which each answer's status must be; default: a refusal of the server's. */
  readonly statuses?: readonly number[];
}

const REFUSED = [400, 404, 405, 408, 413, 417, 426, 431];
const text =
  (...lines: string[]) =>
  (): Buffer =>
    Buffer.from(lines.join('\r\n'), 'latin1');
const POST = 'POST /api/ca/startCheck HTTP/1.1';
const HOST = 'Host: 127.0.0.1';
const HIDDEN = 'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n';
const seeded = drawFrom(20_260);

export const attacks: readonly RawAttack[] = [
  { name: 'CL.TE', bytes: text(POST, HOST, 'Content-Length: 6', 'Transfer-Encoding: chunked', '', '0', '', HIDDEN) },
  {
    name: 'TE.CL',
    bytes: text(POST, HOST, 'Transfer-Encoding: chunked', 'Content-Length: 4', '', '5c', HIDDEN, '0', '', ''),
  },
  {
    name: 'TE.TE, obfuscated',
    bytes: text(
      POST,
      HOST,
      'Transfer-Encoding: chunked',
      'Transfer-Encoding: cow',
      'Content-Length: 4',
      '',
      '0',
      '',
      HIDDEN,
    ),
  },
  {
    name: 'TE with a tab',
    bytes: text(POST, HOST, 'Transfer-Encoding:\tchunked', 'Content-Length: 4', '', '0', '', HIDDEN),
  },
  {
    name: 'TE with a space before the colon',
    bytes: text(POST, HOST, 'Transfer-Encoding : chunked', 'Content-Length: 4', '', '0', '', HIDDEN),
  },
  {
    name: 'TE folded',
    bytes: text(POST, HOST, 'Transfer-Encoding:', ' chunked', 'Content-Length: 4', '', '0', '', HIDDEN),
  },
  { name: 'CL.CL', bytes: text(POST, HOST, 'Content-Length: 0', 'Content-Length: 44', '', HIDDEN) },
  { name: 'CL of a list', bytes: text(POST, HOST, 'Content-Length: 0, 44', '', HIDDEN) },
  { name: 'CL with a sign', bytes: text(POST, HOST, 'Content-Length: +0', '', HIDDEN) },
  { name: 'CL behind a bare newline', bytes: text(POST, HOST, 'X: y\nContent-Length: 44', '', HIDDEN) },
  {
    name: 'a chunk size that overflows',
    bytes: text(POST, HOST, 'Transfer-Encoding: chunked', '', '10000000000000000', 'x', '0', '', HIDDEN),
  },
  {
    name: 'a chunk without its line end',
    bytes: text(POST, HOST, 'Transfer-Encoding: chunked', '', '1', 'ab0', '', '', HIDDEN),
  },
  {
    name: 'a chunk extension with a bare newline',
    bytes: text(POST, HOST, 'Transfer-Encoding: chunked', '', '0;a\nb', '', '', HIDDEN),
  },
  { name: 'TE identity and a body', bytes: text(POST, HOST, 'Transfer-Encoding: identity', '', HIDDEN) },
  {
    name: 'TE on HTTP/1.0',
    bytes: text('POST /api/ca/startCheck HTTP/1.0', HOST, 'Transfer-Encoding: chunked', '', '0', '', HIDDEN),
    most: 1,
    statuses: [200, ...REFUSED],
  },
  {
    name: 'pipelined garbage',
    bytes: text('GET /healthz HTTP/1.1', HOST, '', `${'\u0000\u00ff'.repeat(200)}\r\n\r\n`),
    most: 2,
    statuses: [200, 400],
  },
  { name: 'a hundred pipelined requests', bytes: () => Buffer.from(HIDDEN.repeat(100)), most: 100, statuses: [200] },
  {
    name: 'TLS on http',
    bytes: () => Buffer.concat([Buffer.from('16030100c8010000c40303', 'hex'), seeded.bytes(200)]),
  },
  { name: 'SSH', bytes: text('SSH-2.0-OpenSSH_9.2', '') },
  { name: 'HTTP/2 preface', bytes: text('PRI * HTTP/2.0', '', 'SM', '', '') },
  { name: 'SOCKS', bytes: () => Buffer.from('050100', 'hex') },
  { name: 'a proxy header', bytes: text('PROXY TCP4 1.2.3.4 5.6.7.8 1 2', HIDDEN) },
  { name: 'random bytes', bytes: () => seeded.bytes(5_000) },
  {
    name: 'a header of one megabyte',
    bytes: text('GET /healthz HTTP/1.1', HOST, `X: ${'h'.repeat(1024 * 1024)}`, '', ''),
  },
  { name: 'a target of one megabyte', bytes: text(`GET /${'t'.repeat(1024 * 1024)} HTTP/1.1`, HOST, '', '') },
  { name: 'a method of one megabyte', bytes: text('G'.repeat(1024 * 1024)) },
  { name: 'a NUL in the target', bytes: text('GET /heal\u0000thz HTTP/1.1', HOST, '', '') },
  { name: 'a NUL in a header', bytes: text('GET /healthz HTTP/1.1', HOST, 'X: a\u0000b', '', '') },
  {
    name: 'high bytes in the target',
    bytes: text('GET /\u00ff\u00fe HTTP/1.1', HOST, 'Connection: close', '', ''),
    statuses: [404, 400],
  },
  { name: 'newlines alone', bytes: () => Buffer.from('\r\n'.repeat(50_000)), most: 1 },
  {
    name: 'line ends without carriage return',
    bytes: () => Buffer.from('GET /healthz HTTP/1.1\nHost: x\n\n'),
    statuses: [200, 400],
  },
  { name: 'carriage returns alone', bytes: () => Buffer.from('GET /healthz HTTP/1.1\rHost: x\r\r') },
  { name: 'CONNECT', bytes: text('CONNECT 169.254.169.254:80 HTTP/1.1', HOST, '', ''), statuses: REFUSED },
  { name: 'CONNECT without a port', bytes: text('CONNECT / HTTP/1.1', HOST, '', ''), statuses: REFUSED },
  { name: 'OPTIONS *', bytes: text('OPTIONS * HTTP/1.1', HOST, 'Connection: close', '', '') },
  {
    name: 'a proxy request',
    bytes: text('GET http://169.254.169.254/latest/meta-data/ HTTP/1.1', HOST, 'Connection: close', '', ''),
    statuses: [404, 400],
  },
  { name: 'HTTP/0.9', bytes: text('GET /healthz', '') },
  { name: 'HTTP/1.0 without host', bytes: text('GET /healthz HTTP/1.0', '', ''), statuses: [200, 400] },
  { name: 'half a request', bytes: text('POST /api/ca/startCheck HTTP/1.1', HOST, 'Content-Length: 100', '', '{"a":') },
  { name: 'half a header', bytes: text('GET /healthz HTTP/1.1', 'Ho') },
  {
    name: 'trailers without end',
    bytes: () =>
      Buffer.from(`${POST}\r\n${HOST}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n${'T: t\r\n'.repeat(20_000)}`),
    statuses: [200, ...REFUSED],
  },
  {
    name: 'an unknown upgrade with bytes behind',
    bytes: text(
      'GET /healthz HTTP/1.1',
      HOST,
      'Connection: Upgrade',
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA',
      '',
      'PRI * HTTP/2.0',
    ),
    statuses: REFUSED,
  },
  {
    name: 'a websocket nobody serves',
    bytes: text(
      'GET / HTTP/1.1',
      HOST,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
      '',
      '\u0081\u00ff',
    ),
    statuses: REFUSED,
  },
  {
    name: 'a websocket of a stranger',
    bytes: text(
      'GET /hosted/live?i=x HTTP/1.1',
      HOST,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
      'Origin: http://evil.example',
      '',
      '',
    ),
    statuses: [403],
  },
  {
    name: 'an upgrade to no URL',
    bytes: text('GET //[ HTTP/1.1', HOST, 'Connection: Upgrade', 'Upgrade: websocket', '', ''),
    statuses: REFUSED,
  },
];

export interface RawReport {
  readonly attacks: number;
  readonly faults: readonly string[];
  readonly figures: Readonly<Record<string, number>>;
}

/** All of them in turn, then slow clients together. `patient`: waits until the hub itself ends the slow ones (more than a minute). */
export async function rawAttacks(
  world: HostileWorld,
  options: { patient: boolean; progress?: (line: string) => void },
): Promise<RawReport> {
  const faults: string[] = [];
  const logged = world.logged.length;
  const url = world.prepared.hubUrl;
  for (const one of attacks) {
    const heard = await speak(url, '127.0.90.1', one.bytes(), { silenceMs: 300 });
    for (const fault of judge(one, heard)) faults.push(`raw ${one.name}: ${fault}`);
  }
  await breakOffs(url);
  const figures = await slowClients(world, faults, options);
  const health = await fetch(`${url}/readyz`);
  if (health.status !== 200) faults.push(`not ready afterwards: ${health.status}`);
  faults.push(...faultsInLog(world.logged.slice(logged)));
  return { attacks: attacks.length + 1 + SLOW.length, faults, figures };
}

function judge({ most = 1, statuses = REFUSED }: RawAttack, { replies, rest, end }: Heard): string[] {
  const faults: string[] = [];
  if (end === 'patience') faults.push('left open');
  if (replies.length > most)
    faults.push(`${replies.length} answers: ${replies.map((reply) => reply.status).join(' ')}`);
  for (const { status, body } of replies) {
    if (!statuses.includes(status)) faults.push(`status ${status}: ${body.toString('utf8').slice(0, 100)}`);
  }
  if (rest.length > 0) faults.push(`bytes that are no HTTP: ${rest.subarray(0, 60).toString('latin1')}`);
  return faults;
}

/** Connections reset in the middle of everything: before a byte, in the head, in the body, while the answer is made. */
async function breakOffs(url: string): Promise<void> {
  const starts = [
    '',
    'POST /api',
    `${POST}\r\n${HOST}\r\nContent-Length: 1000\r\n\r\n{"a"`,
    HIDDEN,
    `${POST}\r\n${HOST}\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n`,
  ];
  for (let i = 0; i < 100; i += 1) {
    const socket = await open(url, '127.0.90.2');
    socket.on('error', () => undefined);
    await new Promise<void>((resolve) => socket.write(starts[i % starts.length] || ' ', () => resolve()));
    if (i % 2 === 0) socket.resetAndDestroy();
    else socket.destroy();
  }
}

/** First bytes, then one of `drip` every half second. */
const SLOW: readonly { readonly name: string; readonly first: string; readonly drip: string }[] = [
  { name: 'header drip', first: 'GET /healthz HTTP/1.1\r\nHost: x\r\n', drip: 'X: y\r\n' },
  { name: 'silent', first: '', drip: '' },
  { name: 'body drip', first: `${POST}\r\n${HOST}\r\nContent-Length: 100000\r\n\r\n`, drip: ' ' },
  { name: 'chunk drip', first: `${POST}\r\n${HOST}\r\nTransfer-Encoding: chunked\r\n\r\n`, drip: '1\r\n \r\n' },
  {
    name: 'page body drip',
    first: `POST /drivers/beichen/callback/x HTTP/1.1\r\n${HOST}\r\nContent-Length: 60000\r\n\r\n`,
    drip: ' ',
  },
];
const SLOW_EACH = 40;

/** Two hundred clients that never finish: the hub answers others meanwhile and, when waited for, ends every one of them. */
async function slowClients(
  world: HostileWorld,
  faults: string[],
  { patient, progress }: { patient: boolean; progress?: (line: string) => void },
): Promise<Record<string, number>> {
  const url = world.prepared.hubUrl;
  const before = residentMb(world.hub.child.pid);
  const sockets: { name: string; socket: Socket; heard: Promise<Omit<Heard, 'ms'>> }[] = [];
  for (const { name, first, drip } of SLOW) {
    for (let i = 0; i < SLOW_EACH; i += 1) {
      const socket = await open(url, `127.0.91.${i + 1}`);
      if (first !== '') socket.write(first);
      const timer = setInterval(() => (drip === '' || socket.destroyed ? undefined : socket.write(drip)), 500);
      const heard = hear(socket, patient ? 90_000 : 2_000);
      void heard.then(() => clearInterval(timer));
      sockets.push({ name, socket, heard });
    }
  }
  const slowest = await healthBeside(url, patient ? 20 : 5);
  const most = residentMb(world.hub.child.pid);
  progress?.(`${sockets.length} slow clients are waited for`);
  for (const { name, heard } of sockets) {
    const { end, replies } = await heard;
    if (patient && end === 'patience') faults.push(`slow ${name}: never ended`);
    for (const reply of replies)
      if (![408, 400].includes(reply.status)) faults.push(`slow ${name}: status ${reply.status}`);
  }
  return { slowClients: sockets.length, rssGrowthMb: Math.round(most - before), slowestHealthMs: Math.round(slowest) };
}

async function healthBeside(url: string, times: number): Promise<number> {
  let slowest = 0;
  for (let i = 0; i < times; i += 1) {
    const began = performance.now();
    const reply = await fetch(`${url}/readyz`);
    await reply.text();
    if (reply.status !== 200) throw new Error(`readyz answered ${reply.status} beside slow clients`);
    slowest = Math.max(slowest, performance.now() - began);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return slowest;
}
