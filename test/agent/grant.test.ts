import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Grant } from '#agent/protocol.ts';
import { isoUtc } from '#kernel/clock.ts';
import { codeOf, type Desk, gm, good, HUB, makeKey, openDesk, type Page, START, signGrant } from './support.ts';

let desk: Desk;
beforeAll(async () => {
  desk = await openDesk();
  const { file } = await makeKey(`${desk.keyDir}/one.json`);
  desk.agent.slots.plug(file); // the folder's own notice comes when it comes
});
afterAll(() => desk.close());

const offer = async (changes: Partial<Grant>, page?: Page): Promise<string> => {
  const at = page ?? (await desk.connect());
  return codeOf(await at.call('authorize', await signGrant(desk.hubKey, { nonce: at.greeting.nonce, ...changes })));
};

describe('a grant', () => {
  it('of the paired hub, for this connection, this page and this minute admits', async () => {
    expect(await offer({})).toBe('ok');
  });

  it('is needed before anything else', async () => {
    const page = await desk.connect();
    const key = 'k';
    expect(codeOf(await page.call('enumerate'))).toBe('NOT_AUTHORIZED');
    expect(codeOf(await page.call('certificates', { key }))).toBe('NOT_AUTHORIZED');
    expect(codeOf(await page.call('login', { key, pin: '123456' }))).toBe('NOT_AUTHORIZED');
    expect(codeOf(await page.call('pinDialog', { key }))).toBe('NOT_AUTHORIZED');
    expect(codeOf(await page.call('sign', { key, text: 'x' }))).toBe('NOT_AUTHORIZED');
    expect(codeOf(await page.call('unwrap', { key, wrapped: '' }))).toBe('NOT_AUTHORIZED');
    expect(codeOf(await page.call('rewrap', { key, wrapped: '', certificate: '', text: '' }))).toBe('NOT_AUTHORIZED');
  });

  it('for another connection, another origin or another time does not', async () => {
    const other = await desk.connect();
    for (const changes of [
      { nonce: other.greeting.nonce },
      { nonce: '00'.repeat(32) },
      { origin: 'https://hub.other.example' },
      { expires: isoUtc(START - 1) },
      { expires: isoUtc(START) },
      { expires: isoUtc(START + 5 * 60_000) },
      { expires: '2026-03-18T01:30:30' },
      { expires: 'never' },
    ]) {
      expect(await offer(changes)).toBe('GRANT_INVALID');
    }
  });

  it('that is forged does not: another key, a changed word, no signature', async () => {
    const page = await desk.connect();
    const { nonce } = page.greeting;
    const foreign = await signGrant(gm.sm2.generateKey(), { nonce });
    const own = await signGrant(desk.hubKey, { nonce });
    const widened = { ...own, grant: { ...own.grant, operations: ['unwrap'] as const } };
    for (const signed of [foreign, widened, { ...own, signature: '' }, { ...own, signature: 'AAAA' }]) {
      expect(codeOf(await page.call('authorize', signed))).toBe('GRANT_INVALID');
    }
    expect(codeOf(await page.call('enumerate'))).toBe('NOT_AUTHORIZED');
  });

  it('whose words hide a line break cannot be read as another grant', async () => {
    const operations = ['enumerate\nexpires=2999-01-01T00:00:00.000Z'] as unknown as Grant['operations'];
    expect(await offer({ operations })).toBe('BAD_REQUEST');
    expect(await offer({ origin: `${HUB}\ninteraction=x` })).toBe('BAD_REQUEST');
    expect(await offer({ interaction: 'int_1\nx' })).toBe('BAD_REQUEST');
  });

  it('is used once: the second on a connection is refused, even the same', async () => {
    const page = await desk.connect();
    expect(await offer({}, page)).toBe('ok');
    expect(await offer({}, page)).toBe('GRANT_INVALID');
    expect(await offer({ operations: ['unwrap'] }, page)).toBe('GRANT_INVALID');
    expect(good(await page.call('enumerate')).keys).toHaveLength(1);
  });

  it('opens what it names and nothing more', async () => {
    const page = await desk.page(['enumerate']);
    const key = good(await page.call('enumerate')).keys[0]?.key ?? '';
    expect(codeOf(await page.call('pinStatus', { key }))).toBe('ok');
    expect(codeOf(await page.call('certificates', { key }))).toBe('OPERATION_NOT_GRANTED');
    expect(codeOf(await page.call('login', { key, pin: '123456' }))).toBe('OPERATION_NOT_GRANTED');
    expect(codeOf(await page.call('sign', { key, text: 'x' }))).toBe('OPERATION_NOT_GRANTED');
    expect(codeOf(await page.call('unwrap', { key, wrapped: 'AAAA' }))).toBe('OPERATION_NOT_GRANTED');
  });

  it('cannot be searched for: after five refusals the agent hangs up', async () => {
    const page = await desk.connect();
    for (let i = 0; i < 5; i += 1) {
      await page.call('authorize', await signGrant(gm.sm2.generateKey(), { nonce: page.greeting.nonce }));
    }
    expect(await page.closed).toBe(1008);
  });

  it('of a hub whose pairing was for another origin is refused', async () => {
    const page = await desk.connect();
    const signed = await signGrant(desk.hubKey, { nonce: page.greeting.nonce, origin: 'https://hub.other.example' });
    expect(codeOf(await page.call('authorize', signed))).toBe('GRANT_INVALID');
  });
});
