import { describe, expect, it } from 'vitest';
import { concat, fromUtf8, utf8 } from '#kernel/bytes.ts';
import { HubError, refusalOf } from '#kernel/errors.ts';
import { limits } from '#kernel/limits.ts';
import { interfaces } from '#wire/interfaces.ts';
import { createBodySplitter } from '#wire/split-body.ts';

const field = interfaces.startSignature.request[3];

function split(body: string | Uint8Array, pieces = 7, most = 1000) {
  const bytes = typeof body === 'string' ? utf8(body) : body;
  const splitter = createBodySplitter(field, most);
  const out: Uint8Array[] = [];
  try {
    for (let at = 0; at < bytes.length; at += pieces) out.push(...splitter.push(bytes.subarray(at, at + pieces)));
    const rest = splitter.end();
    return rest.ok ? { text: fromUtf8(concat(...out)), rest: rest.value } : rest.refusal.code;
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    return refusalOf(error).code;
  }
}

describe('a body with a text too large to hold', () => {
  const text = 'JVBERi0xLjcK/+8=';
  it.each<[string, string, string]>([
    ['first', `{"attFile":"${text}","taskId":"T1","standBy":"{\\"hub\\":{}}"}`, text],
    [
      'last, with a BOM and white space',
      `\uFEFF {\n "taskId" : "T1", "standBy":"{\\"hub\\":{}}" ,\t"attFile" : "${text}" }\r\n`,
      text,
    ],
    [
      'with escaped slashes',
      `{"taskId":"T1","attFile":"${text.replace('/', '\\/')}","standBy":"{\\"hub\\":{}}"}`,
      text,
    ],
    [
      'with every letter escaped',
      `{"attFile":"${[...text].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}","taskId":"T1","standBy":"{\\"hub\\":{}}"}`,
      text,
    ],
    [
      'in lines',
      `{"attFile":"JVBERi0x\\r\\nLjcK/+8=","taskId":"T1","standBy":"{\\"hub\\":{}}"}`,
      'JVBERi0x\r\nLjcK/+8=',
    ],
    ['under an escaped name', `{"\\u0061ttFile":"${text}","taskId":"T1","standBy":"{\\"hub\\":{}}"}`, text],
  ])('comes out of it, wherever it stands and however it is cut: %s', (_, body, expected) => {
    for (const pieces of [1, 2, 3, 5, 7, 11, 64, body.length * 3]) {
      const result = split(body, pieces);
      expect(result).toMatchObject({ text: expected, rest: { taskId: 'T1', standBy: '{"hub":{}}', attFile: 'x' } });
    }
  });

  it('is known by its name in any case of letters, and refused when it stands there twice', () => {
    expect(split('{"ATTFILE":"AAAA","a":1}')).toEqual({ text: 'AAAA', rest: { ATTFILE: 'x', a: 1 } });
    expect(split('{"attFile":"AAAA","attfile":"BBBB"}')).toBe('FIELD_INVALID');
    expect(split('{"attFile":"AAAA","attFile":"BBBB"}')).toBe('FIELD_INVALID');
  });

  it('is none that stands deeper, in a list, or in a text', () => {
    for (const body of [
      '{"a":{"attFile":"AAAA"}}',
      '[{"attFile":"AAAA"}]',
      '{"a":["attFile","AAAA"]}',
      '{"a":"\\"attFile\\":\\"AAAA\\""}',
      '{"attFile":{"attFile":"AAAA"}}',
    ]) {
      const result = split(body, 3);
      const parsed: unknown = JSON.parse(body);
      expect(result).toEqual(Array.isArray(parsed) ? 'BODY_NOT_JSON' : { text: '', rest: parsed });
    }
  });

  it('leaves what is no text to the reader of the rest, and counts blank as nothing', () => {
    expect(split('{"attFile":null}')).toEqual({ text: '', rest: { attFile: null } });
    expect(split('{"attFile":12}')).toEqual({ text: '', rest: { attFile: 12 } });
    expect(split('{"attFile":" \\n "}')).toMatchObject({ rest: { attFile: '' } });
    expect(split('{"taskId":"T1"}')).toEqual({ text: '', rest: { taskId: 'T1' } });
  });

  it.each<[string, string, string]>([
    ['of other characters', '{"attFile":"AA*A"}', 'FIELD_INVALID'],
    ['with a quote', '{"attFile":"AA\\"A"}', 'FIELD_INVALID'],
    ['with a backslash', '{"attFile":"AA\\\\A"}', 'FIELD_INVALID'],
    ['with half an escape', '{"attFile":"AA\\u00"}', 'FIELD_INVALID'],
    ['with an escape that is none', '{"attFile":"AA\\xAA"}', 'FIELD_INVALID'],
    ['with an umlaut', '{"attFile":"AAÄA"}', 'FIELD_INVALID'],
    ['with a line break that is not escaped', '{"attFile":"AA\nAA"}', 'BODY_NOT_JSON'],
    ['that never ends', '{"attFile":"AAAA', 'BODY_NOT_JSON'],
    ['that is longer than the largest file', `{"attFile":"${'A'.repeat(1001)}"}`, 'BODY_TOO_LARGE'],
    ['behind which the body breaks off', '{"attFile":"AAAA",', 'BODY_NOT_JSON'],
    ['behind which more follows', '{"attFile":"AAAA"}{}', 'BODY_NOT_JSON'],
    ['beside a name twice', '{"attFile":"AAAA","taskId":"1","taskId":"2"}', 'BODY_NOT_JSON'],
    ['beside __proto__', '{"attFile":"AAAA","__proto__":1}', 'BODY_NOT_JSON'],
  ])('is refused: a text %s', (_, body, code) => {
    for (const pieces of [1, 4, 4096]) expect(split(body, pieces)).toBe(code);
  });

  it('is bounded, and so is the rest', () => {
    const most = `{"attFile":"${'A'.repeat(1000)}"}`;
    expect(split(most)).toMatchObject({ rest: { attFile: 'x' } });
    const rest = `{"attFile":"AAAA","a":"${'x'.repeat(limits.jsonBody)}"}`;
    expect(split(rest, 1 << 16)).toBe('BODY_TOO_LARGE');
    expect(split(`{"a":${'['.repeat(200)}`, 64)).toBe('BODY_NOT_JSON');
    expect(split(concat(utf8('{"attFile":"AAAA","a":"'), new Uint8Array([0xc4, 0xe3]), utf8('"}')))).toBe(
      'BODY_NOT_UTF8',
    );
  });

  it('leaves of every body, sound or damaged, a rest that is sound exactly when the body was', () => {
    const sound = '{"a":[1,{"attFile":"AAAA"}],"attFile":"QUJD","taskId":"T\\u0031","n":-1.5e3,"b":{"c":"d"}}';
    for (let at = 0; at < sound.length; at += 1) {
      for (const change of ['', '"', ',', ':', '{', '}', '\\', 'A']) {
        const body = sound.slice(0, at) + change + sound.slice(at + 1);
        const isSound = ((): boolean => {
          try {
            JSON.parse(body);
            return true;
          } catch {
            return false;
          }
        })();
        const result = split(body, 5);
        if (typeof result !== 'string') expect([body, isSound]).toEqual([body, true]);
        if (isSound && typeof result === 'string') expect(['FIELD_INVALID', 'BODY_NOT_JSON']).toContain(result);
      }
    }
  });
});
