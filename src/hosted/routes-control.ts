import { Hono } from 'hono';
import { z } from 'zod';
import type { ListedCertificate } from '#control/certificates.ts';
import type { Controls } from '#control/controls.ts';
import type { EdgeEnv } from '#http/context.ts';
import { type Bytes, fromBase64 } from '#kernel/bytes.ts';
import { isoUtc } from '#kernel/clock.ts';
import { refusal } from '#kernel/errors.ts';
import { limits } from '#kernel/limits.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { tailOf } from '#pki/certificate.ts';
import { readVerifyRequest } from '#signature/verify/read.ts';
import { agentViews } from './agent-view.ts';
import { certificateHolder } from './certificate-view.ts';
import type { ControlCertificateView, ControlPageApi } from './control-api.ts';
import type { BrowserCookie } from './cookies.ts';
import type { HostedDeps } from './deps.ts';
import { agentNonce, certificate, interaction, only, pageToken, shownCertificates } from './fields.ts';
import { refuse } from './guard.ts';
import { onPageCalls, pageCalls } from './page-calls.ts';
import { pageError } from './page-error.ts';
import type { Limiter } from './rates.ts';

const content = z.string().max(limits.controlBody);

const requests = {
  claim: z.strictObject({ token: pageToken }),
  grant: z.strictObject({ interaction, nonce: agentNonce }),
  certificates: shownCertificates,
  prepare: z.strictObject({ interaction, certificate, content }),
  assemble: z.strictObject({
    interaction,
    certificate,
    content,
    signingTime: z.number().int().nonnegative(),
    signature: z.string().min(1).max(2048),
    detached: z.boolean(),
  }),
  verify: z.strictObject({
    interaction,
    signature: content,
    content: content.exactOptional(),
    certificate: certificate.exactOptional(),
  }),
  encrypt: z.strictObject({ interaction, content, certificates: z.array(certificate).min(1).max(20) }),
  locate: z.strictObject({ interaction, envelope: content, certificate }),
  close: only,
} as const satisfies { [Route in keyof ControlPageApi]: z.ZodType<ControlPageApi[Route]['request']> };

export interface ControlRoutesDeps extends HostedDeps {
  readonly controls: Controls;
  readonly cookie: BrowserCookie;
  readonly limiter: Limiter;
}

/** `/hosted/api/control/*`: the certificate control's frame. */
export function controlRoutes(deps: ControlRoutesDeps): Hono<EdgeEnv> {
  const { controls } = deps;
  const app = new Hono<EdgeEnv>();
  const { secretOf, visit } = pageCalls(deps.cookie);
  const on = onPageCalls<ControlPageApi, typeof requests>(app, requests, deps.limiter, limits.controlBody);

  on('claim', async (c, { token }) => {
    const claimed = await controls.claim(token, secretOf(c));
    if (!claimed.ok) return claimed;
    const { interaction: row, platform, session, claim, now } = claimed.value;
    const { supportCode, expiresAt } = row;
    return ok({
      session: {
        ...{ interaction: row.id, supportCode, expiresAt, now },
        platform: { name: platform.name },
        operations: session.operations,
      },
      agents: await agentViews(deps),
      claim,
    });
  });
  on('grant', async (c, request) => {
    const grant = await controls.grant(visit(c, request.interaction), request.nonce);
    return grant.ok ? ok({ grant: grant.value }) : grant;
  });
  on('certificates', async (c, request) => {
    const listed = await controls.certificates(visit(c, request.interaction), request.certificates);
    if (!listed.ok) return listed;
    const views = listed.value.flatMap((one) => certificateView(one, c.get('supportCode')) ?? []);
    return ok({ certificates: views });
  });
  on('prepare', async (c, { interaction: id, content: given, ...rest }) =>
    withBytes(given, (bytes) => controls.prepare(visit(c, id), { ...rest, content: bytes })),
  );
  on('assemble', async (c, { interaction: id, content: given, ...rest }) =>
    withBytes(given, (bytes) => controls.assemble(visit(c, id), { ...rest, content: bytes })),
  );
  on('verify', async (c, { interaction: id, ...request }) => {
    const read = readVerifyRequest(deps.gm, request);
    if (!read.ok) return read;
    const report = await controls.verify(visit(c, id), read.value);
    return report.ok ? ok({ report: report.value }) : report;
  });
  on('encrypt', async (c, { interaction: id, content: given, certificates }) =>
    withBytes(given, (bytes) => controls.encrypt(visit(c, id), { content: bytes, certificates })),
  );
  on('locate', async (c, { interaction: id, envelope, ...rest }) =>
    withBytes(envelope, (bytes) => controls.locate(visit(c, id), { ...rest, envelope: bytes })),
  );
  on('close', async (c, request) => {
    const closed = await controls.close(visit(c, request.interaction));
    return closed.ok ? ok({}) : closed;
  });
  app.all('/*', (c) => refuse(c, refusal('ROUTE_UNKNOWN')));
  return app;
}

async function withBytes<T>(text: string, next: (bytes: Bytes) => Promise<Result<T>>): Promise<Result<T>> {
  const bytes = fromBase64(text);
  if (bytes === undefined) return refused(refusal('BODY_NOT_JSON', { reason: '参数有误' }));
  // An envelope is a little larger than what it holds.
  if (bytes.length > limits.controlContent + limits.pageBody)
    return refused(refusal('BODY_TOO_LARGE', { limit: '1 MB' }));
  return next(bytes);
}

/** undefined: not even a certificate; nothing of it can be listed. */
function certificateView(one: ListedCertificate, supportCode: string): ControlCertificateView | undefined {
  const { certificate: read, authority } = one;
  if (read === undefined) return undefined;
  const algorithm = { sm2: 'SM2', rsa: 'RSA', ec: 'EC', other: undefined }[read.key.kind];
  if (algorithm === undefined) return undefined;
  return {
    key: one.key,
    certId: read.fingerprint,
    ...certificateHolder(read, authority),
    authority: authority?.name ?? null,
    tail: tailOf(read),
    notBefore: isoUtc(read.notBefore),
    notAfter: isoUtc(read.notAfter),
    algorithm: algorithm as ControlCertificateView['algorithm'],
    error: one.refusal === undefined ? null : pageError(one.refusal, supportCode),
  };
}
