import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '#kernel/bytes.ts';
import { sentence } from '#kernel/errors.ts';
import { readJson, readJsonObject } from '#kernel/json.ts';

const read = (text: string) => readJson(utf8(text));
const codeOf = (text: string | Uint8Array) => {
  const got = readJson(typeof text === 'string' ? utf8(text) : text);
  return got.ok ? 'ok' : got.refusal.code;
};

describe('the strict JSON reader', () => {
  it('reads what JSON.parse reads, when no name stands twice', () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 6 }).filter((value) => !JSON.stringify(value).includes('__proto__')),
        (value) => {
          const got = read(JSON.stringify(value));
          expect(got.ok ? got.value : got.refusal).toEqual(JSON.parse(JSON.stringify(value)));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('takes one byte-order mark', () => {
    expect(read('\ufeff{"a":1}')).toEqual({ ok: true, value: { a: 1 } });
  });

  it('refuses a name that stands twice, also when one is written with escapes', () => {
    expect(codeOf('{"a":1,"a":2}')).toBe('BODY_NOT_JSON');
    expect(codeOf('{"a":1,"\\u0061":2}')).toBe('BODY_NOT_JSON');
    expect(codeOf('{"x":{"a":1},"y":{"a":2}}')).toBe('ok');
    expect(codeOf('[{"a":1},{"a":1}]')).toBe('ok');
    expect(codeOf('{"a":"a","b":"a"}')).toBe('ok');
  });

  it('refuses __proto__ as a name', () => {
    expect(codeOf('{"__proto__":{"admin":true}}')).toBe('BODY_NOT_JSON');
    expect(codeOf('{"\\u005f_proto__":1}')).toBe('BODY_NOT_JSON');
  });

  it('refuses more than 32 levels, and a million of them quickly', () => {
    expect(codeOf('['.repeat(32) + ']'.repeat(32))).toBe('ok');
    expect(codeOf('['.repeat(33) + ']'.repeat(33))).toBe('BODY_NOT_JSON');
    expect(codeOf('['.repeat(1_000_000))).toBe('BODY_NOT_JSON');
  });

  it('tells GBK bytes from UTF-8', () => {
    const gbk = Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xc1, 0xc9, 0xc4, 0xfe, 0x22, 0x7d]);
    expect(codeOf(gbk)).toBe('BODY_NOT_UTF8');
  });

  it('refuses broken syntax with a sentence and without throwing', () => {
    for (const text of [
      '',
      '{',
      '{"a"',
      '{"a":}',
      '{"a":1,}',
      'undefined',
      '{"a":01}',
      "{'a':1}",
      '"abc',
      '{"a":"\u0001"}',
      '\\',
      '{"\\u12":1}',
    ]) {
      const got = read(text);
      expect(got.ok).toBe(false);
      if (!got.ok) expect(sentence(got.refusal)).toMatch(/^请求内容不是规范的 JSON：.+。$/);
    }
  });

  it('refuses a body over its size, and anything but an object where one is due', () => {
    const big = readJson(utf8(`"${'a'.repeat(2048)}"`), { size: 1024 });
    expect(big.ok ? '' : sentence(big.refusal)).toBe('提交的内容过大（上限 1 KB），请缩小后重新提交。');
    expect(readJsonObject(utf8('[]')).ok).toBe(false);
    expect(readJsonObject(utf8('null')).ok).toBe(false);
  });
});
