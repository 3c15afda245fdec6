import { describe, expect, it } from 'vitest';
import { utf8 } from '#kernel/bytes.ts';
import { inEveryLayout, oldClients, partsOf, tryMutated } from './mutated-ciphertexts.ts';
import { bothProviders, officialPrivate, text } from './support.ts';

describe.each(bothProviders)('ciphertexts of old clients (%s)', (name, gm) => {
  const key = officialPrivate(gm);

  it.each(oldClients)('open where $comment, and the answer names the habit ($layout)', async (one) => {
    const opened = await gm.sm2.decrypt(key, one.bytes);
    expect(opened).toMatchObject({ ok: true, layout: one.layout });
    expect(opened.ok && text(opened.plaintext)).toBe(text(one.plaintext));
  });

  it('open however they were repacked on the way', async () => {
    const [one] = oldClients;
    if (one === undefined) throw new Error('no vectors');
    for (const [layout, bytes] of Object.entries(inEveryLayout(partsOf(one)))) {
      expect(await gm.sm2.decrypt(key, bytes)).toMatchObject({ ok: true, layout: `${layout}-unpadded` });
    }
  });

  it('are never taken for the usual kind, nor the usual kind for theirs', async () => {
    for (let i = 0; i < (name === 'sm-crypto' ? 5 : 40); i += 1) {
      const opened = await gm.sm2.decrypt(key, await gm.sm2.encrypt(key.publicKey, utf8('0123456789abcdef')));
      expect(opened).toMatchObject({ ok: true, layout: 'der' });
    }
  });

  it('damaged in any way open nothing', async () => {
    const trial = await tryMutated(gm, key, name === 'sm-crypto' ? 200 : 5_000, 20_260_318);
    expect(trial.falseAccepts).toEqual([]);
    expect(trial.plausible).toBeGreaterThan(trial.tried / 4); // else only the parser was tried
  });
});
