import type { IncomingMessage } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import { promisify } from 'node:util';
import { createGunzip, createInflate, gunzip, inflate } from 'node:zlib';
import { type Bytes, concat } from '#kernel/bytes.ts';
import { HubError, refusal } from '#kernel/errors.ts';
import { limits } from '#kernel/limits.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { EdgeContext } from './context.ts';

/**
 * The whole body, at most `limit` bytes, also after decompression (gzip, deflate). hono/body-limit is not used: it costs two thirds of the
 * throughput (dependencies 4). Refusals: BODY_TOO_LARGE, BODY_NOT_JSON (cut off, or an encoding we do not read).
 */
export async function readBody(c: EdgeContext, limit: number): Promise<Result<Bytes>> {
  const declared = Number(c.req.header('content-length') ?? 0);
  if (declared > limit) return tooLarge(c, limit);
  const sent = c.env?.incoming ? await readIncoming(c.env.incoming, limit) : await readStream(c.req.raw.body, limit);
  if (sent === 'too-large') return tooLarge(c, limit);
  if (sent === 'cut-off') return unreadable('内容没有传完');
  return decode(c, sent, limit);
}

/** The connection is not used again: what the caller still sends is not worth reading. */
function tooLarge(c: EdgeContext, limit: number): Result<never> {
  c.header('Connection', 'close');
  return refused(refusal('BODY_TOO_LARGE', { limit: humanLimit(limit) }));
}

const humanLimit = (limit: number): string =>
  limit >= 1 << 20 ? `${Math.floor(limit / (1 << 20))} MB` : `${limit >> 10} KB`;

const unreadable = (reason: string): Result<never> => refused(refusal('BODY_NOT_JSON', { reason }));

type Read = Bytes | 'too-large' | 'cut-off';

/** Straight from the socket, counted as it comes, so that a chunked body is bounded as well. Stops reading, never kills the socket. */
function readIncoming(incoming: IncomingMessage, limit: number): Promise<Read> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const late = setTimeout(() => tooSlow(incoming), limits.bodyTime);
    const finish = (read: Read) => {
      clearTimeout(late);
      incoming.off('data', take).off('end', end).off('close', cut).off('error', cut);
      resolve(read);
    };
    const take = (chunk: Buffer) => {
      size += chunk.length;
      chunks.push(chunk);
      if (size <= limit) return;
      incoming.pause();
      finish('too-large');
    };
    const end = () => finish(concat(...chunks));
    const cut = () => finish('cut-off');
    incoming.on('data', take).on('end', end).on('close', cut).on('error', cut);
    if (incoming.readableEnded) end();
    else if (incoming.destroyed) cut();
  });
}

/** As the server answers a head that never ends; the socket's close ends whoever waits for the body. */
function tooSlow(incoming: IncomingMessage): void {
  const answer = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';
  incoming.socket.end(answer, () => incoming.socket.destroy());
}

/**
 * A body too large to hold, piece by piece as it is asked for (the socket waits meanwhile). What goes wrong after the first byte is thrown as a
 * HubError at the place of reading: BODY_TOO_LARGE beyond `limit`, BODY_CUT_OFF when the sender goes away or is silent for
 * `limits.streamIdle`. The connection is not used again, so that a refusal in the middle need not read the rest. `mayBePacked`: gzip and deflate are
 * expanded, and `limit` holds before and after.
 */
export function streamBody(
  c: EdgeContext,
  limit: number,
  { mayBePacked = false }: { mayBePacked?: boolean } = {},
): Result<AsyncIterable<Bytes>> {
  c.header('Connection', 'close');
  if (Number(c.req.header('content-length') ?? 0) > limit) return tooLarge(c, limit);
  const encoding = (c.req.header('content-encoding') ?? 'identity').trim().toLowerCase();
  const isPlain = encoding === 'identity' || encoding === '';
  if (!isPlain && !mayBePacked) return unreadable('这里不支持压缩，请按原样提交文件内容');
  if (!isPlain && !Object.hasOwn(expanders, encoding)) return unreadable('不支持这种压缩方式，请使用 gzip 或不压缩');
  const { incoming } = c.env ?? {};
  const sent = bounded(incoming ? piecesOf(incoming) : (c.req.raw.body ?? []), limit);
  return ok(isPlain ? sent : bounded(expanded(sent, encoding), limit));
}

async function* expanded(sent: AsyncIterable<Bytes>, encoding: string): AsyncIterable<Bytes> {
  const expander = encoding === 'deflate' ? createInflate() : createGunzip();
  try {
    yield* pipeline(Readable.from(sent, { objectMode: false }), expander, () => undefined) as AsyncIterable<Bytes>;
  } catch (error) {
    if (error instanceof HubError) throw error;
    throw new HubError('BODY_NOT_JSON', 'packed body', { params: { reason: '压缩内容不完整' }, cause: error });
  }
}

async function* bounded(source: AsyncIterable<Bytes> | Iterable<Bytes>, limit: number): AsyncIterable<Bytes> {
  let size = 0;
  for await (const piece of source) {
    size += piece.length;
    if (size > limit) throw new HubError('BODY_TOO_LARGE', 'streamed body', { params: { limit: humanLimit(limit) } });
    yield piece;
  }
}

async function* piecesOf(incoming: IncomingMessage): AsyncIterable<Bytes> {
  let waiting: NodeJS.Timeout | undefined;
  const wait = () => {
    waiting = setTimeout(() => incoming.destroy(new Error('the sender is silent')), limits.streamIdle);
  };
  try {
    wait();
    for await (const piece of incoming.iterator({ destroyOnReturn: false })) {
      clearTimeout(waiting);
      yield piece as Bytes;
      wait();
    }
  } catch (error) {
    throw new HubError('BODY_CUT_OFF', 'streamed body ended early', { cause: error });
  } finally {
    clearTimeout(waiting);
  }
}

async function readStream(stream: ReadableStream<Uint8Array> | null, limit: number): Promise<Read> {
  if (stream === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > limit) return 'too-large';
    chunks.push(chunk);
  }
  return concat(...chunks);
}

const expanders = { gzip: promisify(gunzip), 'x-gzip': promisify(gunzip), deflate: promisify(inflate) };

async function decode(c: EdgeContext, sent: Bytes, limit: number): Promise<Result<Bytes>> {
  const encoding = (c.req.header('content-encoding') ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity' || encoding === '') return ok(sent);
  if (!Object.hasOwn(expanders, encoding)) return unreadable('不支持这种压缩方式，请使用 gzip 或不压缩');
  try {
    return ok(await expanders[encoding as keyof typeof expanders](sent, { maxOutputLength: limit }));
  } catch (error) {
    const bomb = error instanceof RangeError || (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    return bomb ? tooLarge(c, limit) : unreadable('压缩内容不完整');
  }
}
