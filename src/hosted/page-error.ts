import { type Refusal, rowOf, sentence } from '#kernel/errors.ts';
import type { PageError } from './api.ts';

/** A refusal as the person reads it; `detail` stays behind. */
export const pageError = (refusal: Refusal, supportCode: string): PageError => ({
  code: refusal.code,
  message: sentence(refusal),
  supportCode,
  retry: rowOf(refusal.code).retry,
});
