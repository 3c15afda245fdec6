import type { Readable, Writable } from 'node:stream';
import type { Bytes } from '#kernel/bytes.ts';

/**
 * What runs between the hub and a one-shot process, both ways: uint32 length ‖ kind ‖ payload. Secrets and content are `data`, so that they are Buffers from
 * end to end and can be wiped; JSON is for what anybody may know.
 */
export type FrameKind = 'json' | 'data' | 'end';
export interface Frame {
  readonly kind: FrameKind;
  readonly payload: Buffer;
}

const KINDS: readonly FrameKind[] = ['json', 'data', 'end'];
/** The largest payload either side takes. */
export const FRAME_MOST = 8 * 1024 * 1024;

/** Writes one frame; resolved when the bytes have left this process, so the caller may wipe them. */
export function writeFrame(output: Writable, kind: FrameKind, payload: Bytes = Buffer.alloc(0)): Promise<void> {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(payload.length);
  head[4] = KINDS.indexOf(kind);
  return new Promise((resolve, reject) => {
    const done = (error?: Error | null): void => (error ? reject(error) : resolve());
    if (payload.length === 0) {
      output.write(head, done);
      return;
    }
    output.cork();
    output.write(head);
    output.write(payload, done);
    output.uncork();
  });
}

export const writeJson = (output: Writable, value: unknown): Promise<void> =>
  writeFrame(output, 'json', Buffer.from(JSON.stringify(value)));

/** The frames of a stream. Throws on a frame beyond FRAME_MOST, an unknown kind, and a stream that ends within a frame. */
export async function* readFrames(input: Readable): AsyncGenerator<Frame, undefined, undefined> {
  let rest: Buffer[] = [];
  let held = 0;
  for await (const part of input as AsyncIterable<Buffer>) {
    rest.push(part);
    held += part.length;
    while (held >= 5) {
      if ((rest[0]?.length ?? 0) < 5) rest = [Buffer.concat(rest)];
      const first = rest[0] ?? Buffer.alloc(0);
      const length = first.readUInt32BE();
      const kind = KINDS[first[4] ?? 255];
      if (length > FRAME_MOST || kind === undefined) throw new Error('not a frame');
      if (held < 5 + length) break;
      const whole = rest.length === 1 ? first : Buffer.concat(rest);
      rest = whole.length > 5 + length ? [whole.subarray(5 + length)] : [];
      held = whole.length - 5 - length;
      yield { kind, payload: whole.subarray(5, 5 + length) };
    }
  }
  if (held > 0) throw new Error('the stream ends within a frame');
  return undefined;
}

/** The next frame, which must be of this kind. Throws otherwise. */
export async function nextFrame(frames: AsyncGenerator<Frame>, kind: FrameKind): Promise<Buffer> {
  const next = await frames.next();
  if (next.done === true) throw new Error(`the stream ended before a frame of kind ${kind}`);
  if (next.value.kind !== kind) throw new Error(`a frame of kind ${next.value.kind} instead of ${kind}`);
  return next.value.payload;
}

export const nextJson = async (frames: AsyncGenerator<Frame>): Promise<unknown> =>
  JSON.parse((await nextFrame(frames, 'json')).toString('utf8'));
