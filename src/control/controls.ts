import type { SignedGrant } from '#agent/protocol.ts';
import { cancel } from '#interaction/cancel.ts';
import { claimByToken } from '#interaction/claim.ts';
import { grantFor } from '#interaction/grant.ts';
import { type LookedPage, look } from '#interaction/look.ts';
import { type TaskStatus, taskStatus } from '#interaction/status.ts';
import { sweep } from '#interaction/sweep.ts';
import type { Visit } from '#interaction/visit.ts';
import type { Bytes } from '#kernel/bytes.ts';
import { refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Platform, Unit } from '#relying-party/party.ts';
import type { VerifyReport } from '#signature/verify/report.ts';
import type { VerifyRequest } from '#signature/verify/request.ts';
import { type Acting, actingFor, noteUse } from './acting.ts';
import { type ListedCertificate, listCertificates } from './certificates.ts';
import { encryptFor, type LocatedEnvelope, locateEnvelope } from './envelope.ts';
import { type ControlRequest, type OpenedControl, openControl } from './open.ts';
import { grantedTo } from './operations.ts';
import { sessionOf } from './repository.ts';
import { type ControlDeps, createRoom } from './room.ts';
import {
  assembleMessage,
  type PreparedMessage,
  prepareMessage,
  type SignedContentParts,
  type SigningContent,
} from './sign.ts';

/** The certificate control of trading systems' own pages: the first two for the trading system, the rest for the hub's frame in its page. */
export interface Controls {
  open(unit: Unit, platform: Platform, request: ControlRequest): Promise<Result<OpenedControl>>;
  status(unit: Unit, taskId: string): Promise<Result<TaskStatus>>;

  /** Reads only. `origin`: who alone may show the frame; undefined where the link is none of ours. */
  look(token: string): Promise<LookedPage & { readonly origin: string | undefined }>;
  /** Binds the session to the one page that came first; `claim` is the secret that it keeps in its memory. */
  claim(token: string, secret: string | null): Promise<Result<ControlView & { readonly claim: string | null }>>;
  /** `enumerate`, `certificates`, and of `sign-document` and `unwrap` what the session was opened for. */
  grant(visit: Visit, nonce: string): Promise<Result<SignedGrant>>;
  certificates(
    visit: Visit,
    shown: readonly { readonly key: string; readonly sign: string }[],
  ): Promise<Result<readonly ListedCertificate[]>>;
  prepare(visit: Visit, content: SigningContent): Promise<Result<PreparedMessage>>;
  assemble(visit: Visit, parts: SignedContentParts): Promise<Result<{ readonly message: string }>>;
  verify(visit: Visit, request: VerifyRequest): Promise<Result<VerifyReport>>;
  encrypt(
    visit: Visit,
    request: { readonly content: Bytes; readonly certificates: readonly string[] },
  ): Promise<Result<{ readonly envelope: string }>>;
  locate(
    visit: Visit,
    request: { readonly envelope: Bytes; readonly certificate: string },
  ): Promise<Result<LocatedEnvelope>>;
  /** The page is done. */
  close(visit: Visit): Promise<Result<void>>;
  /** Ends overdue sessions; returns how many. */
  sweep(): Promise<number>;
}

export interface ControlView extends Acting {
  /** UTC ms. */
  readonly now: number;
}

export function createControls(deps: ControlDeps): Controls {
  const room = createRoom(deps);
  return {
    open: (unit, platform, request) => openControl(room, unit, platform, request),
    status: (unit, taskId) => taskStatus(room, unit, taskId),

    async look(token) {
      const looked = await look(room, { token }, null);
      const id = room.tokens.read(token)?.interaction;
      const session = id === undefined ? undefined : await sessionOf(room.store.read, id);
      return { ...looked, origin: session?.origin };
    },
    async claim(token, secret) {
      const claimed = await claimByToken(room, token, secret);
      if (!claimed.ok) return claimed;
      const { interaction, claim, bound } = claimed.value;
      if (!bound) return refused(refusal('TASK_ENDED'));
      const acting = await actingFor(room, { interaction: interaction.id, secret: claim ?? secret });
      return acting.ok ? ok({ ...acting.value, claim, now: room.clock.now() }) : acting;
    },
    async grant(visit, nonce) {
      const acting = await actingFor(room, visit);
      if (!acting.ok) return acting;
      const { operations, origin } = acting.value.session;
      return grantFor(room, visit, nonce, grantedTo(operations), () => [origin]);
    },
    certificates: (visit, shown) => listCertificates(room, visit, shown),
    prepare: (visit, content) => prepareMessage(room, visit, content),
    assemble: (visit, parts) => assembleMessage(room, visit, parts),
    async verify(visit, request) {
      const acting = await actingFor(room, visit, 'verify');
      if (!acting.ok) return acting;
      const report = await room.verification.verify(request);
      if (report.ok) await noteUse(room, acting.value, 'verified', { result: report.value.result });
      return report;
    },
    encrypt: (visit, request) => encryptFor(room, visit, request),
    locate: (visit, request) => locateEnvelope(room, visit, request),
    async close(visit) {
      const ended = await cancel(room, visit);
      return ended.ok ? ok(undefined) : ended;
    },
    sweep: () => sweep(room),
  };
}
