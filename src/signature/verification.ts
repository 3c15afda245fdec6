import type { Gm } from '#crypto/gm.ts';
import type { Clock } from '#kernel/clock.ts';
import { refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { parseSignedData } from '#pki/cms-signed.ts';
import { parseSealSignature } from '#pki/ses-signature.ts';
import { certificateChecks } from './report/checks.ts';
import type { Judges } from './report/judge-contents.ts';
import { checkBare } from './verify/bare.ts';
import { judgeMessage, judgeSeal } from './verify/message.ts';
import { signerReport, type VerifyReport, verifyReport } from './verify/report.ts';
import type { VerifyRequest } from './verify/request.ts';

export interface VerificationDeps {
  readonly gm: Gm;
  readonly judges: Judges;
  readonly clock: Pick<Clock, 'now'>;
}

export interface Verification {
  /**
   * The service behind 服务端验签接口: is this a signature of this content, by whom, and may he be believed? A signature that does not hold is an
   * answer. FIELD_MISSING: a bare signature without a certificate or without content. Nothing of the request is kept.
   */
  verify(request: VerifyRequest): Promise<Result<VerifyReport>>;
}

export function createVerification({ gm, judges, clock }: VerificationDeps): Verification {
  return {
    async verify(request) {
      const now = clock.now();
      const { signature, content, certificate } = request;
      const deps = { gm, judges, now };
      const sealed = parseSealSignature(gm, signature);
      if (sealed !== undefined) return ok(verifyReport('seal', [await judgeSeal(deps, sealed, content)], now));
      const signed = parseSignedData(gm, signature);
      if (signed !== undefined) return ok(verifyReport('cms', await judgeMessage(deps, signed, request), now));

      if (certificate === null) return refused(refusal('FIELD_MISSING', { field: 'certificate', label: '签名证书' }));
      if (content === null) return refused(refusal('FIELD_MISSING', { field: 'text', label: '原文' }));
      const { form, algorithm, check } = checkBare(gm, request, content, certificate);
      const judged = await judges.certificate(certificate, null);
      const checks = [check, ...certificateChecks(judged, null)];
      const signer = signerReport({ checks, algorithm, certificate, judged, time: null, seal: null });
      return ok(verifyReport(form, [signer], now));
    },
  };
}
