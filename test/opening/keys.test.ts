import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { base64, utf8 } from '#kernel/bytes.ts';
import { openStore } from '#store/store.ts';
import { quietLog } from '#test/support/store.ts';
import {
  codeOf,
  gm,
  type Keyed,
  openWorld,
  recordOf,
  releaseAll,
  streamOf,
  unwrap,
  unwrapWith,
  upload,
  type World,
} from './support.ts';

describe('a bidder’s key before the opening', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(await openStore({ kind: 'sqlite', file: ':memory:' }, { log: quietLog }));
  });
  afterAll(async () => {
    await world.close();
    await world.store.close();
  });

  async function sealed(bidder: Keyed) {
    const file = await world.announce();
    const capsule = await world.capsule(file, bidder);
    const taken = unwrap(await world.openings.takeIn(world.unit, upload(file), streamOf(capsule)));
    return { file, capsule, id: taken.capsuleId };
  }

  it('is rehearsed with a random value and nothing of the capsule', async () => {
    const bidder = await world.bidder();
    const { file, id } = await sealed(bidder);
    const { openings } = world;
    const facts = () => openings.capsule(world.unit, file.opening.id, id).then(unwrap);
    expect((await facts()).willOpen).toBe('untried');
    const begun = unwrap(await openings.beginRehearsal(id));
    const [wrap] = begun.wraps;
    if (wrap === undefined) throw new Error('no wrap');
    const stranger = await world.key();
    await expect(unwrapWith(stranger.encKey, wrap.wrapped)).rejects.toThrow('does not unwrap');
    const wrong = await openings.finishRehearsal(id, begun.id, { wrap: wrap.id, value: Buffer.alloc(16) });
    expect(codeOf(wrong)).toBe('REHEARSAL_FAILED');
    const value = await unwrapWith(bidder.encKey, wrap.wrapped);
    expect(codeOf(await openings.finishRehearsal(id, begun.id, { wrap: wrap.id, value }))).toBe('REHEARSAL_OVER');
    world.clock.pass(1000);
    const again = unwrap(await openings.beginRehearsal(id));
    const right = await unwrapWith(bidder.encKey, again.wraps[0]?.wrapped ?? '');
    const ends = await Promise.all(
      Array.from({ length: 20 }, () => openings.finishRehearsal(id, again.id, { wrap: wrap.id, value: right })),
    );
    expect(ends.filter((one) => one.ok)).toHaveLength(1);
    expect((await facts()).rehearsals.map((one) => one.verdict)).toEqual(['good', 'bad']);
    expect((await facts()).willOpen).toBe('rehearsed');
  });

  it('renewed with a capsule closed is told at once, to its own unit with the number and to others not at all', async () => {
    const old = await world.bidder();
    const { file, id, capsule } = await sealed(old);
    const other = await world.addUnit('另一家交易中心');
    await world.enrol(old, other.unit);
    const renewed = await world.key(old.company, {
      validity: { notBefore: world.clock.now() - 1000, notAfter: world.clock.now() + 400 * 86_400_000 },
    });
    const change = { ...recordOf(renewed), change: 'renew' as const };
    const elsewhere = unwrap(await world.subscribers.change(other.unit, change));
    expect(elsewhere.warnings.join()).not.toContain('未开标');
    const gone = unwrap(await world.subscribers.change(other.unit, { ...recordOf(old), change: 'cancel' as const }));
    expect(gone.warnings.join()).not.toContain('未开标');
    const told = unwrap(await world.openings.capsule(world.unit, file.opening.id, id));
    expect([told.keys.map((key) => key.retired), told.willOpen]).toEqual([[true], 'at-risk']);
    expect(JSON.stringify(told)).not.toContain(other.unit.id);
    // A second key in hand changes nothing by itself; the old one is cancelled, and then only it is missing.
    const cancelled = unwrap(
      await world.subscribers.change(world.unit, { ...recordOf(old), change: 'cancel' as const }),
    );
    expect(cancelled.warnings.join()).toContain('有 1 份未开标文件只能用旧证书解密，请保留旧 UKey 至开标结束');
    const facts = unwrap(await world.openings.capsule(world.unit, file.opening.id, id));
    expect(facts.keys.map((key) => key.retired)).toEqual([true]);
    expect(facts.willOpen).toBe('at-risk');

    await world.enrol(renewed);
    const { openings } = world;
    const certificate = base64(renewed.encCertificate);
    const offer = unwrap(await openings.beginRewrap(id, certificate));
    const [wrap] = offer.wraps;
    if (wrap === undefined || renewed.encrypt.key.kind !== 'sm2') throw new Error('no wrap');
    const kb = await unwrapWith(old.encKey, wrap.wrapped);
    const reply = {
      wrap: wrap.id,
      wrapped: base64(await gm.sm2.encrypt(renewed.encrypt.key.publicKey, kb)),
      text: wrap.text,
      signature: base64(await gm.sm2.sign(old.signKey, [utf8(wrap.text)])),
      signedBy: base64(old.signCertificate),
    };
    const forged = { ...reply, signature: base64(await gm.sm2.sign(renewed.signKey, [utf8(wrap.text)])) };
    expect(codeOf(await openings.finishRewrap(id, certificate, forged))).toBe('REWRAP_INVALID');
    const stranger = await world.key();
    const notHis = { ...forged, signedBy: base64(stranger.signCertificate) };
    expect(codeOf(await openings.finishRewrap(id, certificate, notHis))).toBe('REWRAP_INVALID');
    const done = await Promise.all([reply, reply].map((one) => openings.finishRewrap(id, certificate, one)));
    expect(done.filter((one) => one.ok)).toHaveLength(1);
    const receipt = done.flatMap((one) => (one.ok ? [one.value] : []))[0];
    expect(receipt?.record).toMatchObject({ event: 'rewrapped', version: 1 });
    const after = unwrap(await openings.capsule(world.unit, file.opening.id, id));
    expect(after.willOpen).toBe('untried');
    expect(after.keys.map((key) => [key.wrap, key.retired])).toEqual([
      ['b1', true],
      ['w1', false],
    ]);

    world.clock.pass(file.opening.opensAt - world.clock.now());
    await releaseAll(world, file);
    const item = unwrap(await openings.port.find(world.store.read, world.unit, capsule));
    const fresh = item.wraps.find((one) => one.id === 'w1');
    const opened = await openings.port.open(item, 'w1', await unwrapWith(renewed.encKey, fresh?.wrapped ?? ''), 'key');
    expect(unwrap(opened).kind).toBe('text');
  });
});
