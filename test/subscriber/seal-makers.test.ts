import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basicConstraints, crlDistributionPoints, signUsage } from '#fixtures/pki/extensions.ts';
import { companies } from '#fixtures/pki/identities.ts';
import { makeSeal } from '#fixtures/pki/seal-maker.ts';
import { base64 } from '#kernel/bytes.ts';
import { openStore } from '#store/store.ts';
import { quietLog } from '#test/support/store.ts';
import { orderOf, seen } from './seals-kit.ts';
import { certificate, DAY, type Desk, gm, openDesk, recordOf, refusalOf, unwrap } from './support.ts';

const { liaoning } = companies;

describe('the maker of a seal', () => {
  let desk: Desk;
  beforeAll(async () => {
    desk = await openDesk(await openStore({ kind: 'sqlite', file: ':memory:' }, { log: quietLog }));
  });
  afterAll(async () => {
    await desk.close();
    await desk.store.close();
  });

  /** A maker certified by a vendor of the hub's, so that the vendor's lists speak of it. */
  async function vendorsMaker(validity: { notBefore?: number; notAfter?: number } = {}) {
    const now = desk.clock.now();
    const key = gm.sm2.generateKey();
    const own = await desk.key();
    const der = await desk.pki.authority('beichen').issuingCa.issue({
      subject: [['CN', '示例制章人']],
      spki: gm.sm2.spki(key.publicKey),
      ...{ notBefore: now - 30 * DAY, notAfter: now + 30 * DAY, ...validity },
      extensions: [
        signUsage(),
        basicConstraints(false),
        crlDistributionPoints(certificate(own.signCertificate).crlUrls),
      ],
    });
    return { key, certificate: der };
  }
  async function company(name: string) {
    const unit = await desk.unit(name);
    const pair = await desk.key();
    unwrap(await desk.subscribers.synchronise(unit, recordOf(pair, liaoning, { seal: '' })));
    return { unit, pair };
  }

  /** The library of a hub whose configuration lists these makers' own certificates. */
  const listing = (...makers: readonly { certificate: Uint8Array }[]) =>
    desk.sealsOf(makers.map((maker) => certificate(maker.certificate)));

  it('may be certified by a vendor where the configuration lists it, and is refused from the moment when its certificate is revoked', async () => {
    const { unit, pair } = await company('机构签发');
    const maker = await vendorsMaker();
    const seals = listing(maker);
    unwrap(await seals.register(unit, await makeSeal(gm, maker, orderOf(desk, [pair]))));
    expect((await seen({ ...desk, seals }, unit, pair)).map(({ refusal }) => refusal)).toEqual([null]);
    desk.pki.revoke('beichen', certificate(maker.certificate).serial);
    desk.clock.pass(2 * DAY);
    expect((await seen({ ...desk, seals }, unit, pair))[0]?.refusal).toMatchObject({
      code: 'SEAL_MAKER_UNUSABLE',
      params: { reason: '已被吊销' },
    });
  });

  it('may have reached the end of its own time, if the seal was made before', async () => {
    const { unit, pair } = await company('制章后到期');
    const now = desk.clock.now();
    const maker = await vendorsMaker({ notAfter: now - DAY });
    const seals = listing(maker);
    const before = await makeSeal(gm, maker, orderOf(desk, [pair], { createdAt: now - 2 * DAY }));
    expect(refusalOf(await seals.register(unit, before))).toBe('ok');
    const after = await makeSeal(gm, maker, orderOf(desk, [pair], { createdAt: now - 1000, id: '2' }));
    expect(refusalOf(await seals.register(unit, after))).toBe('SEAL_MAKER_UNUSABLE');
    const ahead = await makeSeal(gm, maker, orderOf(desk, [pair], { createdAt: now + DAY, id: '3' }));
    expect(refusalOf(await seals.register(unit, ahead))).toBe('SEAL_ALTERED');
  });

  it('is nobody who only holds a good certificate of a vendor’s: such a key makes no seal of another company', async () => {
    const { unit, pair } = await company('冒充制章');
    const impostor = await desk.key({ kind: 'person' });
    const maker = { key: impostor.signKey, certificate: impostor.signCertificate };
    const der = await makeSeal(gm, maker, orderOf(desk, [pair]));
    expect(refusalOf(await desk.seals.register(unit, der))).toBe('SEAL_MAKER_UNKNOWN');
    unwrap(await desk.subscribers.synchronise(unit, recordOf(pair, liaoning, { seal: base64(der) })));
    expect((await seen(desk, unit, pair))[0]?.refusal?.code).toBe('SEAL_MAKER_UNKNOWN');
  });
});
