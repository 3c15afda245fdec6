import { DocumentFault } from './fault.ts';
import type { ViewerSource } from './types.ts';

/** A document's bytes, read where they are asked for. */
export interface RangedBytes {
  readonly size: number;
  /** The first ones, there already. */
  readonly head: Uint8Array;
  /** Throws DocumentFault. */
  read(begin: number, end: number): Promise<Uint8Array>;
}

/** Cross reference and first page of most documents that were written to be read by ranges. */
const HEAD = 128 * 1024;
/** Milliseconds between attempts: a line that was lost for a moment does not end the reading. */
const PAUSES = [400, 1500, 4000];

export function bytesOf(source: ViewerSource, signal: AbortSignal): Promise<RangedBytes> {
  return 'file' in source ? ofFile(source.file) : ofUrl(source.url, source.headers ?? {}, signal);
}

async function ofFile(file: Blob): Promise<RangedBytes> {
  const read = async (begin: number, end: number) => {
    try {
      return new Uint8Array(await file.slice(begin, end).arrayBuffer());
    } catch {
      // Changed or removed since it was chosen.
      throw new DocumentFault('unreachable');
    }
  };
  return { size: file.size, head: await read(0, HEAD), read };
}

/** Never the whole document at once, unless the server knows no ranges. */
async function ofUrl(
  url: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<RangedBytes> {
  const get = async (begin: number, end: number): Promise<{ answer: Response; bytes: Uint8Array }> => {
    for (let attempt = 0; ; attempt++) {
      const answer = await fetch(url, {
        headers: { ...headers, range: `bytes=${begin}-${end - 1}` },
        credentials: 'same-origin',
        cache: 'no-store',
        signal,
      }).catch(() => null);
      const bytes = answer?.ok ? await answer.arrayBuffer().catch(() => null) : null;
      if (answer !== null && bytes !== null) return { answer, bytes: new Uint8Array(bytes) };
      const final = answer !== null && answer.status >= 400 && answer.status < 500 && answer.status !== 429;
      const pause = PAUSES[attempt];
      if (signal.aborted || final || pause === undefined) throw new DocumentFault('unreachable');
      await new Promise((done) => setTimeout(done, pause));
    }
  };
  const { answer, bytes } = await get(0, HEAD);
  const size = Number(/\/(\d+)$/.exec(answer.headers.get('content-range') ?? '')?.[1]);
  if (answer.status !== 206 || !Number.isSafeInteger(size))
    return { size: bytes.length, head: bytes, read: async (begin, end) => bytes.slice(begin, end) };
  return {
    size,
    head: bytes,
    read: async (begin, end) => {
      const part = await get(begin, end);
      if (part.answer.status !== 206 || part.bytes.length !== end - begin) throw new DocumentFault('unreachable');
      return part.bytes;
    },
  };
}
