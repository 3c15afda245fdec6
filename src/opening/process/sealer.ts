import { z } from 'zod';
import type { Gm } from '#crypto/gm.ts';
import { type Bytes, base64, fromBase64 } from '#kernel/bytes.ts';
import { limits } from '#kernel/limits.ts';
import { type Certificate, parseCertificate } from '#pki/certificate.ts';
import { signerName } from '../capsule/preface.ts';
import { sealCapsule } from '../capsule/seal.ts';
import { readTicketRecord } from '../capsule/ticket.ts';
import { type Frame, nextFrame, nextJson, writeFrame, writeJson } from './frames.ts';
import type { Session } from './session.ts';

export const sealOrder = z.strictObject({
  /** The record of a sealing ticket. */
  ticket: z.unknown(),
  task: z.string().min(1).max(limits.taskIdLength),
  bidder: z.string().min(1).max(64),
  /** Base64 DER of the bidder's encryption certificates, the one named by the header first. */
  recipients: z.array(z.string()).min(1).max(8),
  size: z.int().min(0).max(limits.capsuleContent),
  kind: z.enum(['text', 'file']),
  name: z.string().max(255).nullable(),
  signer: signerName,
});

/** Seals what comes on stdin. Keys are made here and die here; the content passes through one buffer and is wiped behind it. */
export async function serveSealer({ gm, random, frames, output }: Session): Promise<void> {
  const order = sealOrder.parse(await nextJson(frames));
  const ticket = readTicketRecord(gm, order.ticket);
  const [first, ...others] = order.recipients.map((text) => readRecipient(gm, text));
  if (ticket === undefined || first === undefined) throw new Error('no ticket or no recipient');
  const sealed = await sealCapsule({
    gm,
    random,
    ticket,
    sealedBy: 'hub',
    task: order.task,
    bidder: order.bidder,
    recipients: [first, ...others],
    content: contentOf(frames),
    size: order.size,
    kind: order.kind,
    ...(order.name !== null && { name: order.name }),
    signer: {
      name: order.signer,
      async sign(text) {
        await writeJson(output, { sign: base64(text) });
        return nextFrame(frames, 'data');
      },
    },
    wipe: true,
  });
  for await (const piece of sealed.stream()) await writeFrame(output, 'data', piece);
  await writeFrame(output, 'end');
}

async function* contentOf(frames: AsyncGenerator<Frame>): AsyncGenerator<Bytes> {
  for (;;) {
    const next = await frames.next();
    if (next.done === true) throw new Error('the content breaks off');
    if (next.value.kind === 'end') return;
    yield next.value.payload;
  }
}

function readRecipient(gm: Gm, text: string): Certificate {
  const certificate = parseCertificate(gm, fromBase64(text) ?? Buffer.alloc(0));
  if (certificate === undefined) throw new Error('unreadable certificate');
  return certificate;
}
