import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { companies } from '#fixtures/pki/identities.ts';
import { fromUtf8, hex } from '#kernel/bytes.ts';
import { checkReceipt } from '#opening/capsule/sdk.ts';
import { openStore } from '#store/store.ts';
import { quietLog } from '#test/support/store.ts';
import { codeOf, gm, type Keyed, openWorld, streamOf, unwrap, upload, type World } from './support.ts';

describe('intake', () => {
  let world: World;
  let bidder: Keyed;
  beforeAll(async () => {
    world = await openWorld(await openStore({ kind: 'sqlite', file: ':memory:' }, { log: quietLog }));
    bidder = await world.bidder();
  });
  afterAll(async () => {
    await world.close();
    await world.store.close();
  });

  it('takes a capsule until the last millisecond before the deadline, and refuses it from that very millisecond', async () => {
    const file = await world.announce();
    const capsule = await world.capsule(file, bidder);
    const other = await world.capsule(file, bidder, { task: 'BID-2' });
    world.clock.pass(file.opening.closesAt - world.clock.now() - 1);
    const last = await world.openings.takeIn(world.unit, upload(file), streamOf(capsule));
    expect(unwrap(last).receipt.record.at).toBe(file.opening.closesAt - 1);
    world.clock.pass(1);
    const late = await world.openings.takeIn(world.unit, upload(file, { taskId: 'BID-2' }), streamOf(other));
    expect(codeOf(late)).toBe('OPENING_CLOSED');
    expect(codeOf(await world.openings.ticket(world.unit, file.opening.id, 'L1'))).toBe('OPENING_CLOSED');
    const withdrawn = await world.openings.withdraw(world.unit, file.opening.id, unwrap(last).capsuleId);
    expect(codeOf(withdrawn)).toBe('OPENING_CLOSED');
  });

  it('judges the moment at which the last byte has been kept, not the first one', async () => {
    const file = await world.announce();
    const capsule = await world.capsule(file, bidder);
    async function* slow() {
      yield capsule.subarray(0, 3000);
      world.clock.pass(file.opening.closesAt - world.clock.now());
      yield capsule.subarray(3000);
    }
    expect(codeOf(await world.openings.takeIn(world.unit, upload(file), slow()))).toBe('OPENING_CLOSED');
    const row = await world.store.read.db
      .selectFrom('capsule')
      .select('id')
      .where('opening_id', '=', file.opening.id)
      .execute();
    expect(row).toEqual([]);
  });

  it('gives the same upload the same capsule, and another one the next version; only the last opens', async () => {
    const file = await world.announce();
    const first = await world.capsule(file, bidder);
    const second = await world.capsule(file, bidder);
    const [a, b] = await Promise.all(
      [first, first].map((bytes) => world.openings.takeIn(world.unit, upload(file), streamOf(bytes))),
    );
    const same = [a, b].map((one) => (one === undefined ? '' : unwrap(one).capsuleId));
    expect(new Set(same).size).toBe(1);
    const later = unwrap(await world.openings.takeIn(world.unit, upload(file), streamOf(second)));
    expect(later.version).toBe(2);
    const replay = unwrap(await world.openings.takeIn(world.unit, upload(file), streamOf(first)));
    expect(replay.capsuleId).toBe(same[0]);
    const states = [same[0] ?? '', later.capsuleId].map((id) =>
      world.openings.capsule(world.unit, file.opening.id, id),
    );
    expect((await Promise.all(states)).map((one) => unwrap(one).state)).toEqual(['replaced', 'sealed']);
    const { receipt } = later;
    expect(receipt.record.event).toBe('replaced');
    expect((await checkReceipt(receipt, [world.hubPoint], streamOf(second))).mismatches).toEqual([]);
  });

  it('lets one of two different uploads for one bid stand when they come at once', async () => {
    const file = await world.announce();
    const capsules = await Promise.all(Array.from({ length: 6 }, () => world.capsule(file, bidder)));
    const taken = await Promise.all(
      capsules.map((bytes) => world.openings.takeIn(world.unit, upload(file), streamOf(bytes))),
    );
    expect(taken.map((one) => unwrap(one).version).sort()).toEqual([1, 2, 3, 4, 5, 6]);
    const sealed = await world.store.read.db
      .selectFrom('capsule')
      .select('version')
      .where('opening_id', '=', file.opening.id)
      .where('state', '=', 'sealed')
      .execute();
    expect(sealed).toEqual([{ version: 6 }]);
  });

  it('takes a withdrawn bid back, once and with a receipt, and a later one in its place', async () => {
    const file = await world.announce();
    const taken = unwrap(
      await world.openings.takeIn(world.unit, upload(file), streamOf(await world.capsule(file, bidder))),
    );
    const receipt = unwrap(await world.openings.withdraw(world.unit, file.opening.id, taken.capsuleId));
    expect(receipt.record.event).toBe('withdrawn');
    expect(unwrap(await world.openings.withdraw(world.unit, file.opening.id, taken.capsuleId))).toEqual(receipt);
    const again = unwrap(
      await world.openings.takeIn(world.unit, upload(file), streamOf(await world.capsule(file, bidder))),
    );
    expect([again.version, again.receipt.record.event]).toEqual([2, 'sealed']);
  });

  it('refuses what was made for another bid, lot, opening or holder, and what is no whole capsule', async () => {
    const file = await world.announce({
      lots: [
        { code: 'L1', name: '一标段' },
        { code: 'L2', name: '二标段' },
      ],
    });
    const elsewhere = await world.announce();
    const capsule = await world.capsule(file, bidder);
    const take = (bytes: Uint8Array, changes = {}) =>
      world.openings.takeIn(world.unit, upload(file, changes), streamOf(bytes)).then(codeOf);
    expect(await take(capsule, { lot: 'L2' })).toBe('CAPSULE_MISMATCH');
    expect(await take(capsule, { taskId: 'BID-9' })).toBe('CAPSULE_MISMATCH');
    expect(await take(capsule, { lot: 'L3' })).toBe('LOT_UNKNOWN');
    expect(await take(await world.capsule(elsewhere, bidder))).toBe('CAPSULE_MISMATCH');
    expect(await take(await world.capsule(file, bidder, { bidder: companies.hunan.unitCode }))).toBe(
      'CAPSULE_MISMATCH',
    );
    expect(await take(await world.capsule(file, await world.key(companies.hunan)))).toBe('CAPSULE_CERTIFICATE');
    expect(await take(capsule.subarray(0, capsule.length - 1))).toBe('CAPSULE_MALFORMED');
    expect(await take(Buffer.concat([capsule, Buffer.of(0)]))).toBe('CAPSULE_MALFORMED');
    expect(await take(Buffer.from('no capsule at all'))).toBe('CAPSULE_MALFORMED');
    expect(await take(capsule)).toBe('ok');
    const stranger = await world.addUnit('另一家交易中心');
    const foreign = await world.openings.takeIn(stranger.unit, upload(file), streamOf(capsule));
    expect(codeOf(foreign)).toBe('OPENING_UNKNOWN');
  });

  it('seals in the hub for encrypt, says so on the receipt, and answers the capsule itself', async () => {
    const file = await world.announce();
    const request = {
      taskId: 'ENC-1',
      idNumber: bidder.company.idNumber,
      unitCode: bidder.company.unitCode,
      encryptionSerial: bidder.encrypt.serial,
      content: '密封的正文',
      standBy: null,
      hub: { openingId: file.opening.id },
    };
    const sealed = unwrap(await world.openings.port.seal(world.unit, request));
    expect(world.openings.port.recognise(sealed)).toBe(true);
    const row = await world.store.read.db
      .selectFrom('capsule')
      .select('id')
      .where('opening_id', '=', file.opening.id)
      .executeTakeFirstOrThrow();
    const { receipts } = unwrap(await world.openings.capsule(world.unit, file.opening.id, row.id));
    expect(receipts[0]?.record.sealedBy).toBe('hub');
    expect(receipts[0]?.record.statement).toContain('接触过明文');
    expect(receipts[0]?.record.capsuleSm3).toBe(hex(gm.sm3(sealed)));
  });

  it('leaves nothing readable of who bids for what: not in the database, not in the journal', async () => {
    const file = await world.announce();
    const taken = unwrap(
      await world.openings.takeIn(world.unit, upload(file), streamOf(await world.capsule(file, bidder))),
    );
    const { db } = world.store.read;
    const rows = [
      ...(await db.selectFrom('capsule').selectAll().execute()),
      ...(await db.selectFrom('capsule_wrap').selectAll().execute()),
      ...(await db.selectFrom('opening_event').selectAll().execute()),
    ];
    const text = JSON.stringify(rows);
    for (const secret of [
      bidder.company.unitCode,
      bidder.company.unitName,
      world.unit.id,
      'BID-1',
      taken.receipt.record.capsuleSm3,
    ])
      expect(text).not.toContain(secret);
    const journal = await db.selectFrom('journal').selectAll().execute();
    const closed = journal.filter((row) => row.kind === 'opening.closed');
    const events = await world.openings.room.events.list(world.store.read, file.opening.id);
    const sealed = events.find((event) => event.kind === 'capsule.sealed');
    expect(closed.some((row) => row.body.includes(sealed?.digest ?? '-'))).toBe(true);
    expect(JSON.stringify(closed)).not.toContain(file.opening.id);
    expect(JSON.stringify(closed)).not.toContain(world.unit.id);
    expect(closed.every((row) => row.unit_id === null)).toBe(true);
    // Digests that stand for nothing stand among them: a count of rows is no count of bids.
    const real = new Set((await db.selectFrom('opening_event').select('digest').execute()).map((row) => row.digest));
    expect(closed.some((row) => !real.has((JSON.parse(row.body) as { digest: string }).digest))).toBe(true);
    expect(fromUtf8(Buffer.from(text))).not.toContain('投标文件');
  });
});
