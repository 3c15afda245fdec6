import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Desk, good, openDesk } from './support.ts';

let desk: Desk;
beforeAll(async () => {
  desk = await openDesk();
});
afterAll(() => desk.close());

const bad = (id: string) => ({ id, ok: false, error: { code: 'BAD_REQUEST' } });

describe('a frame that is no request', () => {
  it('is answered, with its id where one can be read', async () => {
    const page = await desk.page();
    for (const frame of [
      '',
      '{',
      'null',
      '[]',
      '"x"',
      '{}',
      '{"id":1,"method":"enumerate"}',
      `{"id":"${'x'.repeat(65)}"}`,
    ]) {
      expect(await page.raw(frame)).toMatchObject(bad(''));
    }
    expect(await page.raw('{"id":"a","method":"format"}')).toMatchObject(bad('a'));
    expect(await page.raw('{"id":"a","method":"__proto__"}')).toMatchObject(bad('a'));
    expect(await page.raw('{"id":"a","method":"sign","params":{"key":"k"}}')).toMatchObject(bad('a'));
    expect(await page.raw('{"id":"a","method":"sign","params":{"key":["k"],"text":"t"}}')).toMatchObject(bad('a'));
    expect(await page.raw('{"id":"a","method":"enumerate","method":"sign"}')).toMatchObject(bad(''));
    expect(await page.raw(`{"id":"a","method":"sign","params":${'['.repeat(20)}${']'.repeat(20)}}`)).toMatchObject(
      bad(''),
    );
    expect(await page.raw(Buffer.from('{"id":"a","method":"enumerate"}'))).toMatchObject(bad(''));
    expect(good(await page.call('enumerate')).keys).toEqual([]);
  });

  it('never echoes what it said', async () => {
    const page = await desk.connect();
    const reply = await page.raw('{"id":"a","method":"geheim-77","params":{"pin":"geheim-77"}}');
    expect(JSON.stringify(reply) + desk.logged()).not.toContain('geheim-77');
  });

  it('of any shape leaves the agent standing', async () => {
    const page = await desk.page();
    const method = fc.constantFrom(
      'authorize',
      'enumerate',
      'certificates',
      'pinStatus',
      'login',
      'pinDialog',
      'sign',
      'unwrap',
      'rewrap',
    );
    const frame = fc.record({ id: fc.string(), method, params: fc.jsonValue() });
    await fc.assert(
      fc.asyncProperty(fc.oneof(frame, fc.jsonValue()), async (value) => {
        const reply = await page.raw(JSON.stringify(value));
        expect(reply).toHaveProperty('ok');
      }),
      { numRuns: 300 },
    );
  });

  it('larger than 32 KiB, or a flood, ends the connection and nothing else', async () => {
    const large = await desk.connect();
    large.raw('x'.repeat(33 * 1024)).catch(() => undefined);
    expect(await large.closed).toBe(1009);
    const flood = await desk.connect();
    for (let i = 0; i < 500; i += 1) flood.raw('{}').catch(() => undefined);
    expect(await flood.closed).toBe(1008);
    expect(good(await (await desk.page()).call('enumerate')).keys).toEqual([]);
  });
});
