import { HubError } from '#kernel/errors.ts';
import type { OpenSealedFile, SealedFiles } from '#store/sealed-files.ts';
import type { OpenDocument } from './open-document.ts';

/**
 * The sealed files of a document as one: as it came, then one a signature. Throws HubError INTERNAL when one of them is gone or was altered; the caller
 * closes it.
 */
export async function openDocument(files: SealedFiles, refs: readonly string[], name: string): Promise<OpenDocument> {
  const opened: OpenSealedFile[] = [];
  const close = async (): Promise<void> => {
    for (const file of opened) await file.close();
  };
  try {
    for (const ref of refs) {
      const file = await files.open(ref);
      if (file === undefined) throw new HubError('INTERNAL', 'a file of a document is gone');
      opened.push(file);
    }
  } catch (error) {
    await close();
    throw error;
  }
  const size = opened.reduce((sum, file) => sum + file.size, 0);

  async function* stream({ start = 0, end = size } = {}): AsyncGenerator<Buffer> {
    let before = 0;
    for (const file of opened) {
      const range = { start: Math.max(0, start - before), end: Math.min(file.size, end - before) };
      if (range.start < range.end) yield* file.stream(range);
      before += file.size;
    }
  }
  return {
    size,
    name,
    close,
    stream,
    async read(offset, length) {
      const parts: Buffer[] = [];
      for await (const part of stream({ start: offset, end: offset + length })) parts.push(part);
      return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
    },
  };
}

const NAME_LENGTH = 120;

/** A file's name as its owner calls it, fit to be shown and to be saved under. */
export const plainName = (name: string): string =>
  [...name.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}/\\:*?"<>|]+/gu, ' ').trim()].slice(0, NAME_LENGTH).join('');

/** Best effort: what cannot be removed now is swept later. */
export async function removeFiles(
  room: { readonly files: SealedFiles; readonly log: { warn(body: object, message: string): void } },
  refsOrNames: readonly string[],
): Promise<void> {
  for (const one of refsOrNames) {
    try {
      await room.files.remove(one);
    } catch (error) {
      room.log.warn({ err: error }, 'a file of a document could not be removed yet');
    }
  }
}
