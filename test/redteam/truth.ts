import type { Core } from '#app/core.ts';
import type { Gm, Sm2PrivateKey } from '#crypto/gm.ts';
import { type Bytes, fromBase64, utf8 } from '#kernel/bytes.ts';
import { chunkKeys } from '#opening/capsule/chunks.ts';
import { joinKeys } from '#opening/capsule/keys.ts';
import { joinShares } from '#opening/capsule/shares.ts';
import { splitCapsule } from '#opening/capsule/structure.ts';
import { bidderWraps, openingWrap, wrappedBytes } from '#opening/capsule/wraps.ts';
import { createVault } from '#opening/vault.ts';
import { type Ground, gm, type HandedIn } from './ground.ts';
import type { Needle } from './needles.ts';

/** Every secret of every capsule, worked out from the keys of those who may have them. */
export interface Truth {
  readonly needles: readonly Needle[];
  /** By opening. */
  readonly openingKeys: ReadonlyMap<string, Sm2PrivateKey>;
  readonly kb: ReadonlyMap<HandedIn, Bytes>;
  readonly ko: ReadonlyMap<HandedIn, Bytes>;
}

export async function learnTruth(ground: Ground, core: Core): Promise<Truth> {
  const needles: Needle[] = [];
  const openingKeys = new Map<string, Sm2PrivateKey>();
  for (const { id } of ground.openings) {
    const shares = await sharesOf(ground, core, id);
    for (const [index, value] of shares.entries()) needles.push({ name: `share/${id}/${index}`, value });
    const secret = await joinShares(shares.slice(0, 2));
    const key = secret && gm.sm2.importPrivate(secret);
    if (secret === undefined || key === undefined) throw new Error('the shares do not join');
    needles.push({ name: `opening/${id}`, value: secret });
    openingKeys.set(id, key);
  }
  const kb = new Map<HandedIn, Bytes>();
  const ko = new Map<HandedIn, Bytes>();
  for (const capsule of ground.capsules) {
    const { head } = await splitCapsule(gm, [capsule.bytes]);
    const [forBidder] = bidderWraps(head.wraps);
    const forOpening = openingWrap(head.wraps);
    const key = openingKeys.get(capsule.opening);
    if (forBidder === undefined || forOpening === undefined || key === undefined) throw new Error('no wraps');
    const halves = {
      kb: await must(gm, capsule.bidder.pair.encKey, wrappedBytes(forBidder)),
      ko: await must(gm, key, wrappedBytes(forOpening)),
    };
    const joined = joinKeys(gm, head.header, halves.kb, halves.ko);
    if (!joined.ok) throw new Error(`wrong ${joined.wrong}`);
    kb.set(capsule, halves.kb);
    ko.set(capsule, halves.ko);
    const chunk = chunkKeys(gm, joined.dek, head.headerSm3);
    needles.push(
      { name: `kb/${capsule.task}`, value: halves.kb },
      { name: `ko/${capsule.task}`, value: halves.ko },
      { name: `dek/${capsule.task}`, value: joined.dek },
      { name: `cipher/${capsule.task}`, value: chunk.cipher },
      { name: `mac/${capsule.task}`, value: chunk.mac },
      { name: `bidder/${capsule.bidder.name}`, value: gm.sm2.exportPrivate(capsule.bidder.pair.encKey) },
    );
    if (capsule.sealedBy === 'client') needles.push({ name: `content/${capsule.task}`, value: utf8(capsule.mark) });
  }
  const distinct = new Map(needles.map((needle) => [needle.name, needle]));
  return { needles: [...distinct.values()], openingKeys, kb, ko };
}

/** The custodians' shares as they were dealt, unwrapped with their keys. */
async function sharesOf(ground: Ground, { store, cipher }: Core, opening: string): Promise<Bytes[]> {
  const vault = createVault(gm, cipher);
  const rows = await store.read.db
    .selectFrom('opening_person')
    .select(['id', 'share_sealed'])
    .where('opening_id', '=', opening)
    .where('role', '=', 'custodian')
    .orderBy('seat')
    .execute();
  return Promise.all(
    rows.map(async ({ id, share_sealed }, index) => {
      const { wrapped } = vault.open<{ wrapped: string }>('opening_person', id, 'share_sealed', share_sealed ?? '');
      const holder = ground.custodians[index];
      if (holder === undefined) throw new Error('an unknown custodian');
      return must(gm, holder.encKey, fromBase64(wrapped) ?? Buffer.alloc(0));
    }),
  );
}

async function must({ sm2 }: Gm, key: Sm2PrivateKey, wrapped: Bytes): Promise<Bytes> {
  const opened = await sm2.decrypt(key, wrapped);
  if (!opened.ok) throw new Error('a wrap does not open for its holder');
  return opened.plaintext;
}
