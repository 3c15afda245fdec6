import { describe, expect, it } from 'vitest';
import { canonicalSerial, serialNames } from '#pki/serial.ts';

describe('serial numbers', () => {
  it.each(['C0FFEE', 'c0ffee', '00c0ffee', '00:C0:FF:EE', ' 00 c0 ff ee ', '0xC0FFEE', '0000C0FFEE', '12648430'])(
    '%s names the certificate C0FFEE',
    (text) => expect(serialNames(text, { serial: 'C0FFEE' })).toBe(true),
  );

  it('all digits can be hexadecimal or decimal', () => {
    expect(serialNames('1234', { serial: '1234' })).toBe(true);
    expect(serialNames('1234', { serial: '04D2' })).toBe(true);
    expect(serialNames('1234', { serial: '1235' })).toBe(false);
  });

  it.each(['', 'C0FFEF', 'C0FFEE00', 'xyz', '12648431', '-12648430', 'C0FFEE&', '9'.repeat(1000)])(
    '%s does not name it',
    (text) => expect(serialNames(text, { serial: 'C0FFEE' })).toBe(false),
  );

  it('have one canonical form', () => {
    expect(canonicalSerial('0abc')).toBe('0ABC');
    expect(canonicalSerial('abc')).toBe('0ABC');
    expect(canonicalSerial('00')).toBe('00');
    expect(canonicalSerial('0G')).toBeUndefined();
  });
});
