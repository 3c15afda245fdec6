import { Readable } from 'node:stream';
import { Hono } from 'hono';
import { errorExit } from '#http/answer.ts';
import type { EdgeContext, EdgeEnv } from '#http/context.ts';
import { fromBase64 } from '#kernel/bytes.ts';
import { isoUtc } from '#kernel/clock.ts';
import { refusal } from '#kernel/errors.ts';
import type { Json, JsonObject } from '#kernel/json.ts';
import { limits } from '#kernel/limits.ts';
import type { Logger } from '#kernel/log.ts';
import { ok, type Result } from '#kernel/result.ts';
import { CONTENT_PATH } from '#opening/content.ts';
import type { Openings } from '#opening/openings.ts';
import type { Unit } from '#relying-party/party.ts';
import { extensionRefusal } from './extensions.ts';
import { answer, headerCall } from './header-call.ts';
import { readAmendment, readOpening, readUpload } from './openings-read.ts';
import { showCapsule, showOpening } from './openings-show.ts';
import { type HeaderDeps, proveHeaderStream } from './prove-header.ts';

export interface OpeningsApiDeps extends HeaderDeps {
  readonly log: Logger;
  readonly openings: Openings;
  readonly publicUrl: string;
}

export const OPENINGS_PATH = '/api/ca/ext/openings';

/**
 * Openings and capsules for trading systems, proved by headers; real HTTP statuses, `{code,msg,data}`. Expects http/context.ts before it, and stands
 * before the broker, whose last route refuses what is left.
 */
export function createOpeningsApi(deps: OpeningsApiDeps): Hono<EdgeEnv> {
  const app = new Hono<EdgeEnv>();
  const { openings, publicUrl } = deps;
  const capsule = `${OPENINGS_PATH}/:id/capsules/:capsule`;
  const proved = headerCall(deps, limits.jsonBody);
  const of = (c: EdgeContext, name: 'id' | 'capsule' | 'rehearsal'): string => c.req.param(name) ?? '';

  app.get(`${CONTENT_PATH}:token`, (c) => sendContent(deps, c, c.req.param('token')));

  app.post(
    OPENINGS_PATH,
    proved(async (unit, body) => {
      const read = readOpening(body);
      if (!read.ok) return read;
      const made = await openings.create(unit, read.value);
      return made.ok ? shown(unit, made.value.opening.id) : made;
    }),
  );
  app.get(
    `${OPENINGS_PATH}/:id`,
    proved((unit, _body, c) => shown(unit, of(c, 'id'))),
  );
  app.post(
    `${OPENINGS_PATH}/:id/amendments`,
    proved(async (unit, body, c) => {
      const read = readAmendment(body);
      if (!read.ok) return read;
      const amended = await openings.amend(unit, of(c, 'id'), read.value);
      return amended.ok ? shown(unit, of(c, 'id')) : amended;
    }),
  );
  app.get(
    `${OPENINGS_PATH}/:id/ticket`,
    proved(async (unit, _body, c) => {
      const ticket = await openings.ticket(unit, of(c, 'id'), c.req.query('lot') ?? '');
      return ticket.ok ? ok({ ticket: ticket.value as unknown as Json }) : ticket;
    }),
  );

  app.get(
    `${OPENINGS_PATH}/:id/capsules`,
    proved(async (unit, _body, c) => {
      const bid = { lot: c.req.query('lot') ?? '', taskId: c.req.query('taskId') ?? '' };
      const facts = await openings.bid(unit, of(c, 'id'), bid);
      return facts.ok ? ok(showCapsule(facts.value)) : facts;
    }),
  );
  app.put(`${OPENINGS_PATH}/:id/capsules`, async (c) => answer(c, await upload(deps, c, of(c, 'id'))));
  app.get(
    capsule,
    proved(async (unit, _body, c) => {
      const facts = await openings.capsule(unit, of(c, 'id'), of(c, 'capsule'));
      return facts.ok ? ok(showCapsule(facts.value)) : facts;
    }),
  );
  app.delete(
    capsule,
    proved(async (unit, _body, c) => {
      const receipt = await openings.withdraw(unit, of(c, 'id'), of(c, 'capsule'));
      return receipt.ok ? ok({ receipt: receipt.value as unknown as Json }) : receipt;
    }),
  );
  app.post(
    `${capsule}/content`,
    proved(async (unit, _body, c) => {
      const link = await openings.contentLink(unit.id, of(c, 'capsule'));
      return link.ok ? ok({ ...link.value, expiresAt: isoUtc(link.value.expiresAt) }) : link;
    }),
  );
  // The trading system may offer both in its own client beside an agent; the hall offers them to the bidder himself.
  app.post(
    `${capsule}/rehearsals`,
    proved(async (unit, _body, c) => {
      const own = await openings.capsule(unit, of(c, 'id'), of(c, 'capsule'));
      if (!own.ok) return own;
      const begun = await openings.beginRehearsal(of(c, 'capsule'));
      return begun.ok
        ? ok({ ...begun.value, wraps: [...begun.value.wraps], expiresAt: isoUtc(begun.value.expiresAt) })
        : begun;
    }),
  );
  app.post(
    `${capsule}/rehearsals/:rehearsal`,
    proved(async (unit, body, c) => {
      const own = await openings.capsule(unit, of(c, 'id'), of(c, 'capsule'));
      if (!own.ok) return own;
      const given = { wrap: textOf(body, 'wrap'), value: fromBase64(textOf(body, 'value')) ?? Buffer.alloc(0) };
      const fact = await openings.finishRehearsal(of(c, 'capsule'), of(c, 'rehearsal'), given);
      return fact.ok ? ok({ ...fact.value, at: isoUtc(fact.value.at) }) : fact;
    }),
  );
  app.post(
    `${capsule}/rewraps`,
    proved(async (unit, body, c) => {
      const own = await openings.capsule(unit, of(c, 'id'), of(c, 'capsule'));
      if (!own.ok) return own;
      const certificate = textOf(body, 'certificate');
      if (typeof body['wrapped'] !== 'string') {
        const offer = await openings.beginRewrap(of(c, 'capsule'), certificate);
        return offer.ok ? ok({ wraps: offer.value.wraps.map((wrap) => ({ ...wrap })) }) : offer;
      }
      const reply = {
        wrap: textOf(body, 'wrap'),
        wrapped: textOf(body, 'wrapped'),
        text: textOf(body, 'text'),
        signature: textOf(body, 'signature'),
        signedBy: textOf(body, 'signedBy'),
      };
      const receipt = await openings.finishRewrap(of(c, 'capsule'), certificate, reply);
      return receipt.ok ? ok({ receipt: receipt.value as unknown as Json }) : receipt;
    }),
  );

  app.onError(errorExit(deps.log, extensionRefusal));
  return app;

  async function shown(unit: Unit, id: string): Promise<Result<JsonObject>> {
    const file = await openings.get(unit, id);
    return file.ok ? ok(showOpening(file.value, publicUrl, file.value.announcements)) : file;
  }
}

const textOf = (body: JsonObject, name: string): string => {
  const value = body[name];
  return typeof value === 'string' ? value : '';
};

/** Read as it arrives; who sent it and what it must hash to is known before its first byte. */
async function upload(deps: OpeningsApiDeps, c: EdgeContext, openingId: string): Promise<Result<JsonObject>> {
  const proven = await proveHeaderStream(deps, c, limits.capsulePadded + limits.capsuleHead);
  if (!proven.ok) return proven;
  const { unit, content } = proven.value;
  const read = readUpload(c.req.query());
  if (!read.ok) return read;
  const taken = await deps.openings.takeIn(unit, { ...read.value, openingId, sealedBy: 'client' }, content);
  if (!taken.ok) return taken;
  const { capsuleId, version, reference, receipt } = taken.value;
  return ok({ capsuleId, version, encData: reference, receipt: receipt as unknown as Json });
}

/** The address is the permission: 256 random bits, once. The sender's file name is metadata only (RFC 6266). */
async function sendContent(deps: OpeningsApiDeps, c: EdgeContext, token: string): Promise<Response> {
  if (c.req.method === 'HEAD') return extensionRefusal(c, refusal('METHOD_NOT_ALLOWED', { allow: 'GET' }));
  const content = await deps.openings.content(token);
  if (!content.ok) return extensionRefusal(c, content.refusal);
  const { size, sm3, name, stream } = content.value;
  c.header('Content-Type', 'application/octet-stream');
  c.header('Content-Length', String(size));
  c.header('Content-Disposition', `attachment; filename*=UTF-8''${encodeURIComponent(name ?? 'content')}`);
  c.header('X-Ca-Content-Sm3', sm3);
  c.header('Cache-Control', 'no-store');
  return c.body(Readable.toWeb(Readable.from(stream)) as ReadableStream);
}
