import { describe, expect, it } from 'vitest';
import type { AgentSession, HeldKey } from '#web/hosted/dialects/dialect.ts';
import { type Readable, readKeys } from '#web/hosted/keys.ts';
import { key } from './peers.ts';

/** So many keys, behind however many programs. */
function shelf(count: number, can: HeldKey['can'] = ['sign']): AgentSession {
  const keys = Array.from({ length: count }, (_, i) => ({ ...key({ key: `${i % 2}:k${i}` }), can }));
  return {
    keys: async () => ({ ok: true, value: keys }),
    certificates: async (handle: string) => ({ ok: true, value: { sign: `sign ${handle}`, encrypt: '' } }),
  } as unknown as AgentSession;
}

const judge = (asked: number[]) => async (certificates: readonly Readable[]) => {
  asked.push(certificates.length);
  return certificates.map(({ key: handle }) => ({ ...key().view, key: handle }));
};

describe('the shelf of keys', () => {
  it('is judged whole, in as many calls as the hub needs', async () => {
    const asked: number[] = [];
    const cards = await readKeys(shelf(40), 'sign', [], judge(asked), () => undefined);
    expect(asked).toEqual([16, 16, 8]);
    expect(cards?.every(({ view }) => view !== null)).toBe(true);
  });

  it('says of each key whether its program can do what the page is for', async () => {
    const read = (deed: 'unwrap' | 'unwrap-to') =>
      readKeys(shelf(1, ['sign', 'unwrap']), deed, [], judge([]), () => undefined);
    expect((await read('unwrap'))?.[0]?.able).toBe(true);
    expect((await read('unwrap-to'))?.[0]?.able).toBe(false);
  });
});
