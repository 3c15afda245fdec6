import { describe, expect, it } from 'vitest';
import { createGm } from '#crypto/provider.ts';
import { browserHash, isBoundTo, isBrowserSecret, newBrowserSecret } from '#interaction/browser.ts';
import { systemRandom } from '#kernel/random.ts';

const gm = createGm();

describe('a browser', () => {
  const secret = newBrowserSecret(systemRandom);
  const row = { id: 'int_a', browserHash: browserHash(gm, 'int_a', secret) };

  it('is known by its secret alone', () => {
    expect(isBoundTo(gm, row, secret)).toBe(true);
    expect(isBoundTo(gm, row, newBrowserSecret(systemRandom))).toBe(false);
    expect(isBoundTo(gm, row, null)).toBe(false);
    expect(isBoundTo(gm, { id: 'int_a', browserHash: null }, secret)).toBe(false);
  });

  it("leaves another hash in each interaction, so that two rows do not show that they are one person's", () => {
    expect(browserHash(gm, 'int_b', secret)).not.toBe(row.browserHash);
    expect(isBoundTo(gm, { id: 'int_b', browserHash: row.browserHash }, secret)).toBe(false);
  });

  it('holds 32 bytes in their one spelling, and nothing else is taken for a secret', () => {
    expect(isBrowserSecret(secret)).toBe(true);
    const others = [
      '',
      'x',
      `${secret}A`,
      secret.slice(1),
      `${secret.slice(1)}=`,
      `${secret.slice(0, -1)}!`,
      `${'A'.repeat(42)}B`,
    ];
    for (const other of others) expect([other, isBrowserSecret(other)]).toEqual([other, false]);
  });
});
