import { setImmediate as breath } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { KeyPair } from '#fixtures/pki/authority.ts';
import { base64 } from '#kernel/bytes.ts';
import { createLog } from '#kernel/log.ts';
import { openStore, type Store, type StoreOptions } from '#store/store.ts';
import type { Subscribers } from '#subscriber/subscribers.ts';
import { enrolmentsOfBefore } from '#test/support/old-enrolments.ts';
import { describeOnBothDatabases, quietLog } from '#test/support/store.ts';
import { ring } from './seals-kit.ts';
import { certificate, type Desk, gm, openDesk } from './support.ts';

const PICTURE = { text: base64(ring()), kind: 'png' } as const;
/** More than two pages. */
const MANY = 120;

describeOnBothDatabases('seals that units sent before there was a library', ({ options }) => {
  let where: StoreOptions;
  let desk: Desk;
  let pair: KeyPair;
  beforeAll(async () => {
    where = await options();
    desk = await openDesk(await openStore(where, { log: quietLog }));
    pair = await desk.key();
  });
  afterAll(async () => {
    await desk.close();
    await desk.store.close();
  });
  beforeEach(() =>
    desk.store.tx(async ({ db }) => {
      const tables = ['errand', 'enrolment_seal', 'seal_power', 'seal', 'enrolment'] as const;
      for (const table of tables) await db.deleteFrom(table).execute();
    }),
  );

  const before = (count: number, seal: Parameters<typeof enrolmentsOfBefore>[3] = PICTURE): Promise<string[]> =>
    enrolmentsOfBefore({ ...desk, gm }, certificate(pair.signCertificate), count, seal);
  const adopt = (room: Subscribers = desk.subscribers, halt = new AbortController().signal): Promise<number> =>
    room.adoptSeals({ halt, log: quietLog });
  const withSeal = async (enrolments: readonly string[]): Promise<number> => {
    const found = await desk.store.read.db
      .selectFrom('enrolment_seal')
      .select('seal_id')
      .where('enrolment_id', 'in', enrolments)
      .execute();
    return found.length;
  };
  /** How often the record says of these enrolments that their seal came into the library. */
  const recorded = async (enrolments: readonly string[]): Promise<number> => {
    let times = 0;
    for await (const { kind, body } of desk.journal.rows(desk.store.read)) {
      if (kind === 'seal.synchronised' && enrolments.some((id) => body.includes(id))) times += 1;
    }
    return times;
  };

  it('are taken in, and each enrolment is looked at once', async () => {
    const old = await before(MANY);
    expect(await adopt()).toBe(MANY);
    expect(await withSeal(old)).toBe(MANY);
    await desk.store.tx(async ({ db }) => {
      const [first = ''] = old;
      await db.deleteFrom('enrolment_seal').where('enrolment_id', '=', first).execute();
    });
    expect(await adopt()).toBe(0);
  });

  it('wait for the next start when the hub ends in the middle; nothing is taken in twice', async () => {
    const old = await before(MANY);
    const halt = new AbortController();
    const running = adopt(desk.subscribers, halt.signal);
    while ((await withSeal(old)) < 60) await breath();
    halt.abort();
    const first = await running;
    expect(first).toBeLessThan(MANY);
    expect(await withSeal(old)).toBe(first);
    expect(first + (await adopt())).toBe(MANY);
    expect(await recorded(old)).toBe(MANY);
  });

  it('are taken in once by two processes of the hub that start together', async () => {
    const old = await before(MANY);
    const other: Store = await openStore(where, { log: quietLog });
    const taken = await Promise.all([adopt(), adopt(desk.subscribersOver(other))]);
    await other.close();
    expect(taken.reduce((sum, count) => sum + count)).toBe(MANY);
    expect(await withSeal(old)).toBe(MANY);
    expect(await recorded(old)).toBe(MANY);
  });

  it('are passed over and named where one cannot be read; what can be no seal is not opened', async () => {
    const lines: string[] = [];
    const log = createLog('error', { write: (line) => void lines.push(line) });
    const [good = '', broken = ''] = await before(2);
    const [opaque = ''] = await before(1, { text: 'not a seal', kind: 'opaque' });
    await desk.store.tx(async ({ db }) => {
      for (const id of [broken, opaque]) {
        await db.updateTable('enrolment').set({ seal_sealed: 'damaged' }).where('id', '=', id).execute();
      }
    });
    expect(await desk.subscribers.adoptSeals({ halt: new AbortController().signal, log })).toBe(1);
    expect(await withSeal([good])).toBe(1);
    expect(lines).toEqual([expect.stringContaining(broken)]);
  });
});
