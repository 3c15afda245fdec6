import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { base64 } from '#kernel/bytes.ts';
import { readJsonObject } from '#kernel/json.ts';
import type { Random } from '#kernel/random.ts';
import { Secret } from '#kernel/secret.ts';
import { agentError } from './errors.ts';
import { PIN_PATH, type PinDialogs } from './pin-dialogs.ts';
import { pinPage, pinPageEnded } from './pin-page.ts';
import { readBody, sendJson, sendStatus } from './replies.ts';

const body = z.union([z.object({ pin: z.string().max(256) }), z.object({ cancel: z.literal(true) })]);

/**
 * The HTTP side of a PIN window. GET shows it, in a frame of the hub that asked and nowhere else; POST takes the PIN, from the window itself and nobody else. The
 * address is the only key to it: 32 random bytes, one dialog, three minutes.
 */
export async function pinDoor(
  request: IncomingMessage,
  reply: ServerResponse,
  { dialogs, random, ownOrigins }: { dialogs: PinDialogs; random: Random; ownOrigins: readonly string[] },
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://agent');
  const secret = url.pathname.slice(PIN_PATH.length);
  if (request.method === 'GET') return show(reply, secret, url, { dialogs, random });
  if (request.method !== 'POST') return sendStatus(reply, 405, { allow: 'GET, POST' });
  // a form or a script of another origin cannot forge this: browsers write Origin themselves
  if (!ownOrigins.includes(request.headers.origin ?? '')) return sendStatus(reply, 403);
  if (request.headers['content-type'] !== 'application/json') return sendStatus(reply, 415);
  const bytes = await readBody(request, 1_024);
  const json = bytes && readJsonObject(bytes, { size: 1_024, depth: 2 });
  const parsed = json?.ok === true ? body.safeParse(json.value) : undefined;
  if (parsed?.success !== true) return sendStatus(reply, 400);
  const answer =
    'pin' in parsed.data ? await dialogs.attempt(secret, new Secret(parsed.data.pin)) : dialogs.cancel(secret);
  if (answer === undefined) return sendJson(reply, { state: 'ended', error: agentError('NOT_AUTHORIZED') }, 404);
  sendJson(reply, answer);
}

function show(
  reply: ServerResponse,
  secret: string,
  url: URL,
  { dialogs, random }: { dialogs: PinDialogs; random: Random },
): void {
  const dialog = dialogs.find(secret);
  const nonce = base64(random.bytes(16));
  const language = url.searchParams.get('lang') === 'en' ? 'en' : 'zh';
  const status = dialog?.token.pinStatus();
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': [
      "default-src 'none'",
      `style-src 'nonce-${nonce}'`,
      `script-src 'nonce-${nonce}'`,
      "connect-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      `frame-ancestors ${dialog === undefined ? "'none'" : [dialog.origin, ...dialog.frames].join(' ')}`,
    ].join('; '),
  };
  if (dialog === undefined || status === undefined || status === 'removed') {
    sendStatus(reply, 404, headers, pinPageEnded(language, nonce));
  } else {
    const { origin, token } = dialog;
    const page = pinPage({ label: token.label, origin, remaining: status.remaining, language, nonce });
    sendStatus(reply, 200, headers, page);
  }
}
