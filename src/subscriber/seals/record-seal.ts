import type { Gm } from '#crypto/gm.ts';
import type { SealKind } from '../seals.ts';
import { bytesOfSealText, imageMaterial, type SealMaterial, sealMaterial } from './material.ts';

/** What a record's seal is to the library; null: none, or nothing that a document can be sealed with. */
export function materialOf(
  gm: Gm,
  sent: { readonly text: string; readonly kind: SealKind },
  holder: { readonly kind: 'organisation' | 'person'; readonly unitName: string; readonly userName: string },
): SealMaterial | null {
  const name = holder.kind === 'organisation' ? holder.unitName : holder.userName;
  switch (sent.kind) {
    case 'none':
    case 'opaque':
      return null;
    case 'ses': {
      const content = bytesOfSealText(sent.text);
      return content === undefined ? null : (sealMaterial(gm, content) ?? null);
    }
    case 'png':
    case 'jpg':
    case 'gif': {
      const content = bytesOfSealText(sent.text);
      if (content === undefined) return null;
      return imageMaterial(gm, content, { kind: holder.kind, name, writtenFormat: sent.kind });
    }
  }
}
