import type { Bytes } from '#kernel/bytes.ts';
import { CapsuleFault } from './fault.ts';

/**
 * The source cut into pieces of exactly these lengths. Throws CapsuleFault `length` when it ends before the last one or goes on behind it. A piece is its own
 * copy or a view that the consumer may keep until he asks for the next.
 */
export async function* exactly(
  source: AsyncIterable<Bytes> | Iterable<Bytes>,
  lengths: Generator<number>,
): AsyncGenerator<Bytes> {
  let wanted = lengths.next();
  let buffer = Buffer.alloc(0);
  let filled = 0;
  for await (const part of source) {
    for (let at = 0; at < part.length; ) {
      if (wanted.done === true) throw new CapsuleFault('length', 'goes on behind its end');
      const need = wanted.value;
      if (filled === 0 && part.length - at >= need) {
        yield part.subarray(at, at + need);
        at += need;
        wanted = lengths.next();
        continue;
      }
      if (buffer.length < need) buffer = Buffer.alloc(need);
      const taken = Math.min(need - filled, part.length - at);
      buffer.set(part.subarray(at, at + taken), filled);
      filled += taken;
      at += taken;
      if (filled < need) continue;
      yield buffer.subarray(0, need);
      filled = 0;
      wanted = lengths.next();
    }
  }
  if (wanted.done !== true) throw new CapsuleFault('length', 'ends too early');
}
