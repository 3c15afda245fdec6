import { lookup as systemLookup } from 'node:dns/promises';
import http from 'node:http';
import https from 'node:https';
import { Readable } from 'node:stream';
import { getCACertificates } from 'node:tls';
import type { Bytes } from '#kernel/bytes.ts';
import type { Logger } from '#kernel/log.ts';
import { admit, no, type Target } from './admission.ts';
import { type Agents, createAgents, Forbidden, type Lookup } from './agents.ts';

/** A body that is written while it is sent. `open` gives exactly `length` bytes; more or fewer, and the call fails. */
export interface StreamedBody {
  readonly length: number;
  open(): AsyncIterable<Bytes>;
}

export interface EgressCall {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Bytes | StreamedBody;
  /** For everything: resolving, connecting, sending, the whole answer. */
  readonly timeoutMs: number;
  /** Of the answer's body; one byte more and the answer is not delivered at all. */
  readonly maxBytes: number;
  readonly allow: {
    /** `https://host[:port]`, compared exactly. */
    readonly origins: readonly string[];
    /** Special-purpose addresses registered for this party (`parseRange`); one that does not parse forbids the call. */
    readonly privateRanges: readonly string[];
    /** `registered`: plain http only to addresses inside privateRanges. Default `anywhere` (CRLs are signed and public). */
    readonly plainHttp?: 'registered' | 'anywhere';
  };
  readonly signal?: AbortSignal;
}

export type EgressResult =
  | {
      readonly ok: true;
      /** As received: 3xx included, nothing is followed. */
      readonly status: number;
      /** Lower-case names; repeated ones joined by `, `. */
      readonly headers: Readonly<Record<string, string>>;
      readonly body: Bytes;
    }
  | {
      readonly ok: false;
      /** `forbidden`: nothing was sent. `timeout` includes an aborted signal. After the others the peer may have acted. */
      readonly reason: 'forbidden' | 'timeout' | 'unreachable' | 'too-large';
      /** For the operator; no body, no header, no address of ours. */
      readonly detail: string;
    };

/** The only door to other people's hosts (design 9). Never throws. */
export interface Egress {
  request(call: EgressCall): Promise<EgressResult>;
  /** Closes idle connections. */
  close(): void;
}

export function createEgress(options: { log: Logger; extraCa?: string; lookup?: Lookup }): Egress {
  const resolve: Lookup = options.lookup ?? ((hostname) => systemLookup(hostname, { all: true }));
  const ca = options.extraCa === undefined ? undefined : [...getCACertificates('default'), options.extraCa];
  const agents = createAgents(resolve, ca);
  return {
    request: async (call) => {
      const target = admit(call);
      if ('ok' in target) {
        options.log.warn({ detail: target.detail }, 'egress refused');
        return target;
      }
      const result = await send(call, target, agents);
      if (!result.ok && result.reason === 'forbidden') options.log.warn({ detail: result.detail }, 'egress refused');
      return result;
    },
    close: agents.close,
  };
}

function send(call: EgressCall, target: Target, agents: Agents): Promise<EgressResult> {
  return new Promise((resolve) => {
    const { url } = target;
    const secure = url.protocol === 'https:';
    let request: http.ClientRequest | undefined;
    let finished = false;
    const finish = (result: EgressResult): void => {
      if (finished) return;
      finished = true;
      clearTimeout(timer);
      call.signal?.removeEventListener('abort', aborted);
      resolve(result);
      if (!result.ok) request?.destroy();
    };
    const timer = setTimeout(() => finish(no('timeout', `no complete answer in ${call.timeoutMs} ms`)), call.timeoutMs);
    const aborted = (): void => finish(no('timeout', 'aborted'));
    if (call.signal?.aborted) {
      aborted();
      return;
    }
    call.signal?.addEventListener('abort', aborted);
    try {
      request = (secure ? https : http).request(url, {
        method: call.method,
        agent: agents.of(secure, target.ranges, call.allow.plainHttp === 'registered'),
        headers: { 'accept-encoding': 'identity', ...call.headers, ...lengthOf(call.body) },
        maxHeaderSize: 16 * 1024,
      });
    } catch (error) {
      finish(no('forbidden', error instanceof Error ? `not a request: ${codeOf(error)}` : 'not a request'));
      return;
    }
    request.on('error', (error) =>
      finish(error instanceof Forbidden ? no('forbidden', error.message) : no('unreachable', codeOf(error))),
    );
    request.on('response', (response) => collect(response, call.maxBytes, finish));
    write(request, call.body, finish);
  });
}

function write(request: http.ClientRequest, body: EgressCall['body'], finish: (result: EgressResult) => void): void {
  if (!isStreamed(body)) {
    request.end(body);
    return;
  }
  // The receiver may answer before it has read everything: then what is left is not read either.
  const source = Readable.from(exactly(body), { objectMode: false });
  request.on('close', () => source.destroy());
  source.on('error', (error) => finish(no('unreachable', `the body broke off: ${codeOf(error)}`)));
  source.pipe(request);
}

async function* exactly({ length, open }: StreamedBody): AsyncIterable<Bytes> {
  let sent = 0;
  for await (const chunk of open()) {
    sent += chunk.length;
    if (sent > length) break;
    yield chunk;
  }
  if (sent !== length) throw new Error('the body has another length than announced');
}

const isStreamed = (body: EgressCall['body']): body is StreamedBody => typeof body === 'object' && 'open' in body;

function collect(response: http.IncomingMessage, maxBytes: number, finish: (result: EgressResult) => void): void {
  const parts: Buffer[] = [];
  let size = 0;
  if (Number(response.headers['content-length'] ?? 0) > maxBytes) {
    finish(no('too-large', `the answer announces more than ${maxBytes} bytes`));
    return;
  }
  response.on('data', (part: Buffer) => {
    size += part.length;
    if (size <= maxBytes) parts.push(part);
    else finish(no('too-large', `the answer has more than ${maxBytes} bytes`));
  });
  response.on('error', (error) => finish(no('unreachable', codeOf(error))));
  response.on('close', () => finish(no('unreachable', 'the answer ended too early')));
  response.on('end', () => {
    const headers = Object.entries(response.headers).map(([name, value]) => [name, [value].flat().join(', ')]);
    finish({
      ok: true,
      status: response.statusCode ?? 0,
      headers: Object.fromEntries(headers),
      body: Buffer.concat(parts),
    });
  });
}

function lengthOf(body: EgressCall['body']): Record<string, string> {
  if (body === undefined) return {};
  return { 'content-length': String(isStreamed(body) ? body.length : Buffer.byteLength(body)) };
}

const codeOf = (error: Error): string => ('code' in error && typeof error.code === 'string' ? error.code : error.name);
