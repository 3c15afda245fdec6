import type { Compilable, Kysely } from 'kysely';
import type { DB } from './schema.ts';
import type { Handle } from './store.ts';

/** One finished statement with its values in order. Inside a transaction it is part of it. */
export type Run = (text: string, values: readonly unknown[]) => Promise<Ran>;

export interface Ran {
  readonly rows: readonly unknown[];
  /** Rows inserted, updated or deleted. */
  readonly changed: number;
}

/** A statement that Kysely has written once. */
export interface Prepared<Values, Row> {
  all(h: Handle, values: Values): Promise<Row[]>;
  first(h: Handle, values: Values): Promise<Row | undefined>;
  /** How many rows were written. */
  run(h: Handle, values: Values): Promise<number>;
}

type Value = string | number | null;

interface Plan {
  readonly text: string;
  /** Per parameter: the member of `values` it is taken from, or a constant. */
  readonly parameters: readonly (Slot | Value)[];
}

/** Stands where a value will be while Kysely writes the statement. To compute with it is a mistake: it is no value yet. */
class Slot {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
  [Symbol.toPrimitive](): never {
    throw new Error(`the value ${this.name} of a prepared statement is known only when it runs`);
  }
}

/**
 * Writing a statement with Kysely costs several times what SQLite takes to run it. `build` is called once for each database and each set of members
 * that `values` has; after that only the values change. Members may be compared, inserted and listed, never computed with; a member that decides about
 * the statement does so by being there or not.
 */
export function prepared<Values extends object, Row>(
  build: (db: Kysely<DB>, values: Values) => Compilable<Row>,
): Prepared<Values, Row> {
  const plans = new Map<string, Plan>();

  const planOf = (h: Handle, values: Values): Plan => {
    const names = Object.keys(values);
    const shape = `${h.dialect} ${names.join(' ')}`;
    const known = plans.get(shape);
    if (known !== undefined) return known;
    const slots = Object.fromEntries(names.map((name) => [name, new Slot(name)])) as unknown as Values;
    const { sql, parameters } = build(h.db, slots).compile();
    const plan = { text: sql, parameters: parameters as Plan['parameters'] };
    plans.set(shape, plan);
    return plan;
  };
  const run = (h: Handle, values: Values): Promise<Ran> => {
    const { text, parameters } = planOf(h, values);
    const given = values as Readonly<Record<string, Value>>;
    return h.run(
      text,
      parameters.map((one) => (one instanceof Slot ? (given[one.name] ?? null) : one)),
    );
  };

  return {
    all: async (h, values) => (await run(h, values)).rows as Row[],
    first: async (h, values) => (await run(h, values)).rows[0] as Row | undefined,
    run: async (h, values) => (await run(h, values)).changed,
  };
}
