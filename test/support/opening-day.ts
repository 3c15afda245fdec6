/**
 * An opening without browsers: announced, sealed and handed in as a trading system does it, released by persons who walk the hall's own API over HTTP and hold
 * their keys here. For storms, faults and figures; what people see is tested in Chromium.
 */
import type { Gm } from '#crypto/gm.ts';
import type { KeyPair } from '#fixtures/pki/authority.ts';
import type { Company } from '#fixtures/pki/identities.ts';
import type { CastKey } from '#fixtures/world/cast.ts';
import { type HubAccess, newTaskId } from '#fixtures/world/trading-system/hub.ts';
import { callExt } from '#fixtures/world/trading-system/hub-ext.ts';
import type { DecryptPageApi } from '#hosted/decrypt-api.ts';
import type { HallApi } from '#hosted/hall-api.ts';
import type { AskedView, HallView } from '#hosted/hall-view-api.ts';
import { base64, fromBase64, fromHex, utf8 } from '#kernel/bytes.ts';
import { sealForOpening, unitSigner } from '#opening/capsule/sdk.ts';
import { isResidentId, isUnitCode } from '#pki/numbers.ts';
import { Browser, PageSaidNo } from './bidder.ts';

export const LOT = 'SG-01';

/** Host, supervisor and three custodians of the cast, two of them needed; the joint key model. Returns the opening's id. */
export async function announceOpening(
  access: HubAccess,
  officers: readonly CastKey[],
  { opensAt, taskId = newTaskId('K') }: { opensAt: number; taskId?: string },
): Promise<string> {
  const of = (role: CastKey['role']) =>
    officers
      .filter((key) => key.role === role)
      .map(({ holder, pair }) => ({ name: holder.holderName, signCertificate: base64(pair.signCertificate), pair }));
  const official = ({ name, signCertificate }: { name: string; signCertificate: string }) => ({
    name,
    signCertificate,
  });
  const made = await callExt(access, 'POST', '/api/ca/ext/openings', {
    json: {
      ...{ taskId, orgcode: access.orgcode, title: '示例道路改造工程施工', opensAt, windowMinutes: 60 },
      lots: [{ code: LOT, name: '施工一标段' }],
      keyModel: 'joint',
      hosts: of('host').map(official),
      supervisors: of('supervisor').map(official),
      custodians: {
        needed: 2,
        persons: of('custodian').map(({ pair, ...one }) => ({
          ...official(one),
          encryptionCertificate: base64(pair.encCertificate),
        })),
      },
    },
  });
  if (!made.ok) throw new Error(`announcement: ${made.trouble}`);
  return String(made.data['openingId']);
}

/** What a client seals by; asked once an opening. */
export async function ticketOf(access: HubAccess, opening: string): Promise<{ readonly key: string }> {
  const answer = await callExt(access, 'GET', `/api/ca/ext/openings/${opening}/ticket?lot=${LOT}`);
  if (!answer.ok) throw new Error(`ticket: ${answer.trouble}`);
  return answer.data['ticket'] as { key: string };
}

export interface SealedBid {
  readonly taskId: string;
  readonly text: string;
  readonly key: CompanyKey;
  /** The whole capsule. */
  readonly bytes: Buffer;
}

/** Who bids, and his pair of keys. */
export interface CompanyKey {
  readonly holder: Company;
  readonly pair: KeyPair;
}

/** At the client: the hub never sees the text. */
export async function sealAtClient(
  access: HubAccess,
  ticket: { readonly key: string },
  bid: { taskId: string; text: string; key: CompanyKey },
): Promise<SealedBid> {
  const sealed = await sealForOpening({
    ticket,
    hubKeys: [ticket.key],
    certificates: [base64(bid.key.pair.encCertificate)],
    task: bid.taskId,
    bidder: bid.key.holder.unitCode,
    content: { text: bid.text },
    signer: unitSigner(access.caUnitId, access.secret),
  });
  const parts: Buffer[] = [];
  for await (const part of sealed.stream()) parts.push(part);
  return { ...bid, bytes: Buffer.concat(parts) };
}

/** Hands a capsule in; what to bring back as `encData`, or why not. */
export async function handIn(
  access: HubAccess,
  opening: string,
  { taskId, bytes }: Pick<SealedBid, 'taskId' | 'bytes'>,
): Promise<{ readonly encData: string; readonly version: number } | { readonly trouble: string }> {
  const target = `/api/ca/ext/openings/${opening}/capsules?lot=${LOT}&taskId=${taskId}`;
  const sent = await callExt(access, 'PUT', target, { bytes });
  if (!sent.ok) return sent;
  return { encData: String(sent.data['encData']), version: Number(sent.data['version']) };
}

/** Somebody with a key in the hall, in a browser of his own. */
export class HallPerson {
  readonly #gm: Gm;
  readonly #hub: string;
  readonly #opening: string;
  readonly #key: Pick<CastKey, 'pair'>;
  readonly #browser: Browser;
  #seat = '';

  constructor(gm: Gm, hub: string, opening: string, key: Pick<CastKey, 'pair'>, browser: Browser = new Browser()) {
    this.#gm = gm;
    this.#hub = hub;
    this.#opening = opening;
    this.#key = key;
    this.#browser = browser;
  }

  async call<R extends keyof HallApi>(route: R, request: HallApi[R]['request']): Promise<HallApi[R]['answer']> {
    return pageCall<HallApi[R]['answer']>(this.#browser, this.#hub, `hall/${route}`, request);
  }

  /** Logs in with his certificate. Throws PageSaidNo. */
  async sit(): Promise<HallView> {
    await this.#browser.call(this.#hub, 'hello', {});
    const view = await this.#sign(must('sit', await this.call('sit', { opening: this.#opening })).asked);
    this.#seat = view.seat?.interaction ?? '';
    return view;
  }

  async see(): Promise<HallView> {
    const interaction = this.#seat === '' ? null : this.#seat;
    return must('view', await this.call('view', { opening: this.#opening, interaction })).view;
  }

  /** Host: the release begins. */
  async start(): Promise<HallView> {
    const done = must('act', await this.call('act', { interaction: this.#seat, act: { act: 'start' } }));
    return done.asked === null ? done.view : this.#sign(done.asked);
  }

  /** Custodian: what his agent does between the two calls. */
  async release(): Promise<HallView> {
    const { task } = must('share', await this.call('share', { interaction: this.#seat, what: 'release' }));
    const share = await unwrap(this.#gm, this.#key.pair, task.wrapped);
    const to = this.#gm.sm2.importPublic(fromHex(task.to) ?? Buffer.alloc(0));
    if (to === undefined) throw new Error('no release key');
    const wrapped = base64(await this.#gm.sm2.encrypt(to, share));
    return must('shared', await this.call('shared', { interaction: this.#seat, what: 'release', wrapped })).view;
  }

  async #sign(asked: AskedView): Promise<HallView> {
    const { pair } = this.#key;
    const signature = base64(await this.#gm.sm2.sign(pair.signKey, [utf8(asked.text)]));
    const certificate = base64(pair.signCertificate);
    return must('signed', await this.call('signed', { interaction: asked.interaction, certificate, signature })).view;
  }
}

/** One call of the decryption page. */
export const decryptCall = <R extends keyof DecryptPageApi>(
  browser: Browser,
  hub: string,
  route: R,
  request: DecryptPageApi[R]['request'],
): Promise<DecryptPageApi[R]['answer']> => pageCall(browser, hub, `decrypt/${route}`, request);

async function pageCall<T>(browser: Browser, hub: string, route: string, body: unknown): Promise<T> {
  const reply = await browser.fetch(`${hub}/hosted/api/${route}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: hub },
    body: JSON.stringify(body),
  });
  return (await reply.json()) as T;
}

export function must<A extends { readonly ok: boolean }>(step: string, answer: A): Extract<A, { readonly ok: true }> {
  if (answer.ok) return answer as Extract<A, { readonly ok: true }>;
  const { code, message } = (answer as unknown as { error: { code: string; message: string } }).error;
  throw new PageSaidNo(step, code, message);
}

/** What a token gives out of one wrap, base64. */
export async function unwrap({ sm2 }: Gm, pair: Pick<KeyPair, 'encKey'>, wrapped: string): Promise<Uint8Array> {
  const opened = await sm2.decrypt(pair.encKey, fromBase64(wrapped) ?? Buffer.alloc(0));
  if (!opened.ok) throw new Error('this key does not unwrap it');
  return opened.plaintext;
}

/** Host and two custodians take their seats, the host begins, the custodians release: the window is open. */
export async function releaseOpening(
  gm: Gm,
  hub: string,
  opening: string,
  officers: readonly CastKey[],
): Promise<void> {
  const seat = async (key: CastKey): Promise<HallPerson> => {
    const person = new HallPerson(gm, hub, opening, key);
    await person.sit();
    return person;
  };
  const host = officers.find(({ role }) => role === 'host');
  const custodians = officers.filter(({ role }) => role === 'custodian').slice(0, 2);
  if (host === undefined || custodians.length < 2) throw new Error('the cast keeps no opening');
  await (await seat(host)).start();
  for (const key of custodians) await (await seat(key)).release();
}

const LETTERS = '0123456789ABCDEFGHJKLMNPQRTUWXY';

/** The `index`-th company of nobody: numbers with right check characters. */
export function inventedCompany(index: number): Company {
  const number = String(index).padStart(5, '0');
  const unitCode = [...LETTERS].map((last) => `91210100MB0${number}0${last}`).find(isUnitCode);
  const idNumber = [...'0123456789X'].map((last) => `21010219000101${number.slice(2)}${last}`).find(isResidentId);
  if (unitCode === undefined || idNumber === undefined) throw new Error('no check character');
  return {
    ...{ id: `invented-${index}`, unitName: `示例第${index}建设有限公司`, unitCode, holderName: `示例${index}` },
    ...{ idNumber, province: '辽宁省', city: '沈阳市' },
  };
}
