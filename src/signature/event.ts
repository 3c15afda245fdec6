import type { AnswerAs } from './requests.ts';

/**
 * Body of the outbox event `document.signed`: everything message 9 needs (readings L36-L38), in domain names. Stored sealed; the document itself lies in
 * sealed files and is read by `Signatures.signedDocument(body)`.
 */
export type DocumentSigned = {
  readonly taskId: string;
  readonly standBy: string | null;
  readonly answerAs: AnswerAs;
  /** What people call the file; '' where nobody has named it. */
  readonly name: string;
  readonly bytes: number;
  /** Of the signed document, lower hex. */
  readonly sm3: string;
  /** Sealed files which are the document one behind the other: the document as it came, then one a signature. */
  readonly files: readonly string[];
};
