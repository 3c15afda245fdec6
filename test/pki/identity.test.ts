import { describe, expect, it } from 'vitest';
import type { AttributeSpec } from '#fixtures/pki/builder.ts';
import { extension, type IdentityForm, identityExtension } from '#fixtures/pki/extensions.ts';
import { companies } from '#fixtures/pki/identities.ts';
import { type Bytes, concat, utf8 } from '#kernel/bytes.ts';
import { bmpString } from '#pki/der-writer.ts';
import { extractIdentity, type IdentityProfile, isOrganisationCode, isResidentId, isUnitCode } from '#pki/identity.ts';
import { ca, leaf, read } from './support.ts';

const issuer = await ca('签发');
const { unitName, unitCode, idNumber, holderName } = companies.liaoning;
const other = companies.dalian;
const plain: readonly AttributeSpec[] = [
  ['C', 'CN'],
  ['O', unitName],
  ['CN', unitName],
];

async function identityOf(
  subject: readonly AttributeSpec[],
  extensions: readonly Bytes[] = [],
  profile?: IdentityProfile,
) {
  const identity = extractIdentity(read(await leaf(issuer, { subject, extensions })), profile);
  const { kind, unitName: unit, unitCode: code, personName, idNumber: id } = identity;
  return { ...identity, brief: [kind, unit, code, personName, id] };
}
const company = ['organisation', unitName, unitCode, undefined, idNumber];

describe('the same company is read from every vendor’s shape', () => {
  it('GB/T 20518 arcs, with the person behind a context tag', async () => {
    const identity = await identityOf(plain, [
      identityExtension('1.2.156.10260.4.1.4', unitCode),
      identityExtension('1.2.156.10260.4.1.1', idNumber, 'context'),
    ]);
    expect(identity.brief).toEqual(company);
    expect(identity.organisationCode).toBe(unitCode.slice(8, 17));
    expect(identity.sources).toContainEqual({
      field: 'unitCode',
      value: unitCode,
      oid: '1.2.156.10260.4.1.4',
      confidence: 'high',
    });
  });

  it.each(['1.2.156.10260.4.4', '1.2.156.10260.4.4.4'])('the arcs of 2023, unit code at %s', async (arc) => {
    const identity = await identityOf(plain, [
      identityExtension(arc, unitCode, 'printable'),
      identityExtension('1.2.156.10260.4.1.1.1', idNumber),
    ]);
    expect(identity.brief).toEqual(company);
  });

  it.each(['1.2.86.11.7.3', '1.2.86.11.7.4'])(
    'the e-government arcs, whichever of 3 and 4 the vendor means: %s',
    async (arc) => {
      const identity = await identityOf(plain, [
        identityExtension(arc, unitCode, 'nul-ended'),
        identityExtension('1.2.86.11.7.1', idNumber, 'octets-in-octets'),
      ]);
      expect(identity.brief).toEqual(company);
    },
  );

  it('GDCA’s own arc beside the older organisation code', async () => {
    const institution = '12210000000000000A'; // the only number of nobody whose inner code passes GB 11714 too
    const identity = await identityOf(plain, [
      identityExtension('1.2.86.11.7.7550243.1', institution),
      identityExtension('1.2.86.11.7.3', '00000000-0'),
    ]);
    expect(identity.brief.slice(0, 3)).toEqual(['organisation', unitName, institution]);
    expect([identity.organisationCode, identity.conflicts]).toEqual(['000000000', []]);
  });

  it('subject serialNumber, with the person in an unencoded arc', async () => {
    const subject: AttributeSpec[] = [...plain, ['serialNumber', unitCode]];
    const identity = await identityOf(subject, [identityExtension('1.2.86.11.7.1', `SF${idNumber}`, 'raw')]);
    expect(identity.brief).toEqual(company);
  });

  it('CFCA’s structured CN, where O is the CA itself', async () => {
    const identity = await identityOf([
      ['C', 'CN'],
      ['O', 'Example Operation CA'],
      ['OU', 'Organizational-1'],
      ['CN', `041@N${unitCode}@${unitName}@00000001`],
    ]);
    expect(identity.brief.slice(0, 3)).toEqual(company.slice(0, 3));
    expect(identity.sources.every((source) => source.confidence === 'low')).toBe(true);
  });

  it('SHECA’s unique id and enterprise code', async () => {
    const identity = await identityOf(plain, [
      identityExtension('1.2.156.112570.11.205', `1@${idNumber.length}@SF${idNumber}`),
      identityExtension('1.2.156.112570.11.210', unitCode),
    ]);
    expect(identity.brief).toEqual(company);
  });

  it('a value whose tag and length were encoded twice, in BMP text, and in the bare content', async () => {
    const arc = '1.2.156.10260.4.1.4';
    const forms = [
      extension(arc, concat(Uint8Array.of(0x13, 0x12), utf8(unitCode))),
      extension(arc, concat(Uint8Array.of(0x04, 0x99, 0x13, 0x12), utf8(unitCode))),
      extension(arc, bmpString(unitCode)),
      extension(arc, utf8(` ${unitCode.toLowerCase()}\0`)),
    ];
    for (const form of forms) expect((await identityOf(plain, [form])).unitCode).toBe(unitCode);
  });

  it.each<IdentityForm>(['utf8', 'printable', 'context', 'raw', 'nul-ended', 'octets-in-octets'])(
    'wrapped as %s',
    async (form) => {
      const identity = await identityOf(plain, [identityExtension('1.2.156.10260.4.1.4', unitCode, form)]);
      expect(identity.unitCode).toBe(unitCode);
    },
  );
});

describe('a person', () => {
  it.each<[string, readonly AttributeSpec[], readonly Bytes[]]>([
    [
      'in serialNumber',
      [
        ['CN', holderName],
        ['serialNumber', idNumber],
      ],
      [],
    ],
    [
      'in a structured CN with a type digit',
      [
        ['O', 'Example CA'],
        ['CN', `041@0${idNumber}@${holderName}@00000001`],
      ],
      [],
    ],
    [
      'in the national arc, CN with its use',
      [['CN', `${holderName}(签名)`]],
      [identityExtension('1.2.156.10260.4.1.1', idNumber)],
    ],
  ])('%s', async (_, subject, extensions) => {
    expect((await identityOf(subject, extensions)).brief).toEqual([
      'person',
      undefined,
      undefined,
      holderName,
      idNumber,
    ]);
  });

  it('who acts for a company is a person of that company', async () => {
    const identity = await identityOf(
      [
        ['O', unitName],
        ['CN', holderName],
      ],
      [identityExtension('1.2.156.10260.4.1.4', unitCode), identityExtension('1.2.156.10260.4.1.1', idNumber)],
    );
    expect(identity.brief).toEqual(['person', unitName, unitCode, holderName, idNumber]);
  });

  it('with a passport keeps its number as it stands', async () => {
    const identity = await identityOf([['CN', holderName]], [identityExtension('1.2.156.10260.4.1.1', 'SFE00000000')]);
    expect([identity.idNumber, identity.conflicts]).toEqual(['E00000000', []]);
  });
});

describe('names', () => {
  it.each([
    ['T123@辽宁示例建设有限公司@01@139', unitName],
    ['辽宁示例建设有限公司(加密)', unitName],
    ['辽宁示例建设有限公司（签名）', unitName],
    ['辽宁示例建设（集团）有限公司', '辽宁示例建设（集团）有限公司'],
  ])('%s', async (common, expected) => {
    expect((await identityOf([['CN', common]], [identityExtension('1.2.156.10260.4.1.4', unitCode)])).unitName).toBe(
      expected,
    );
  });
});

describe('what does not fit', () => {
  it('two places with two codes are a conflict, however low the second', async () => {
    const arc = identityExtension('1.2.156.10260.4.1.4', unitCode);
    expect((await identityOf([...plain, ['serialNumber', other.unitCode]], [arc])).conflicts).toEqual([
      'unitCode: 1.2.156.10260.4.1.4 ≠ 2.5.4.5',
      'organisationCode: 1.2.156.10260.4.1.4 ≠ 2.5.4.5',
    ]);
    const named: AttributeSpec[] = [['CN', `041@N${other.unitCode}@${unitName}@1`]];
    expect((await identityOf(named, [arc])).conflicts).toContain('unitCode: 1.2.156.10260.4.1.4 ≠ 2.5.4.3');
    const persons = [
      identityExtension('1.2.156.10260.4.1.1', idNumber),
      identityExtension('1.2.86.11.7.1', other.idNumber),
    ];
    expect((await identityOf(plain, persons)).conflicts).toEqual(['idNumber: 1.2.156.10260.4.1.1 ≠ 1.2.86.11.7.1']);
  });

  it('an organisation code that is not the one inside the unit code is a conflict', async () => {
    const identity = await identityOf(plain, [
      identityExtension('1.2.156.10260.4.4', unitCode),
      identityExtension('1.2.156.10260.4.1.4', '000000000'),
    ]);
    expect(identity.conflicts).toEqual(['organisationCode: 1.2.156.10260.4.1.4 ≠ 1.2.156.10260.4.4']);
  });

  it('a wrong check character is reported and the number not used', async () => {
    const wrong = unitCode.replace(/W$/, 'X');
    const arc = await identityOf(plain, [identityExtension('1.2.156.10260.4.1.4', wrong)]);
    expect([arc.unitCode, arc.wrongCheckDigits, arc.conflicts]).toEqual([
      undefined,
      ['1.2.156.10260.4.1.4'],
      ['unitCode: 1.2.156.10260.4.1.4 校验位'],
    ]);
    const attribute = await identityOf([...plain, ['serialNumber', wrong]]);
    expect([attribute.unitCode, attribute.wrongCheckDigits]).toEqual([undefined, ['2.5.4.5']]);
    const person = await identityOf(plain, [identityExtension('1.2.156.10260.4.1.1', idNumber.replace(/4$/, '5'))]);
    expect([person.idNumber, person.conflicts]).toEqual([undefined, ['idNumber: 1.2.156.10260.4.1.1 校验位']]);
  });

  it('the vendor’s profile decides which place is believed first, and leaves the registration office’s OU out', async () => {
    const subject: AttributeSpec[] = [...plain, ['serialNumber', unitCode]];
    const arcs = [identityExtension('1.2.156.10260.4.1.4', unitCode)];
    const oidOf = async (profile?: IdentityProfile) =>
      (await identityOf(subject, arcs, profile)).sources.find((source) => source.field === 'unitCode')?.oid;
    expect(await oidOf()).toBe('1.2.156.10260.4.1.4');
    expect(await oidOf({ organisation: ['2.5.4.5'] })).toBe('2.5.4.5');
    const office: AttributeSpec[] = [...subject, ['OU', other.unitCode]];
    expect((await identityOf(office, arcs)).conflicts).not.toEqual([]);
    expect((await identityOf(office, arcs, { organisation: ['2.5.4.5'] })).conflicts).toEqual([]);
  });

  it('a certificate that names nobody gives nothing', async () => {
    const identity = await identityOf([['CN', 'device 0001']]);
    expect([identity.unitCode, identity.idNumber, identity.sources.length]).toEqual([undefined, undefined, 1]);
  });
});

describe('check characters', () => {
  it('of unit codes', () => {
    for (const code of [
      '91210100MA0XXXXX0W',
      '91210200MA0XXXXX15',
      '91430100MA4XXXXX2H',
      '91350100MA3XXXXX30',
      '12210000000000000A',
    ]) {
      expect(isUnitCode(code)).toBe(true);
      expect(isUnitCode(code.toLowerCase())).toBe(true);
      for (let at = 0; at < 18; at += 1) {
        const letter = code.charAt(at) === '7' ? '8' : '7';
        expect(isUnitCode(code.slice(0, at) + letter + code.slice(at + 1))).toBe(false);
      }
    }
    expect(['', '91210100MA0XXXXX0', '91210100MA0XXXXX0W ', '9121010OMA0XXXXX0W'].some(isUnitCode)).toBe(false);
  });

  it('of resident ids', () => {
    for (const id of ['210102190001010014', '21010219000202002X', '430102190003030036']) {
      expect(isResidentId(id)).toBe(true);
      for (const digit of '0123456789X'.replace(id.charAt(17), ''))
        expect(isResidentId(id.slice(0, 17) + digit)).toBe(false);
    }
    expect(
      ['21010219000230001X', '210102190001010014 ', '21010219000101001', 'A10102190001010014'].some(isResidentId),
    ).toBe(false);
  });

  it('of organisation codes', () => {
    expect(['000000000', '00000000-0', 'D2143569X'].every(isOrganisationCode)).toBe(true);
    expect(['000000001', 'D21435690', '0000-00000'].some(isOrganisationCode)).toBe(false);
  });
});
