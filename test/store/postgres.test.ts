import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusalOf } from '#kernel/errors.ts';
import { openStore, type Store, StoreStartError } from '#store/store.ts';
import { startPostgres, type TestPostgres } from '#test/support/postgres.ts';
import { eventually } from '#test/support/receiver.ts';
import { quietLog } from '#test/support/store.ts';

let server: TestPostgres;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

const open = async (url?: string): Promise<Store> =>
  openStore({ kind: 'postgres', url: url ?? (await server.createDatabase()), poolSize: 4 }, { log: quietLog });
const write = (store: Store, id: string): Promise<unknown> =>
  store.tx((tx) =>
    tx.db
      .insertInto('crl')
      .values({ id, issuer_key: id, url: id, der: '', this_update: 0, next_update: 0, fetched_at: 0 })
      .execute(),
  );
const asAdmin = async (url: string, text: string): Promise<void> => {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  await client.query(text).finally(() => client.end());
};

describe('the PostgreSQL store', () => {
  it('does not start where COMMIT is answered before it is durable', async () => {
    const url = await server.createDatabase();
    await asAdmin(url, `alter database ${new URL(url).pathname.slice(1)} set synchronous_commit = off`);
    const error = await open(url).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StoreStartError);
    expect(String(error)).toContain('synchronous_commit');
  });

  it('survives every connection being cut, and answers SERVICE_BUSY at worst', async () => {
    const url = await server.createDatabase();
    const store = await open(url);
    const cut = `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'ca-interop-hub' and datname = current_database()`;
    let stored = 0;
    const writing = Array.from({ length: 120 }, async (_, i) => {
      try {
        await write(store, `r${i}`);
        stored += 1;
      } catch (error) {
        expect(refusalOf(error).code).toBe('SERVICE_BUSY');
      }
      if (i % 30 === 0) await asAdmin(url, cut);
    });
    await Promise.all(writing);
    await write(store, 'last');
    const kept = await store.read.db.selectFrom('crl').select('id').execute();
    // every acknowledged row is there; a row whose acknowledgement was cut off may be
    expect(kept.length).toBeGreaterThanOrEqual(stored + 1);
    await store.close();
  });

  it('survives the server’s immediate restart with nothing acknowledged lost', async () => {
    const store = await open();
    await write(store, 'before');
    let restarted = false;
    const restart = server.crash().then(() => {
      restarted = true;
    });
    const acknowledged: string[] = [];
    for (let i = 0; !restarted; i += 1) {
      try {
        await write(store, `r${i}`);
        acknowledged.push(`r${i}`);
      } catch (error) {
        expect(refusalOf(error), String(error)).toMatchObject({ code: 'SERVICE_BUSY' });
      }
    }
    await restart;
    await eventually('writing again', () =>
      write(store, `x${Math.random()}`).then(
        () => true,
        () => false,
      ),
    );
    const kept = new Set((await store.read.db.selectFrom('crl').select('id').execute()).map((row) => row.id));
    expect(acknowledged.filter((id) => !kept.has(id))).toEqual([]);
    expect(kept.has('before')).toBe(true);
    await store.close();
  });

  it('hears notifications again after the listening connection was cut', async () => {
    const url = await server.createDatabase();
    const one = await open(url);
    const two = await open(url);
    await asAdmin(url, `select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen%'`);
    let heard = false;
    two.onNotify('news', () => {
      heard = true;
    });
    await eventually('heard', async () => {
      await one.tx(async (tx) => tx.notify('news')).catch(() => undefined);
      return heard;
    });
    await Promise.all([one.close(), two.close()]);
  });

  it('lets nobody hold the writers’ queue by doing nothing', async () => {
    const store = await open();
    const idle = store.tx(async (tx) => {
      await sql`set local idle_in_transaction_session_timeout = 100`.execute(tx.db);
      await new Promise((resolve) => setTimeout(resolve, 400));
      await sql`select 1`.execute(tx.db);
    });
    const next = write(store, 'next');
    expect(refusalOf(await idle.catch((error: unknown) => error)).code).toBe('SERVICE_BUSY');
    await next;
    await store.close();
  });
});
