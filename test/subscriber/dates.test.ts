import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beijingDateTime, isoUtc } from '#kernel/clock.ts';
import { compareEndTime, readEndTime } from '#subscriber/dates.ts';

const END = Date.UTC(2027, 2, 1, 15, 59, 59); // 23:59:59 in Beijing

describe('a certificate’s end, as trading systems write it', () => {
  it.each([
    '2027-03-01',
    '2027-03-01 23:59:59',
    '2027-03-01  23:59:59',
    '2027-03-01 23:59:59.0',
    '2027/03/01',
    '2027/03/01 23:59:59',
    '2027/3/1',
    '20270301',
    '20270301235959',
    '2027-03-01T23:59:59',
    '2027-03-01T23:59:59+08:00',
    '2027-03-01T23:59:59+0800',
    '2027-03-01T15:59:59Z',
    '2027-03-01T15:59:59.000Z',
    '2027-03-01T10:59:59-05:00',
    String(END),
    ' 2027-03-01 ',
  ])('%s', (text) => {
    expect(readEndTime(text)).toBe(END);
  });

  it('minutes alone mean the minute’s beginning', () => {
    expect(readEndTime('2027-03-01 23:59')).toBe(END - 59_000);
  });

  it.each([
    '',
    '永久',
    '2027年3月1日',
    '2027-02-29',
    '2027-13-01',
    '2027-00-10',
    '20270230',
    '2027-03-01 24:00:00',
    '2027-03-01 23:60:00',
    '2027-03-01 23:59:60',
    '20270301 235959',
    '2027-03/01',
    '2027-03-01T23:59:59+15:00',
    '2027-03-01T23:59:59+08:60',
    '1803772799',
    '18037727990000',
    '-2027-03-01',
    '0099-01-01',
    'NaN',
    '1e13',
  ])('says no to %s', (text) => {
    expect(readEndTime(text)).toBeUndefined();
  });

  it('the 29th of February exists every fourth year', () => {
    expect(readEndTime('2028-02-29')).toBe(Date.UTC(2028, 1, 29, 15, 59, 59));
  });

  const moments = fc.integer({ min: 0, max: Date.UTC(2200, 0, 1) / 1000 }).map((seconds) => seconds * 1000);

  it('every moment written in any form reads back, whatever the process’s zone', () => {
    fc.assert(
      fc.property(moments, (ms) => {
        const plain = beijingDateTime(ms);
        const forms = [
          plain,
          plain.replaceAll('-', '/'),
          plain.replace(/\D/g, ''),
          plain.replace(' ', 'T'),
          isoUtc(ms),
        ];
        for (const form of forms) expect(readEndTime(form)).toBe(ms);
      }),
    );
  });

  it('whatever the text, it is read to a whole number of milliseconds or not at all', () => {
    const digits = fc.stringMatching(/^[0-9/:T Z+.-]{0,26}$/);
    fc.assert(
      fc.property(fc.oneof(fc.string(), digits), (text) => {
        const read = readEndTime(text);
        expect(read === undefined || Number.isSafeInteger(read)).toBe(true);
      }),
    );
  });

  it('the certificate’s own end wins: a day either way is nothing, earlier is told, later is refused', () => {
    const day = 86_400_000;
    const said = [-2 * day, -day - 1, -day, 0, day, day + 1].map((shift) => compareEndTime(END + shift, END));
    expect(said).toEqual(['differs', 'differs', 'agrees', 'agrees', 'agrees', 'too-late']);
  });
});
