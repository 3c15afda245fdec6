import type { Gm } from '#crypto/gm.ts';
import type { StreamedBody } from '#delivery/egress.ts';
import { type Bytes, hex, utf8 } from '#kernel/bytes.ts';
import type { Secret } from '#kernel/secret.ts';
import { type Delivery, deliveryProof, headersOf } from './feedback.ts';
import { interfaces } from './interfaces.ts';
import { canonicalAround, type SignProfile } from './sign.ts';
import { signingStream } from './sign-stream.ts';

/** What message 9 says. */
export interface SignedFileMessage {
  readonly caUnitId: string;
  readonly taskId: string;
  readonly orgcode: string;
  /** The caller's own, verbatim; null: there was none. */
  readonly standBy: string | null;
  /** The text of attFile, the same each time: it is gone through twice, for what proves the message stands before the message. */
  readonly attFile: { readonly length: number; open(): AsyncIterable<Bytes> };
}

export interface SignedFileBody {
  readonly body: StreamedBody;
  readonly headers: Record<string, string>;
  /** Lower hex SM3 of the string under `sign`. */
  readonly digest: string;
}

/** The body of onSignature: printed members in printed order, the file streamed. Reads the file once; `body.open()` reads it again. */
export async function onSignatureBody(
  gm: Gm,
  profile: SignProfile,
  secret: Secret<string>,
  { attFile, standBy, ...printed }: SignedFileMessage,
  delivery: Delivery,
): Promise<SignedFileBody> {
  const values: Readonly<Record<string, string>> = { ...printed, ...(standBy === null ? {} : { standBy }) };
  const names = interfaces.onSignature.request.map(({ name }) => name).filter((name) => name !== 'sign');
  const at = names.indexOf('attFile');
  const member = (name: string): string[] =>
    values[name] === undefined ? [] : [`${JSON.stringify(name)}:${JSON.stringify(values[name])}`];
  const head = utf8(`{${[...names.slice(0, at).flatMap(member), '"attFile":"'].join(',')}`);
  const behind = names.slice(at + 1).flatMap(member);

  const { before, after } = canonicalAround(Object.entries(values), 'attFile');
  const [sign, plain, proof] = [
    signingStream(gm, profile.sign, secret).update(utf8(before)),
    gm.sm3Stream().update(utf8(before)),
    deliveryProof(gm, secret, delivery).update(head),
  ];
  for await (const piece of attFile.open()) for (const hash of [sign, plain, proof]) hash.update(piece);
  for (const hash of [sign, plain]) hash.update(utf8(after));
  const tail = utf8(`"${[...['', ...behind], `"sign":"${hex(sign.digest())}"`].join(',')}}`);
  return {
    headers: headersOf(delivery, hex(proof.update(tail).digest())),
    digest: hex(plain.digest()),
    body: {
      length: head.length + attFile.length + tail.length,
      async *open() {
        yield head;
        yield* attFile.open();
        yield tail;
      },
    },
  };
}
