import { unitsWithTask } from './repository-ciphertexts.ts';
import type { EncryptRequest } from './requests.ts';
import type { Room } from './room.ts';

/**
 * `encrypt` names no caller (readings L6). Ids of units that may have sent it, in groups, likeliest first: with a task of this name, with this subject
 * on record. Who it was, exactly one unit's secret must prove.
 */
export async function candidatesFor(
  room: Room,
  request: Pick<EncryptRequest, 'taskId' | 'idNumber' | 'unitCode'>,
): Promise<readonly (readonly string[])[]> {
  const units = await room.relyingParties.units(room.store.read);
  const tasks = units.map((unit) => room.vault.index.task(unit.id, request.taskId));
  return [
    await unitsWithTask(room.store.read, tasks),
    await room.subscribers.unitsWithHolder(room.store.read, request),
  ];
}
