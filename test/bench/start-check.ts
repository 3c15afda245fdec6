import Database from 'better-sqlite3';
import { number, quantile, type Report } from './figures.ts';
import { runJob } from './processes.ts';
import { pick, type Scale } from './scale.ts';
import { type BenchWorld, startBenchWorld } from './world.ts';

const SIZES = { tiny: [200], normal: [10_000, 100_000], full: [10_000, 100_000, 1_000_000] } as const;

/** (e) Is startCheck as quick over a million finished logins as over ten thousand? */
export async function startCheckPart(scale: Scale): Promise<Report> {
  const world = await startBenchWorld({});
  const calls = pick(scale, 20, 600);
  const figures: Record<string, number> = {};
  const rows: string[][] = [];
  try {
    // One real login: its rows are the pattern of all the others.
    await runJob(world.client, world.loginJob({ bidders: 1, logins: 1 }));
    await measured(world, calls);
    let first: number | undefined;
    for (const size of [0, ...SIZES[scale.size]]) {
      scale.progress(`startCheck over ${number(size)} finished logins`);
      fill(world.databaseFile, size);
      const rounds: number[][] = [];
      for (let round = 0; round < scale.rounds; round += 1) rounds.push(await measured(world, calls));
      const all = rounds.flat().sort((a, b) => a - b);
      const [p50, p99] = [quantile(all, 0.5), quantile(all, 0.99)];
      figures[`startCheck.${size}.p50`] = p50;
      figures[`startCheck.${size}.p99`] = p99;
      if (size > 0) first ??= p50;
      const times = first === undefined ? '' : `${number(p50 / first)}×`;
      rows.push([number(size), number(p50), number(p99), times]);
    }
  } finally {
    await world.close();
  }
  return {
    figures,
    tables: [
      {
        title: 'e · startCheck over finished logins, one caller',
        head: ['finished', 'ms p50', 'ms p99', 'p50 of the smallest'],
        rows,
        notes: [
          `${calls} calls a round, ${scale.rounds} rounds, the whole way over HTTP; rows are copies of a real login's: interaction, outbox, five of the journal`,
          scale.size === 'full' ? 'flat is the aim' : 'a million: `npm run bench -- --full startcheck`',
        ],
      },
    ],
  };
}

async function measured(world: BenchWorld, calls: number): Promise<number[]> {
  const { caUnitId, orgcode, secret } = world.unit;
  const hub = world.hubs[0]?.url ?? '';
  const result = await runJob(world.client, {
    kind: 'startCheck',
    hub,
    caUnitId,
    orgcode,
    secret,
    callers: 1,
    calls,
  });
  return [...(result.steps['startCheck'] ?? [])];
}

/**
 * Copies the finished pattern until there are `size`, beside the running hub. Keyed hashes are random, as they look; sealed columns have the
 * real length. The journal's rows are counted up but not chained: startCheck reads nothing but its head.
 */
function fill(file: string, size: number): void {
  const db = new Database(file, { timeout: 60_000 });
  try {
    const have = Number(db.prepare(`select count(*) from interaction where state = 'succeeded'`).pluck().get());
    const step = 5_000;
    for (let at = have; at < size; at += step) copy(db, Math.min(step, size - at));
    db.pragma('wal_checkpoint(passive)');
  } finally {
    db.close();
  }
}

const RANDOM_INDEX = 'lower(hex(randomblob(32)))';
const NUMBERS = 'with recursive n(i) as (select 1 union all select i + 1 from n where i < @count)';

function copy(db: Database.Database, count: number): void {
  db.transaction(() => {
    const head = db.prepare('select * from journal order by seq desc limit 1').get() as { seq: number; hash: string };
    const mark = Math.random().toString(36).slice(2, 12);
    insert(db, 'interaction', count, {
      id: `'int_bench${mark}' || i`,
      task_index: RANDOM_INDEX,
      body_index: RANDOM_INDEX,
    });
    insert(db, 'outbox', count, { id: `'out_bench${mark}' || i`, interaction_id: `'int_bench${mark}' || i` });
    for (let row = 0; row < 5; row += 1) {
      const seq = `${head.seq + row * count} + i`;
      insert(db, 'journal', count, {
        seq,
        interaction_id: `'int_bench${mark}' || i`,
        prev: RANDOM_INDEX,
        hash: RANDOM_INDEX,
      });
    }
  }).immediate();
}

const PATTERN: Readonly<Record<string, string>> = {
  interaction: `select * from interaction where state = 'succeeded' limit 1`,
  outbox: `select * from outbox where state = 'delivered' limit 1`,
  journal: `select * from journal where kind = 'login.delivered' limit 1`,
};

function insert(db: Database.Database, table: string, count: number, own: Readonly<Record<string, string>>): void {
  const columns = db.prepare(`select name from pragma_table_info(?)`).pluck().all(table) as string[];
  const values = columns.map((name) => own[name] ?? `p.${name}`);
  db.prepare(
    `${NUMBERS} insert into ${table} (${columns.join(', ')}) select ${values.join(', ')} from n, (${PATTERN[table]}) p`,
  ).run({ count });
}
