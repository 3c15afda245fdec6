import type { Handle } from '#store/store.ts';

/** Whether any capsule's body is this blob. */
export const blobIsNamed = async (h: Handle, blobId: string): Promise<boolean> =>
  (await h.db.selectFrom('capsule').select('id').where('blob_id', '=', blobId).limit(1).executeTakeFirst()) !==
  undefined;
