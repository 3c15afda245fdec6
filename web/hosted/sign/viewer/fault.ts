import type { ViewerFault } from './types.ts';

/** Why a document is not shown. */
export class DocumentFault extends Error {
  readonly kind: ViewerFault;
  constructor(kind: ViewerFault) {
    super(kind);
    this.kind = kind;
  }
}

/** Of what pdf.js throws. */
export function faultOf(error: unknown): ViewerFault {
  if (error instanceof DocumentFault) return error.kind;
  return error instanceof Error && error.name === 'PasswordException' ? 'encrypted' : 'broken';
}
