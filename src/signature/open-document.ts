/** A document for reading, whole or in part. Whoever opens it closes it; every part is authenticated before it is given out. */
export interface OpenDocument {
  /** Bytes. */
  readonly size: number;
  /** What people call it; '' where nobody has named it. */
  readonly name: string;
  /** Up to `length` bytes from `offset`; fewer only at the end. */
  read(offset: number, length: number): Promise<Buffer>;
  /** `end` exclusive. */
  stream(range?: { readonly start?: number; readonly end?: number }): AsyncIterable<Buffer>;
  close(): Promise<void>;
}
