import { describe, expect, it } from 'vitest';
import { catalogue, type ErrorCode } from '#kernel/catalogue.ts';
import { HubError, refusal, refusalOf, sentence } from '#kernel/errors.ts';
import { newId, newSupportCode } from '#kernel/ids.ts';
import { systemRandom } from '#kernel/random.ts';
import { Secret } from '#kernel/secret.ts';

describe('the error catalogue', () => {
  const rows = Object.entries(catalogue);

  it('speaks Chinese sentences that end, without a word of English outside names', () => {
    for (const [code, row] of rows) {
      expect(row.zh, code).toMatch(/[。}]$/);
      expect(row.zh, code).toMatch(/[\u4e00-\u9fff]/);
      expect(row.zh, code).not.toMatch(/请稍后再试|非法|异常码|!|！/);
    }
  });

  it('uses only the wire numbers of the readings', () => {
    const known = [400, 401, 403, 404, 405, 409, 410, 413, 422, 423, 424, 425, 429, 451, 500, 503];
    expect(rows.filter(([, row]) => !known.includes(row.wire)).map(([code]) => code)).toEqual([]);
  });

  it('never prints a placeholder that nobody filled', () => {
    for (const code of Object.keys(catalogue) as ErrorCode[]) expect(sentence(refusal(code))).not.toMatch(/[{}]/);
  });

  it('calls what nobody foresaw INTERNAL, and keeps its cause from the sentence', () => {
    const secret = new Error('password=hunter2');
    expect(sentence(refusalOf(secret))).not.toContain('hunter2');
    expect(refusalOf(new HubError('SERVICE_BUSY', 'database locked')).code).toBe('SERVICE_BUSY');
  });
});

describe('ids, support codes and secrets', () => {
  it('are unguessable, of one shape, and readable over a telephone', () => {
    expect(newId('int', systemRandom)).toMatch(/^int_[0-9a-hjkmnp-tv-z]{26}$/);
    expect(newId('int', systemRandom)).not.toBe(newId('int', systemRandom));
    for (let i = 0; i < 200; i += 1)
      expect(newSupportCode(systemRandom)).toMatch(/^[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}$/);
  });

  it('print as *** on every road', () => {
    const pin = new Secret('123456');
    expect(`${pin} ${JSON.stringify({ pin })} ${String(pin)}`).not.toContain('123456');
    expect(pin.reveal()).toBe('123456');
  });
});
