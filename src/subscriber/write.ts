import type { Store, Tx } from '#store/store.ts';
import { isUniqueViolation } from '#store/store.ts';

/**
 * One transaction, tried again once when another writer was first with the same key: the second try finds that writer's row
 * and takes the way of a repeat.
 */
export async function writeOnce<T>(store: Store, work: (tx: Tx) => Promise<T>): Promise<T> {
  try {
    return await store.tx(work);
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    return store.tx(work);
  }
}
