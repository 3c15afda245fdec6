import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { companies } from '#fixtures/pki/identities.ts';
import { base64, fromBase64, utf8 } from '#kernel/bytes.ts';
import { readCertificateText } from '#pki/certificate.ts';
import { gm, recordOf, unwrap } from '#test/identity/world.ts';
import { Guest, type HallWorld, openHallWorld } from './world.ts';

describe('a bidder whose certificate was renewed after sealing', () => {
  let world: HallWorld;
  beforeAll(async () => {
    world = await openHallWorld();
  });
  afterAll(() => world.close());

  it('is offered a re-wrap by the old key, and opens with the new one', async () => {
    const { login } = world;
    const rules = { minimumBidders: 1, whenBidder: null, whenOthers: null, remedies: [] };
    const opening = await world.announce({ rules });
    const { key: old } = await world.bidder(opening, companies.dalian);
    const fresh = await login.key({ holder: companies.dalian });
    const holder = { holder: companies.dalian };
    unwrap(await login.subscribers.change(login.unit, { ...recordOf(fresh.pair, holder), change: 'renew' }));

    const bidder = new Guest(world.app, opening, fresh, companies.dalian);
    const seen = await bidder.sit();
    expect(seen.mine?.rewrap).toHaveLength(1);
    const begun = await bidder.call('rewrap', { interaction: bidder.seat });
    const [task] = begun.ok ? begun.tasks : [];
    if (task === undefined) throw new Error('nothing to wrap again');

    // What the agent does with the old key: unwrap, wrap to the new certificate, sign the text.
    const kb = await gm.sm2.decrypt(old.pair.encKey, fromBase64(task.wrapped) ?? Buffer.alloc(0));
    const to = readCertificateText(gm, task.certificate)?.key;
    if (!kb.ok || to?.kind !== 'sm2') throw new Error('the old key does not open it');
    const done = await bidder.call('rewrapped', {
      interaction: bidder.seat,
      offer: task.offer,
      wrapped: base64(await gm.sm2.encrypt(to.publicKey, kb.plaintext)),
      signature: base64(await gm.sm2.sign(old.pair.signKey, [utf8(task.text)])),
      certificate: old.certificate,
    });
    expect(done).toMatchObject({ ok: true, view: { mine: { rewrap: [] } } });

    await world.release(opening);
    const [mine] = (await bidder.see()).mine?.bids ?? [];
    expect(mine?.needed).toHaveLength(2);
    expect(await bidder.decrypt(undefined, 'last')).toBe('ok');
  });
});
