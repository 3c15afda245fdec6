import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createGm } from '#crypto/provider.ts';
import { base64, hex, utf8 } from '#kernel/bytes.ts';
import type { JsonObject } from '#kernel/json.ts';
import { Secret } from '#kernel/secret.ts';
import { type InterfaceName, interfaceOf } from '#wire/interfaces.ts';
import { readMembers } from '#wire/members.ts';
import {
  canonicalString,
  canonicalStrings,
  type SignProfile,
  signatureOf,
  signedString,
  signMembers,
} from '#wire/sign.ts';

const gm = createGm();
const secret = new Secret('0123456789abcdef');
const other = new Secret('fedcba9876543210');
const sample = { caUnitId: 'LN-BIZ-0001', orgcode: '210000', taskId: 'T20250301000001' };
const CANON = 'caUnitId=LN-BIZ-0001&orgcode=210000&taskId=T20250301000001';
const HMAC = '50ae0d871b8f0b671bb6d583f7188a224a08fdca4513351a659b3ee2c1931ad4';
const FIELD_STYLE = '470ca7095fd1fc6460279e7cf23644d3b17632ceede590953e0197b54c30ff15';

const plain: SignProfile = { sign: 'hmac-sm3', allMembers: false };
const all: SignProfile = { sign: 'hmac-sm3', allMembers: true };

/** What the hub says of a message: accepted, or why not. */
function judge(body: JsonObject, name: InterfaceName = 'startCheck', profile = plain, secrets = [secret]): string {
  const fields = interfaceOf(name).request;
  const members = readMembers(fields, body);
  if (!members.ok) return members.refusal.code;
  const canonicals = canonicalStrings(profile, fields, members.value, body);
  if (!canonicals.ok) return canonicals.refusal.code;
  const given = members.value.values.get('sign') ?? '';
  return signedString(gm, profile, secrets, canonicals.value, given) !== undefined ? 'accepted' : 'SIGN_WRONG';
}

describe('the sign vector', () => {
  it('has this canonical string', () => {
    expect(canonicalString(Object.entries(sample))).toBe(CANON);
  });
  it.each([
    ['hmac-sm3', HMAC],
    ['sm3', FIELD_STYLE],
  ] as const)('by %s is %s', (sign, expected) => {
    expect(signMembers(gm, { ...plain, sign }, secret, Object.entries(sample))).toBe(expected);
    expect(judge({ ...sample, sign: expected }, 'startCheck', { ...plain, sign })).toBe('accepted');
  });
});

describe('a sign by the unit’s own SM2 key', () => {
  const key = gm.sm2.generateKey();
  const stranger = gm.sm2.generateKey();
  const profile: SignProfile = { sign: 'sm2', allMembers: false, signKey: hex(key.publicKey.point) };
  const by = async (signer: typeof key, text: string) => base64(await gm.sm2.sign(signer, [utf8(text)]));

  it('is taken as base64 DER over the canonical string, and nothing else is', async () => {
    expect(judge({ ...sample, sign: await by(key, CANON) }, 'startCheck', profile)).toBe('accepted');
    expect(judge({ ...sample, sign: await by(stranger, CANON) }, 'startCheck', profile)).toBe('SIGN_WRONG');
    expect(judge({ ...sample, sign: await by(key, `${CANON}0`) }, 'startCheck', profile)).toBe('SIGN_WRONG');
    expect(judge({ ...sample, sign: HMAC }, 'startCheck', profile)).toBe('SIGN_WRONG');
  });

  it('is never right while no key is registered', async () => {
    expect(judge({ ...sample, sign: await by(key, CANON) }, 'startCheck', { ...profile, signKey: '' })).toBe(
      'SIGN_WRONG',
    );
  });
});

describe('a sign', () => {
  it.each([HMAC, HMAC.toUpperCase(), base64(Buffer.from(HMAC, 'hex')), ` ${HMAC} `])('is taken as %s', (sign) => {
    expect(judge({ ...sample, sign })).toBe('accepted');
  });

  it.each([
    '',
    HMAC.slice(1),
    `${HMAC}00`,
    HMAC.replace('5', '6'),
    'x'.repeat(64),
    base64(Buffer.from(HMAC, 'hex')).slice(0, -1),
    FIELD_STYLE,
  ])('is refused as %j', (sign) => {
    expect(judge({ ...sample, sign })).toMatch(/^SIGN_(WRONG|MISSING)$/);
  });

  it('does not depend on the order of the members', () => {
    expect(judge({ sign: HMAC, taskId: sample.taskId, orgcode: sample.orgcode, caUnitId: sample.caUnitId })).toBe(
      'accepted',
    );
  });

  it('leaves out empty and null members, and members that are not printed', () => {
    expect(judge({ ...sample, standBy: '', sign: HMAC })).toBe('accepted');
    expect(judge({ ...sample, standBy: null, sign: HMAC })).toBe('accepted');
    expect(judge({ ...sample, colour: 'blue', sign: HMAC })).toBe('accepted');
    expect(judge({ ...sample, standBy: 'x', sign: HMAC })).toBe('SIGN_WRONG');
  });

  it('is accepted by either of two live secrets, and by no third', () => {
    expect(judge({ ...sample, sign: HMAC }, 'startCheck', plain, [other, secret])).toBe('accepted');
    expect(judge({ ...sample, sign: HMAC }, 'startCheck', plain, [other])).toBe('SIGN_WRONG');
    expect(judge({ ...sample, sign: HMAC }, 'startCheck', plain, [])).toBe('SIGN_WRONG');
  });

  it('may be made over names in another case, printed or as written', () => {
    const { taskId, ...rest } = sample;
    expect(judge({ ...rest, taskid: taskId, sign: HMAC })).toBe('accepted');
    const asWritten = signMembers(gm, plain, secret, Object.entries({ ...rest, taskid: taskId }));
    expect(judge({ ...rest, taskid: taskId, sign: asWritten })).toBe('accepted');
  });

  it('covers whole numbers as their digits', () => {
    const subject = Object.fromEntries(interfaceOf('changeCert').request.map(({ name }) => [name, `值${name}`]));
    const sign = signMembers(gm, plain, secret, Object.entries({ ...subject, paType: '0' }));
    expect(judge({ ...subject, paType: 0, sign }, 'changeCert')).toBe('accepted');
    expect(judge({ ...subject, paType: '0', sign }, 'changeCert')).toBe('accepted');
  });

  it('with allMembers covers what is not printed', () => {
    const extra = { ...sample, colour: 'blue', count: 3, flag: true };
    const sign = signMembers(gm, all, secret, Object.entries({ ...sample, colour: 'blue', count: '3', flag: 'true' }));
    expect(judge({ ...extra, sign }, 'startCheck', all)).toBe('accepted');
    expect(judge({ ...extra, colour: 'red', sign }, 'startCheck', all)).toBe('SIGN_WRONG');
    expect(judge({ ...extra, deep: { a: 1 }, sign }, 'startCheck', all)).toBe('FIELD_INVALID');
  });

  it.each([plain, all])('of one path is refused on another (%o)', (profile) => {
    const subject = Object.fromEntries(interfaceOf('changeCert').request.map(({ name }) => [name, `值${name}`]));
    const change = { ...subject, paType: '1' };
    const sign = signMembers(gm, profile, secret, Object.entries(change));
    expect(judge({ ...change, sign }, 'changeCert', profile)).toBe('accepted');
    expect(judge({ ...change, sign }, 'userSynchro', profile)).not.toBe('accepted');
    const { paType: _, ...first } = change;
    const synchro = signMembers(gm, profile, secret, Object.entries(first));
    expect(judge({ ...first, sign: synchro }, 'userSynchro', profile)).toBe('accepted');
    expect(judge({ ...change, sign: synchro }, 'changeCert', profile)).not.toBe('accepted');
    expect(judge({ ...sample, sign: synchro }, 'startCheck', profile)).not.toBe('accepted');
  });
});

describe('a canonical string that two messages could share', () => {
  it.each(['x&taskId=T1', 'x&TASKID=T1', '&orgcode=1', '{"url":"https://a.example/?a=1&sign=2"}'])(
    'is refused before the sign is looked at: standBy %j',
    (standBy) => {
      const sign = signMembers(gm, plain, secret, Object.entries({ ...sample, standBy }));
      expect(judge({ ...sample, standBy, sign })).toBe('SIGN_AMBIGUOUS');
      expect(judge({ ...sample, standBy, sign: 'f'.repeat(64) })).toBe('SIGN_AMBIGUOUS');
    },
  );

  it('is not seen in an ordinary address, except where every member is signed', () => {
    const standBy = '{"url":"https://a.example/?a=1&b=2"}';
    const sign = signMembers(gm, plain, secret, Object.entries({ ...sample, standBy }));
    expect(judge({ ...sample, standBy, sign })).toBe('accepted');
    expect(judge({ ...sample, standBy, sign }, 'startCheck', all)).toBe('SIGN_AMBIGUOUS');
  });

  it('does not occur: messages that pass and differ have different strings', () => {
    const fields = interfaceOf('startCheck').request;
    const piece = fc.constantFrom('a', '&', '=', 'taskId', 'orgcode', 'standBy', 'caUnitId', '&taskId=', '');
    const text = fc.array(piece, { maxLength: 5 }).map((parts) => parts.join(''));
    const message = fc.record({ caUnitId: text, taskId: text, orgcode: text, standBy: text });
    const canonOf = (body: JsonObject): string | undefined => {
      const members = readMembers(fields, { ...body, sign: HMAC });
      const strings = members.ok ? canonicalStrings(plain, fields, members.value, body) : undefined;
      return strings?.ok ? strings.value[0] : undefined;
    };
    fc.assert(
      fc.property(message, message, (a, b) => {
        const first = canonOf(a);
        if (first === undefined || JSON.stringify(a) === JSON.stringify(b)) return;
        expect(canonOf(b)).not.toBe(first);
      }),
      { numRuns: 2_000 },
    );
  });

  it('signs the same bytes whatever the secret profile', () => {
    expect(signatureOf(gm, 'hmac-sm3', secret, '中文=1')).toHaveLength(32);
  });
});
