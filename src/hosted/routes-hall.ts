import { Hono } from 'hono';
import { z } from 'zod';
import type { EdgeContext, EdgeEnv } from '#http/context.ts';
import { createLive, type Live } from '#http/live.ts';
import { base64 } from '#kernel/bytes.ts';
import { LAST_INSTANT } from '#kernel/clock.ts';
import { refusal } from '#kernel/errors.ts';
import type { Logger } from '#kernel/log.ts';
import { ok } from '#kernel/result.ts';
import { remedyKinds } from '#opening/hall/acts.ts';
import type { ForecastCertificate, HallDesk } from '#opening/hall/hall.ts';
import type { Printer } from '#opening/minutes/printer.ts';
import type { Certificate } from '#pki/certificate.ts';
import { agentViews } from './agent-view.ts';
import type { CertificateView } from './api.ts';
import { factsOf } from './certificate-view.ts';
import type { BrowserCookie } from './cookies.ts';
import type { HostedDeps } from './deps.ts';
import { agentNonce, authority, certificate, interaction, only, shownCertificates } from './fields.ts';
import { refuse } from './guard.ts';
import { HALL_LIVE_PATH, type HallApi } from './hall-api.ts';
import { askedView, hallView, neededView, vendors, viewOf } from './hall-view.ts';
import type { PublicOrigins } from './origins.ts';
import { onPageCalls, pageCalls } from './page-calls.ts';
import { pageError } from './page-error.ts';
import type { Limiter } from './rates.ts';

const opening = z.string().regex(/^opn_[0-9a-z]{26}$/);
const id = z.string().min(1).max(80);
/** What somebody writes into the record: one line. */
const words = z
  .string()
  .trim()
  .min(2)
  .max(200)
  .regex(/^[^\p{Cc}\u2028\u2029]*$/u);
const instant = z.int().min(0).max(LAST_INSTANT);
const remedy = z.enum(remedyKinds);
const binary = z.string().min(1).max(2048);

const act = z.union([
  z.strictObject({ act: z.literal('start') }),
  z.strictObject({ act: z.literal('end-lot'), lot: z.string().min(1).max(128), reason: words }),
  z.strictObject({ act: z.literal('close-window'), reason: words }),
  z.strictObject({
    act: z.literal('propose'),
    kind: z.literal('extend'),
    minutes: z.int().min(1).max(120),
    reason: words,
    incident: id.exactOptional(),
  }),
  z.strictObject({
    act: z.literal('propose'),
    kind: z.literal('remedy'),
    remedy,
    bid: id,
    reason: words,
    basis: z.union([z.literal(''), words]),
  }),
  z.strictObject({ act: z.literal('propose'), kind: z.literal('abort'), reason: words }),
  z.strictObject({ act: z.literal('propose'), kind: z.literal('postpone'), opensAt: instant, reason: words }),
  z.strictObject({ act: z.literal('propose'), kind: z.literal('time-override'), reason: words }),
  z.strictObject({ act: z.literal('decide'), proposal: id, agree: z.boolean(), opinion: words }),
  z.strictObject({ act: z.literal('withdraw'), proposal: id }),
  z.strictObject({ act: z.literal('ask-remedy'), bid: id, remedy, reason: words }),
  z.strictObject({ act: z.literal('confirm'), bid: id }),
  z.strictObject({ act: z.literal('object'), bid: id, reason: words }),
  z.strictObject({ act: z.literal('answer-objection'), bid: id, answer: words }),
  z.strictObject({ act: z.literal('state-clock'), statedAt: instant }),
  z.strictObject({ act: z.literal('finish') }),
]);

const share = z.enum(['check-in', 'release']);

const requests = {
  open: z.strictObject({ opening }),
  view: z.strictObject({ opening, interaction: interaction.nullable() }),
  sit: z.strictObject({ opening }),
  grant: z.strictObject({
    interaction,
    nonce: agentNonce,
    what: z.enum(['ask', 'share', 'rehearse', 'rewrap']),
  }),
  certificates: shownCertificates,
  signed: z.strictObject({ interaction, certificate, signature: z.string().min(1).max(1024) }),
  mobile: z.strictObject({ interaction, authority }),
  asked: only,
  leave: only,
  act: z.strictObject({ interaction, act }),
  share: z.strictObject({ interaction, what: share }),
  shared: z.strictObject({ interaction, what: share, wrapped: binary }),
  recover: z.strictObject({ interaction, bid: id }),
  recovered: z.strictObject({ interaction, capsule: id, wrapped: binary }),
  evidence: z.strictObject({ interaction, bid: id }),
  decrypt: only,
  rehearse: only,
  rehearsed: z.strictObject({
    interaction,
    rehearsal: id,
    results: z.array(z.strictObject({ id: z.string().min(1).max(200), key: z.string().min(1).max(128) })).max(64),
  }),
  rewrap: only,
  rewrapped: z.strictObject({
    interaction,
    offer: z.string().min(1).max(200),
    wrapped: binary,
    signature: z.string().min(1).max(1024),
    certificate,
  }),
  report: z.strictObject({
    interaction,
    kind: z.enum([
      'no-agent',
      'agent-blocked',
      'no-key',
      'wrong-key',
      'pin-wrong',
      'pin-locked',
      'key-pulled',
      'network',
    ]),
    tail: z
      .string()
      .regex(/^[0-9A-Fa-f]{1,8}$/)
      .nullable(),
  }),
} as const satisfies { [Route in keyof HallApi]: z.ZodType<HallApi[Route]['request']> };

export interface HallRoutesDeps extends Omit<HostedDeps, 'hall'> {
  readonly desk: HallDesk;
  readonly cookie: BrowserCookie;
  readonly limiter: Limiter;
}

/** `/hosted/api/hall/*`: the calls of hall-api.ts. Every view is made for the seat of the very browser that asks. */
export function hallRoutes(deps: HallRoutesDeps): Hono<EdgeEnv> {
  const { desk: hall } = deps;
  const app = new Hono<EdgeEnv>();
  const { secretOf, visit } = pageCalls(deps.cookie);
  const on = onPageCalls<HallApi, typeof requests>(app, requests, deps.limiter);
  const codeOf = (c: EdgeContext): string => c.get('supportCode');
  /** Which of his keys an officer needs. */
  const officerKey = async (holder: string, own: Certificate) => {
    const { tail, notAfter } = factsOf(own, undefined, deps.clock.now());
    const named = { holder, tail, notAfter, authorityId: await hall.issuerOf(own) };
    const expired = own.notAfter < deps.clock.now();
    return neededView({ ...named, expired, renewed: false }, await vendors(deps));
  };

  on('open', async (c, request) => {
    const seen = await viewOf(deps, await hall.open(request.opening, secretOf(c)), codeOf(c));
    return seen.ok ? ok({ ...seen.value, agents: await agentViews(deps) }) : seen;
  });
  on('view', async (c, request) => {
    const at = request.interaction === null ? null : visit(c, request.interaction);
    return viewOf(deps, await hall.view(request.opening, at), codeOf(c));
  });
  on('sit', async (c, request) => {
    const asked = await hall.sit(request.opening, secretOf(c));
    return asked.ok ? ok({ asked: await askedView(asked.value) }) : asked;
  });
  on('grant', async (c, request) => {
    const grant = await hall.grant(visit(c, request.interaction), request.nonce, request.what);
    return grant.ok ? ok({ grant: grant.value }) : grant;
  });
  on('certificates', async (c, request) => {
    const shown = await hall.certificates(visit(c, request.interaction), request.certificates);
    if (!shown.ok) return shown;
    const now = deps.clock.now();
    return ok({ certificates: shown.value.map((one) => ({ ...forecastView(one, now, codeOf(c)), roles: one.roles })) });
  });
  on('signed', async (c, request) => {
    const { certificate: der, signature } = request;
    const done = await hall.signed(visit(c, request.interaction), { certificate: der, signature });
    return viewOf(deps, done, codeOf(c));
  });
  on('mobile', async (c, request) => {
    const asked = await hall.beginMobile(visit(c, request.interaction), request.authority);
    return asked.ok ? ok({ asked: await askedView(asked.value) }) : asked;
  });
  on('asked', async (c, request) => {
    const now = await hall.asked(visit(c, request.interaction));
    if (!now.ok) return now;
    const { asked, snapshot } = now.value;
    return ok({
      asked: asked && (await askedView(asked)),
      view: snapshot && (await hallView(deps, snapshot, codeOf(c))),
    });
  });
  on('leave', async (c, request) => viewOf(deps, await hall.leave(visit(c, request.interaction)), codeOf(c)));
  on('act', async (c, request) => {
    const done = await hall.act(visit(c, request.interaction), request.act);
    if (!done.ok) return done;
    const asked = done.value.asked && (await askedView(done.value.asked));
    return ok({ view: await hallView(deps, done.value.snapshot, codeOf(c), asked), asked });
  });
  on('share', async (c, request) => {
    const task = await hall.share(visit(c, request.interaction), request.what);
    if (!task.ok) return task;
    const { what, wrapped, to, certificate: own, name } = task.value;
    return ok({ task: { what, wrapped, to, certificate: base64(own.der), needed: await officerKey(name, own) } });
  });
  on('recover', async (c, request) => {
    const found = await hall.recover(visit(c, request.interaction), request.bid);
    if (!found.ok) return found;
    const tasks = await Promise.all(
      found.value.map(async ({ name, certificate: own, ...task }) => ({
        ...task,
        certificate: base64(own.der),
        needed: await officerKey(name, own),
      })),
    );
    return ok({ tasks });
  });
  on('recovered', async (c, request) =>
    viewOf(deps, await hall.recovered(visit(c, request.interaction), request.capsule, request.wrapped), codeOf(c)),
  );
  on('shared', async (c, request) =>
    viewOf(deps, await hall.shared(visit(c, request.interaction), request.what, request.wrapped), codeOf(c)),
  );
  on('evidence', async (c, request) => hall.evidence(visit(c, request.interaction), request.bid));
  on('decrypt', async (c, request) => hall.decrypt(visit(c, request.interaction)));
  on('rehearse', async (c, request) => {
    const begun = await hall.rehearse(visit(c, request.interaction));
    if (!begun.ok) return begun;
    const all = await vendors(deps);
    const now = deps.clock.now();
    const tests = await Promise.all(
      begun.value.tests.map(async (test) => {
        const { tail, notAfter } = factsOf(test.certificate, undefined, now);
        const needed = {
          holder: begun.value.holder,
          authorityId: await hall.issuerOf(test.certificate),
          tail,
          notAfter,
          expired: test.certificate.notAfter < now,
          renewed: false,
        };
        const view = neededView(needed, all);
        return { id: test.id, wrapped: test.wrapped, certificate: base64(test.certificate.der), needed: view };
      }),
    );
    return ok({ task: { rehearsal: request.interaction, tests } });
  });
  on('rehearsed', async (c, request) => {
    const done = await hall.rehearsed(visit(c, request.interaction), request.results);
    if (!done.ok) return done;
    return ok({ view: await hallView(deps, done.value.snapshot, codeOf(c)), opened: done.value.opened });
  });
  on('rewrap', async (c, request) => {
    const tasks = await hall.rewraps(visit(c, request.interaction));
    if (!tasks.ok) return tasks;
    return ok({
      tasks: tasks.value.map(({ offer, wrapped, text, ...one }) => ({
        offer,
        wrapped,
        certificate: base64(one.new.der),
        old: base64(one.old.der),
        text,
      })),
    });
  });
  on('rewrapped', async (c, { interaction: seat, ...done }) =>
    viewOf(deps, await hall.rewrapped(visit(c, seat), done), codeOf(c)),
  );
  on('report', async (c, request) => {
    const noted = await hall.report(visit(c, request.interaction), { what: request.kind, tail: request.tail });
    return noted.ok ? ok({}) : noted;
  });
  app.all('/*', (c) => refuse(c, refusal('ROUTE_UNKNOWN')));
  return app;
}

function forecastView(one: ForecastCertificate, now: number, supportCode: string): CertificateView {
  const status = one.refusal === undefined ? 'ready' : one.verdict === 'valid' ? 'not-enrolled' : one.verdict;
  return {
    key: one.key,
    ...factsOf(one.certificate, one.authority, now),
    status,
    error: one.refusal === undefined ? null : pageError(one.refusal, supportCode),
  };
}

/** `/hall/:opening/…`: final minutes and statements, to whoever has a seat here (his cookie says so). GET changes nothing. */
export function hallFiles(deps: { desk: HallDesk; cookie: BrowserCookie; printer: Printer }): Hono<EdgeEnv> {
  const { desk: hall, cookie, printer } = deps;
  const app = new Hono<EdgeEnv>();
  const secretOf = (c: EdgeContext) => cookie.read(c.req.header('cookie'));
  const file = (c: EdgeContext, type: string, name: string, body: Uint8Array<ArrayBuffer> | string): Response => {
    c.header('Content-Type', type);
    c.header('Content-Disposition', `attachment; filename="${name}"`);
    c.header('Cache-Control', 'private, no-store');
    return c.body(body);
  };
  const openingOf = (c: EdgeContext): string => c.req.param('opening') ?? '';
  app.get('/:opening/minutes.json', async (c) => {
    const minutes = await hall.minutes(openingOf(c), secretOf(c));
    if (minutes === undefined) return refuse(c, refusal('HALL_SEAT_ENDED'));
    return file(c, 'application/json; charset=utf-8', 'opening-record.json', JSON.stringify(minutes, null, 2));
  });
  app.get('/:opening/minutes.pdf', async (c) => {
    const minutes = await hall.minutes(openingOf(c), secretOf(c));
    if (minutes === undefined) return refuse(c, refusal('HALL_SEAT_ENDED'));
    const pdf = await printer.minutesPdf(minutes);
    return file(c, 'application/pdf', 'opening-record.pdf', new Uint8Array(pdf));
  });
  app.get('/:opening/statement/:bid', async (c) => {
    const found = await hall.statement(openingOf(c), c.req.param('bid'), secretOf(c));
    const statement = found && (await printer.statement(found.minutes.record, found.bid.id));
    if (statement === undefined) return refuse(c, refusal('HALL_SEAT_ENDED'));
    const pdf = await printer.statementPdf(statement);
    return file(c, 'application/pdf', 'bid-statement.pdf', new Uint8Array(pdf));
  });
  return app;
}

/** Everybody in the hall, the audience included, hears that something changed, and nothing else. */
export function createHallLive(deps: { hall: () => HallDesk; origins: PublicOrigins; log: Logger }): Live {
  return createLive({
    path: HALL_LIVE_PATH,
    log: deps.log,
    mostASubject: 5_000,
    versions: (ids) => deps.hall().versions(ids),
    admit: async (request, url) => {
      if (!(await deps.origins.has(request.headers.origin))) return undefined;
      const subject = url.searchParams.get('o') ?? '';
      const version = (await deps.hall().versions([subject])).get(subject);
      return version === undefined ? undefined : { subject, version };
    },
  });
}
