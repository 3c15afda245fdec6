import { readdirSync, readFileSync } from 'node:fs';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import type { HubError } from '#kernel/errors.ts';
import type { CrlTable } from '#store/schema.ts';
import { isUniqueViolation, openStore, type Store } from '#store/store.ts';
import { eventually } from '#test/support/receiver.ts';
import { describeOnBothDatabases, quietLog } from '#test/support/store.ts';

const crl = (id: string, more: Partial<CrlTable> = {}): CrlTable => ({
  id,
  issuer_key: `key of ${id}`,
  url: 'http://crl.test/',
  der: '',
  this_update: 1_900_000_000_000,
  next_update: 0,
  fetched_at: 0,
  ...more,
});
const put = (store: Store, id: string): Promise<void> =>
  store.tx(async (tx) => {
    await tx.db.insertInto('crl').values(crl(id)).execute();
  });
const count = async (store: Store): Promise<number> => {
  const row = await store.read.db
    .selectFrom('crl')
    .select((is) => is.fn.countAll<number>().as('n'))
    .executeTakeFirst();
  return row?.n ?? 0;
};

describeOnBothDatabases('the store', ({ open, options, dialect }) => {
  it('keeps what a transaction wrote, and gives 64-bit times and counts back as numbers', async () => {
    const store = await open();
    await put(store, 'a');
    const row = await store.read.db.selectFrom('crl').selectAll().executeTakeFirst();
    expect(row?.this_update).toBe(1_900_000_000_000);
    expect(await count(store)).toBe(1);
  });

  it('keeps nothing of a transaction that failed, and runs none of its hooks', async () => {
    const store = await open();
    let told = 0;
    store.onNotify('news', () => {
      told += 1;
    });
    const failing = store.tx(async (tx) => {
      tx.afterCommit(() => {
        told += 1;
      });
      tx.notify('news');
      await tx.db.insertInto('crl').values(crl('a')).execute();
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await count(store)).toBe(0);
    expect(told).toBe(0);
  });

  it('runs the hooks once the row is there for everybody, and survives one that throws', async () => {
    const store = await open();
    const seen: Promise<number>[] = [];
    await store.tx(async (tx) => {
      tx.afterCommit(() => {
        throw new Error('a hook’s own fault');
      });
      tx.afterCommit(() => {
        seen.push(count(store));
      });
      await tx.db.insertInto('crl').values(crl('a')).execute();
    });
    expect(await Promise.all(seen)).toEqual([1]);
  });

  it('reads committed state beside a running transaction without waiting for it', async () => {
    const store = await open();
    await store.tx(async (tx) => {
      await tx.db.insertInto('crl').values(crl('a')).execute();
      expect(await count(store)).toBe(0);
    });
    expect(await count(store)).toBe(1);
  });

  it('refuses to write through a read handle', async () => {
    const store = await open();
    await expect(store.read.db.insertInto('crl').values(crl('a')).execute()).rejects.toThrow(/read.?only/i);
  });

  it('refuses a transaction inside a transaction instead of hanging', async () => {
    const store = await open();
    await expect(store.tx(() => put(store, 'a'))).rejects.toThrow('inside a transaction');
    await put(store, 'b');
    expect(await count(store)).toBe(1);
  });

  it('queues writers, so that read-then-write loses no update (two processes’ worth)', async () => {
    const where = await options();
    const stores = await Promise.all([openStore(where, { log: quietLog }), openStore(where, { log: quietLog })]);
    const [one, two] = stores;
    if (!one || !two) throw new Error('unreachable');
    await put(one, 'counter');
    const bump = (store: Store): Promise<void> =>
      store.tx(async (tx) => {
        const row = await tx.db
          .selectFrom('crl')
          .select('next_update')
          .where('id', '=', 'counter')
          .executeTakeFirstOrThrow();
        await tx.db
          .updateTable('crl')
          .set({ next_update: row.next_update + 1 })
          .where('id', '=', 'counter')
          .execute();
      });
    await Promise.all(Array.from({ length: 60 }, (_, i) => bump(i % 2 === 0 ? one : two)));
    const row = await one.read.db.selectFrom('crl').select('next_update').executeTakeFirst();
    expect(row?.next_update).toBe(60);
    await Promise.all(stores.map((store) => store.close()));
  });

  it('tells a unique violation from every other failure', async () => {
    const store = await open();
    await put(store, 'a');
    const twice = await put(store, 'a').catch((error: unknown) => error);
    expect(isUniqueViolation(twice)).toBe(true);
    const sameSource = await store
      .tx((tx) =>
        tx.db
          .insertInto('crl')
          .values(crl('b', { issuer_key: 'key of a' }))
          .execute(),
      )
      .catch((error: unknown) => error);
    expect(isUniqueViolation(sameSource)).toBe(true);
    const orphan = await store
      .tx((tx) =>
        tx.db
          .insertInto('authority_certificate')
          .values({ fingerprint: 'f', authority_id: 'nobody', role: 'root', der: '', created_at: 0 })
          .execute(),
      )
      .catch((error: unknown) => error);
    expect(orphan).toBeInstanceOf(Error);
    expect(isUniqueViolation(orphan)).toBe(false);
  });

  it('refuses a value of the wrong type', async () => {
    const store = await open();
    const wrong = sql`insert into crl values ('x', 'k', 'u', '', 'soon', 0, 0)`;
    await expect(store.tx((tx) => wrong.execute(tx.db))).rejects.toThrow();
  });

  it('migrates once when several processes open a new database together, and not again', async () => {
    const where = await options();
    const first = await Promise.all(Array.from({ length: 3 }, () => openStore(where, { log: quietLog })));
    await Promise.all(first.map((store) => store.close()));
    const again = await openStore(where, { log: quietLog });
    const { rows } = await sql<{ name: string }>`select name from hub_migration`.execute(again.read.db);
    const names = rows.map((row) => row.name);
    expect(names[0]).toBe('0001-base');
    expect(new Set(names).size).toBe(names.length);
    await again.close();
  });

  it('opens a database that a newer version has already migrated (rolling update)', async () => {
    const where = await options();
    const newer = await openStore(where, { log: quietLog });
    await newer.tx((tx) => sql`insert into hub_migration (name) values ('9999-later')`.execute(tx.db));
    await newer.close();
    const older = await openStore(where, { log: quietLog });
    await put(older, 'a');
    await older.close();
  });

  it('has exactly the columns that schema.ts promises', async () => {
    const store = await open();
    const tables = await store.read.db.introspection.getTables();
    const found = tables
      .filter((table) => table.name !== 'hub_migration')
      .map((table) => [table.name, table.columns.map((c) => `${c.name}${c.isNullable ? '?' : ''}`).sort()]);
    expect(Object.fromEntries(found)).toEqual(promised());
  });

  it('hears what was announced at commit, also from another process on PostgreSQL', async () => {
    const where = await options();
    const one = await openStore(where, { log: quietLog });
    const two = await openStore(where, { log: quietLog });
    const heard = { one: 0, two: 0 };
    const end = one.onNotify('news', () => {
      heard.one += 1;
    });
    two.onNotify('news', () => {
      heard.two += 1;
    });
    await one.tx(async (tx) => tx.notify('news'));
    expect(heard.one).toBeGreaterThan(0);
    if (dialect === 'postgres') await eventually('heard over there', () => heard.two > 0);
    end();
    const before = heard.one;
    await one.tx(async (tx) => tx.notify('news'));
    expect(heard.one).toBe(before);
    await Promise.all([one.close(), two.close()]);
  });

  it('says whether it is able to read and write now', async () => {
    const store = await open();
    await expect(store.ping()).resolves.toBeUndefined();
  });

  it('refuses to change or delete a journal row', async () => {
    const store = await open();
    const row = { seq: 1, at: 0, kind: 'k', unit_id: null, interaction_id: null, body: '{}', prev: '0', hash: '1' };
    await store.tx((tx) => tx.db.insertInto('journal').values(row).execute());
    await expect(store.tx((tx) => tx.db.updateTable('journal').set({ kind: 'x' }).execute())).rejects.toThrow(
      'append-only',
    );
    await expect(store.tx((tx) => tx.db.deleteFrom('journal').execute())).rejects.toThrow('append-only');
  });
});

describe('a database that cannot answer', () => {
  it('is SERVICE_BUSY at the edge when PostgreSQL cannot be reached at the start', async () => {
    const opening = openStore({ kind: 'postgres', url: 'postgres://nobody@127.0.0.1:1/none' }, { log: quietLog });
    const error = await opening.catch((reason: unknown) => reason as HubError);
    expect(String(error)).toContain('无法连接 PostgreSQL');
  });
});

/** Table → columns (`?` = nullable), read from the contract's own text. */
function promised(): Record<string, string[]> {
  const files = readdirSync(new URL('../../src/store/', import.meta.url)).filter((name) => name.startsWith('schema'));
  const text = files
    .map((name) => readFileSync(new URL(`../../src/store/${name}`, import.meta.url), 'utf8'))
    .join('\n');
  const list = [...text.matchAll(/interface (?:DB|\w+Tables)\b[^{]*\{([^}]*)\}/g)].map((match) => match[1]).join('\n');
  const tables = [...list.matchAll(/(\w+): (\w+);/g)].map(([, table = '', type = '']): [string, string[]] => {
    const body = new RegExp(`interface ${type} \\{([^}]*)\\}`).exec(text)?.[1] ?? '';
    const columns = [...body.matchAll(/^ {2}(\w+): ([^;]*);/gm)].map(
      ([, name, kind]) => `${name}${kind?.includes('null') ? '?' : ''}`,
    );
    return [table, columns.sort()];
  });
  return Object.fromEntries(tables);
}
