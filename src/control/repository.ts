import type { Handle, Tx } from '#store/store.ts';
import { type ControlOperation, controlOperations } from './operations.ts';

/** What stands of a session beside its interaction. */
export interface ControlSession {
  /** The one page that may hold the frame, e.g. `https://ggzy.example`. */
  readonly origin: string;
  readonly operations: readonly ControlOperation[];
}

export async function insertSession(tx: Tx, interactionId: string, { origin, operations }: ControlSession) {
  const row = { interaction_id: interactionId, origin, operations: operations.join(',') };
  await tx.db.insertInto('control_session').values(row).execute();
}

export async function sessionOf(h: Handle, interactionId: string): Promise<ControlSession | undefined> {
  const row = await h.db
    .selectFrom('control_session')
    .select(['origin', 'operations'])
    .where('interaction_id', '=', interactionId)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const given = row.operations.split(',');
  return { origin: row.origin, operations: controlOperations.filter((one) => given.includes(one)) };
}
