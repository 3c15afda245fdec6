import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '#store/store.ts';
import { type LoginWorld, openLoginWorld, recordOf, unwrap } from '#test/identity/world.ts';
import { quietLog } from '#test/support/store.ts';
import { containerText, judgedElsewhere } from './openssl-judge.ts';
import { plainPdf } from './pdf/base.ts';
import { enrolled, keyOf, SigningPerson, sealFor, start } from './people.ts';

let world: LoginWorld;
beforeAll(async () => {
  world = await openLoginWorld(await openStore({ kind: 'sqlite', file: ':memory:' }, { log: quietLog }));
});
afterAll(async () => {
  await world.close();
  await world.store.close();
});

const tender = (): Buffer => plainPdf([{ text: 'Tender 1' }, { text: 'Tender 2' }]);
const family = (signature: 'gbt35275' | 'rfc5652') =>
  world.store.tx(async (tx) =>
    unwrap(await world.relyingParties.setUnit(tx, world.unit.id, { profile: { signature } })),
  );

async function signedIn(signature: 'gbt35275' | 'rfc5652'): Promise<Buffer> {
  await family(signature);
  const key = keyOf(await enrolled(world));
  return new SigningPerson(world).signAndDeliver(await start(world, tender()), key);
}

/** What openssl says to a CMS message of its own reading. */
const kinds = (pdf: Buffer): string => containerText(pdf).replace(/\s+/g, ' ');

describe('openssl, with nothing of ours,', () => {
  it.each(['gbt35275', 'rfc5652'] as const)('verifies what an SM2 key signed in the family %s', async (profile) => {
    const pdf = await signedIn(profile);
    const [judged, more] = judgedElsewhere(pdf);
    expect(judged).toMatchObject({ form: 'cms', signature: true, claimed: judged?.digest });
    expect(more).toBeUndefined();
    // The standard's own identifiers, or the RFC's, which openssl's cms reads as a signed message.
    expect(kinds(pdf).includes(':1.2.156.10197.6.1.4.2.2')).toBe(profile === 'gbt35275');
    expect(kinds(pdf).includes('pkcs7-signedData')).toBe(profile === 'rfc5652');
  });

  it('verifies the seal’s signature, and the seal maker’s under it', async () => {
    const key = await world.key();
    const seal = await sealFor(world, [key]);
    unwrap(await world.subscribers.synchronise(world.unit, { ...recordOf(key.pair), seal }));
    const [judged] = judgedElsewhere(
      await new SigningPerson(world).signAndDeliver(await start(world, tender()), keyOf(key)),
    );
    expect(judged).toMatchObject({ form: 'seal', signature: true, maker: true, claimed: judged?.digest });
  });

  it('verifies both of two parties, one after the other', async () => {
    const once = await signedIn('gbt35275');
    const key = keyOf(await enrolled(world, { authority: 'bohai' }));
    const twice = await new SigningPerson(world).signAndDeliver(await start(world, once), key);
    const judged = judgedElsewhere(twice);
    expect(judged.map(({ signature, claimed, digest }) => [signature, claimed === digest])).toEqual([
      [true, true],
      [true, true],
    ]);
  });

  it('finds one altered byte of the document, and one of the signature', async () => {
    const pdf = await signedIn('gbt35275');
    const document = Buffer.from(pdf);
    document[document.indexOf('Tender 1')] = 0x51;
    const [altered] = judgedElsewhere(document);
    expect(altered?.claimed).not.toBe(altered?.digest);
    // The last hex digit of the signature value: what follows are zeros.
    const text = pdf.toString('latin1');
    const end = /[1-9a-f]0*>/i.exec(text.slice(text.indexOf('/Contents <') + 11))?.index ?? 0;
    const at = text.indexOf('/Contents <') + 11 + end;
    const signature = Buffer.from(pdf);
    signature[at] = signature[at] === 0x31 ? 0x32 : 0x31;
    expect(judgedElsewhere(signature)[0]).toMatchObject({ signature: false, claimed: altered?.claimed });
  });
});
