import type { KeyModel, TenderRules } from './opening.ts';

/** An opening as a trading system asks for it, in domain names. Certificates as text in any accepted form. Times are UTC ms. */
export interface OpeningRequest {
  readonly taskId: string;
  readonly orgcode: string;
  readonly title: string;
  readonly number: string;
  readonly tenderer: string;
  readonly agency: string;
  readonly place: string;
  readonly lots: readonly { readonly code: string; readonly name: string }[];
  readonly opensAt: number;
  /** Default: opensAt. */
  readonly closesAt: number;
  readonly windowMs: number;
  readonly keyModel: KeyModel;
  readonly hosts: readonly PersonRequest[];
  readonly supervisors: readonly PersonRequest[];
  /** For `joint` and `quorum`: 2 <= needed <= persons. */
  readonly custodians: { readonly needed: number; readonly persons: readonly CustodianRequest[] };
  /** For `quorum` only. */
  readonly recovery: { readonly needed: number; readonly persons: readonly PersonRequest[] };
  readonly rules: TenderRules;
}

export interface PersonRequest {
  readonly name: string;
  readonly signCertificate: string;
  /** '' for host and supervisor. */
  readonly encryptionCertificate: string;
}

export interface CustodianRequest extends PersonRequest {
  readonly deputies: readonly PersonRequest[];
}

/** A postponement (or, before any capsule forbids it, an earlier time), or another length of the window. Absent members stay. */
export interface AmendmentRequest {
  readonly opensAt?: number | undefined;
  readonly closesAt?: number | undefined;
  readonly windowMs?: number | undefined;
  /** Why, as the announcement says it. */
  readonly reason: string;
}
