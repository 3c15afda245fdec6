import { describe, expect, it } from 'vitest';
import { callbackUrl, frameOrigins, type Platform } from '#relying-party/party.ts';
import { completePlatform } from '#relying-party/platform-input.ts';
import { addressWithin } from '#relying-party/ranges.ts';
import { chooseReturnUrl } from '#relying-party/return-url.ts';
import { checkRange, checkUrl, type Mode } from '#relying-party/url-policy.ts';
import { describeOnBothDatabases } from '#test/support/store.ts';
import { accepted, openParties, reasonOf } from './world.ts';

describeOnBothDatabases('a platform', ({ open }) => {
  async function world(mode: Mode = 'production') {
    const { store, parties } = openParties(await open(), mode);
    accepted(await store.tx((tx) => parties.addUnit(tx, { id: 'U', name: '甲' })));
    const base = { unitId: 'U', orgcode: '210000', name: '示例平台', callbackBase: 'https://trade.example/app/' };
    const add = (input: Partial<Parameters<typeof parties.addPlatform>[1]> = {}) =>
      store.tx((tx) => parties.addPlatform(tx, { ...base, ...input }));
    return { store, parties, add };
  }

  it('is complete from its callback address alone', async () => {
    const { add } = await world();
    expect(accepted(await add())).toEqual({
      unitId: 'U',
      orgcode: '210000',
      name: '示例平台',
      status: 'active',
      callbackBase: 'https://trade.example/app',
      callbackPaths: {},
      returnUrls: [],
      homeUrl: 'https://trade.example/',
      publicUrl: null,
      origins: [],
      privateRanges: [],
    });
  });

  it('is called at its base and the printed path, or at the address registered for that one callback', async () => {
    const { add } = await world();
    const platform = accepted(await add({ callbackPaths: { decrypt: 'https://bid.example/ca/d?x=1' } }));
    expect(callbackUrl(platform, '/api/ca/feedbackResult')).toBe('https://trade.example/app/api/ca/feedbackResult');
    expect(callbackUrl(platform, '/api/ca/decrypt')).toBe('https://bid.example/ca/d?x=1');
    expect(reasonOf(await add({ orgcode: '2', callbackPaths: { nope: 'https://a.example/' } }))).toContain(
      '没有名为 nope 的回调',
    );
  });

  it('may be framed by its own origins and the registered ones', async () => {
    const { add } = await world();
    const platform = accepted(
      await add({ returnUrls: ['https://www.trade.example/back'], origins: ['https://x.example'] }),
    );
    expect(frameOrigins(platform)).toEqual(['https://x.example', 'https://trade.example', 'https://www.trade.example']);
  });

  it('changes member by member, and the next read sees it', async () => {
    const { add, parties, store } = await world();
    accepted(await add());
    const change = { returnUrls: ['https://trade.example/back'], publicUrl: 'https://ca.trade.example' };
    accepted(await store.tx((tx) => parties.setPlatform(tx, 'U', '210000', change)));
    accepted(await store.tx((tx) => parties.setPlatform(tx, 'U', '210000', { status: 'suspended' })));
    expect(await parties.platform(store.read, 'U', '210000')).toMatchObject({ ...change, status: 'suspended' });
    expect(reasonOf(await store.tx((tx) => parties.setPlatform(tx, 'U', 'x', {})))).toBe('PLATFORM_UNKNOWN');
    expect(reasonOf(await add())).toContain('已登记');
    expect(reasonOf(await add({ unitId: 'V' }))).toBe('UNIT_UNKNOWN');
  });

  it('of another unit with the same orgcode is another platform', async () => {
    const { add, parties, store } = await world();
    accepted(await store.tx((tx) => parties.addUnit(tx, { id: 'V', name: '乙' })));
    accepted(await add());
    expect(await parties.platform(store.read, 'V', '210000')).toBeUndefined();
    accepted(await add({ unitId: 'V', name: '乙的平台' }));
    expect((await parties.platforms(store.read, 'U')).map((one) => one.name)).toEqual(['示例平台']);
  });

  it('on this machine joins in development, with loopback registered by itself, and never in production', async () => {
    const callbackBase = 'http://localhost:8080/app';
    const development = await world('development');
    expect(accepted(await development.add({ callbackBase })).privateRanges).toEqual(['127.0.0.0/8', '::1/128']);
    const production = await world();
    expect(reasonOf(await production.add({ callbackBase }))).toContain('应为 https 网址');
    expect(reasonOf(await production.add({ callbackBase: 'https://localhost/app' }))).toContain('本机地址');
  });
});

describe('the return URL', () => {
  const completed = (returnUrls: string[]) => {
    const base = { unitId: 'U', orgcode: '1', name: '甲', callbackBase: 'https://trade.example' };
    return completePlatform({ ...base, returnUrls }, 'production');
  };
  const platformWith = (returnUrls: string[]): Platform => ({ ...accepted(completed(returnUrls)), status: 'active' });

  const registered = ['https://trade.example/back?from=ca', 'https://trade.example/other'];
  it('is the first registered one, or the wanted one when it is registered to the letter', () => {
    const platform = platformWith(registered);
    expect(chooseReturnUrl(platform)).toEqual({ ok: true, value: registered[0] });
    expect(chooseReturnUrl(platform, registered[1])).toEqual({ ok: true, value: registered[1] });
    expect(chooseReturnUrl({ ...platform, returnUrls: [] })).toEqual({ ok: true, value: null });
  });

  it.each([
    'https://trade.example/back',
    'https://trade.example/back?from=ca#x',
    'https://trade.example/back?from=ca&x=1',
    'https://TRADE.example/other',
    'https://trade.example/other/',
    'https://trade.example/other/..;/admin',
    'https://trade.example:443/other',
    'http://trade.example/other',
    'https://trade.example@evil.example/other',
    'https://evil.example/?https://trade.example/other',
    '//evil.example',
    '/\\evil.example',
    'JaVaScRiPt:alert(1)',
    'data:text/html,x',
    '',
    ' https://trade.example/other',
  ])('%j is not the registered one', (wanted) => {
    const platform = platformWith(registered);
    expect(reasonOf(chooseReturnUrl(platform, wanted))).toBe('RETURN_URL_UNREGISTERED');
  });

  it('must be registered in the one spelling every parser gives', async () => {
    expect(reasonOf(completed(['https://Trade.example']))).toContain('https://trade.example/');
  });
});

describe('the policy for URLs', () => {
  const policy = { privateRanges: ['10.20.0.0/16'] };
  it.each<[string, Mode, boolean]>([
    ['https://trade.example/app', 'production', true],
    ['https://trade.example:8443/app', 'production', true],
    ['http://trade.example/app', 'production', false],
    ['http://trade.example/app', 'development', false],
    ['http://10.20.3.4:8080/app', 'production', true],
    ['http://10.21.3.4:8080/app', 'production', false],
    ['http://0x0a140304/app', 'production', true],
    ['http://localhost:8080/app', 'development', true],
    ['http://localhost:8080/app', 'production', false],
    ['http://127.0.0.1/app', 'development', true],
    ['http://127.1/app', 'production', false],
    ['http://[::1]:9/app', 'development', true],
    ['http://localhost./app', 'production', false],
    ['https://sub.localhost/app', 'production', false],
    ['https://user@trade.example/', 'production', false],
    ['https://user:pw@trade.example/', 'production', false],
    ['https://@trade.example/', 'production', false],
    ['https://trade.example/#x', 'production', false],
    ['https://trade.example\\@evil.example/', 'production', false],
    ['https:/\\trade.example/', 'production', false],
    ['https:trade.example', 'production', false],
    ['https://trade.example/a b', 'production', false],
    ['https://trade.example/\u0000', 'production', false],
    ['https://tra\u200bde.example/', 'production', false],
    ['ftp://trade.example/', 'production', false],
    ['javascript:alert(1)', 'development', false],
    ['trade.example', 'production', false],
    [`https://trade.example/${'x'.repeat(2048)}`, 'production', false],
  ])('%s in %s: %s', (text, mode, allowed) => {
    expect(checkUrl('callbackBase', '回调地址', text, { ...policy, mode }).ok).toBe(allowed);
  });

  it.each<[string, Mode, boolean]>([
    ['10.0.0.0/8', 'production', true],
    ['192.168.1.7', 'production', true],
    ['172.16.0.0/12', 'production', true],
    ['172.16.0.0/11', 'production', false],
    ['100.64.0.0/10', 'production', true],
    ['fd12:3456::/32', 'production', true],
    ['169.254.0.0/16', 'production', false],
    ['169.254.169.254', 'development', false],
    ['0.0.0.0/0', 'development', false],
    ['127.0.0.0/8', 'development', true],
    ['127.0.0.0/8', 'production', false],
    ['::1/128', 'development', true],
    ['8.8.8.0/24', 'production', false],
    ['10.0.0.1/8', 'production', false],
    ['10.0.0.0/33', 'production', false],
    ['fe80::1%eth0', 'production', false],
    ['ten', 'production', false],
  ])('private range %s in %s: %s', (text, mode, allowed) => {
    expect(checkRange(text, mode) === undefined).toBe(allowed);
  });

  it('holds an address literal against the ranges, never a name', () => {
    expect(addressWithin('[fd00::1:2]', ['fd00::/16'])).toBe(true);
    expect(addressWithin('::ffff:10.0.0.1', ['10.0.0.0/8'])).toBe(true);
    expect(addressWithin('11.0.0.1', ['10.0.0.0/8', 'ten'])).toBe(false);
    expect(addressWithin('trade.example', ['10.0.0.0/8'])).toBe(false);
  });
});
