import type { z } from 'zod';
import type { Gm, Sm2PrivateKey } from '#crypto/gm.ts';
import { type Bytes, fromBase64 } from '#kernel/bytes.ts';
import { HubError } from '#kernel/errors.ts';
import type { SignerName } from '../capsule/preface.ts';
import type { SealingTicket } from '../capsule/ticket.ts';
import { type Dealing, type DealOrder, dealing } from './dealer.ts';
import { nextFrame, nextJson, writeFrame, writeJson } from './frames.ts';
import { type OneShot, resultOf, withOneShot } from './launch.ts';
import { ANSWER, opened, type openOrder } from './opener.ts';

export interface OpenRequest extends Readonly<Omit<z.infer<typeof openOrder>, 'capsules'>> {
  /** The opening's release key; what the custodians' agents wrapped their shares to. */
  readonly releaseKey: Sm2PrivateKey;
  /** `wrapped` of the capsule's `opening` wrap (base64); `nonce` and `ko` of its header. */
  readonly capsules: readonly {
    readonly capsule: string;
    readonly wrapped: string;
    readonly nonce: string;
    readonly ko: string;
  }[];
}

export type OpenOutcome =
  | {
      readonly ok: true;
      /** Custodians whose share was wrong; there were enough others. */
      readonly wrong: readonly string[];
      /** In the order asked; `ko` undefined: the wrap does not give what the header commits to, so it was made that way. */
      readonly keys: readonly { readonly capsule: string; readonly ko: Bytes | undefined }[];
    }
  | { readonly ok: false; readonly fault: 'shares' | 'key'; readonly wrong: readonly string[] };

export interface HubSealRequest {
  readonly ticket: SealingTicket;
  readonly task: string;
  readonly bidder: string;
  /** DER of the bidder's encryption certificates. */
  readonly recipients: readonly Bytes[];
  readonly content: AsyncIterable<Bytes> | Iterable<Bytes>;
  readonly size: number;
  readonly kind: 'text' | 'file';
  readonly name: string | null;
  readonly signer: { readonly name: SignerName; sign(text: Bytes): Promise<Bytes> };
}

/** The three tasks that are done in a process of their own, so that what they hold in memory is gone with it. All throw HubError INTERNAL when the process fails. */
export interface OneShots {
  /** A new opening key, dealt among custodians; nobody but their tokens can put it together. */
  runDealer(order: DealOrder): Promise<Dealing>;
  /** Every K_o of an opening, from released shares. May be run again at any time: nothing is consumed. */
  runOpener(request: OpenRequest): Promise<OpenOutcome>;
  /** The capsule of a content that the hub has in its hands, to be read once. Each piece of `content` is overwritten when it has left this process. */
  runSealer(request: HubSealRequest): AsyncGenerator<Buffer, void, undefined>;
}

/** K_o wraps in one frame. */
const BATCH = 500;
const CONTENT_PIECE = 64 * 1024;

/** `atOnce` processes at most run side by side; further tasks wait (2 by default: each is a process of some 60 MB). `deadlineMs` without anything moving ends one. */
export function createOneShots({
  gm,
  atOnce = 2,
  deadlineMs,
}: {
  gm: Gm;
  atOnce?: number;
  deadlineMs?: number;
}): OneShots {
  const turns = createTurns(atOnce);

  async function* taking<T>(run: () => AsyncGenerator<T, void, undefined>): AsyncGenerator<T, void, undefined> {
    const leave = await turns();
    try {
      yield* run();
    } finally {
      leave();
    }
  }

  return {
    runDealer: (order) => resultOf(taking(() => withOneShot('dealer', (one) => deal(one, order), deadlineMs))),
    runOpener: (request) => resultOf(taking(() => withOneShot('opener', (one) => open(gm, one, request), deadlineMs))),
    runSealer: (request) => taking(() => withOneShot('sealer', (one) => seal(one, request), deadlineMs)),
  };
}

async function* deal({ input, frames }: OneShot, order: DealOrder): AsyncGenerator<Dealing, void, undefined> {
  await writeJson(input, order);
  yield dealing.parse(await nextJson(frames));
}

async function* open(gm: Gm, one: OneShot, request: OpenRequest): AsyncGenerator<OpenOutcome, void, undefined> {
  const { releaseKey, capsules, ...order } = request;
  await writeJson(one.input, { ...order, capsules: capsules.length });
  const scalar = Buffer.from(gm.sm2.exportPrivate(releaseKey));
  await writeFrame(one.input, 'data', scalar);
  scalar.fill(0);
  const { fault, wrong } = opened.parse(await nextJson(one.frames));
  if (fault !== null) {
    yield { ok: false, fault, wrong };
    return;
  }
  const keys: { capsule: string; ko: Bytes | undefined }[] = [];
  for (let at = 0; at < capsules.length; at += BATCH) {
    const batch = capsules.slice(at, at + BATCH);
    await writeJson(
      one.input,
      batch.map(({ wrapped, nonce, ko }) => ({ wrapped, nonce, ko })),
    );
    const answers = await nextFrame(one.frames, 'data');
    if (answers.length !== batch.length * ANSWER) throw new HubError('INTERNAL', 'opener answered for another batch');
    for (const [index, { capsule }] of batch.entries()) {
      const answer = answers.subarray(index * ANSWER, (index + 1) * ANSWER);
      keys.push({ capsule, ko: answer[0] === 1 ? Buffer.from(answer.subarray(1)) : undefined });
    }
    answers.fill(0);
    one.stillMoving();
  }
  yield { ok: true, wrong, keys };
}

async function* seal(one: OneShot, request: HubSealRequest): AsyncGenerator<Buffer, void, undefined> {
  const { content, signer, recipients, ...order } = request;
  await writeJson(one.input, {
    ...order,
    recipients: recipients.map((der) => Buffer.from(der).toString('base64')),
    signer: signer.name,
  });
  const fed = feed(one, content);
  fed.catch(() => one.input.destroy()); // the process ends, and the fault is told below
  for await (const { kind, payload } of one.frames) {
    one.stillMoving();
    switch (kind) {
      case 'data':
        yield payload;
        break;
      case 'json':
        await fed; // a fault of the content is the fault, not what came of it
        await writeFrame(one.input, 'data', await signer.sign(textToSign(payload)));
        break;
      case 'end':
        return;
    }
  }
  await fed;
  throw new Error('ended before its capsule');
}

async function feed(one: OneShot, content: HubSealRequest['content']): Promise<void> {
  for await (const piece of content) {
    for (let at = 0; at < piece.length; at += CONTENT_PIECE) {
      await writeFrame(one.input, 'data', piece.subarray(at, at + CONTENT_PIECE));
      one.stillMoving();
    }
    piece.fill(0);
  }
  await writeFrame(one.input, 'end');
}

function textToSign(payload: Buffer): Bytes {
  const { sign } = JSON.parse(payload.toString('utf8')) as { sign: string };
  return fromBase64(sign) ?? Buffer.alloc(0);
}

/** First come, first served; resolves to what gives the place back. */
function createTurns(most: number): () => Promise<() => void> {
  let free = most;
  const waiting: (() => void)[] = [];
  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  };
  return async () => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    let left = false;
    return () => {
      if (!left) leave();
      left = true;
    };
  };
}
