import { describe, expect, it } from 'vitest';
import { type Bytes, fromHex } from '#kernel/bytes.ts';
import { leadingDerLength, MAX_DEPTH, readDer } from '#pki/der.ts';
import { readOid, readSmallInteger, readTime, readUnsignedHex } from '#pki/der-values.ts';
import { integer, octetString, oid, sequence, time, tlv, utf8String } from '#pki/der-writer.ts';

const bytes = (text: string): Bytes => fromHex(text.replaceAll(' ', '')) ?? new Uint8Array(0);
const isDer = (text: string): boolean => readDer(bytes(text)) !== undefined;
const ascii = (text: string): Bytes => Buffer.from(text, 'latin1');

describe('what is DER', () => {
  it.each([
    ['a value', '0500'],
    ['an empty sequence', '3000'],
    ['a length of one byte more', `0481 80 ${'00'.repeat(128)}`],
    ['-1', '0201ff'],
    ['a bit string without bits', '030100'],
    ['true', '0101ff'],
  ])('%s', (_, text) => expect(isDer(text)).toBe(true));

  it.each([
    ['nothing', ''],
    ['a tag alone', '30'],
    ['something behind', '050000'],
    ['a length beyond the end', '0402 00'],
    ['an indefinite length', '3080 0000'],
    ['a long form for a short length', '048101 00'],
    ['a length with a leading zero', `04820080 ${'00'.repeat(128)}`],
    ['a length of five bytes', '0485 0000000001 00'],
    ['a multi-byte tag', '1f8100 00'],
    ['end-of-contents', '0000'],
    ['a constructed octet string', '2403 040100'],
    ['a primitive sequence', '1000'],
    ['a padded positive integer', '0202 0001'],
    ['a padded negative integer', '0202 ff80'],
    ['an integer without content', '0200'],
    ['true as 01', '010101'],
    ['null with content', '050100'],
    ['eight unused bits', '0302 0800'],
    ['unused bits that are set', '0302 0101'],
    ['unused bits of nothing', '030101'],
    ['an unfinished identifier', '0602 2a86'],
    ['a padded arc', '0603 2a8001'],
    ['a child longer than its parent', '3003 040200'],
  ])('not %s', (_, text) => expect(isDer(text)).toBe(false));

  it('sixteen levels, and not one more', () => {
    const nested = (levels: number): Bytes => (levels === 1 ? sequence() : sequence(nested(levels - 1)));
    expect([readDer(nested(MAX_DEPTH)), readDer(nested(MAX_DEPTH + 1))].map((node) => node !== undefined)).toEqual([
      true,
      false,
    ]);
  });

  it('a bomb of a hundred thousand opening brackets ends at once', () => {
    const bomb = Buffer.concat(
      Array.from({ length: 100_000 }, () => Uint8Array.of(0x30, 0x84, 0x7f, 0xff, 0xff, 0xff)),
    );
    expect(readDer(bomb)).toBeUndefined();
  });

  it('can be the beginning of a padded field', () => {
    expect(leadingDerLength(bytes('0500 0000'))).toBe(2);
    expect(leadingDerLength(bytes('0501'))).toBeUndefined();
  });
});

describe('values', () => {
  it.each(['1.2.156.10197.1.501', '2.5.29.15', '0.9.2342.19200300.100.1.25', '2.999.1', '1.3.6.1.4.1.311.20.2.2'])(
    '%s',
    (text) => {
      expect(readOid(readDer(oid(text)))).toBe(text);
    },
  );

  it('identifiers with arcs beyond 64 bits, as UUIDs make them', () => {
    const arc = [0x81, ...Array.from({ length: 17 }, () => 0x80), 0x00];
    expect(readOid(readDer(tlv(0x06, Uint8Array.of(0x69, ...arc))))).toBe(`2.25.${2n ** 126n}`);
  });

  it('integers', () => {
    expect(readUnsignedHex(readDer(integer(bytes('00c0ffee'))))).toBe('C0FFEE');
    expect(readUnsignedHex(readDer(integer(0)))).toBe('00');
    expect(readUnsignedHex(readDer(bytes('0201ff')))).toBeUndefined();
    expect([0, 1, 127, 128, 255, 256, 65_535].map((value) => readSmallInteger(readDer(integer(value))))).toEqual([
      0, 1, 127, 128, 255, 256, 65_535,
    ]);
    expect(readSmallInteger(readDer(integer(bytes('0100000000'))))).toBeUndefined();
  });

  it('times, which change their form in 2050', () => {
    for (const ms of [
      Date.UTC(1950, 0, 1),
      Date.UTC(2049, 11, 31, 23, 59, 59),
      Date.UTC(2050, 0, 1),
      Date.UTC(2024, 1, 29),
    ]) {
      expect(readTime(readDer(time(ms)))).toBe(ms);
    }
    expect(time(Date.UTC(2049, 11, 31))[0]).toBe(0x17);
    expect(time(Date.UTC(2050, 0, 1))[0]).toBe(0x18);
  });

  it.each<[number, string]>([
    [0x17, '2603180930Z'],
    [0x17, '260318093000+0800'],
    [0x17, '260230093000Z'],
    [0x17, '261318093000Z'],
    [0x17, '260318243000Z'],
    [0x17, '260318093060Z'],
    [0x17, '26031809300 Z'],
    [0x17, '260318093000'],
    [0x18, '260318093000Z'],
    [0x18, '20260318093000.5Z'],
    [0x18, '18991231235959Z'],
  ])('no time is %i %s', (tag, text) => {
    expect(readTime(readDer(tlv(tag, ascii(text))))).toBeUndefined();
  });

  it('long contents', () => {
    for (const length of [127, 128, 255, 256, 65_536]) {
      const node = readDer(sequence(octetString(new Uint8Array(length)), utf8String('x')));
      expect(node?.children().map((child) => child.content.length)).toEqual([length, 1]);
    }
  });
});
