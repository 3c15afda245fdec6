import type { SignedGrant } from '#agent/protocol.ts';
import type { Outcome } from '#delivery/dispatcher.ts';
import type { ClassifiedCertificate, ShownCertificate } from '#interaction/classify.ts';
import type { Interaction } from '#interaction/interaction.ts';
import type { IssuedChallenge } from '#interaction/issue-challenge.ts';
import type { LookedPage, PageLink } from '#interaction/look.ts';
import type { SignedChallenge } from '#interaction/proof.ts';
import type { TaskStatus } from '#interaction/status.ts';
import type { Visit } from '#interaction/visit.ts';
import type { Bytes } from '#kernel/bytes.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { Result } from '#kernel/result.ts';
import type { Platform, Unit } from '#relying-party/party.ts';
import type { OpenDocument } from './open-document.ts';
import type { PrepareWish } from './prepare-wish.ts';
import type {
  LocalSignRequest,
  SignatureRequest,
  SigningInterface,
  StagedDocument,
  StartedSigning,
} from './requests.ts';
import type { SigningSnapshot } from './view.ts';

/** startSignature, startiframesign … onSignature. The first four for trading systems, then the signing page, and what runs by itself. */
export interface Signatures {
  /**
   * Takes a decoded document in, before anything is known of its request. BODY_TOO_LARGE beyond `limit` bytes (`limits.document`); throws what
   * `source` throws. What no request takes up is swept.
   */
  stage(source: AsyncIterable<Bytes>, limit?: number): Promise<Result<StagedDocument>>;
  /** DOCUMENT_NOT_PDF, DOCUMENT_ENCRYPTED, DOCUMENT_BROKEN, DOCUMENT_TOO_COMPLEX, DOCUMENT_CERTIFIED; the staged document is the hub's from here on. */
  startSignature(unit: Unit, platform: Platform, request: SignatureRequest): Promise<Result<StartedSigning>>;
  startLocal(unit: Unit, platform: Platform, request: LocalSignRequest): Promise<Result<StartedSigning>>;
  status(unit: Unit, taskId: string, of: SigningInterface): Promise<Result<TaskStatus>>;

  look(link: PageLink, secret: string | null): Promise<LookedPage>;
  claim(link: PageLink, secret: string | null): Promise<Result<{ view: SigningSnapshot; claim: string | null }>>;
  view(visit: Visit): Promise<Result<SigningSnapshot>>;
  /** Operations `enumerate`, `certificates`, `sign-login`, `sign-document`. */
  grant(visit: Visit, nonce: string): Promise<Result<SignedGrant>>;
  certificates(visit: Visit, shown: readonly ShownCertificate[]): Promise<Result<readonly ClassifiedCertificate[]>>;
  challenge(visit: Visit): Promise<Result<IssuedChallenge>>;
  identify(visit: Visit, signed: SignedChallenge): Promise<Result<SigningSnapshot>>;
  prepare(visit: Visit, wish: PrepareWish): Promise<Result<SigningSnapshot>>;
  /** `signature`: the token's answer, base64. */
  complete(
    visit: Visit,
    answer: { readonly prepared: string; readonly signature: string; readonly last: boolean },
  ): Promise<Result<SigningSnapshot>>;
  finish(visit: Visit): Promise<Result<SigningSnapshot>>;
  beginMobile(visit: Visit, authority: string, last: boolean): Promise<Result<SigningSnapshot>>;
  redeliver(visit: Visit): Promise<Result<SigningSnapshot>>;
  cancel(visit: Visit): Promise<Result<SigningSnapshot>>;
  /** The bound browser's interaction, for the live channel. */
  bound(visit: Visit): Promise<Result<Interaction>>;
  versions(ids: readonly string[]): Promise<Map<string, number>>;

  /** The document as it stands, or at an earlier version. The caller closes it. */
  document(visit: Visit, version?: number): Promise<Result<OpenDocument>>;
  /** Mode `local`: the person's own file takes the place of what was there. */
  putLocal(visit: Visit, source: AsyncIterable<Bytes>, name: string): Promise<Result<SigningSnapshot>>;

  vendorCallback(
    authority: string,
    exchange: string,
    message: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
  ): Promise<void>;
  pollVendors(): Promise<void>;
  /** Ends overdue interactions and removes documents whose time is over; returns how many of both. */
  sweep(): Promise<number>;
  /** For the dispatcher. */
  readonly outcome: Outcome;
  /** For the encoder of message 9: the document of a `document.signed` event (`DocumentSigned`). Throws HubError INTERNAL when it is gone. */
  signedDocument(eventBody: JsonObject): Promise<OpenDocument>;
}
