import { type Refusal, refusal } from '#kernel/errors.ts';
import type { Unit } from '#relying-party/party.ts';
import { paddedLength } from './capsule/padding.ts';

/** Content that goes back inside message 7; more goes by a one-time address, for units whose profile says so (design 8). */
export const TEXT_BYTES = 1024 * 1024;
/** Preface and signature beside the content. */
const BESIDE = 48 * 1024 + 256;
/** 1 GB of content. */
const MOST = 1024 * 1024 * 1024;

/** A capsule that could not be delivered after the opening is refused while it can still be mended. */
export function refusalOfSize(unit: Unit, padded: number): Refusal | undefined {
  const [most, words] = unit.profile.capsuleFiles ? [MOST, '1 GB'] : [TEXT_BYTES, '1 MB'];
  return padded > paddedLength(most + BESIDE) ? refusal('CAPSULE_TOO_LARGE', { limit: words }) : undefined;
}
