import { afterEach, describe, expect, it } from 'vitest';
import { openStore } from '#store/store.ts';
import { quietLog } from '#test/support/store.ts';
import {
  codeOf,
  HOUR,
  type Keyed,
  openAsBidder,
  openWorld,
  recordOf,
  releaseAll,
  streamOf,
  unwrap,
  upload,
  type World,
} from './support.ts';

const DAY = 24 * HOUR;
type State = 'good' | 'expired' | 'revoked' | 'renewed';

/** The written decision table of T28: judged when a bid is sealed; at the opening only the key counts. */
describe('the certificate a bid is sealed to', () => {
  const worlds: World[] = [];
  afterEach(async () => {
    for (const world of worlds.splice(0)) {
      await world.close();
      await world.store.close();
    }
  });

  /** An opening in three days; a bidder on record whose certificate ends in one and a half. */
  async function begin() {
    const world = await openWorld(await openStore({ kind: 'sqlite', file: ':memory:' }, { log: quietLog }));
    worlds.push(world);
    const file = await world.announce({ opensAt: world.clock.now() + 3 * DAY });
    const now = world.clock.now();
    const key = await world.key(undefined, { validity: { notBefore: now - DAY, notAfter: now + 1.5 * DAY } });
    await world.enrol(key);
    return { world, file, key };
  }

  async function become(world: World, key: Keyed, state: State): Promise<void> {
    switch (state) {
      case 'good':
        return;
      case 'expired':
        return world.clock.pass(2 * DAY);
      case 'revoked':
        for (const { serial } of [key.sign, key.encrypt]) world.pki.revoke('beichen', serial);
        // The lists that the hub has in hand are good for a day.
        return world.clock.pass(1.2 * DAY);
      case 'renewed': {
        const next = await world.key(key.company);
        unwrap(await world.subscribers.change(world.unit, { ...recordOf(next), change: 'renew' as const }));
        return;
      }
    }
  }

  it.each([
    ['good', 'ok'],
    ['expired', 'CAPSULE_CERTIFICATE'],
    ['revoked', 'CAPSULE_CERTIFICATE'],
    ['renewed', 'CAPSULE_CERTIFICATE'],
  ] as const)('%s at sealing: %s', async (state, verdict) => {
    const { world, file, key } = await begin();
    const capsule = await world.capsule(file, key);
    await become(world, key, state);
    expect(codeOf(await world.openings.takeIn(world.unit, upload(file), streamOf(capsule)))).toBe(verdict);
  });

  it.each(['good', 'expired', 'revoked', 'renewed'] as const)(
    'good at sealing and %s at the opening, opens with its own key',
    async (state) => {
      const { world, file, key } = await begin();
      const capsule = await world.capsule(file, key);
      unwrap(await world.openings.takeIn(world.unit, upload(file), streamOf(capsule)));
      await become(world, key, state);
      // The record goes on meanwhile, as that of a living hub does.
      world.clock.pass(file.opening.opensAt - world.clock.now());
      await releaseAll(world, file);
      expect(unwrap(await openAsBidder(world, capsule, key))).toMatchObject({ kind: 'text' });
    },
  );
});
