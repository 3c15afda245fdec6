import type { Random } from './random.ts';

/** Kinds of ids, by their prefix: 128 random bits in Crockford base32 follow it. */
export type IdPrefix =
  | 'int'
  | 'sub'
  | 'crt'
  | 'enr'
  | 'out'
  | 'cfl'
  | 'sec'
  | 'key'
  | 'req'
  | 'his'
  // a signature between its preparation and the key's answer
  | 'sgn'
  // offline signing jobs
  | 'job'
  // seals and their uses
  | 'sel'
  | 'use'
  // envelope: tasks of encrypt, ciphertexts, items to open
  | 'enc'
  | 'cph'
  | 'itm'
  // opening: openings, lots, persons, shares, amendments, events, capsules, wraps, rehearsals, approvals, words about the clock
  | 'opn'
  | 'lot'
  | 'psn'
  | 'shr'
  | 'amd'
  | 'evt'
  | 'cap'
  | 'wrp'
  | 'reh'
  | 'apr'
  | 'tim'
  // the hall: proposals, facts, responses
  | 'prp'
  | 'fct'
  | 'rsp';

const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz';
/** No 0/O and no 1/I: read aloud over a telephone. */
const SUPPORT = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ';

/** `int_` + 26 characters, unguessable. */
export function newId(prefix: IdPrefix, random: Random): string {
  let value = BigInt(`0x${Buffer.from(random.bytes(16)).toString('hex')}`);
  let text = '';
  for (let i = 0; i < 26; i += 1) {
    text = CROCKFORD.charAt(Number(value & 31n)) + text;
    value >>= 5n;
  }
  return `${prefix}_${text}`;
}

/** `K7Q4-2M9D`: what a person reads to the help desk. 40 random bits. */
export function newSupportCode(random: Random): string {
  const letters = Array.from(random.bytes(8), (byte) => SUPPORT.charAt(byte & 31));
  return `${letters.slice(0, 4).join('')}-${letters.slice(4).join('')}`;
}
