import { describe, expect, it } from 'vitest';
import { type Challenge, challengeText, newNonce } from '#interaction/challenge.ts';
import { systemRandom } from '#kernel/random.ts';

const challenge: Challenge = {
  purpose: 'login',
  hub: 'https://hub.ca.example',
  unitId: 'LN-1',
  orgcode: '210100',
  interaction: 'int_0123456789abcdefghjkmnpqrs',
  nonce: 'ab'.repeat(32),
  expiresAt: Date.UTC(2026, 2, 18, 1, 35),
};

describe('the challenge text', () => {
  it('is the eight lines of design 5, LF between them and none at the end', () => {
    expect(challengeText(challenge)).toBe(
      [
        'caihub/1',
        'purpose=login',
        'hub=https://hub.ca.example',
        'unit=LN-1',
        'orgcode=210100',
        'interaction=int_0123456789abcdefghjkmnpqrs',
        `nonce=${'ab'.repeat(32)}`,
        'expires=2026-03-18T01:35:00.000Z',
      ].join('\n'),
    );
  });

  it('differs in each thing it names', () => {
    const others: Challenge[] = [
      { ...challenge, purpose: 'sign' },
      { ...challenge, hub: 'https://other.example' },
      { ...challenge, unitId: 'LN-2' },
      { ...challenge, orgcode: '210101' },
      { ...challenge, interaction: 'int_1123456789abcdefghjkmnpqrs' },
      { ...challenge, nonce: 'cd'.repeat(32) },
      { ...challenge, expiresAt: challenge.expiresAt + 1 },
    ];
    expect(new Set([challenge, ...others].map(challengeText)).size).toBe(others.length + 1);
  });

  it('holds 256 fresh random bits', () => {
    const nonces = Array.from({ length: 100 }, () => newNonce(systemRandom));
    expect(new Set(nonces).size).toBe(100);
    for (const nonce of nonces) expect(nonce).toMatch(/^[0-9a-f]{64}$/);
  });
});
