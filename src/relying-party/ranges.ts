import { isIP } from 'node:net';

/** A CIDR block as numbers: `family` 4 or 6, `first` and `last` address inclusive. */
export interface Range {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}

/** `10.1.0.0/16`, `fd00::/8`; a bare address is a block of one. undefined: not a CIDR block, or host bits are set. */
export function parseRange(text: string): Range | undefined {
  const [address = '', prefixText, ...rest] = text.split('/');
  const value = addressValue(address);
  if (value === undefined || rest.length > 0) return undefined;
  const bits = value.family === 4 ? 32 : 128;
  if (prefixText !== undefined && !/^\d{1,3}$/.test(prefixText)) return undefined;
  const prefix = prefixText === undefined ? bits : Number(prefixText);
  if (prefix > bits) return undefined;
  const size = 1n << BigInt(bits - prefix);
  if (value.number % size !== 0n) return undefined;
  return { family: value.family, first: value.number, last: value.number + size - 1n };
}

/** Whether `inner` lies wholly in one of `outer`. */
export const isWithin = (inner: Range, outer: readonly Range[]): boolean =>
  outer.some((range) => range.family === inner.family && range.first <= inner.first && inner.last <= range.last);

/** Whether an IP literal (IPv6 also in brackets, as URLs have it) lies in one of the written ranges. */
export function addressWithin(address: string, ranges: readonly string[]): boolean {
  const inner = parseRange(address.replace(/^\[|\]$/g, ''));
  if (inner === undefined) return false;
  return isWithin(
    inner,
    ranges.flatMap((text) => parseRange(text) ?? []),
  );
}

function addressValue(address: string): { family: 4 | 6; number: bigint } | undefined {
  const family = isIP(address);
  if (family === 4) return { family, number: fold(address.split('.').map(Number), 8n) };
  if (family !== 6 || address.includes('%')) return undefined;
  return { family, number: fold(groupsOf(address), 16n) };
}

const fold = (parts: readonly number[], bits: bigint): bigint =>
  parts.reduce((sum, part) => (sum << bits) | BigInt(part), 0n);

/** The eight groups of an IPv6 literal that node:net has already accepted. */
function groupsOf(address: string): number[] {
  const [head = '', tail] = address.split('::');
  const left = groupList(head);
  if (tail === undefined) return left;
  const right = groupList(tail);
  return [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
}

function groupList(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}
