import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Bytes, concat } from '#kernel/bytes.ts';

/** On every answer: nothing here is to be kept, sniffed, framed by strangers or referred to. */
const ALWAYS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'cross-origin', // a page may embed the PIN window; who may is said by frame-ancestors
} as const;

export function sendStatus(
  reply: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>> = {},
  body = '',
): void {
  const policy = { 'content-security-policy': "default-src 'none'; frame-ancestors 'none'" };
  reply.writeHead(status, { ...ALWAYS, ...policy, ...headers, 'content-length': Buffer.byteLength(body) });
  reply.end(body);
}

export const sendJson = (reply: ServerResponse, value: unknown, status = 200): void =>
  sendStatus(reply, status, { 'content-type': 'application/json; charset=utf-8' }, JSON.stringify(value));

/** The whole body; undefined when it is longer than `limit` bytes or breaks off. */
export async function readBody(request: IncomingMessage, limit: number): Promise<Bytes | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of request as AsyncIterable<Buffer>) {
      size += part.length;
      if (size > limit) return undefined;
      parts.push(part);
    }
  } catch {
    return undefined;
  }
  return concat(...parts);
}
