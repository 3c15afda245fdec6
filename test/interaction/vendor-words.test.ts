import { describe, expect, it } from 'vitest';
import type { Authority } from '#drivers/authority.ts';
import { manifestSchema } from '#drivers/authority.ts';
import type { Prompt } from '#drivers/contract.ts';
import type { VendorExchange } from '#interaction/exchange-state.ts';
import { shown } from '#interaction/vendor-words.ts';

const help = 'https://vendor.example/help';
const authority: Authority = {
  id: 'qinglan',
  name: '青岚数字证书',
  driver: 'vendor-page',
  status: 'active',
  manifest: manifestSchema.parse({
    media: ['page', 'mobile'],
    support: { hotline: '400-000-0003', install: help, renew: help, unlock: help },
    egress: { origins: ['https://vendor.example'], privateRanges: [] },
  }),
  updatedAt: 0,
};
const exchange: VendorExchange = {
  exchange: 'int_x.0123456789abcdef',
  nonce: 'n',
  medium: 'page',
  digits: '42',
  content: '',
  expiresAt: 1,
  status: 'waiting',
  state: null,
  own: null,
};
const to = (url: string): Prompt => ({ kind: 'redirect', url });

describe('a vendor’s driver leads the browser', () => {
  it('to the vendor’s registered hosts', () => {
    expect(shown(to('https://vendor.example/p/1'), exchange, authority)).toEqual({
      content: 'https://vendor.example/p/1',
    });
  });

  it('to no other host, port or scheme', () => {
    for (const url of [
      'https://vendor.example.evil.example/p/1',
      'https://evil.example/?https://vendor.example',
      'http://vendor.example/p/1',
      'https://vendor.example:8443/p/1',
    ])
      expect(() => shown(to(url), exchange, authority)).toThrow('redirect');
  });

  it('only on the road that the person has taken', () => {
    expect(() => shown(to('https://vendor.example/p/1'), { ...exchange, medium: 'mobile' }, authority)).toThrow();
    const code: Prompt = { kind: 'qr', content: 'x', digits: '42', expiresAt: 1, status: 'waiting' };
    expect(() => shown(code, exchange, authority)).toThrow();
  });
});
