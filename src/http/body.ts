import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { type Bytes, concat } from '#kernel/bytes.ts';
import { refusal } from '#kernel/errors.ts';
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
function tooLarge(c: EdgeContext, limit: number): Result<Bytes> {
  c.header('Connection', 'close');
  const text = limit >= 1 << 20 ? `${limit >> 20} MB` : `${limit >> 10} KB`;
  return refused(refusal('BODY_TOO_LARGE', { limit: text }));
}

const unreadable = (reason: string): Result<Bytes> => refused(refusal('BODY_NOT_JSON', { reason }));

type Read = Bytes | 'too-large' | 'cut-off';

/** Straight from the socket, counted as it comes, so that a chunked body is bounded as well. Stops reading, never kills the socket. */
function readIncoming(incoming: IncomingMessage, limit: number): Promise<Read> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const finish = (read: Read) => {
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
