import { describe, expect, it } from 'vitest';
import { hex, utf8 } from '#kernel/bytes.ts';
import { systemRandom } from '#kernel/random.ts';
import { recoverBidderKey } from '#opening/capsule/keys.ts';
import { checkStructure } from '#opening/capsule/structure.ts';
import { recoveryWraps, wrappedBytes } from '#opening/capsule/wraps.ts';
import { gm, halvesOf, holder, open, seal, ticketOf } from './support.ts';

describe('a capsule', () => {
  it.each(['bidder', 'joint'] as const)('of the key model %s gives back exactly what went in', async (keyModel) => {
    const bidder = await holder('甲公司');
    const ticket = await ticketOf(keyModel);
    for (const size of [0, 1, 3000, 65_536, 65_537, 1_100_000]) {
      const content = systemRandom.bytes(size);
      const capsule = await seal(bidder, ticket, content, { name: '投标文件.pdf' });
      const opened = await open(capsule, bidder);
      expect(hex(opened.content)).toBe(hex(content));
      expect(opened.sm3).toBe(hex(gm.sm3(content)));
      expect(opened.preface).toMatchObject({ kind: 'file', size, name: '投标文件.pdf' });
    }
  });

  it('is stored after a look at its structure alone', async () => {
    const bidder = await holder('甲公司');
    const capsule = await seal(bidder, await ticketOf('joint'), utf8('报价 100 万元'));
    const { head, bytes, sm3 } = await checkStructure(gm, [capsule]);
    expect(head.header).toMatchObject({
      opening: 'opn-1',
      lot: 'lot-1',
      keyModel: 'joint',
      sealedBy: 'client',
      padded: 4096,
    });
    expect([bytes, sm3]).toEqual([capsule.length, hex(gm.sm3(capsule))]);
  });

  it('of the key model quorum opens when recovery custodians stand in for a lost key', async () => {
    const bidder = await holder('甲公司');
    const holders = await Promise.all(['子', '丑', '寅'].map(holder));
    const capsule = await seal(bidder, await ticketOf('quorum', { threshold: 2, holders }), utf8('正文'));
    const { head } = await checkStructure(gm, [capsule]);
    const shares = await Promise.all(
      recoveryWraps(head.wraps).map(async (wrap, index) => {
        const opened = await gm.sm2.decrypt(holders[index]?.encKey ?? bidder.encKey, wrappedBytes(wrap));
        if (!opened.ok) throw new Error('share does not open');
        return { custodian: wrap.custodian, share: opened.plaintext };
      }),
    );
    const recovered = await recoverBidderKey(gm, head.header, shares.slice(1));
    if (!recovered.ok) throw new Error('not recovered');
    const { ko } = await halvesOf(capsule, bidder);
    expect((await open(capsule, bidder, { kb: recovered.kb, ko })).content.toString()).toBe('正文');
    expect(await recoverBidderKey(gm, head.header, shares.slice(2))).toEqual({ ok: false, wrong: [] });
    const bent = shares.map((one, index) => (index === 1 ? { ...one, share: Buffer.alloc(17, 7) } : one));
    expect(await recoverBidderKey(gm, head.header, bent.slice(1))).toEqual({ ok: false, wrong: ['rec-2'] });
    expect(await recoverBidderKey(gm, head.header, bent)).toMatchObject({ ok: true });
  });
});
