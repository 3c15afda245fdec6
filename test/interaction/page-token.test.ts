import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createGm } from '#crypto/provider.ts';
import { createPageTokens } from '#interaction/page-token.ts';
import { newId } from '#kernel/ids.ts';
import { systemRandom } from '#kernel/random.ts';

const gm = createGm();
const tokens = createPageTokens(gm, systemRandom.bytes(32));

describe('a page token', () => {
  const address = { interaction: newId('int', systemRandom), generation: 3 };
  const token = tokens.make(address);

  it('names its interaction and generation, and is the same each time', () => {
    expect(tokens.read(token)).toEqual(address);
    expect(tokens.make(address)).toBe(token);
  });

  it('of another generation, interaction or hub is another one', () => {
    const [interaction = '', , mac = ''] = token.split('.');
    expect(tokens.read(`${interaction}.4.${mac}`)).toBeUndefined();
    expect(tokens.read(`${newId('int', systemRandom)}.3.${mac}`)).toBeUndefined();
    expect(createPageTokens(gm, systemRandom.bytes(32)).read(token)).toBeUndefined();
  });

  it('has one spelling only', () => {
    const [interaction = '', generation = '', mac = ''] = token.split('.');
    const others = [
      `${interaction}.03.${mac}`,
      `${interaction}.${generation}.${mac}=`,
      `${interaction.toUpperCase()}.3.${mac}`,
      ` ${token}`,
      `${token}\n`,
      `${token}.`,
      `${interaction}..${mac}`,
    ];
    for (const other of others) expect([other, tokens.read(other)]).toEqual([other, undefined]);
  });

  it('does not survive a changed character', () => {
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.constantFrom(...'abcXYZ019-_.'), (at, letter) => {
        const changed = token.slice(0, at) + letter + token.slice(at + 1);
        expect(changed === token || tokens.read(changed) === undefined).toBe(true);
      }),
    );
  });

  it('is never found in noise', () => {
    fc.assert(fc.property(fc.string(), (noise) => tokens.read(noise) === undefined));
  });
});
