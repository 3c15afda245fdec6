import { isIP } from 'node:net';

/** A CIDR range or single address as registered for a party. */
export interface Range {
  readonly family: 4 | 6;
  readonly base: bigint;
  readonly prefix: number;
}

/**
 * `10.1.0.0/16`, `127.0.0.1`, `fd00::/8`, in canonical decimal or IPv6 spelling only.
 * Undefined for anything else, for set bits behind the prefix, and for ranges so wide (v4 under /8, v6 under /7) that they would register the whole world.
 */
export function parseRange(text: string): Range | undefined {
  const [address, prefixText, ...rest] = text.split('/');
  const parsed = address === undefined ? undefined : parseAddress(address);
  if (!parsed || rest.length > 0) return undefined;
  const bits = parsed.family === 4 ? 32 : 128;
  if (prefixText !== undefined && !/^(0|[1-9]\d{0,2})$/.test(prefixText)) return undefined;
  const prefix = prefixText === undefined ? bits : Number(prefixText);
  if (prefix > bits || prefix < (parsed.family === 4 ? 8 : 7)) return undefined;
  const behind = parsed.value & ((1n << BigInt(bits - prefix)) - 1n);
  return behind === 0n ? { family: parsed.family, base: parsed.value, prefix } : undefined;
}

/**
 * May the hub connect to this address? Public unicast addresses: yes. Every special range (loopback, private, link-local, CGNAT, ULA,
 * documentation, benchmarking, and the IPv6 forms that carry an IPv4 address inside): only where the party registered it.
 * Unspecified, multicast and reserved addresses: never. What does not parse: never.
 */
export function mayConnect(address: string, registered: readonly Range[]): boolean {
  const parsed = parseAddress(address);
  if (!parsed) return false;
  const plain = unmapped(parsed);
  if (NEVER.some((range) => contains(range, plain))) return false;
  if (registered.some((range) => contains(range, plain))) return true;
  return isPublic(plain);
}

/** Whether a registered range holds it: required for plain http, which protects nothing on a public road. */
export function isRegistered(address: string, registered: readonly Range[]): boolean {
  const parsed = parseAddress(address);
  return parsed !== undefined && registered.some((range) => contains(range, unmapped(parsed)));
}

interface Address {
  readonly family: 4 | 6;
  readonly value: bigint;
}

function parseAddress(text: string): Address | undefined {
  const [plain = ''] = text.split('%'); // a zone id says which link, not which address
  const family = isIP(plain);
  if (family === 4) return { family, value: v4(plain) };
  return family === 6 ? { family, value: v6(plain) } : undefined;
}

const v4 = (text: string): bigint => text.split('.').reduce((value, part) => (value << 8n) | BigInt(part), 0n);

function v6(text: string): bigint {
  const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const inner = v4(tail?.[2] ?? '0.0.0.0');
  const whole = tail ? `${tail[1]}${(inner >> 16n).toString(16)}:${(inner & 0xffffn).toString(16)}` : text;
  const [left = '', right] = whole.split('::');
  const groups = (half: string): string[] => (half === '' ? [] : half.split(':'));
  const head = groups(left);
  const end = right === undefined ? [] : groups(right);
  const middle = Array<string>(right === undefined ? 0 : 8 - head.length - end.length).fill('0');
  return [...head, ...middle, ...end].reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n);
}

const range = (text: string): Range => {
  const [address = '', prefix = ''] = text.split('/');
  const parsed = parseAddress(address);
  if (!parsed) throw new Error(`not a range: ${text}`);
  return { family: parsed.family, base: parsed.value, prefix: Number(prefix) };
};

function contains(within: Range, address: Address): boolean {
  const shift = BigInt((within.family === 4 ? 32 : 128) - within.prefix);
  return within.family === address.family && within.base >> shift === address.value >> shift;
}

const MAPPED = range('::ffff:0:0/96');
/** `::ffff:a.b.c.d` reaches the IPv4 host a.b.c.d; judge that one. */
const unmapped = (address: Address): Address =>
  contains(MAPPED, address) ? { family: 4, value: address.value & 0xffff_ffffn } : address;

const NEVER = ['0.0.0.0/8', '224.0.0.0/4', '240.0.0.0/4', '::/128', 'ff00::/8'].map(range);

/** IANA special-purpose registry, IPv4. */
const SPECIAL_V4 = [
  '10.0.0.0/8',
  '100.64.0.0/10', // CGNAT
  '127.0.0.0/8',
  '169.254.0.0/16', // link-local, where clouds keep their metadata service
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24', // 6to4 relays
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
].map(range);

/** Outside 2000::/3 nothing is public: that leaves out ::1, fc00::/7, fe80::/10, 64:ff9b::/96 (NAT64), ::/96 (IPv4-compatible), 100::/64. */
const GLOBAL_V6 = range('2000::/3');
const SPECIAL_V6 = [
  '2001::/23', // Teredo, ORCHID, benchmarking
  '2001:db8::/32',
  '2002::/16', // 6to4 carries any IPv4 address inside
  '3fff::/20',
].map(range);

function isPublic(address: Address): boolean {
  if (address.family === 4) return !SPECIAL_V4.some((special) => contains(special, address));
  return contains(GLOBAL_V6, address) && !SPECIAL_V6.some((special) => contains(special, address));
}
