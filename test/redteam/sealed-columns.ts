import { HubError } from '#kernel/errors.ts';
import type { FieldCipher, Place } from '#store/field-cipher.ts';
import type { DB } from '#store/schema.ts';
import type { Store } from '#store/store.ts';

type Row = Readonly<Record<string, unknown>>;

/** What the master key gave: how many values of each column were opened, and the columns of which a value was not. */
export interface Sealed {
  readonly opened: ReadonlyMap<string, number>;
  readonly closed: ReadonlySet<string>;
}

/** Every sealed value of the database that opens with the hub's own keys: whatever table has such a column, this list asks the database itself. */
export async function openSealed(
  store: Store,
  cipher: FieldCipher,
  take: (place: Place, value: Uint8Array) => void,
): Promise<Sealed> {
  const opened = new Map<string, number>();
  const closed = new Set<string>();
  for (const { table, columns } of await sealedTables(store)) {
    const rows = (await store.read.db.selectFrom(table).selectAll().execute()) as unknown as Row[];
    for (const row of rows) {
      for (const column of columns) {
        const value = row[column];
        if (typeof value !== 'string' || value === '') continue;
        const found = openAnywhere(cipher, { table, column, value, row });
        const name = `${table}.${column}`;
        if (found === undefined) closed.add(name);
        else {
          take(...found);
          opened.set(name, (opened.get(name) ?? 0) + 1);
        }
      }
    }
  }
  return { opened, closed };
}

/** All tables with columns that are sealed, as they stand in the database. */
export async function sealedTables(store: Store): Promise<{ table: keyof DB; columns: string[] }[]> {
  const tables = await store.read.db.introspection.getTables();
  return tables.flatMap(({ name, columns }) => {
    const sealed = columns.map((column) => column.name).filter((column) => column.endsWith('_sealed'));
    return sealed.length === 0 ? [] : [{ table: name as keyof DB, columns: sealed }];
  });
}

/** A value is bound to its row by the row's id, or by whatever else names it, one column or two of them: all are tried. */
function openAnywhere(
  cipher: FieldCipher,
  { table, column, value, row }: { table: keyof DB; column: string; value: string; row: Row },
): [Place, Uint8Array] | undefined {
  const names = Object.entries(row)
    .flatMap(([name, content]) => (name.endsWith('_sealed') ? [] : [String(content)]))
    .filter((name) => name.length <= 128);
  const pairs = names.flatMap((one) => names.map((other) => `${one}/${other}`));
  for (const id of new Set([...names, ...pairs])) {
    const place: Place = { table, row: id, column };
    try {
      return [place, cipher.open(place, value)];
    } catch (error) {
      if (!(error instanceof HubError)) throw error; // bound to something else
    }
  }
  return undefined;
}
