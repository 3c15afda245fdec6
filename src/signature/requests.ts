import type { JsonObject } from '#kernel/json.ts';
import type { SignProof } from '#relying-party/sign-path-repository.ts';

/** A document that has come in and lies sealed on disk; what nobody takes up is swept after a day. */
export interface StagedDocument {
  /** Of store/sealed-files.ts: a secret, never in a log, a row or an answer. */
  readonly ref: string;
  readonly bytes: number;
  /** Of the document, lower hex. */
  readonly sm3: string;
}

/** Where the trading system wants the seal (readings L38); the person may move it. */
export interface PlacementWish {
  readonly keyword?: string;
  /** 1-based, as a person counts. */
  readonly page?: number;
  /** Millimetres from the upper left corner to the seal's centre. */
  readonly x?: number;
  readonly y?: number;
}

/** How the signed file goes back (readings L37): encrypted as the request's was, or as the unit's profile says. */
export type AnswerAs = 'sm4-cbc' | 'sm4-ecb' | 'plain';

/** `startSignature` in domain names (readings L36-L39). */
export interface SignatureRequest {
  readonly taskId: string;
  readonly standBy: string | null;
  /** Wanted by `standBy.hub.returnUrl`; null: the platform's first registered one. */
  readonly returnUrl: string | null;
  /** Every member that makes this request what it is, the file by its SM3; a repeat must equal it (readings L31). */
  readonly content: JsonObject;
  readonly document: StagedDocument;
  /** `standBy.hub.fileName`: what people call it. */
  readonly name: string | null;
  readonly wish: PlacementWish | null;
  /** `standBy.hub.unitCode`: only this organisation's key may sign. */
  readonly unitCode: string | null;
  readonly answerAs: AnswerAs;
  readonly proof?: SignProof;
}

/** `startiframesign` in domain names (readings L40): a page on which the person signs a file of his own. */
export interface LocalSignRequest {
  readonly taskId: string;
  readonly returnUrl: string | null;
  readonly content: JsonObject;
  /** The platform has registered a path of its own for onSignature: the result is posted there as well. */
  readonly postBack: boolean;
  /** For `postBack`. */
  readonly answerAs: AnswerAs;
  readonly proof?: SignProof;
}

export interface StartedSigning {
  readonly interaction: string;
  /** `<public origin>/sign/<page token>` */
  readonly pageUrl: string;
}

/** The two interfaces of one page: their taskIds are apart. */
export type SigningInterface = 'startSignature' | 'startiframesign';
