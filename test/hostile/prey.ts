import { CONTROL_PATH } from '#broker/control.ts';
import { OFFLINE_PATH } from '#broker/offline.ts';
import { SEALS_PATH } from '#broker/seals.ts';
import type { CastKey } from '#fixtures/world/cast.ts';
import { postJson } from '#fixtures/world/post-json.ts';
import { callHub } from '#fixtures/world/trading-system/hub.ts';
import { callExt } from '#fixtures/world/trading-system/hub-ext.ts';
import { printed, signOf } from '#fixtures/world/trading-system/sign.ts';
import type { ControlPageApi } from '#hosted/control-api.ts';
import type { UnwrappedKey } from '#hosted/decrypt-api.ts';
import type { HallView } from '#hosted/hall-view-api.ts';
import type { SignPageApi } from '#hosted/sign-api.ts';
import { base64 } from '#kernel/bytes.ts';
import { Browser, tokenOf } from '#test/support/bidder.ts';
import { decryptCall, HallPerson, handIn, LOT, must, sealAtClient, unwrap } from '#test/support/opening-day.ts';
import { accessOf, dayIsOver, dayOf, type OpeningDay } from './day.ts';
import type { HostileWorld } from './world.ts';

interface Begun {
  readonly taskId: string;
  readonly token: string;
  readonly interaction: string;
}

/** A login, a decryption and a seat in a hall that the attacker holds rightfully, and a login of the neighbour's that he does not. */
export interface Prey extends Begun {
  /** `name=value` of the browser that claimed all of them. */
  readonly cookie: string;
  /** Of the other unit; never claimed. */
  readonly foreign: Begun;
  /** An envelope to a good key's certificate. */
  readonly encData: string;
  /** `keys`: what the right token would give; none where another prey has opened the same bid before. */
  readonly decryption: Begun & { readonly kind: 'envelope' | 'capsule'; readonly keys: readonly UnwrappedKey[] };
  /** A page on which he signs a file of his own. */
  readonly signing: Begun;
  /** A session of the certificate control. */
  readonly control: Begun;
  /** A seal of his unit's and the certificate of one of its managers. */
  readonly seal: { readonly id: string; readonly certificate: string };
  /** An offline job. */
  readonly job: string;
  readonly hall: HallPrey;
  /** In the opening that is days ahead. */
  readonly sealed: SealedPrey;
}

interface HallPrey {
  readonly opening: string;
  readonly seat: string;
  /** A question of the same browser that waits for a signature. */
  readonly asked: string;
  readonly bid: string;
}

interface SealedPrey {
  readonly opening: string;
  readonly lot: string;
  readonly taskId: string;
  readonly capsule: string;
  /** Of another task of the same lot: may be handed in. */
  readonly next: { readonly taskId: string; readonly bytes: Buffer };
  readonly rehearsal: { readonly id: string; readonly wrap: string; readonly value: string };
}

let count = 0;

export async function newPrey(world: HostileWorld): Promise<Prey> {
  const hub = world.prepared.hubUrl;
  const own = await begin(world, 'unit');
  const foreign = await begin(world, 'neighbour');
  const browser = new Browser();
  await browser.call(hub, 'hello', {});
  const claimed = await browser.call(hub, 'claim', { token: own.token });
  if (!claimed.ok) throw new Error(`claim: ${claimed.error.code}`);
  const number = count;
  const day = await dayOf(world);
  const key = pick(world.cast.good, number);
  const encData = await encrypted(world, key);
  const capsule = pick(day.references, number);
  const decryption = await beginDecryption(world, browser, key, number % 2 === 0 ? encData : capsule);
  return {
    ...own,
    foreign,
    encData,
    decryption,
    signing: await beginSigning(world, browser),
    control: await beginControl(world, browser),
    seal: await oneSeal(world),
    job: await beginJob(world),
    hall: await takeSeat(world, day, browser, number),
    sealed: await sealedBid(world, day, key),
    cookie: browser.cookies(hub),
  };
}

/** Prey that exists nowhere, for whoever only looks at the shape of requests. */
export const noPrey: Prey = {
  ...{ taskId: 't', token: 't', interaction: 'i', cookie: '', encData: 'e' },
  foreign: { taskId: 'f', token: 'f', interaction: 'f' },
  decryption: { taskId: 'd', token: 'd', interaction: 'd', kind: 'envelope', keys: [] },
  signing: { taskId: 's', token: 's', interaction: 's' },
  control: { taskId: 'c', token: 'c', interaction: 'c' },
  ...{ seal: { id: 's', certificate: 'c' }, job: 'j' },
  hall: { opening: 'o', seat: 's', asked: 'a', bid: 'b' },
  sealed: {
    ...{ opening: 'o', lot: LOT, taskId: 't', capsule: 'c' },
    next: { taskId: 'n', bytes: Buffer.alloc(0) },
    rehearsal: { id: 'r', wrap: 'w', value: 'v' },
  },
};

function pick<T>(from: readonly T[], number: number): T {
  const found = from[number % from.length];
  if (found === undefined) throw new Error('nothing to pick from');
  return found;
}

const newTask = (): string => {
  count += 1;
  return `hostile-${process.pid}-${count}`;
};

async function begin(world: HostileWorld, who: 'unit' | 'neighbour'): Promise<Begun> {
  const { caUnitId, orgcode, secret } = world[who];
  const taskId = newTask();
  const members = { caUnitId, taskId, orgcode };
  const sign = signOf(secret, members, printed.startCheck);
  const { body } = await postJson(`${world.prepared.hubUrl}/api/ca/startCheck`, { ...members, sign });
  return begun(taskId, (body as { Loginurl: string }).Loginurl);
}

function begun(taskId: string, pageUrl: string): Begun {
  const token = tokenOf(pageUrl);
  return { taskId, token, interaction: token.slice(0, token.indexOf('.')) };
}

async function encrypted(world: HostileWorld, { holder, encCertSn }: CastKey): Promise<string> {
  const { idNumber, unitCode } = holder;
  const members = { idNumber, unitCode, taskId: newTask(), decData: '投标总价：壹佰万元整', encCertSn };
  const answer = await callHub(accessOf(world), 'encrypt', members);
  if (!('ok' in answer)) throw new Error(`encrypt: ${answer.trouble}`);
  return String(answer.body['encdata']);
}

async function beginDecryption(
  world: HostileWorld,
  browser: Browser,
  key: CastKey,
  encData: string,
): Promise<Prey['decryption']> {
  const hub = world.prepared.hubUrl;
  const { caUnitId, orgcode } = world.unit;
  const taskId = newTask();
  const answer = await callHub(accessOf(world), 'startdecrypt', { caUnitId, taskId, orgcode, encData });
  if (!('ok' in answer)) throw new Error(`startdecrypt: ${answer.trouble}`);
  const decrypting = begun(taskId, String(answer.body['decrypturl']));
  const { token } = decrypting;
  const { view } = must('decrypt claim', await decryptCall(browser, hub, 'claim', { token }));
  const [item] = view.items;
  const [wrap] = item?.wraps ?? [];
  const decryption = { ...decrypting, kind: item?.kind ?? 'envelope' };
  if (item === undefined || wrap === undefined) return { ...decryption, keys: [] };
  const contentKey = base64(await unwrap(world.gm, key.pair, wrap.wrapped));
  return { ...decryption, keys: [{ item: item.id, wrap: wrap.id, key: contentKey }] };
}

/** A page for a file of one's own, claimed by this browser. */
export async function beginSigning(world: HostileWorld, browser: Browser): Promise<Begun> {
  const { caUnitId, orgcode } = world.unit;
  const taskId = newTask();
  const answer = await callHub(accessOf(world), 'startiframesign', { caUnitId, taskId, orgcode });
  if (!('ok' in answer)) throw new Error(`startiframesign: ${answer.trouble}`);
  const signing = begun(taskId, String(answer.body['signurl']));
  const hub = world.prepared.hubUrl;
  const claimed = await browser.fetch(`${hub}/hosted/api/sign/claim`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: hub },
    body: JSON.stringify({ token: signing.token }),
  });
  must('sign claim', (await claimed.json()) as SignPageApi['claim']['answer']);
  return signing;
}

async function beginControl(world: HostileWorld, browser: Browser): Promise<Begun> {
  const { orgcode, origin } = world.unit;
  const taskId = newTask();
  const json = { orgcode, origin, operations: ['sign', 'verify', 'encrypt', 'decrypt'], taskId };
  const opened = await callExt(accessOf(world), 'POST', CONTROL_PATH, { json });
  if (!opened.ok) throw new Error(`control: ${opened.trouble}`);
  const control = begun(taskId, String(opened.data['frame']));
  const hub = world.prepared.hubUrl;
  const claimed = await browser.fetch(`${hub}/hosted/api/control/claim`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: hub },
    body: JSON.stringify({ token: control.token }),
  });
  must('control claim', (await claimed.json()) as ControlPageApi['claim']['answer']);
  return control;
}

/** One of the unit's, and a key that has power over it. */
async function oneSeal(world: HostileWorld): Promise<Prey['seal']> {
  const access = accessOf(world);
  const listed = await callExt(access, 'GET', SEALS_PATH);
  if (!listed.ok) throw new Error(`seals: ${listed.trouble}`);
  for (const { sealId: id } of listed.data['seals'] as { sealId: string }[])
    for (const { certificate } of world.keys) {
      const json = { act: 'grant', power: 'audit', holder: certificate, certificate };
      if ((await callExt(access, 'POST', `${SEALS_PATH}/${id}/powers`, { json })).ok) return { id, certificate };
    }
  throw new Error('no seal');
}

async function beginJob(world: HostileWorld): Promise<string> {
  const json = { documentSm3: 'ab'.repeat(32), bytes: 100, hours: 1 };
  const made = await callExt(accessOf(world), 'POST', OFFLINE_PATH, { json });
  if (!made.ok) throw new Error(`job: ${made.trouble}`);
  return (JSON.parse(String(made.data['job'])) as { id: string }).id;
}

/** Another office each time, two times in three in the running opening. */
async function takeSeat(world: HostileWorld, day: OpeningDay, browser: Browser, number: number): Promise<HallPrey> {
  const opening = number % 3 === 2 ? day.ahead : day.running;
  const role = pick(['host', 'custodian', 'bidder', 'supervisor'] as const, number);
  const key = role === 'bidder' ? pick(world.cast.good, number) : world.cast.officers.find((one) => one.role === role);
  if (key === undefined) throw new Error(`nobody is ${role}`);
  const person = new HallPerson(world.gm, world.prepared.hubUrl, opening, key, browser);
  const view = await person.sit();
  if (opening === day.running && view.phase !== 'window') await dayIsOver(world, day);
  const asked = await person.call('sit', { opening });
  return {
    opening,
    seat: view.seat?.interaction ?? '',
    asked: asked.ok ? asked.asked.interaction : '',
    bid: bidIn(view),
  };
}

const bidIn = ({ board, mine }: HallView): string => (mine?.bids[0] ?? board?.rows[0])?.bid ?? 'bid_0';

async function sealedBid(world: HostileWorld, day: OpeningDay, key: CastKey): Promise<SealedPrey> {
  const access = accessOf(world);
  const seal = () => sealAtClient(access, day.aheadTicket, { taskId: newTask(), text: '工程量清单', key });
  const first = await seal();
  const handed = await handIn(access, day.ahead, first);
  if (!('encData' in handed)) throw new Error(`upload: ${handed.trouble}`);
  const capsules = `/api/ca/ext/openings/${day.ahead}/capsules`;
  const found = await callExt(access, 'GET', `${capsules}?lot=${LOT}&taskId=${first.taskId}`);
  if (!found.ok) throw new Error(`capsule: ${found.trouble}`);
  const capsule = String(found.data['capsuleId']);
  const begunAnswer = await callExt(access, 'POST', `${capsules}/${capsule}/rehearsals`);
  if (!begunAnswer.ok) throw new Error(`rehearsal: ${begunAnswer.trouble}`);
  const { id, wraps } = begunAnswer.data as { id: string; wraps: { id: string; wrapped: string }[] };
  const [wrap] = wraps;
  if (wrap === undefined) throw new Error('nothing to rehearse');
  const value = base64(await unwrap(world.gm, key.pair, wrap.wrapped));
  return {
    ...{ opening: day.ahead, lot: LOT, taskId: first.taskId, capsule },
    next: await seal(),
    rehearsal: { id, wrap: wrap.id, value },
  };
}
