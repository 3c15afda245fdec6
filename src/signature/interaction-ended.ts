import type { Interaction } from '#interaction/interaction.ts';
import { nameOfSealed } from '#store/sealed-files.ts';
import type { Tx } from '#store/store.ts';
import { removeFiles } from './documents.ts';
import { changeSigning, findSigning, forgetFiles } from './repository.ts';
import type { Room } from './room.ts';
import type { KeptDocument, Signing } from './signing.ts';

/**
 * Cancelled or expired: the document goes. A fresh link before anything was sent: who proved himself and what was signed under the old one is over, since
 * another person may follow the new link; the document stays as it came, a file that the person had brought himself does not.
 */
export async function interactionEnded(
  room: Room,
  tx: Tx,
  interaction: Interaction,
  what: 'cancelled' | 'expired' | 'reopened',
): Promise<void> {
  const row = await findSigning(tx, interaction.id);
  if (row === undefined) return;
  const now = room.clock.now();
  const over = { prepared_id: null, prepared_sealed: null, signer_sealed: null, plan_sealed: null, updated_at: now };
  const expect = { interactionId: interaction.id, change: row.change };
  if (what !== 'reopened') {
    await changeSigning(tx, expect, { ...over, files_until: now });
    return;
  }
  if (interaction.state !== 'open') return; // proved or delivered: nothing of it is undone
  const signing = room.vault.open(row);
  const { document, gone } = undone(signing);
  await changeSigning(tx, expect, {
    ...over,
    version: gone.length > 0 ? signing.version + 1 : signing.version,
    document_sealed: document === null ? null : room.vault.document(interaction.id, document),
    made_sealed: room.vault.made(interaction.id, []),
  });
  const pending = signing.prepared === null ? [] : [signing.prepared.revision.ref];
  const names = [...gone, ...pending].flatMap((ref) => nameOfSealed(ref) ?? []);
  await forgetFiles(tx, names);
  tx.afterCommit(() => void removeFiles(room, names));
}

function undone({ document, words }: Signing): { document: KeptDocument | null; gone: readonly string[] } {
  if (document === null) return { document, gone: [] };
  const [base, ...revisions] = document.files;
  if (base === undefined || words.mode === 'local')
    return { document: null, gone: document.files.map(({ ref }) => ref) };
  return { document: { ...document, files: [base], ...document.came }, gone: revisions.map(({ ref }) => ref) };
}
