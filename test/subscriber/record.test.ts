import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { companies } from '#fixtures/pki/identities.ts';
import { buildWorldPki } from '#fixtures/pki/world.ts';
import { type RecordField, readRecord, type SubjectRecord } from '#subscriber/record.ts';
import { gm, recordOf, refusalOf } from './support.ts';

describe('a record is read once, whatever a caller writes', () => {
  let good: SubjectRecord;
  beforeAll(async () => {
    const pki = await buildWorldPki(gm, { now: () => Date.UTC(2026, 2, 18), crlBase: () => 'http://lists.example' });
    const pair = await pki.issueKeyPair({ authority: 'bohai', holder: companies.liaoning });
    good = recordOf(pair, companies.liaoning);
  });

  const anything = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.string({ maxLength: 600 }),
    fc.stringMatching(/^[0-9A-Fa-f:. -]{0,60}$/),
    fc.stringMatching(/^-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\n]{0,60}$/),
    fc.constantFrom('', '0', 'null', '-1', '\u0000', '\ud800', '１', 'MIIB', '3082', '9'.repeat(500)),
  );
  const fields: readonly Exclude<RecordField, 'standBy'>[] = [
    'userName',
    'idType',
    'idNumber',
    'unitName',
    'unitCode',
    'signCertificate',
    'encryptionCertificate',
    'signSerial',
    'encryptionSerial',
    'endTime',
    'legalName',
    'legalIdNumber',
    'seal',
  ];

  it.each(fields)('anything in %s is taken, or refused by that name', (field) => {
    fc.assert(
      fc.property(anything, (text) => {
        const read = readRecord(gm, { ...good, [field]: text }, 'theirs');
        if (!read.ok) expect(relatedTo(field)).toContain(read.refusal.params['field']);
      }),
      { numRuns: 60 },
    );
  });

  /** Another certificate makes the serial wrong; another idType decides what idNumber must be. */
  function relatedTo(field: string): string[] {
    if (field === 'idType') return [field, 'idNumber'];
    if (field === 'signCertificate') return [field, 'signSerial'];
    return field === 'encryptionCertificate' ? [field, 'encryptionSerial'] : [field];
  }

  it('a truncated or altered certificate is unreadable or another one, never an error', () => {
    fc.assert(
      fc.property(fc.nat({ max: 1500 }), fc.nat({ max: 255 }), (at, byte) => {
        const bytes = Buffer.from(good.signCertificate, 'base64');
        const altered = Buffer.from(bytes);
        altered[at % altered.length] = byte;
        for (const der of [altered, bytes.subarray(0, at % bytes.length)]) {
          const read = readRecord(gm, { ...good, signCertificate: der.toString('base64') }, 'theirs');
          expect(['ok', 'CERTIFICATE_UNREADABLE signCertificate', 'SERIAL_MISMATCH signSerial']).toContain(
            refusalOf(read),
          );
        }
      }),
      { numRuns: 200 },
    );
  });

  it('a record that is good is good, with every member spelled otherwise too', () => {
    const spelled = {
      ...good,
      unitCode: good.unitCode.toLowerCase(),
      idNumber: ` ${good.idNumber} `,
      endTime: good.endTime.replaceAll('-', '/'),
      signSerial: `0x${good.signSerial.toLowerCase()}`,
    };
    for (const record of [good, spelled]) {
      const read = readRecord(gm, record, 'theirs');
      expect(read).toMatchObject({ ok: true, value: { unitCode: good.unitCode, idNumber: good.idNumber } });
    }
  });
});
