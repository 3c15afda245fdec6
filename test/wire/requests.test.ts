import { describe, expect, it } from 'vitest';
import { sentence } from '#kernel/errors.ts';
import type { Members } from '#wire/members.ts';
import { readChange, readLogin, readSubject } from '#wire/requests.ts';
import { readInstant } from '#wire/stand-by.ts';

const members = (values: Record<string, string>): Members => ({
  values: new Map(Object.entries(values)),
  spelledAs: new Map(),
});
const login = (standBy?: string) =>
  readLogin(members({ taskId: 'T1', orgcode: '210000', ...(standBy === undefined ? {} : { standBy }) }));

describe('standBy', () => {
  it.each(['任意文字', '{"a":1}', '[{"hub":1}]', '{"hub":1', '"hub"', '{"hub":1,"hub":2}', '', '123'])(
    'without an object under hub is the caller’s own: %j',
    (text) => {
      const read = login(text);
      expect(read.ok && read.value.standBy).toBe(text);
      expect(read.ok && read.value.hub).toEqual({});
    },
  );

  it('under hub names return URL, time and nonce', () => {
    const hub = { returnUrl: 'https://a.example/', timestamp: '2026-03-18T09:30:00+08:00', nonce: 'abcd1234' };
    const read = login(JSON.stringify({ mine: 1, hub }));
    expect(read.ok && read.value.hub).toEqual({ ...hub, timestamp: Date.UTC(2026, 2, 18, 1, 30) });
  });

  it.each([
    ['{"hub":"x"}', 'hub 应为对象'],
    ['{"hub":null}', 'hub 应为对象'],
    ['{"hub":{"returnURL":"https://a.example/"}}', '只可含有 returnUrl'],
    ['{"hub":{"returnUrl":7}}', 'returnUrl 应为已登记的返回地址'],
    ['{"hub":{"timestamp":"tomorrow"}}', 'timestamp 应为'],
    ['{"hub":{"timestamp":{}}}', 'timestamp 应为'],
    ['{"hub":{"nonce":"x"}}', 'nonce 应为'],
  ])('%s is refused with what is expected', (text, words) => {
    const read = login(text);
    expect(read.ok ? '' : sentence(read.refusal)).toContain(words);
  });

  it('makes two tries the same request whatever their time and nonce', () => {
    const at = (timestamp: number, nonce: string) => login(JSON.stringify({ mine: 1, hub: { timestamp, nonce } }));
    const [first, second] = [at(1773797400, 'first-try'), at(1773797460000, 'second-try')];
    expect(first.ok && second.ok && second.value.content).toEqual(first.ok && first.value.content);
    const other = login(JSON.stringify({ mine: 2, hub: {} }));
    expect(other.ok && other.value.content).not.toEqual(first.ok && first.value.content);
  });

  it.each([
    ['1773797400', 1773797400000],
    [1773797400123, 1773797400123],
    ['2026-03-18T01:30:00.5Z', Date.UTC(2026, 2, 18, 1, 30, 0, 500)],
    ['2026-03-18 09:30:00', undefined],
    ['2026-03-18T09:30:00', undefined],
    ['2026-02-31T99:30:00Z', undefined],
    ['', undefined],
    [-1, undefined],
  ])('%j is the instant %s', (value, instant) => {
    expect(readInstant(value)).toBe(instant);
  });
});

describe('changeCert', () => {
  it.each([
    ['0', 'renew'],
    ['1', 'change'],
    ['2', 'cancel'],
  ])('paType %s means %s', (paType, change) => {
    const read = readChange(members({ paType, signCert: 'S', signature: '' }));
    expect(read.ok && read.value.request).toMatchObject({ change, signCertificate: 'S', seal: '', standBy: null });
  });
  it.each(['3', '00', '延期', '-1'])('paType %s is refused by name', (paType) => {
    const read = readChange(members({ paType }));
    expect(read.ok ? '' : sentence(read.refusal)).toContain('paType');
  });
});

describe('userSynchro', () => {
  it('becomes a record in domain words', () => {
    const read = readSubject(
      members({ encCert: 'E', signCertSn: '01', legalIdcard: '2', certEndTime: '2026', standBy: 's' }),
    );
    expect(read.ok && read.value.record).toMatchObject({
      encryptionCertificate: 'E',
      signSerial: '01',
      legalIdNumber: '2',
      endTime: '2026',
      standBy: 's',
    });
  });
});
