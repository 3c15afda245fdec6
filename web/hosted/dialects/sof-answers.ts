import { fromBase64 } from '../../sdk/bytes.ts';
import type { AgentFailure } from './dialect.ts';
import type { RetVal } from './sof-talk.ts';

/** One line of SOF_GetUserList. */
export interface User {
  readonly name: string;
  readonly certId: string;
}

const MOST_USERS = 16;
const USER = /^([^\p{Cc}]{1,200})\|\|([^|&\p{Cc}]{1,200})$/u;

/** `name||certId&&&name||certId&&&`, the last separator there or not. null: not such a list, and then none of it is believed. */
export function usersIn(value: RetVal): readonly User[] | null {
  if (typeof value !== 'string') return null;
  const lines = value.replace(/&&&$/, '').split('&&&');
  if (value === '') return [];
  const users = lines.map((line) => USER.exec(line));
  const read = users.flatMap((found) => (found === null ? [] : [{ name: found[1] ?? '', certId: found[2] ?? '' }]));
  const ids = new Set(read.map(({ certId }) => certId));
  return read.length === lines.length && ids.size === read.length && read.length <= MOST_USERS ? read : null;
}

/** true as itself, as text or as 1; null: neither it nor its contrary. */
export function truthIn(value: RetVal): boolean | null {
  const said = String(value).toLowerCase();
  if (said === 'true' || said === '1') return true;
  return said === 'false' || said === '0' ? false : null;
}

/** PIN tries: 0 to 99, as number or text; null: no such count. */
export function triesIn(value: RetVal): number | null {
  return /^\d{1,2}$/.test(String(value)) ? Number(value) : null;
}

/** DER in base64, from base64 with or without line breaks, or PEM. null: no certificate. */
export function certificateIn(value: RetVal): string | null {
  const text = String(value)
    .replace(/-----(BEGIN|END) CERTIFICATE-----/g, '')
    .replace(/\s+/g, '');
  const der = text.length > 16_384 ? null : fromBase64(text);
  return der !== null && der.length > 64 && der[0] === 0x30 ? text : null;
}

/** Bytes behind base64, line breaks or not; '' is how such a service says that it failed. */
export function bytesIn(value: RetVal, most: number): Uint8Array | null {
  if (typeof value !== 'string' || value === '' || value.length > most * 2 + 64) return null;
  const bytes = fromBase64(value.replace(/\s+/g, ''));
  return bytes === null || bytes.length === 0 || bytes.length > most ? null : bytes;
}

/** Codes of GM/T 0016 (0x0A…) and of the SOF interface (0x0B…) that mean something to a person; the rest is the service's own trouble. */
const MEANING: Readonly<Record<number, AgentFailure['code']>> = {
  // Not supported; key, certificate not found.
  167772163: 'NOT_SUPPORTED',
  167772187: 'KEY_NOT_FOUND',
  167772188: 'KEY_NOT_FOUND',
  // Device removed.
  167772195: 'KEY_REMOVED',
  // PIN incorrect, locked, invalid, of a wrong length; not logged in.
  167772196: 'PIN_INCORRECT',
  167772197: 'PIN_LOCKED',
  167772198: 'PIN_INCORRECT',
  167772199: 'PIN_INCORRECT',
  167772205: 'PIN_REQUIRED',
  184550657: 'PIN_INCORRECT',
};

/** What SOF_GetLastError says, as a number or as text, decimal or `0x0A000024`. null: nothing that this page knows. */
export function meaningOf(value: RetVal): AgentFailure['code'] | null {
  const said = String(value);
  const code = /^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(said) ? Number(said) : Number.NaN;
  return MEANING[code] ?? null;
}
