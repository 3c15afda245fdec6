import { HUB_IDENTITY_PATH } from '#agent/protocol.ts';
import { recordOf } from '#fixtures/world/cast.ts';
import { toAttFile } from '#fixtures/world/trading-system/att-file.ts';
import { type Members as Signable, signOf } from '#fixtures/world/trading-system/sign.ts';
import { LIVE_PATH, type PageApi } from '#hosted/api.ts';
import type { DecryptPageApi } from '#hosted/decrypt-api.ts';
import { HALL_LIVE_PATH, type HallApi } from '#hosted/hall-api.ts';
import { SIGN_DOCUMENT_PATH, type SignPageApi } from '#hosted/sign-api.ts';
import { base64, utf8 } from '#kernel/bytes.ts';
import type { HallAct, ProposalKind } from '#opening/hall/acts.ts';
import { plainPdf } from '#test/signature/pdf/base.ts';
import { TASK_PATH, TICKET_PATH, ticketFields } from '#wire/extensions.ts';
import { type InterfaceName, interfaces, type PrintedField, type PrintedInterface } from '#wire/interfaces.ts';
import type { Prey } from './prey.ts';
import type { Target } from './shot.ts';
import { controlSamples, documentTargets, validatePage } from './targets-documents.ts';
import { openingTargets } from './targets-openings.ts';
import type { HostileWorld } from './world.ts';

const JSON_TYPE = ['content-type', 'application/json'] as const;

/** Every route of the hub with a right request, made from our own tables and types: a new route appears here by itself, or breaks the compiler. */
export function targetsOf(world: HostileWorld, prey: Prey): Target[] {
  return [
    ...wire(world, prey),
    ...extensions(world, prey),
    ...openingTargets(world, prey),
    ...documentTargets(world, prey),
    ...pageApi(world, prey),
    ...decryptApi(world, prey),
    ...signApi(world, prey),
    ...pageTargets(world, prey.cookie, 'control/', controlSamples(world, prey)),
    ...validatePage(world),
    ...hallApi(world, prey),
    ...hallActs(world, prey),
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
    // encrypt has no member that says who calls (readings L6).
    headers: [JSON_TYPE, ...(name === 'encrypt' ? [['x-ca-unit-id', world.unit.caUnitId] as const] : [])],
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
    encData: prey.encData,
    attFile: toAttFile(plainPdf([{}, {}, {}]), world.unit.fileKey),
    standBy: '{"hub":{},"note":"x"}',
  };
  return ({ name }) => known[name] ?? base64(utf8(name));
}

function extensions(world: HostileWorld, prey: Prey): Target[] {
  const { caUnitId, secret } = world.unit;
  const timestamp = String(Date.now());
  const query = { caUnitId, taskId: prey.taskId, timestamp };
  const decrypting = { caUnitId, taskId: prey.decryption.taskId, timestamp, interface: 'startdecrypt' };
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
    {
      name: 'tasks of decryption',
      kind: 'ext',
      method: 'GET',
      path: `${TASK_PATH}${prey.decryption.taskId}?interface=startdecrypt`,
      headers: [
        ['x-ca-unit-id', caUnitId],
        ['x-ca-timestamp', timestamp],
        ['x-ca-sign', signOf(secret, decrypting, ['caUnitId', 'taskId', 'timestamp', 'interface'])],
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
  return pageTargets(world, cookie, '', samples);
}

/** The decryption page's calls; `keys` hands back what the right token would. */
function decryptApi(world: HostileWorld, { decryption, cookie }: Prey): Target[] {
  const { token, interaction, keys } = decryption;
  const [key] = world.cast.good;
  const sign = base64(key?.pair.signCertificate ?? Buffer.alloc(0));
  const encrypt = base64(key?.pair.encCertificate ?? Buffer.alloc(0));
  const samples: { [Route in keyof DecryptPageApi]: () => DecryptPageApi[Route]['request'] } = {
    claim: () => ({ token }),
    view: () => ({ interaction }),
    report: () => ({ interaction, kind: 'network', tail: '3F2A' }),
    grant: () => ({ interaction, nonce: 'ab'.repeat(32) }),
    certificates: () => ({ interaction, certificates: [{ key: 'k1', sign, encrypt }] }),
    keys: () => ({
      interaction,
      keys: keys.map((one) => ({ ...one })),
      failed: keys.map(({ item, wrap }) => ({ item, wrap })),
    }),
    mobile: () => ({ interaction, authority: 'beichen' }),
    redeliver: () => ({ interaction }),
    cancel: () => ({ interaction }),
  };
  return pageTargets(world, cookie, 'decrypt/', samples);
}

/** The signing page's calls, and the file that is laid before it. */
function signApi(world: HostileWorld, { signing, cookie }: Prey): Target[] {
  const { token, interaction } = signing;
  const certificate = world.keys[0]?.certificate ?? '';
  const signature = base64(utf8('x'.repeat(70)));
  const place = { page: 0, x: 20.5, y: 30, width: 40, height: 40 };
  const straddle = { pages: [0, 1, 2], centre: 148.5, width: 40, height: 40, each: 3 };
  const samples: { [Route in keyof SignPageApi]: () => SignPageApi[Route]['request'] } = {
    claim: () => ({ token }),
    view: () => ({ interaction }),
    grant: () => ({ interaction, nonce: 'ab'.repeat(32) }),
    certificates: () => ({ interaction, certificates: [{ key: 'k1', sign: certificate }] }),
    challenge: () => ({ interaction }),
    identify: () => ({ interaction, certificate, signature }),
    prepare: () => ({ interaction, seal: 'sel_0', placements: [place], straddle, reason: '同意', version: 1 }),
    complete: () => ({ interaction, prepared: `sgn_${'0'.repeat(26)}`, signature, last: true }),
    finish: () => ({ interaction }),
    mobile: () => ({ interaction, authority: 'beichen', last: true }),
    plan: () => ({
      ...{ interaction, revision: 0 },
      plan: {
        ...{ version: 1, invisible: false, chosen: 'sel_0', page: 1, zoom: 1.25, run: { last: true } },
        seals: [{ seal: 'sel_0', at: [[0, 20.5, 30] as const] }],
        straddle: { seal: 'sel_0', from: 0, to: 2, centre: 148.5, each: 30 },
      },
    }),
    move: () => ({ interaction }),
    redeliver: () => ({ interaction }),
    watch: () => ({ token }),
    cancel: () => ({ interaction }),
  };
  const path = `${SIGN_DOCUMENT_PATH}/${interaction}`;
  const own = [['cookie', cookie] as const, ['sec-fetch-site', 'same-origin'] as const];
  return [
    {
      ...{ name: 'page sign document put', kind: 'page', method: 'PUT', path, content: plainPdf([{}, {}, {}]) },
      headers: [...own, ['origin', world.prepared.hubUrl], ['content-type', 'application/pdf']],
    },
    {
      name: 'sign document',
      kind: 'file',
      method: 'GET',
      path: `${path}?v=1`,
      headers: [...own, ['range', 'bytes=0-99']],
    },
    ...pageTargets(world, cookie, 'sign/', samples),
  ];
}

/** The hall's calls, from a seat that holds one of the offices or bids. */
function hallApi(world: HostileWorld, { hall, sealed, cookie }: Prey): Target[] {
  const { opening, seat: interaction, asked, bid } = hall;
  const certificate = world.keys[0]?.certificate ?? '';
  const bytes = base64(utf8('x'.repeat(113)));
  const samples: { [Route in keyof HallApi]: () => HallApi[Route]['request'] } = {
    open: () => ({ opening }),
    view: () => ({ opening, interaction }),
    sit: () => ({ opening }),
    grant: () => ({ interaction, nonce: 'ab'.repeat(32), what: 'share' }),
    certificates: () => ({ interaction: asked, certificates: [{ key: 'k1', sign: certificate }] }),
    signed: () => ({ interaction: asked, certificate, signature: base64(utf8('x'.repeat(70))) }),
    mobile: () => ({ interaction: asked, authority: 'beichen' }),
    asked: () => ({ interaction: asked }),
    leave: () => ({ interaction }),
    act: () => ({ interaction, act: { act: 'start' } }),
    share: () => ({ interaction, what: 'release' }),
    shared: () => ({ interaction, what: 'release', wrapped: bytes }),
    recover: () => ({ interaction, bid }),
    recovered: () => ({ interaction, capsule: sealed.capsule, wrapped: bytes }),
    evidence: () => ({ interaction, bid }),
    decrypt: () => ({ interaction }),
    rehearse: () => ({ interaction }),
    rehearsed: () => ({ interaction, rehearsal: interaction, results: [{ id: 'w1', key: bytes.slice(0, 24) }] }),
    rewrap: () => ({ interaction }),
    rewrapped: () => ({ interaction, offer: `${sealed.capsule}.w1`, wrapped: bytes, signature: bytes, certificate }),
    report: () => ({ interaction, kind: 'no-key', tail: null }),
  };
  return pageTargets(world, cookie, 'hall/', samples);
}

/** Each thing that anybody in the hall may do or propose. */
function hallActs(world: HostileWorld, { hall, sealed, cookie }: Prey): Target[] {
  const { bid, seat: interaction } = hall;
  const now = Date.now();
  const reason = '投标人未到场，按招标文件处理';
  const proposals: { [Kind in ProposalKind]: () => Extract<HallAct, { act: 'propose'; kind: Kind }> } = {
    extend: () => ({ act: 'propose', kind: 'extend', minutes: 10, reason }),
    remedy: () => ({ act: 'propose', kind: 'remedy', remedy: 'old-key', bid, reason, basis: '第三章 5.2.4' }),
    abort: () => ({ act: 'propose', kind: 'abort', reason }),
    postpone: () => ({ act: 'propose', kind: 'postpone', opensAt: now + 7 * 24 * 3600_000, reason }),
    'time-override': () => ({ act: 'propose', kind: 'time-override', reason }),
  };
  const acts: { [Act in Exclude<HallAct['act'], 'propose'>]: () => Extract<HallAct, { act: Act }> } = {
    start: () => ({ act: 'start' }),
    'end-lot': () => ({ act: 'end-lot', lot: sealed.lot, reason }),
    'close-window': () => ({ act: 'close-window', reason }),
    decide: () => ({ act: 'decide', proposal: 'prp_0', agree: true, opinion: '同意' }),
    withdraw: () => ({ act: 'withdraw', proposal: 'prp_0' }),
    'ask-remedy': () => ({ act: 'ask-remedy', bid, remedy: 'backup-file', reason }),
    confirm: () => ({ act: 'confirm', bid }),
    object: () => ({ act: 'object', bid, reason }),
    'answer-objection': () => ({ act: 'answer-objection', bid, answer: '已记录' }),
    'state-clock': () => ({ act: 'state-clock', statedAt: now }),
    finish: () => ({ act: 'finish' }),
  };
  return Object.entries({ ...proposals, ...acts }).map(([name, act]) => ({
    ...pageTarget(world, cookie, 'hall/act', () => ({ interaction, act: act() })),
    name: `hall act ${name}`,
  }));
}

const pageTargets = (
  world: HostileWorld,
  cookie: string,
  under: string,
  samples: Readonly<Record<string, () => object>>,
): Target[] => Object.entries(samples).map(([route, members]) => pageTarget(world, cookie, under + route, members));

const pageTarget = (world: HostileWorld, cookie: string, route: string, members: () => object): Target => ({
  name: `page ${route}`,
  kind: 'page',
  method: 'POST',
  path: `/hosted/api/${route}`,
  headers: [JSON_TYPE, ['origin', world.prepared.hubUrl], ['cookie', cookie], ['sec-fetch-site', 'same-origin']],
  members: () => ({ ...members() }),
});

function doors({ interaction, hall, cookie }: Prey): Target[] {
  return [
    {
      name: 'vendor callback',
      kind: 'door',
      method: 'POST',
      path: `/drivers/beichen/callback/${interaction}.0123456789abcdef`,
      headers: [JSON_TYPE],
      members: () => ({ task: 'T1', status: 'confirmed', timestamp: 1_795_000_000_000, mac: 'ab'.repeat(32) }),
    },
    live('live channel', `${LIVE_PATH}?i=${interaction}`, cookie),
    live('live channel of a hall', `${HALL_LIVE_PATH}?o=${hall.opening}`, cookie),
  ];
}

const live = (name: string, path: string, cookie: string): Target => ({
  ...{ name, kind: 'live', method: 'GET', path },
  headers: [
    ['connection', 'Upgrade'],
    ['upgrade', 'websocket'],
    ['sec-websocket-version', '13'],
    ['sec-websocket-key', 'AAAAAAAAAAAAAAAAAAAAAA=='],
    ['origin', 'http://evil.example'],
    ['cookie', cookie],
  ],
});

function reading(
  world: HostileWorld,
  { token, interaction, cookie, decryption, signing, control, hall }: Prey,
): Target[] {
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
    get('page decrypt', 'html', `/decrypt/${decryption.token}`),
    get('page decrypt again', 'html', `/decrypt/i/${decryption.interaction}`),
    get('page sign', 'html', `/sign/${signing.token}`),
    get('page sign again', 'html', `/sign/i/${signing.interaction}`),
    get('page validate', 'html', '/validate'),
    get('control frame', 'html', `/control/frame/${control.token}`),
    get('sdk', 'file', '/sdk/v1/ca-hub.mjs'),
    get('page hall', 'html', `/hall/${hall.opening}`),
    // A refusal of these is the pages' JSON: nobody opens them but the page.
    get('hall record', 'file', `/hall/${hall.opening}/minutes.json`),
    get('hall minutes', 'file', `/hall/${hall.opening}/minutes.pdf`),
    get('hall statement', 'file', `/hall/${hall.opening}/statement/${hall.bid}`),
    get('page front', 'html', '/'),
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
