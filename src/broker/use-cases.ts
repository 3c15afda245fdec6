import { base64 } from '#kernel/bytes.ts';
import { refusal } from '#kernel/errors.ts';
import type { JsonObject } from '#kernel/json.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { readDecrypt, readEncrypt } from '#wire/envelope-requests.ts';
import { readChange, readLogin, readSubject } from '#wire/requests.ts';
import type { BrokerDeps } from './deps.ts';
import type { Freshness } from './freshness.ts';
import type { ProvenRequest } from './prove.ts';
import type { ProvenFile } from './receive-file.ts';
import { startLocal, startSignature } from './start-signature.ts';

/** A proven request → the members of a successful answer besides code and msg. */
export type UseCase = (request: ProvenRequest) => Promise<Result<JsonObject>>;

/** The interfaces of this version that trading systems call, by printed name. */
export function createUseCases(deps: BrokerDeps, freshness: Freshness): Record<string, UseCase> {
  const { signing } = deps;
  return {
    async userSynchro({ unit, members }) {
      const read = readSubject(members);
      if (!read.ok) return read;
      const stale = freshness(unit, read.value.hub);
      if (stale !== undefined) return refused(stale);
      const outcome = await deps.subscribers.synchronise(unit, read.value.record);
      if (!outcome.ok) return outcome;
      const { status, created, warnings } = outcome.value;
      return ok({ data: { status, created, ...warningsOf(warnings) } });
    },

    async changeCert({ unit, members }) {
      const read = readChange(members);
      if (!read.ok) return read;
      const stale = freshness(unit, read.value.hub);
      if (stale !== undefined) return refused(stale);
      const outcome = await deps.subscribers.change(unit, read.value.request);
      if (!outcome.ok) return outcome;
      const { status, created, warnings, retired } = outcome.value;
      return ok({ data: { status, created, retired: [...retired], ...warningsOf(warnings) } });
    },

    async startCheck({ unit, members, proof }) {
      const read = readLogin(members);
      if (!read.ok) return read;
      const { taskId, orgcode, standBy, hub, content } = read.value;
      const stale = freshness(unit, hub);
      if (stale !== undefined) return refused(stale);
      const platform = await deps.relyingParties.platform(deps.store.read, unit.id, orgcode);
      if (platform?.status !== 'active') return refused(refusal('PLATFORM_UNKNOWN', { orgcode }));
      const started = await deps.logins.start(unit, platform, {
        taskId,
        standBy,
        returnUrl: hub.returnUrl ?? null,
        content,
        ...(proof && { proof }),
      });
      return started.ok ? ok({ Loginurl: started.value.pageUrl }) : started;
    },

    async encrypt({ unit, members }) {
      const read = readEncrypt(members);
      if (!read.ok) return read;
      const { request, hub } = read.value;
      const stale = freshness(unit, hub);
      if (stale !== undefined) return refused(stale);
      const encrypted = await deps.envelopes.encrypt(unit, request);
      if (!encrypted.ok) return encrypted;
      return ok({ encdata: base64(encrypted.value.ciphertext), taskId: encrypted.value.taskId });
    },

    async startdecrypt({ unit, members }) {
      const read = readDecrypt(members);
      if (!read.ok) return read;
      const { request, orgcode, hub } = read.value;
      const stale = freshness(unit, hub);
      if (stale !== undefined) return refused(stale);
      const platform = await deps.relyingParties.platform(deps.store.read, unit.id, orgcode);
      if (platform?.status !== 'active') return refused(refusal('PLATFORM_UNKNOWN', { orgcode }));
      const started = await deps.envelopes.startDecrypt(unit, platform, request);
      return started.ok ? ok({ decrypturl: started.value.pageUrl }) : started;
    },

    startiframesign: (request) => startLocal({ ...deps, ...signing }, request),
  };
}

/** As `UseCase`, where an attFile too large to hold comes with the request. */
export type FileUseCase = (request: ProvenFile) => Promise<Result<JsonObject>>;

export function createFileUseCases(deps: BrokerDeps, freshness: Freshness): Record<string, FileUseCase> {
  const { signing } = deps;
  return { startSignature: (request) => startSignature({ ...deps, ...signing }, freshness, request) };
}

/** `warnings` for programs, `warning` as one sentence for whoever shows a single text (readings L24). */
const warningsOf = (warnings: readonly string[]): JsonObject =>
  warnings.length === 0 ? {} : { warning: warnings.join(''), warnings: [...warnings] };
