import { describe, expect, it } from 'vitest';
import type { Sm2PrivateKey } from '#crypto/gm.ts';
import { type Bytes, base64, fromBase64, hex, utf8 } from '#kernel/bytes.ts';
import { HubError } from '#kernel/errors.ts';
import { systemRandom } from '#kernel/random.ts';
import { joinKeys } from '#opening/capsule/keys.ts';
import { openCapsule } from '#opening/capsule/open.ts';
import { beginIntake } from '#opening/capsule/structure.ts';
import { bidderWraps, openingWrap, wrappedBytes } from '#opening/capsule/wraps.ts';
import type { Dealing } from '#opening/process/dealer.ts';
import { createOneShots } from '#opening/process/one-shots.ts';
import { gather, gm, holder, hubKey, hubPoint, NOW, type Pair } from '../capsule/support.ts';

const shots = createOneShots({ gm });

async function dealTo(holders: readonly Pair[], threshold: number): Promise<Dealing> {
  return shots.runDealer({
    opening: 'opn-1',
    threshold,
    custodians: holders.map(({ encCertificate }, index) => ({
      id: `cus-${index + 1}`,
      certificate: base64(encCertificate),
    })),
  });
}

/** What a custodian's agent does with the grant `release`: unwrap, wrap again to the release key. */
async function release(dealing: Dealing, index: number, holder: Pair, to: Sm2PrivateKey) {
  const dealt = dealing.shares[index];
  const share = dealt && (await gm.sm2.decrypt(holder.encKey, fromBase64(dealt.wrapped) ?? Buffer.alloc(0)));
  if (!dealt || !share?.ok) throw new Error('share does not open');
  const wrapped = base64(await gm.sm2.encrypt(to.publicKey, share.plaintext));
  return { custodian: dealt.custodian, wrapped, sm3: dealt.sm3 };
}

async function sealInHub(
  bidder: Pair,
  dealing: Dealing,
  content: Bytes | AsyncIterable<Bytes>,
  announced = content instanceof Uint8Array ? content.length : 100,
): Promise<Buffer> {
  return gather(
    shots.runSealer({
      ticket: {
        type: 'sealing-ticket',
        v: 1,
        hub: 'https://hub.example',
        opening: 'opn-1',
        lot: 'lot-1',
        opensAt: NOW,
        keyModel: 'joint',
        openingKey: dealing.openingKey,
        recovery: null,
        issuedAt: NOW,
      },
      task: 'TASK-1',
      bidder: '91210000000000000X',
      recipients: [bidder.encCertificate],
      content: content instanceof Uint8Array ? [content] : content,
      size: announced,
      kind: 'text',
      name: null,
      signer: { name: { by: 'hub', key: hubPoint }, sign: (text) => gm.sm2.sign(hubKey, [text]) },
    }),
  );
}

async function openWith(capsule: Bytes, bidder: Pair, ko: Bytes): Promise<Buffer> {
  const { head, body } = await beginIntake(gm, [capsule]);
  const [wrap] = bidderWraps(head.wraps);
  const kb = wrap && (await gm.sm2.decrypt(bidder.encKey, wrappedBytes(wrap)));
  if (!kb?.ok) throw new Error('no K_b');
  const joined = joinKeys(gm, head.header, kb.plaintext, ko);
  if (!joined.ok) throw new Error(`wrong ${joined.wrong}`);
  const judge = (_: unknown, text: Bytes, signature: Bytes): boolean =>
    gm.sm2.verify(hubKey.publicKey, [text], signature);
  return gather((await openCapsule({ gm, head, body, dek: joined.dek, judge })).content);
}

async function halfOf(capsule: Bytes, name: string) {
  const { head } = await beginIntake(gm, [capsule]);
  const wrap = openingWrap(head.wraps);
  if (wrap === undefined || head.header.commitments.ko === null) throw new Error('no K_o');
  return { capsule: name, wrapped: wrap.wrapped, nonce: head.header.nonce, ko: head.header.commitments.ko };
}

describe('an opening, each secret step in a process of its own', () => {
  it('is dealt to three, released by two, and gives every capsule its half', async () => {
    const holders = await Promise.all(['甲', '乙', '丙'].map(holder));
    const [first, , third] = holders as [Pair, Pair, Pair];
    const dealing = await dealTo(holders, 2);
    const bidder = await holder('投标人');
    const content = utf8('投标报价：壹佰万元整。'.repeat(9000));
    const capsule = await sealInHub(bidder, dealing, Buffer.from(content));
    const releaseKey = gm.sm2.generateKey();
    const shares = [await release(dealing, 0, first, releaseKey), await release(dealing, 2, third, releaseKey)];
    const half = await halfOf(capsule, 'cap-1');
    const order = { opening: 'opn-1', openingKey: dealing.openingKey, threshold: 2, nonce: dealing.nonce, releaseKey };
    const outcome = await shots.runOpener({
      ...order,
      shares,
      capsules: [half, { ...half, capsule: 'cap-2', ko: 'ab'.repeat(32) }],
    });
    if (!outcome.ok) throw new Error(outcome.fault);
    expect(outcome.wrong).toEqual([]);
    expect(outcome.keys.map(({ capsule: name, ko }) => [name, ko?.length])).toEqual([
      ['cap-1', 16],
      ['cap-2', undefined],
    ]);
    expect((await openWith(capsule, bidder, outcome.keys[0]?.ko ?? Buffer.alloc(0))).equals(content)).toBe(true);
  });

  it('names the custodian whose share is wrong, and opens when the others are enough', async () => {
    const holders = await Promise.all(['甲', '乙', '丙'].map(holder));
    const [first, second, third] = holders as [Pair, Pair, Pair];
    const dealing = await dealTo(holders, 2);
    const releaseKey = gm.sm2.generateKey();
    const order = { opening: 'opn-1', openingKey: dealing.openingKey, threshold: 2, nonce: dealing.nonce, releaseKey };
    const good = [await release(dealing, 0, first, releaseKey), await release(dealing, 2, third, releaseKey)];
    const bent = {
      ...(await release(dealing, 1, second, releaseKey)),
      wrapped: base64(await gm.sm2.encrypt(releaseKey.publicKey, systemRandom.bytes(33))),
    };
    const replayed = { ...(await release(dealing, 0, first, releaseKey)), custodian: 'cus-2', sm3: bent.sm3 };
    const foreign = { ...bent, wrapped: base64(await gm.sm2.encrypt(first.encKey.publicKey, systemRandom.bytes(33))) };
    for (const bad of [bent, replayed, foreign]) {
      expect(await shots.runOpener({ ...order, shares: [...good, bad], capsules: [] })).toEqual({
        ok: true,
        wrong: ['cus-2'],
        keys: [],
      });
    }
    const few = await shots.runOpener({ ...order, shares: [...good.slice(1), bent], capsules: [] });
    expect(few).toEqual({ ok: false, fault: 'shares', wrong: ['cus-2'] });
    const otherKey = { ...order, openingKey: hex(first.encKey.publicKey.point) };
    expect(await shots.runOpener({ ...otherKey, shares: good, capsules: [] })).toMatchObject({ fault: 'key' });
  });

  it('unwraps two thousand halves', async () => {
    const holders = await Promise.all(['甲', '乙'].map(holder));
    const dealing = await dealTo(holders, 2);
    const releaseKey = gm.sm2.generateKey();
    const shares = await Promise.all(holders.map((one, index) => release(dealing, index, one, releaseKey)));
    const half = await halfOf(await sealInHub(await holder('投标人'), dealing, Buffer.from('x')), '');
    const capsules = Array.from({ length: 2000 }, (_, index) => ({ ...half, capsule: `cap-${index}` }));
    const outcome = await shots.runOpener({
      opening: 'opn-1',
      openingKey: dealing.openingKey,
      threshold: 2,
      nonce: dealing.nonce,
      shares,
      releaseKey,
      capsules,
    });
    if (!outcome.ok) throw new Error(outcome.fault);
    expect(outcome.keys.filter(({ ko }) => ko?.length === 16)).toHaveLength(2000);
  });
});

describe('a one-shot process', () => {
  it('that gets less content than announced, or a source that breaks off, gives no capsule', async () => {
    const dealing = await dealTo(await Promise.all(['甲', '乙'].map(holder)), 2);
    const bidder = await holder('投标人');
    await expect(sealInHub(bidder, dealing, Buffer.from('short'), 6)).rejects.toThrow('sealer process failed');
    await expect(sealInHub(bidder, dealing, Buffer.from('long'), 3)).rejects.toThrow('sealer process failed');
    async function* broken(): AsyncGenerator<Bytes> {
      yield Buffer.from('half');
      throw new HubError('SERVICE_BUSY', 'line cut');
    }
    await expect(sealInHub(bidder, dealing, broken())).rejects.toThrow('line cut');
  });

  it('wipes the content behind it in the hub', async () => {
    const dealing = await dealTo(await Promise.all(['甲', '乙'].map(holder)), 2);
    const content = Buffer.from('投标报价');
    await sealInHub(await holder('投标人'), dealing, content);
    expect(content.every((byte) => byte === 0)).toBe(true);
  });

  it('is killed when nothing moves any more', async () => {
    const hasty = createOneShots({ gm, deadlineMs: 1 });
    const order = { opening: 'o', threshold: 2, custodians: [] };
    await expect(hasty.runDealer(order)).rejects.toThrow('killed: nothing moved');
  });

  it('refuses an order that makes no sense', async () => {
    await expect(shots.runDealer({ opening: 'o', threshold: 2, custodians: [] })).rejects.toThrow(
      'dealer process failed',
    );
  });
});
