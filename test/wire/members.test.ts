import { describe, expect, it } from 'vitest';
import { sentence } from '#kernel/errors.ts';
import type { Json, JsonObject } from '#kernel/json.ts';
import { type InterfaceName, interfaceOf, interfaces } from '#wire/interfaces.ts';
import { readMembers } from '#wire/members.ts';

const names = Object.keys(interfaces) as InterfaceName[];
const whole = (name: InterfaceName): Record<string, Json> =>
  Object.fromEntries(interfaceOf(name).request.map((field) => [field.name, '1']));
const read = (name: InterfaceName, body: JsonObject) => readMembers(interfaceOf(name).request, body);
const said = (name: InterfaceName, body: JsonObject): string => {
  const result = read(name, body);
  return result.ok ? 'ok' : sentence(result.refusal);
};

describe('a required member', () => {
  const required = names.flatMap((name) =>
    interfaceOf(name)
      .request.filter((field) => field.required)
      .map((field) => [name, field.name, field.zh] as const),
  );
  it.each(required)('of %s that is missing is named: %s', (name, field, zh) => {
    const { [field]: _, ...body } = whole(name);
    const expected = field === 'sign' ? '缺少必填项 sign（签名）。' : `缺少必填项 ${field}（${zh}）。`;
    expect(said(name, body)).toBe(expected);
    expect(said(name, { ...body, [field]: null })).toBe(expected);
  });

  it.each(required)('of %s that is empty or blank is missing, where "" is no value: %s', (name, field) => {
    const empty = field === 'signature' || field === 'decData' ? 'ok' : 'missing';
    for (const blank of ['', '  ']) {
      const result = read(name, { ...whole(name), [field]: blank });
      expect(result.ok ? 'ok' : 'missing').toBe(empty);
    }
  });

  it.each(required)('of %s that is no string is refused by type: %s', (name, field, zh) => {
    for (const value of [1.5, true, {}, [], ['1'], { length: 1 }]) {
      const expected = field === 'paType' ? '字符串或整数' : '字符串';
      expect(said(name, { ...whole(name), [field]: value })).toBe(`${field}（${zh}）应为${expected}。`);
    }
    expect(said(name, { ...whole(name), [field]: 7 }) === 'ok').toBe(field === 'paType');
  });
});

describe('a member', () => {
  it('in another case is found, and the printed name goes before it', () => {
    const { taskId: _, ...body } = whole('startCheck');
    const result = read('startCheck', { ...body, TASKID: 'T1' });
    expect(result.ok && result.value.values.get('taskId')).toBe('T1');
    expect(result.ok && result.value.spelledAs.get('taskId')).toBe('TASKID');
    const both = read('startCheck', { ...body, taskId: 'T0', TASKID: 'T1' });
    expect(both.ok && both.value.values.get('taskId')).toBe('T0');
    expect(said('startCheck', { ...body, taskid: 'T0', TASKID: 'T1' })).toContain('不同的大小写出现了两次');
  });

  it('that no object of ours has is not taken from a prototype', () => {
    const body = JSON.parse('{"constructor":"x","toString":"y"}') as JsonObject;
    expect(said('startCheck', body)).toContain('缺少必填项 caUnitId');
  });

  it.each([
    ['taskId', 'a&b'],
    ['taskId', 'a=b'],
    ['taskId', 'a\nb'],
    ['taskId', 'a\u202eb'],
    ['taskId', 'x'.repeat(129)],
    ['taskId', '\ud800'],
    ['orgcode', '2\u0000'],
    ['caUnitId', 'x'.repeat(513)],
    ['standBy', 'x'.repeat(16 * 1024 + 1)],
    ['standBy', '\udc00'],
    ['sign', 'x'.repeat(513)],
  ])('%s refuses %j', (field, value) => {
    expect(said('startCheck', { ...whole('startCheck'), [field]: value })).toContain(`${field}（`);
  });

  it.each([
    ['userName', '张\u0001三'],
    ['unitName', '甲\n乙'],
    ['unitCode', '91&1'],
    ['signCertSn', 'AA=BB'],
    ['signCert', 'x\u0000'],
    ['signCert', 'x'.repeat(32 * 1024 + 1)],
    ['legalName', 'x'.repeat(513)],
  ])('of userSynchro: %s refuses %j', (field, value) => {
    expect(said('userSynchro', { ...whole('userSynchro'), [field]: value })).toContain(`${field}（`);
  });

  it.each([
    ['signCert', '-----BEGIN CERTIFICATE-----\r\nAA==\r\n'],
    ['standBy', 'a&b=c\n\u0000 任何内容'],
    ['userName', '欧阳·娜娜 𠮷'],
    ['certEndTime', '2026-10-17 23:59:59'],
    ['signCertSn', '0a:1b 2c'],
    ['signature', ''],
  ])('of userSynchro: %s takes %j', (field, value) => {
    expect(said('userSynchro', { ...whole('userSynchro'), [field]: value })).toBe('ok');
  });

  it('of startCheck: a task identifier may be 128 printable characters', () => {
    expect(said('startCheck', { ...whole('startCheck'), taskId: '任'.repeat(128) })).toBe('ok');
  });
});
