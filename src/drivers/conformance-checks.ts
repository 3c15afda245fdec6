import type { Gm, Sm2PrivateKey } from '#crypto/gm.ts';
import { type Bytes, base64, equalBytes, fromBase64, hex, utf8 } from '#kernel/bytes.ts';
import { parseCertificate } from '#pki/certificate.ts';
import type {
  AuthRequest,
  CryptoRequest,
  Evidence,
  SealEvidence,
  SealRequest,
  Step,
  UnwrappedKeys,
} from './contract.ts';

export type Pending = Extract<Step<never>, { step: 'pending' }>;

/** A request of the crypto channel together with what only the kit knows of it. */
export interface AskedKeys {
  readonly request: CryptoRequest;
  /** The private half of `request.replyKey`. */
  readonly replyKey: Sm2PrivateKey;
  /** What is behind each wrap, by its id; a wrap that the person's key must not be able to open is absent. */
  readonly keys: ReadonlyMap<string, Bytes>;
}

export function must(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new Error(otherwise);
}

export function pendingOf(step: Step<unknown>): Pending {
  must(step.step === 'pending', `expected a pending step, got ${step.step}`);
  return step;
}

export function refusedAs(reason: string, step: Step<unknown>): void {
  must(step.step === 'refused', `expected a refusal, got ${step.step}`);
  must(step.reason === reason, `expected ${reason}, got ${step.reason}`);
}

/** The kit checks as the hub will: a driver that cannot pass here never logs anybody in. */
export function checkEvidence(gm: Gm, request: AuthRequest, step: Step<Evidence>): void {
  must(step.step === 'done', `expected evidence, got ${step.step}`);
  must(step.value.text === request.text, 'the text is not the one asked for');
  const certificate = parseCertificate(gm, fromBase64(step.value.certificate) ?? new Uint8Array());
  const signature = fromBase64(step.value.signature);
  must(
    certificate !== undefined && signature !== undefined,
    'certificate or signature is not base64 of what it should be',
  );
  must(certificate.key.kind === 'sm2', 'the certificate holds no SM2 key');
  must(gm.sm2.verify(certificate.key.publicKey, [utf8(step.value.text)], signature), 'the signature does not verify');
}

/** The person's own key signed the very bytes that stand for the document: not their digest, and not what was shown of them. */
export function checkSeal(gm: Gm, request: SealRequest, step: Step<SealEvidence>): void {
  must(step.step === 'done', `expected a signature, got ${step.step}`);
  must(step.value.certificate === request.certificate, 'another certificate than the one asked for');
  const certificate = parseCertificate(gm, fromBase64(step.value.certificate) ?? new Uint8Array());
  const [signature, toSign] = [fromBase64(step.value.signature), fromBase64(request.toSign)];
  must(certificate !== undefined && signature !== undefined, 'certificate or signature is not what it should be');
  must(certificate.key.kind === 'sm2' && toSign !== undefined, 'the kit asks for SM2 signatures');
  must(gm.sm2.verify(certificate.key.publicKey, [toSign], signature), 'the signature does not verify');
}

/** Every key that can be opened came back, wrapped to the hub's one-time key; none lies bare in what the driver said. */
export async function checkKeys(gm: Gm, asked: AskedKeys, step: Step<UnwrappedKeys>): Promise<void> {
  must(step.step === 'done', `expected keys, got ${step.step}`);
  const { keys } = step.value;
  must(new Set(keys.map(({ id }) => id)).size === keys.length, 'a key came twice');
  must(keys.length === asked.keys.size, `expected ${asked.keys.size} keys, got ${keys.length}`);
  const said = JSON.stringify(step);
  for (const { id, wrapped } of keys) {
    const expected = asked.keys.get(id);
    must(expected !== undefined, 'a key came that was not asked for or cannot be opened');
    must(!said.includes(base64(expected)) && !said.includes(hex(expected)), 'a key came bare');
    const opened = await gm.sm2.decrypt(asked.replyKey, fromBase64(wrapped) ?? new Uint8Array());
    must(opened.ok, 'a key is not wrapped to the one-time key');
    must(equalBytes(opened.plaintext, expected), 'another key than the one wrapped');
  }
}
