import { z } from 'zod';
import type { Gm, Sm2PrivateKey } from '#crypto/gm.ts';
import { type Bytes, equalBytes, fromBase64, fromHex } from '#kernel/bytes.ts';
import { commits, labels } from '../capsule/commitment.ts';
import { joinShares } from '../capsule/shares.ts';
import { nextFrame, nextJson, writeFrame, writeJson } from './frames.ts';
import type { Session } from './session.ts';

export const openOrder = z.strictObject({
  opening: z.string().min(1).max(128),
  openingKey: z.string(),
  threshold: z.int().min(2).max(32),
  nonce: z.string(),
  /** Released shares, each wrapped (base64) to the release key by its custodian's agent, with the commitment of the dealing. */
  shares: z.array(z.strictObject({ custodian: z.string(), wrapped: z.string(), sm3: z.string() })).max(32),
  /** How many wraps of K_o follow. */
  capsules: z.int().min(0).max(1_000_000),
});

/** One K_o to unwrap: it is given out only when it is the one its capsule's header commits to. */
export const openingHalf = z.array(z.strictObject({ wrapped: z.string(), nonce: z.string(), ko: z.string() }));

export const opened = z.strictObject({
  /** `shares`: fewer than `threshold` right ones. `key`: they join to another key than the opening's. */
  fault: z.enum(['shares', 'key']).nullable(),
  /** Custodians whose share did not unwrap or is not the one committed to. */
  wrong: z.array(z.string()),
});

/** Bytes of one answer: 1 and K_o, or 17 zeros where the wrap does not give what was committed. */
export const ANSWER = 17;

/** Puts the opening's private key together and takes every K_o out. The key dies with this process. */
export async function serveOpener({ gm, frames, output }: Session): Promise<void> {
  const order = openOrder.parse(await nextJson(frames));
  const scalar = await nextFrame(frames, 'data');
  const release = gm.sm2.importPrivate(scalar);
  scalar.fill(0);
  if (release === undefined) throw new Error('no release key');
  const { key, ...verdict } = await joinKey(gm, order, release);
  await writeJson(output, verdict);
  if (key === undefined) return;
  for (let done = 0; done < order.capsules; ) {
    const batch = openingHalf.parse(await nextJson(frames));
    const answers = Buffer.alloc(batch.length * ANSWER);
    for (const [index, half] of batch.entries()) await answer(gm, key, half, answers.subarray(index * ANSWER));
    await writeFrame(output, 'data', answers);
    answers.fill(0);
    done += batch.length;
  }
}

type Order = z.infer<typeof openOrder>;

async function joinKey(
  gm: Gm,
  { opening, openingKey, threshold, nonce, shares }: Order,
  release: Sm2PrivateKey,
): Promise<z.infer<typeof opened> & { key?: Sm2PrivateKey }> {
  const right: Bytes[] = [];
  const wrong: string[] = [];
  for (const { custodian, wrapped, sm3 } of shares) {
    const unwrapped = await gm.sm2.decrypt(release, fromBase64(wrapped) ?? Buffer.alloc(0));
    const label = labels.openingShare(opening, custodian);
    if (unwrapped.ok && commits(gm, sm3, label, unwrapped.plaintext, fromHex(nonce) ?? Buffer.alloc(0))) {
      right.push(unwrapped.plaintext);
    } else wrong.push(custodian);
  }
  if (right.length < threshold) return { fault: 'shares', wrong };
  const secret = await joinShares(right);
  for (const share of right) share.fill(0);
  const key = secret === undefined ? undefined : gm.sm2.importPrivate(secret);
  secret?.fill(0);
  const point = fromHex(openingKey) ?? Buffer.alloc(0);
  if (key === undefined || !equalBytes(key.publicKey.point, point)) return { fault: 'key', wrong };
  return { fault: null, wrong, key };
}

async function answer(
  gm: Gm,
  key: Sm2PrivateKey,
  { wrapped, nonce, ko }: z.infer<typeof openingHalf>[number],
  into: Buffer,
): Promise<void> {
  const unwrapped = await gm.sm2.decrypt(key, fromBase64(wrapped) ?? Buffer.alloc(0));
  if (!unwrapped.ok || unwrapped.plaintext.length !== ANSWER - 1) return;
  if (!commits(gm, ko, labels.ko, unwrapped.plaintext, fromHex(nonce) ?? Buffer.alloc(0))) return;
  into[0] = 1;
  into.set(unwrapped.plaintext, 1);
  unwrapped.plaintext.fill(0);
}
