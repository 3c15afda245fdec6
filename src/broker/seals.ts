import { Hono } from 'hono';
import { errorExit } from '#http/answer.ts';
import type { EdgeContext, EdgeEnv } from '#http/context.ts';
import { isoUtc } from '#kernel/clock.ts';
import type { JsonObject } from '#kernel/json.ts';
import { limits } from '#kernel/limits.ts';
import type { Logger } from '#kernel/log.ts';
import { ok, type Result } from '#kernel/result.ts';
import type { Certificate } from '#pki/certificate.ts';
import type { Unit } from '#relying-party/party.ts';
import type { SealLibrary } from '#subscriber/seals/library.ts';
import type { SealFile } from '#subscriber/seals/seal-file.ts';
import type { SealActor } from '#subscriber/seals/state.ts';
import { extensionRefusal } from './extensions.ts';
import { headerCall } from './header-call.ts';
import type { HeaderDeps } from './prove-header.ts';
import { readListQuery, readPower, readRegistration, readState, readUses } from './seals-read.ts';

export interface SealsApiDeps extends HeaderDeps {
  readonly log: Logger;
  readonly seals: SealLibrary;
}

export const SEALS_PATH = '/api/ca/ext/seals';

/**
 * The seal library for trading systems, proved by headers. Who acts on a seal is a certificate that the trading system vouches for, as it does for whoever is
 * logged in there; what that certificate may do, the library says. Expects http/context.ts before it.
 */
export function createSealsApi(deps: SealsApiDeps): Hono<EdgeEnv> {
  const app = new Hono<EdgeEnv>();
  const { seals, store, gm } = deps;
  const proved = headerCall(deps, limits.sealField + limits.pageBody);
  const idOf = (c: EdgeContext): string => c.req.param('id') ?? '';

  app.post(
    SEALS_PATH,
    proved(async (unit, body) => {
      const read = readRegistration(body);
      if (!read.ok) return read;
      const made = await seals.register(unit, read.value);
      return made.ok ? ok({ ...shown(made.value.seal), created: made.value.created }) : made;
    }),
  );
  app.get(
    SEALS_PATH,
    proved(async (unit, _body, c) => {
      const read = readListQuery(c.req.query());
      if (!read.ok) return read;
      const found = await seals.list(store.read, unit, read.value);
      return ok({ seals: found.map(shown) });
    }),
  );
  app.get(
    `${SEALS_PATH}/:id`,
    proved(async (unit, _body, c) => fileOf(await seals.show(store.read, unit, idOf(c)))),
  );
  app.post(
    `${SEALS_PATH}/:id/state`,
    proved(async (unit, body, c) => {
      const read = readState(gm, body);
      return read.ok ? fileOf(await seals.setState(actor(unit, read.value.by), idOf(c), read.value.act)) : read;
    }),
  );
  app.post(
    `${SEALS_PATH}/:id/powers`,
    proved(async (unit, body, c) => {
      const read = readPower(gm, body);
      return read.ok ? fileOf(await seals.setPower(actor(unit, read.value.by), idOf(c), read.value.act)) : read;
    }),
  );
  app.post(
    `${SEALS_PATH}/:id/uses`,
    proved(async (unit, body, c) => {
      const read = readUses(gm, body);
      if (!read.ok) return read;
      const found = await seals.uses(store.read, actor(unit, read.value.by), idOf(c), read.value.before);
      if (!found.ok) return found;
      return ok({ uses: found.value.map(({ at, ...use }) => ({ ...use, at: isoUtc(at) })) });
    }),
  );
  app.onError(errorExit(deps.log, extensionRefusal));
  return app;
}

const actor = (unit: Unit, by: Certificate | null): SealActor =>
  by === null ? { kind: 'unit', unit } : { kind: 'person', unit, certificate: by };

const fileOf = (result: Result<SealFile>): Result<JsonObject> => (result.ok ? ok(shown(result.value)) : result);

function shown(file: SealFile): JsonObject {
  const { id, unitId: _own, ses, validFrom, validTo, createdAt, updatedAt, powers, ...same } = file;
  return {
    sealId: id,
    ...same,
    maker: ses && { name: ses.makerName, tail: ses.makerTail },
    generation: ses?.generation ?? null,
    validFrom: validFrom === null ? null : isoUtc(validFrom),
    validTo: validTo === null ? null : isoUtc(validTo),
    powers: powers.map(({ givenAt, withdrawnAt, ...power }) => ({
      ...power,
      givenAt: isoUtc(givenAt),
      withdrawnAt: withdrawnAt === null ? null : isoUtc(withdrawnAt),
    })),
    createdAt: isoUtc(createdAt),
    updatedAt: isoUtc(updatedAt),
  };
}
