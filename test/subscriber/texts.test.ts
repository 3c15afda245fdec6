import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskedSerials, maskId, maskName, maskSerial } from '#subscriber/mask.ts';
import { sniffSeal } from '#subscriber/seals.ts';
import { idNumberFault, isResidentIdType, plainCode, plainName, unitCodeFault } from '#subscriber/texts.ts';
import { PNG } from './support.ts';

describe('codes and names', () => {
  it('a code is one and the same in any case, width and spacing', () => {
    for (const text of ['91210100ma0xxxxx0w', ' 91210100-MA0XXXXX0W ', '９１２１０１００ＭＡ０ＸＸＸＸＸ０Ｗ'])
      expect(plainCode(text)).toBe('91210100MA0XXXXX0W');
  });

  it('a name is one and the same with either brackets, with spaces, and with a vendor’s (签名) behind it', () => {
    for (const text of [
      '示例（辽宁）有限公司',
      '示例(辽宁) 有限公司',
      '示例（辽宁）有限公司（签名）',
      '示例(辽宁)有限公司(加密)',
    ])
      expect(plainName(text)).toBe('示例(辽宁)有限公司');
  });

  it.each(['身份证', '居民身份证', '111', '01', '0', 'SFZ', 'sfz', ' ０１ '])('%s is a resident id', (idType) => {
    expect(isResidentIdType(idType)).toBe(true);
  });

  it.each(['护照', '统一社会信用代码', '02', '1', ''])('%s is something else: only its length counts', (idType) => {
    expect(isResidentIdType(idType)).toBe(false);
    expect(idNumberFault(idType, 'P1234567')).toBeUndefined();
  });

  it('check digits of both numbers', () => {
    expect(unitCodeFault('91210100MA0XXXXX0W')).toBeUndefined();
    expect(unitCodeFault('210102190001010014')).toBeUndefined(); // a person who bids as himself
    expect(unitCodeFault('91210100MA0XXXXX0A')).toBe('check-digit');
    expect(unitCodeFault('9121')).toBe('shape');
    expect(idNumberFault('身份证', '210102190001010014')).toBeUndefined();
    expect(idNumberFault('身份证', '210102190001010016')).toBe('check-digit');
    expect(idNumberFault('身份证', '2101')).toBe('shape');
  });

  it('normalising twice changes nothing more', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(plainCode(plainCode(text))).toBe(plainCode(text));
      }),
    );
  });
});

describe('masks', () => {
  it.each([
    [maskName('王小明'), '王**'],
    [maskName('李四'), '李*'],
    [maskName('甲'), '*'],
    [maskName('辽宁示例建设有限公司'), '辽宁******公司'],
    [maskId('210102190001010014'), '210***********0014'],
    [maskId('P1234567'), '******67'],
    [maskId(''), '*'],
    [maskSerial('6A01B2C38F3A'), '****8F3A'],
    [maskedSerials(['6A01B2C38F3A', '0127C1']), '****8F3A、****27C1'],
    [maskedSerials([]), '无'],
  ])('%s', (masked, expected) => {
    expect(masked).toBe(expected);
  });

  it('no mask of a name or number gives the whole of it away', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9A-Z]{1,40}$/), (text) => {
        expect(maskName(text)).not.toBe(text);
        expect(maskId(text)).not.toBe(text);
      }),
    );
  });
});

describe('what a unit sends as its seal', () => {
  const b64 = (bytes: number[]) => Buffer.from(bytes).toString('base64');
  it.each([
    ['png', PNG],
    ['png', `data:image/png;base64,${PNG}`],
    ['png', Buffer.from(PNG, 'base64').toString('hex')],
    ['jpg', b64([0xff, 0xd8, 0xff, 0xe0, 0, 16])],
    ['gif', Buffer.from('GIF89a').toString('base64')],
    ['ses', b64([0x30, 0x82, 1, 0, 0x30, 0x81, 0xf0, 0x30, 0x20, 0x16, 2, 0x45, 0x53, 2, 1, 4])],
    ['ses', b64([0x30, 0x20, 0x30, 0x1e, 0x30, 0x0a, 0x16, 2, 0x45, 0x53, 2, 1, 1])],
    ['opaque', b64([0x30, 0x20, 0x30, 0x1e, 0x02, 1, 0])],
    ['opaque', 'aGVsbG8='],
    ['opaque', '签章'],
    ['none', ''],
    ['none', '  '],
  ])('%s', (kind, text) => {
    expect(sniffSeal(text)).toBe(kind);
  });

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(['ses', 'png', 'jpg', 'gif', 'opaque', 'none']).toContain(
          sniffSeal(Buffer.from(bytes).toString('base64')),
        );
      }),
    );
  });
});
