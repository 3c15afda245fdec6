import { HUB_IDENTITY_PATH } from '#agent/protocol.ts';
import { recordOf } from '#fixtures/world/cast.ts';
import { type Members as Signable, signOf } from '#fixtures/world/trading-system/sign.ts';
import { LIVE_PATH, type PageApi } from '#hosted/api.ts';
import { base64, utf8 } from '#kernel/bytes.ts';
import { TASK_PATH, TICKET_PATH, ticketFields } from '#wire/extensions.ts';
import { type InterfaceName, interfaces, type PrintedField, type PrintedInterface } from '#wire/interfaces.ts';
import type { Prey } from './prey.ts';
import type { Target } from './shot.ts';
import type { HostileWorld } from './world.ts';

const JSON_TYPE = ['content-type', 'application/json'] as const;

/** Every route of the hub with a right request, made from our own tables and types: a new route appears here by itself, or breaks the compiler. */
export function targetsOf(world: HostileWorld, prey: Prey): Target[] {
  return [
    ...wire(world, prey),
    ...extensions(world, prey),
    ...pageApi(world, prey),
    ...doors(prey),
    ...reading(world, prey),
  ];
}

/** The printed interfaces, those that the hub calls itself included: nobody may call them here. */
function wire(world: HostileWorld, prey: Prey): Target[] {
  const sample = sampleOf(world, prey);
  return Object.entries<PrintedInterface>(interfaces).map(([name, { path, request }]) => ({
    name,
    kind: 'wire',
    method: 'POST',
    path,
    headers: [JSON_TYPE],
    members: () =>
      Object.fromEntries(request.filter((one) => one.name !== 'sign').map((one) => [one.name, sample(one)])),
    sign: signer(world.unit.secret, request),
    message: name as InterfaceName,
  }));
}

/** A right value for any printed member. */
function sampleOf(world: HostileWorld, prey: Prey): (field: PrintedField) => string {
  const [key] = world.cast.good;
  if (key === undefined) throw new Error('no key');
  const known: Record<string, string> = {
    ...(recordOf(world.unit, key) as Record<string, string>),
    orgcode: world.unit.orgcode,
    taskId: prey.taskId,
    signature: base64(utf8('seal')),
    paType: '1',
    standBy: '{"hub":{},"note":"x"}',
  };
  return ({ name }) => known[name] ?? base64(utf8(name));
}

function extensions(world: HostileWorld, prey: Prey): Target[] {
  const { caUnitId, secret } = world.unit;
  const timestamp = String(Date.now());
  const query = { caUnitId, taskId: prey.taskId, timestamp };
  return [
    {
      name: 'tickets',
      kind: 'ext',
      method: 'POST',
      path: TICKET_PATH,
      headers: [JSON_TYPE],
      members: () => ({ caUnitId, taskId: prey.taskId, ticket: 'AAAAAAAAAAAAAAAAAAAAAA' }),
      sign: signer(secret, ticketFields),
    },
    {
      name: 'tasks',
      kind: 'ext',
      method: 'GET',
      path: TASK_PATH + prey.taskId,
      headers: [
        ['x-ca-unit-id', caUnitId],
        ['x-ca-timestamp', timestamp],
        ['x-ca-sign', signOf(secret, query, ['caUnitId', 'taskId', 'timestamp'])],
      ],
    },
  ];
}

/** One right request for each route of the pages' own API. */
function pageApi(world: HostileWorld, { interaction, token, cookie }: Prey): Target[] {
  const certificate = world.keys[0]?.certificate ?? '';
  const samples: { [Route in keyof PageApi]: () => PageApi[Route]['request'] } = {
    hello: () => ({}),
    claim: () => ({ token }),
    view: () => ({ interaction }),
    challenge: () => ({ interaction }),
    grant: () => ({ interaction, nonce: 'ab'.repeat(32) }),
    certificates: () => ({ interaction, certificates: [{ key: 'k1', sign: certificate }] }),
    evidence: () => ({ interaction, certificate, signature: base64(utf8('x'.repeat(70))) }),
    mobile: () => ({ interaction, authority: 'beichen' }),
    redeliver: () => ({ interaction }),
    cancel: () => ({ interaction }),
  };
  return Object.entries(samples).map(([route, members]) => ({
    name: `page ${route}`,
    kind: 'page',
    method: 'POST',
    path: `/hosted/api/${route}`,
    headers: [JSON_TYPE, ['origin', world.prepared.hubUrl], ['cookie', cookie], ['sec-fetch-site', 'same-origin']],
    members,
  }));
}

function doors({ interaction, cookie }: Prey): Target[] {
  return [
    {
      name: 'vendor callback',
      kind: 'door',
      method: 'POST',
      path: `/drivers/beichen/callback/${interaction}.0123456789abcdef`,
      headers: [JSON_TYPE],
      members: () => ({ task: 'T1', status: 'confirmed', timestamp: 1_795_000_000_000, mac: 'ab'.repeat(32) }),
    },
    {
      name: 'live channel',
      kind: 'live',
      method: 'GET',
      path: `${LIVE_PATH}?i=${interaction}`,
      headers: [
        ['connection', 'Upgrade'],
        ['upgrade', 'websocket'],
        ['sec-websocket-version', '13'],
        ['sec-websocket-key', 'AAAAAAAAAAAAAAAAAAAAAA=='],
        ['origin', 'http://evil.example'],
        ['cookie', cookie],
      ],
    },
  ];
}

function reading(world: HostileWorld, { token, interaction, cookie }: Prey): Target[] {
  const get = (name: string, kind: Target['kind'], path: string): Target => ({
    name,
    kind,
    method: 'GET',
    path,
    headers: [['cookie', cookie]],
  });
  return [
    get('page check', 'html', `/check/${token}`),
    get('page check again', 'html', `/check/i/${interaction}`),
    get('page diagnose', 'html', '/diagnose'),
    get('page help', 'html', '/help?lang=en'),
    get('page protection', 'html', '/help/protection'),
    {
      ...get('diagnose', 'page', `/hosted/diagnose?nonce=${'ab'.repeat(32)}`),
      method: 'POST',
      headers: [['origin', world.prepared.hubUrl]],
    },
    get('assets', 'file', '/assets/login.js'),
    get('docs', 'html', '/docs'),
    get('docs sheet', 'file', '/docs/docs.css'),
    get('docs sample', 'file', '/docs/samples/sign.py'),
    get('identity', 'facts', HUB_IDENTITY_PATH),
    get('health', 'facts', '/healthz'),
    get('readiness', 'facts', '/readyz'),
  ];
}

/** Signs whatever stands there, as a careless but registered caller would. */
function signer(secret: string, fields: readonly PrintedField[]): NonNullable<Target['sign']> {
  const names = fields.map((field) => field.name);
  return (members) => {
    const flat: Signable = Object.create(null);
    for (const name of names) {
      const value = members[name];
      if (value !== undefined && value !== null)
        flat[name] = typeof value === 'object' ? JSON.stringify(value) : String(value);
    }
    return { ...members, sign: signOf(secret, flat, names) };
  };
}
