/** Three ledgers joined when it is calm: what people ended up with, what the hub recorded, what the trading system saw. */
import type { Core } from '#app/core.ts';
import type { Stage } from './stage.ts';

export interface Ledgers {
  /** Logins whose browser ended up logged in at the trading system. */
  readonly accepted: readonly string[];
  /** taskId → times the receiver applied the effect, and saw it again. */
  readonly effects: ReadonlyMap<string, { effects: number; repeats: number }>;
  /** Interaction states the hub ended with. */
  readonly states: Readonly<Record<string, number>>;
  /** taskIds the hub calls succeeded. */
  readonly succeeded: readonly string[];
  /** taskIds the hub knows at all. */
  readonly known: readonly string[];
  readonly pending: number;
  readonly journal: { readonly ok: boolean };
}

/** Waits until the outbox holds nothing pending; a bound for a broken hub. */
export async function drained(stage: Stage, patienceMs = 45_000): Promise<void> {
  const core = await stage.core();
  try {
    const deadline = Date.now() + patienceMs;
    while (Date.now() < deadline && (await pendingOf(core)) > 0) await new Promise((done) => setTimeout(done, 100));
  } finally {
    await core.close();
  }
}

async function pendingOf(core: Core): Promise<number> {
  const rows = await core.store.read.db.selectFrom('outbox').select('id').where('state', '=', 'pending').execute();
  return rows.length;
}

export async function joinLedgers(stage: Stage, accepted: readonly string[]): Promise<Ledgers> {
  const core = await stage.core();
  try {
    const rows = await core.store.read.db.selectFrom('interaction').select(['id', 'state', 'task_sealed']).execute();
    const states: Record<string, number> = {};
    for (const row of rows) states[row.state] = (states[row.state] ?? 0) + 1;
    const taskOf = (row: { id: string; task_sealed: string }): string =>
      String(
        JSON.parse(core.cipher.openText({ table: 'interaction', row: row.id, column: 'task_sealed' }, row.task_sealed)),
      );
    const journal = await core.journal.verify(core.store.read);
    return {
      accepted,
      effects: new Map(stage.receiver().map(({ taskId, effects, repeats }) => [taskId, { effects, repeats }])),
      states,
      succeeded: rows.filter((row) => row.state === 'succeeded').map(taskOf),
      known: rows.map(taskOf),
      pending: await pendingOf(core),
      journal: { ok: journal.ok },
    };
  } finally {
    await core.close();
  }
}

/** What must hold when it is calm; empty when all is well. */
export function faultsOf(ledgers: Ledgers): string[] {
  const faults: string[] = [];
  const effectsOf = (taskId: string): number => ledgers.effects.get(taskId)?.effects ?? 0;
  const succeeded = new Set(ledgers.succeeded);
  for (const taskId of ledgers.accepted) {
    if (effectsOf(taskId) !== 1) faults.push(`${taskId}: accepted, but ${effectsOf(taskId)} effects`);
    if (!succeeded.has(taskId)) faults.push(`${taskId}: accepted, but the hub does not say succeeded`);
  }
  for (const taskId of ledgers.succeeded)
    if (effectsOf(taskId) !== 1) faults.push(`${taskId}: succeeded, but ${effectsOf(taskId)} effects`);
  const known = new Set(ledgers.known);
  for (const [taskId, { effects }] of ledgers.effects) {
    if (!known.has(taskId)) faults.push(`${taskId}: startCheck was answered with a page, but the hub has forgotten it`);
    if (effects > 1) faults.push(`${taskId}: applied ${effects} times`);
    if (effects === 1 && !succeeded.has(taskId)) faults.push(`${taskId}: applied, but the hub does not say succeeded`);
  }
  if (ledgers.pending > 0) faults.push(`${ledgers.pending} deliveries never ended`);
  if (!ledgers.journal.ok) faults.push('the journal chain is broken');
  if (ledgers.accepted.length === 0) faults.push('no login at all was accepted: the storm tested nothing');
  return faults;
}
