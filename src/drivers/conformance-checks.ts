import type { Gm } from '#crypto/gm.ts';
import { fromBase64, utf8 } from '#kernel/bytes.ts';
import { parseCertificate } from '#pki/certificate.ts';
import type { AuthRequest, Evidence, Step } from './contract.ts';

export type Pending = Extract<Step<Evidence>, { step: 'pending' }>;

export function must(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new Error(otherwise);
}

export function pendingOf(step: Step<Evidence>): Pending {
  must(step.step === 'pending', `expected a pending step, got ${step.step}`);
  return step;
}

export function refusedAs(reason: string, step: Step<Evidence>): void {
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
