import type { Gm } from '#crypto/gm.ts';
import { type Bytes, hex } from '#kernel/bytes.ts';
import { joined, type PdfSource } from '../pdf/source.ts';
import { sm3Of } from '../report/digest-range.ts';
import { finishSigning } from '../sign/finish.ts';
import { prepareSigning, type SigningWish } from '../sign/prepare.ts';

/** Largest document that is signed without a hub. */
export const MOST_SIGNED = 200 * 1024 * 1024;

export type SignedFile =
  | {
      readonly ok: true;
      readonly revision: Buffer /** Of the whole signed document, lower hex. */;
      readonly sm3: string;
    }
  | { readonly ok: false; readonly fault: 'key' | 'algorithm-not-allowed' | 'no-room' };

/**
 * Signs a document that lies in a file: read where structure stands, digested a megabyte at a time, never held. The caller puts the revision behind the
 * file. `sign`: the key, over signed attributes or a seal's text, never over a bare digest; `stamp`: an RFC 3161 token over its answer. Throws PdfFault, and
 * what these two throw.
 */
export async function signFile(
  gm: Gm,
  source: PdfSource,
  wish: SigningWish,
  { sign, stamp }: { sign(toSign: Bytes): Promise<Bytes>; stamp?: (signature: Bytes) => Promise<Bytes> },
): Promise<SignedFile> {
  const pending = await prepareSigning(gm, source, wish);
  const done = await finishSigning(gm, wish, pending, await sign(pending.toSign), {
    chain: [],
    ...(stamp !== undefined && { stamp }),
  });
  if (!done.ok) return done;
  const whole = joined(source, done.revision);
  return { ok: true, revision: done.revision, sm3: hex(await sm3Of(gm, whole, [[0, whole.size]])) };
}
