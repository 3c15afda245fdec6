import { describe, expect, it } from 'vitest';
import { createApi } from '#web/hosted/api.ts';

const answering = (body: unknown, init: ResponseInit = {}) => {
  const calls: { url: string; init: RequestInit }[] = [];
  const fetcher = (async (url: string, options: RequestInit) => {
    calls.push({ url, init: options });
    return new Response(typeof body === 'string' ? body : JSON.stringify(body), init);
  }) as unknown as typeof fetch;
  return { api: createApi(fetcher), calls };
};
const refusalOf = (code: string) => ({
  ok: false,
  error: { code, message: '……', supportCode: 'K7Q4-2M9D', retry: true },
});

describe('the page’s calls to the hub', () => {
  it('are same-origin posts that carry the claim only once there is one', async () => {
    const { api, calls } = answering({ ok: true });
    await api.call('hello', {});
    api.keepClaim('secret');
    await api.call('view', { interaction: 'int_1' });
    expect(calls.map((call) => call.url)).toEqual(['/hosted/api/hello', '/hosted/api/view']);
    expect(new Headers(calls[0]?.init.headers).has('x-ca-claim')).toBe(false);
    expect(new Headers(calls[1]?.init.headers).get('x-ca-claim')).toBe('secret');
    expect(calls[1]?.init).toMatchObject({
      credentials: 'same-origin',
      redirect: 'error',
      referrerPolicy: 'no-referrer',
    });
  });

  it('tell a refusal from crowding and from silence', async () => {
    expect(await answering(refusalOf('OTHER_BROWSER')).api.call('hello', {})).toMatchObject({ kind: 'refused' });
    const busy = await answering(refusalOf('RATE_LIMITED'), { status: 429, headers: { 'retry-after': '7' } }).api.call(
      'hello',
      {},
    );
    expect(busy).toMatchObject({ kind: 'busy', afterMs: 7000 });
    expect(await answering('<html>502</html>', { status: 502 }).api.call('hello', {})).toMatchObject({ kind: 'lost' });
    expect(await answering({ hello: 'proxy' }).api.call('hello', {})).toMatchObject({ kind: 'lost' });
    const broken = createApi(async () => {
      throw new TypeError('network');
    });
    expect(await broken.call('hello', {})).toMatchObject({ kind: 'lost' });
  });

  it('do not believe a mad retry-after', async () => {
    const { api } = answering(refusalOf('SERVICE_BUSY'), { status: 503, headers: { 'retry-after': '99999' } });
    expect(await api.call('hello', {})).toMatchObject({ afterMs: 60_000 });
  });
});
