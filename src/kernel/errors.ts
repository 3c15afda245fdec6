import { type CatalogueRow, catalogue, type ErrorCode } from './catalogue.ts';

export type { ErrorCode } from './catalogue.ts';

/** A refusal: stable code for the machine, params for the sentence, detail for the operator only. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly params: Readonly<Record<string, string>>;
  /** For logs and, where safe, the integrator's `errData`; never a secret, never personal data. */
  readonly detail?: string;
}

export function refusal(code: ErrorCode, params: Readonly<Record<string, string>> = {}, detail?: string): Refusal {
  return detail === undefined ? { code, params } : { code, params, detail };
}

export const rowOf = (code: ErrorCode): CatalogueRow => catalogue[code];

/** The sentence for the person, params filled in; a missing param shows as nothing, never as `{name}`. */
export function sentence(refusal: Refusal): string {
  return rowOf(refusal.code).zh.replace(/\{(\w+)\}/g, (_, name: string) => refusal.params[name] ?? '');
}

/** A machine's failure. Thrown; turned into a refusal at the edge, its cause into the operator's log. */
export class HubError extends Error {
  readonly refusal: Refusal;
  constructor(code: ErrorCode, detail: string, options: { params?: Record<string, string>; cause?: unknown } = {}) {
    super(`${code}: ${detail}`, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'HubError';
    this.refusal = refusal(code, options.params ?? {}, detail);
  }
}

/** Anything thrown becomes a refusal; what we did not foresee is INTERNAL. */
export const refusalOf = (error: unknown): Refusal => (error instanceof HubError ? error.refusal : refusal('INTERNAL'));
