import { limits } from '#kernel/limits.ts';
import type { PdfNote } from './pdf/notes.ts';
import type { AnswerAs, PlacementWish } from './requests.ts';

/** One document being signed in an interaction of kind `sign`, as the domain sees its row: opened texts, no sealed columns. */
export interface Signing {
  readonly interactionId: string;
  readonly unitId: string;
  readonly words: SigningWords;
  /** 0: nothing loaded yet. Grows with every change of the document's bytes and never comes back. */
  readonly version: number;
  readonly document: KeptDocument | null;
  readonly signer: KeptSigner | null;
  readonly prepared: Prepared | null;
  /** Oldest first. */
  readonly made: readonly MadeSignature[];
  readonly plan: { readonly revision: number; readonly kept: KeptPlan | null };
  /** Raised by every write: whoever has read an older one changes nothing. */
  readonly change: number;
}

/** What the request said, for as long as the task lives. */
export interface SigningWords {
  /** `local`: the person brings the file (startiframesign). */
  readonly mode: 'document' | 'local';
  /** Whether message 9 is posted. */
  readonly posts: boolean;
  readonly answerAs: AnswerAs;
  readonly wish: PlacementWish | null;
  /** Only this organisation's key may sign (readings L39). */
  readonly unitCode: string | null;
}

/** Bytes of the largest document that is taken in: one that no message carries may be larger (readings L36). */
export const largestOf = ({ mode, posts }: Pick<SigningWords, 'mode' | 'posts'>): number =>
  mode === 'local' && !posts ? limits.localDocument : limits.document;

export interface KeptDocument {
  readonly name: string;
  /** Sealed files, one behind the other: as it came, then one a signature. */
  readonly files: readonly KeptFile[];
  /** As it came: what is left when a fresh link undoes what was begun under the old one. */
  readonly came: { readonly bytes: number; readonly sm3: string };
  readonly bytes: number;
  /** Of all bytes, lower hex. */
  readonly sm3: string;
  /** Run lengths of equal pages, millimetres as seen: [width, height, count]. */
  readonly pages: readonly (readonly [width: number, height: number, count: number])[];
  readonly notes: readonly PdfNote[];
  /** Whoever certified it last allows this much (1 nothing … 3 remarks); null: not certified. */
  readonly certification: 1 | 2 | 3 | null;
  /** Signatures that were in it when it came; null: not judged yet. */
  readonly existing: readonly ExistingSignature[] | null;
}

export interface KeptFile {
  readonly ref: string;
  readonly bytes: number;
}

export interface ExistingSignature {
  readonly signer: string;
  /** UTC ms; null: not said. */
  readonly at: number | null;
  readonly verdict: 'valid' | 'valid-changed' | 'invalid' | 'indeterminate';
}

/** Who has proved himself on this page. */
export interface KeptSigner {
  /** Base64 DER. */
  readonly certificate: string;
  readonly certificateId: string;
  readonly authorityId: string;
  readonly road: 'key' | 'mobile';
  /** Base64 DER of the seals that his vendor keeps for him. */
  readonly seals: readonly string[];
}

/** A signing between `prepare` and the key's answer. */
export interface Prepared {
  readonly id: string;
  readonly version: number;
  /** Of the document that it was prepared for. */
  readonly sm3: string;
  /** Base64. */
  readonly toSign: string;
  /** Lower hex, of the bytes that will be under the signature. */
  readonly digest: string;
  readonly algorithm: 'sm2' | 'rsa';
  /** UTC ms. */
  readonly expiresAt: number;
  /** The revision without its container. */
  readonly revision: {
    readonly ref: string;
    readonly byteRange: readonly [number, number, number, number];
    readonly contentsAt: number;
    readonly room: number;
    readonly fieldName: string;
  };
  readonly seal: { readonly id: string; readonly name: string } | null;
  readonly places: number;
  readonly straddle: boolean;
  /** UTC ms: the signer's own word in the document. */
  readonly at: number;
  readonly timestamped: boolean;
  readonly profile: 'gbt35275Attributes' | 'rfc5652';
}

export interface MadeSignature {
  /** The seal's name; null: an invisible signature. */
  readonly seal: string | null;
  readonly places: number;
  readonly straddle: boolean;
  readonly timestamped: boolean;
  /** UTC ms. */
  readonly at: number;
}

/** What a person has put where and not signed yet, as his page says it: nothing of it is believed before `prepare` judges it. */
export interface KeptPlan {
  /** Of the document that he saw. */
  readonly version: number;
  /** One entry a seal, in the order in which they were put down. */
  readonly seals: readonly {
    readonly seal: string;
    /** Upper left corners: page (0-based), millimetres as seen. */
    readonly at: readonly (readonly [page: number, x: number, y: number])[];
  }[];
  /** 骑缝章: pages 0-based, both ends included; at most `each` of them under one whole seal; `centre` in millimetres as seen. */
  readonly straddle: {
    readonly seal: string;
    readonly from: number;
    readonly to: number;
    readonly centre: number;
    readonly each: number;
  } | null;
  readonly invisible: boolean;
  /** Which seal was chosen, which page was in view and how large; null: as wide as the room. */
  readonly chosen: string | null;
  readonly page: number;
  readonly zoom: number | null;
  /** By phone, one seal after another: `last` ends the page's work. null: nothing is being signed. */
  readonly run: { readonly last: boolean } | null;
}

/** One size a page. */
export const pageSizesOf = ({ pages }: Pick<KeptDocument, 'pages'>): { width: number; height: number }[] =>
  pages.flatMap(([width, height, count]) => Array.from({ length: count }, () => ({ width, height })));
