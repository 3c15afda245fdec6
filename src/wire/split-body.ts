import { type Bytes, concat } from '#kernel/bytes.ts';
import { HubError } from '#kernel/errors.ts';
import { type JsonObject, readJsonObject } from '#kernel/json.ts';
import { limits } from '#kernel/limits.ts';
import { ok, type Result } from '#kernel/result.ts';
import type { PrintedField } from './interfaces.ts';

/** Stands in the rest of the body where the text was; no reader looks at it. */
const STAND_IN = 'x';

/**
 * A JSON body of which one member of the outermost object, a base64 text, is too large to hold: its text comes out piece by piece, unescaped, while the
 * body comes in; everything else is kept and read by the strict reader of `kernel/json.ts` at the end. Members may stand in any order. What is cut out
 * is exactly one string token, so the rest is a valid body if and only if the whole was.
 */
export interface BodySplitter {
  /** Throws HubError: FIELD_INVALID for a text that is no base64, BODY_NOT_JSON, BODY_TOO_LARGE for a text over `most` characters or a rest over `limits.jsonBody`. */
  push(chunk: Bytes): Bytes[];
  /** The rest, the large member standing in as a text of its own (empty where it was blank). Refusals of the strict reader. */
  end(): Result<JsonObject>;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const COLON = 0x3a;
const COMMA = 0x2c;
/** A name of which more than this is written cannot be the one that is looked for, however it is escaped. */
const LONGEST_NAME = 256;

/** `field` in any case of letters (readings L9); `most` characters besides white space. */
export function createBodySplitter(field: PrintedField, most: number): BodySplitter {
  const wanted = field.name.toLowerCase();
  const rest: Bytes[] = [];
  let kept = 0;
  let depth = 0;
  let isObject = false;
  /** In the outermost object: what may come next. */
  let next: 'name' | 'colon' | 'value' | 'other' = 'other';
  /** Inside a string: what becomes of it. */
  let string: 'none' | 'kept' | 'name' | 'large' = 'none';
  let escaped = false;
  let name: number[] = [];
  let isWanted = false;
  let found = false;
  let characters = 0;
  /** The beginning of an escape whose end has not come yet. */
  let open = '';

  const fault = (reason: string): HubError =>
    new HubError('FIELD_INVALID', 'large member', { params: { field: field.name, label: field.zh, reason } });
  const malformed = (): HubError => new HubError('BODY_NOT_JSON', 'large member', { params: { reason: '语法有误' } });
  const keep = (bytes: Bytes): void => {
    kept += bytes.length;
    if (kept > limits.jsonBody) throw tooLarge(limits.jsonBody);
    // A chunk that is held on to keeps its whole buffer; copies are as large as what is kept.
    if (bytes.length > 0) rest.push(Buffer.from(bytes));
  };

  /** From `at` to the end of the string or of the chunk; returns where it goes on. */
  const large = (chunk: Buffer, at: number, out: Bytes[]): number => {
    const quote = chunk.indexOf(QUOTE, at);
    const end = quote < 0 ? chunk.length : quote;
    const raw = open + chunk.toString('latin1', at, end);
    if (/[^ -\uffff]/.test(raw)) throw malformed();
    const { text, left } = unescaped(raw);
    if (/[^A-Za-z0-9+/=\r\n\t ]/.test(text) || (quote >= 0 && left !== '')) throw fault('应为 Base64');
    open = left;
    characters += text.length - (text.match(/[\r\n\t ]/g)?.length ?? 0);
    if (characters > most) throw tooLarge(limits.document);
    if (text !== '') out.push(Buffer.from(text, 'latin1'));
    if (quote < 0) return chunk.length;
    string = 'none';
    keep(Buffer.from(characters === 0 ? '"' : `${STAND_IN}"`));
    return quote + 1;
  };

  const endOfString = (): void => {
    if (string === 'name') {
      next = 'colon';
      isWanted = nameOf(name)?.toLowerCase() === wanted;
    } else if (depth === 1 && next === 'value') {
      next = 'other';
    }
    string = 'none';
  };

  const inString = (byte: number): void => {
    if (string === 'name' && name.length <= LONGEST_NAME) name.push(byte);
    if (escaped) escaped = false;
    else if (byte === BACKSLASH) escaped = true;
    else if (byte === QUOTE) endOfString();
  };

  const beginString = (): void => {
    const inOutermost = depth === 1 && isObject;
    if (inOutermost && next === 'name') {
      string = 'name';
      name = [];
    } else if (inOutermost && next === 'value' && isWanted) {
      if (found) throw fault('出现了两次');
      found = true;
      string = 'large';
      next = 'other';
    } else {
      string = 'kept';
    }
  };

  const isLarge = (): boolean => string === 'large';

  const structure = (byte: number): void => {
    switch (byte) {
      case QUOTE:
        beginString();
        return;
      case OPEN:
      case OPEN_LIST:
        if (depth === 0) isObject = byte === OPEN;
        depth += 1;
        next = depth === 1 && isObject ? 'name' : next;
        return;
      case CLOSE:
      case CLOSE_LIST:
        depth -= 1;
        return;
      case COMMA:
        if (depth === 1) next = 'name';
        return;
      case COLON:
        if (depth === 1) next = next === 'colon' ? 'value' : 'other';
        return;
    }
  };

  return {
    push(bytes) {
      const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      const out: Bytes[] = [];
      let from = 0;
      for (let at = 0; at < chunk.length; ) {
        if (isLarge()) {
          at = large(chunk, at, out);
          from = at;
          continue;
        }
        const byte = chunk[at] ?? 0;
        at += 1;
        if (string !== 'none') inString(byte);
        else structure(byte);
        if (isLarge()) {
          keep(chunk.subarray(from, at));
          from = at;
        }
      }
      keep(chunk.subarray(from));
      return out;
    },
    end() {
      const read = readJsonObject(concat(...rest));
      return read.ok ? ok(read.value) : read;
    },
  };
}

const tooLarge = (limit: number): HubError =>
  new HubError('BODY_TOO_LARGE', 'large member', { params: { limit: `${limit >> 20} MB` } });

/** JSON escapes of a piece of a string; `left`: the beginning of one that is cut off at the end. What is no escape stays, and is no base64. */
function unescaped(raw: string): { text: string; left: string } {
  if (!raw.includes('\\')) return { text: raw, left: '' };
  const left = /(?<!\\)(?:\\\\)*(\\(?:u[0-9a-fA-F]{0,3})?)$/.exec(raw)?.[1] ?? '';
  const whole = raw.slice(0, raw.length - left.length);
  const text = whole.replace(/\\(?:u([0-9a-fA-F]{4})|([bfnrt/"\\]))/g, (_, code?: string, one?: string) =>
    code === undefined ? (PLAIN[one ?? ''] ?? one ?? '') : String.fromCharCode(Number.parseInt(code, 16)),
  );
  return { text, left };
}

const PLAIN: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

function nameOf(quoted: readonly number[]): string | undefined {
  try {
    return JSON.parse(`"${Buffer.from(quoted).toString('utf8')}`) as string;
  } catch {
    return undefined;
  }
}
