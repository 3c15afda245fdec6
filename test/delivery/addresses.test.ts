import { describe, expect, it } from 'vitest';
import { isRegistered, mayConnect, parseRange, type Range } from '#delivery/addresses.ts';

const ranges = (...texts: string[]): Range[] =>
  texts.map((text) => {
    const range = parseRange(text);
    if (!range) throw new Error(`not a range: ${text}`);
    return range;
  });

describe('an address', () => {
  it.each([
    ['1.1.1.1'],
    ['8.8.8.8'],
    ['11.0.0.1'],
    ['100.63.255.255'],
    ['100.128.0.0'],
    ['172.15.255.255'],
    ['172.32.0.0'],
    ['192.167.1.1'],
    ['223.255.255.255'],
    ['2400:3200::1'],
    ['2606:4700:4700::1111'],
    ['::ffff:1.1.1.1'],
    ['::ffff:101:101'],
  ])('%s is public', (address) => {
    expect(mayConnect(address, [])).toBe(true);
  });

  it.each([
    ['127.0.0.1'],
    ['127.255.255.254'],
    ['10.0.0.1'],
    ['172.16.0.1'],
    ['172.31.255.255'],
    ['192.168.1.1'],
    ['169.254.169.254'],
    ['100.64.0.1'],
    ['100.127.255.255'],
    ['192.0.0.8'],
    ['192.0.2.1'],
    ['198.18.0.1'],
    ['198.51.100.7'],
    ['203.0.113.9'],
    ['192.88.99.1'],
    ['::1'],
    ['fe80::1'],
    ['fe80::1%eth0'],
    ['fc00::1'],
    ['fd12:3456::1'],
    ['fec0::1'],
    ['::ffff:127.0.0.1'],
    ['::ffff:7f00:1'],
    ['::ffff:10.0.0.1'],
    ['::127.0.0.1'],
    ['::7f00:1'],
    ['64:ff9b::7f00:1'],
    ['64:ff9b::10.0.0.1'],
    ['64:ff9b:1::1'],
    ['2002:7f00:1::'],
    ['2002:a00:1::1'],
    ['2001::1'],
    ['2001:0:7f00:1::'],
    ['2001:db8::1'],
    ['3fff::1'],
    ['100::1'],
    ['5f00::1'],
  ])('%s is reached only where it is registered', (address) => {
    expect(mayConnect(address, [])).toBe(false);
    expect(mayConnect(address, ranges('11.0.0.0/8', '2400::/16'))).toBe(false);
  });

  it.each([
    ['0.0.0.0'],
    ['0.1.2.3'],
    ['224.0.0.1'],
    ['239.1.1.1'],
    ['240.0.0.1'],
    ['255.255.255.255'],
    ['::'],
    ['ff02::1'],
    ['::ffff:0.0.0.0'],
  ])('%s is never reached, whatever is registered', (address) => {
    expect(
      mayConnect(address, [
        { family: 4, base: 0n, prefix: 0 },
        { family: 6, base: 0n, prefix: 0 },
      ]),
    ).toBe(false);
  });

  it.each([[''], ['localhost'], ['127.1'], ['0x7f000001'], ['2130706433'], ['127.0.0.1.'], ['[::1]'], ['1.1.1.1/8']])(
    '%j does not parse and is never reached',
    (address) => {
      expect(mayConnect(address, ranges('127.0.0.0/8'))).toBe(false);
    },
  );

  it.each([
    ['10.1.2.3', '10.1.0.0/16', true],
    ['10.2.0.0', '10.1.0.0/16', false],
    ['127.0.0.1', '127.0.0.1', true],
    ['127.0.0.2', '127.0.0.1', false],
    ['::ffff:10.1.2.3', '10.1.0.0/16', true],
    ['fd00::1', 'fd00::/8', true],
    ['fd00::1', 'fc00::/7', true],
    ['fe80::1', 'fc00::/7', false],
    ['::1', '::1', true],
    ['::1', '127.0.0.0/8', false],
  ])('%s with %s registered: %s', (address, registered, expected) => {
    expect(mayConnect(address, ranges(registered))).toBe(expected);
    expect(isRegistered(address, ranges(registered))).toBe(expected);
  });
});

describe('a registered range', () => {
  it.each([
    [''],
    ['10.0.0.0/'],
    ['10.0.0.0/33'],
    ['10.0.0.0/08'],
    ['10.0.0.1/8'],
    ['0.0.0.0/0'],
    ['0.0.0.0/1'],
    ['::/0'],
    ['fd00::/129'],
    ['fd00::1/8'],
    ['10.0.0.0/8/8'],
    ['10.0.0.0-10.0.0.9'],
    ['example.com'],
    ['10.0.0'],
  ])('%j is refused', (text) => {
    expect(parseRange(text)).toBeUndefined();
  });
});
