import type { PictureFault } from '#pki/picture.ts';

/** What is known of a seal without opening its bytes: enough for lists. */
export interface SealFacts {
  readonly kind: 'ses' | 'image';
  readonly name: string;
  /** Null: the picture cannot be shown (`fault`). */
  readonly format: 'png' | 'jpeg' | null;
  /** Millimetres. */
  readonly width: number;
  readonly height: number;
  /** As written in a seal, or sniffed: PNG, JPG, GIF, SVG … */
  readonly writtenFormat: string;
  readonly fault: PictureFault | 'size' | null;
  /** Null for an image. */
  readonly ses: {
    readonly generation: 'v1' | 'v4' | 'v5';
    /** 1 organisation, 2 person. */
    readonly type: number;
    readonly makerName: string;
    readonly makerTail: string;
  } | null;
}
