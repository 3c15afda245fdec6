import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { catalogue } from '#kernel/catalogue.ts';
import { refusal, sentence } from '#kernel/errors.ts';
import { SCRIPT } from './payloads.ts';
import type { Draft, Kind } from './shot.ts';
import type { Heard, Reply } from './wire.ts';

/** What a route may answer with; the server's own refusals (FROM_SERVER) may stand for damage to HTTP itself. */
const STATUSES: Readonly<Record<Kind, readonly number[]>> = {
  wire: [200, 404, 413],
  ext: [200, 400, 401, 403, 404, 409, 413],
  // Its refusals have the status of their row: any of them, but no failure of the hub's.
  openings: [200, ...new Set(Object.values(catalogue).map(({ wire }) => wire))].filter((status) => status < 500),
  page: [200, 413, 429],
  door: [200, 404, 429],
  facts: [200, 404],
  html: [200, 304, 308, 403, 404, 410],
  file: [200, 206, 304, 404, 416],
  live: [101, 403, 404, 503],
};
const FROM_SERVER = [100, 400, 404, 405, 408, 413, 417, 426, 431];
/** A path that was changed may have become anybody's. */
const ANY = [...new Set(Object.values(STATUSES).flat())];

/** Nothing of our inside: stack lines, source positions, database words, this folder's path. */
const INSIDE =
  /\n\s+at \S+.*:\d+:\d+|\.(ts|js|mjs):\d+:\d+|node:internal|node_modules|SQLITE_|SqliteError|PostgresError|ECONNREFUSED|\bENOENT\b/;
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** One sentence and one code for every failed decryption, whatever failed. */
const UNDECRYPTED = sentence(refusal('DECRYPT_FAILED'));
/** On the wire the sentence ends with the number to tell. */
const saysUndecrypted = (said: unknown): boolean =>
  String(said).replace(/（编号 [2-9A-Z]{4}-[2-9A-Z]{4}）$/, '') === UNDECRYPTED;
const UNDECRYPTED_CODE = catalogue.DECRYPT_FAILED.wire;

export const BOUND_MS = 15_000;

/** Everything that is wrong with what was heard; empty when all promises were kept. */
export function faultsOf(draft: Draft, heard: Heard): string[] {
  const faults: string[] = [];
  if (heard.end === 'patience') faults.push('the connection was still open when patience ended');
  if (heard.ms > BOUND_MS) faults.push(`answered after ${Math.round(heard.ms)} ms`);
  const upgraded = heard.replies.some((reply) => reply.status === 101);
  if (heard.rest.length > 0 && !upgraded && !heard.rest.toString('latin1').startsWith('HTTP/1.1')) {
    faults.push(`bytes that are no HTTP: ${heard.rest.subarray(0, 60).toString('latin1')}`);
  }
  if (heard.replies.length === 0 && !draft.http && heard.end === 'closed') faults.push('closed without an answer');
  for (const reply of heard.replies) faults.push(...judge(draft, reply, heard.end));
  return faults;
}

function judge(draft: Draft, reply: Reply, end: Heard['end']): string[] {
  const faults: string[] = [];
  const { status } = reply;
  const text = textOf(reply);
  const allowed = draft.http ? [...ANY, ...FROM_SERVER] : STATUSES[draft.target.kind];
  if (status >= 500 && !(status === 503 && draft.target.kind === 'live'))
    faults.push(`status ${status}: ${text.slice(0, 200)}`);
  else if (!allowed.includes(status))
    faults.push(`status ${status} is not among the documented ones: ${text.slice(0, 200)}`);
  if (!reply.whole && end === 'closed' && draft.method !== 'HEAD')
    faults.push(`an answer of status ${status} was cut short`);
  if (INSIDE.test(text) || text.includes(ROOT)) faults.push(`the answer shows our inside: ${text.slice(0, 300)}`);
  const type = reply.headers['content-type'] ?? '';
  if (type.startsWith('text/html') && text.includes(SCRIPT)) faults.push('the page repeats a script');
  if (Object.keys(reply.headers).includes('x-injected')) faults.push('a header was injected');
  const bare = text === '' || draft.method === 'HEAD';
  if (type.startsWith('application/json') && !bare) faults.push(...shape(text, draft));
  else if (!bare && !draft.http && !['html', 'file'].includes(draft.target.kind) && !isPaper(draft, type))
    faults.push(`no JSON but ${type}: ${text.slice(0, 100)}`);
  return faults;
}

const isPaper = ({ target }: Draft, type: string): boolean => target.paper === true && type === 'application/pdf';

/** `{code,msg}`, `{ok,…}` or a fact; never code 500, never INTERNAL. */
function shape(text: string, draft: Draft): string[] {
  let answer: Record<string, unknown>;
  try {
    answer = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return [`says JSON and is none: ${text.slice(0, 100)}`];
  }
  if ('code' in answer) {
    if (answer['code'] === UNDECRYPTED_CODE && !saysUndecrypted(answer['msg']))
      return [`a decryption failed with words of its own: ${String(answer['msg'])}`];
    if (typeof answer['code'] !== 'number') return ['code is no number'];
    if (answer['code'] >= 500) return [`code ${answer['code']}: ${text.slice(0, 300)}`];
    return /[\u4e00-\u9fff]/.test(String(answer['msg'])) || answer['code'] === 200 ? [] : ['msg is not Chinese'];
  }
  if ('ok' in answer) {
    const inside = errorsIn(answer).flatMap(faultOfError);
    if (answer['ok'] === true || inside.length > 0) return inside;
    const error = answer['error'] as { code?: unknown; message?: unknown } | undefined;
    if (typeof error?.code !== 'string' || !/[\u4e00-\u9fff]/.test(String(error.message)))
      return ['error without code or sentence'];
    return [];
  }
  return draft.target.kind === 'facts' || draft.http ? [] : [`neither code nor ok: ${text.slice(0, 100)}`];
}

interface Said {
  readonly code: string;
  readonly message: unknown;
}

/** Every error that an answer tells, of the whole or of one of the files on the page. */
function errorsIn(value: unknown): Said[] {
  if (typeof value !== 'object' || value === null) return [];
  const { code, message } = value as { code?: unknown; message?: unknown };
  const own = typeof code === 'string' && message !== undefined ? [{ code, message }] : [];
  return [...own, ...Object.values(value).flatMap(errorsIn)];
}

function faultOfError({ code, message }: Said): string[] {
  if (code === 'INTERNAL') return ['error INTERNAL'];
  if (code === 'DECRYPT_FAILED' && !saysUndecrypted(message))
    return [`a decryption failed with words of its own: ${String(message)}`];
  return [];
}

function textOf(reply: Reply): string {
  if (reply.headers['content-encoding'] !== 'gzip') return reply.body.toString('utf8');
  try {
    return gunzipSync(reply.body).toString('utf8');
  } catch {
    return '';
  }
}
