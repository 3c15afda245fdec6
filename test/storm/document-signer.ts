/** Somebody who signs a document on the hub's page without a browser, and asks again when nobody answers. */
import type { Gm } from '#crypto/gm.ts';
import type { CastKey } from '#fixtures/world/cast.ts';
import { toAttFile } from '#fixtures/world/trading-system/att-file.ts';
import { callHub, type HubAccess } from '#fixtures/world/trading-system/hub.ts';
import type { Answer } from '#hosted/api.ts';
import type { SignPageApi, SignView } from '#hosted/sign-api.ts';
import { base64, fromBase64, utf8 } from '#kernel/bytes.ts';
import { Browser, tokenOf } from '#test/support/bidder.ts';

export interface SignerPlace {
  readonly gm: Gm;
  readonly access: HubAccess;
  readonly fileKey: string;
  readonly orgcode: string;
}

type Told<Route extends keyof SignPageApi> = SignPageApi[Route]['answer'];

/** Patience with a hub that is down; a bound for a broken one. */
const PATIENCE_MS = 60_000;

export class DocumentSigner {
  readonly taskId: string;
  readonly #place: SignerPlace;
  readonly #key: CastKey;
  readonly #browser = new Browser();
  #interaction = '';

  constructor(place: SignerPlace, key: CastKey, taskId: string) {
    this.#place = place;
    this.#key = key;
    this.taskId = taskId;
  }

  /** '' before it has begun. */
  get interaction(): string {
    return this.#interaction;
  }

  /** startSignature, the link, and who signs. */
  async begin(pdf: Buffer, standBy?: string): Promise<void> {
    const { access, fileKey, orgcode, gm } = this.#place;
    const { caUnitId } = access;
    const said = standBy === undefined ? {} : { standBy };
    const members = { caUnitId, taskId: this.taskId, orgcode, attFile: toAttFile(pdf, fileKey), ...said };
    const answer = await callHub(access, 'startSignature', members);
    if (!('ok' in answer)) throw new Error(`startSignature: ${answer.trouble}`);
    await this.#browser.call(access.hub, 'hello', {});
    const { view } = told(await this.#insist('claim', { token: tokenOf(String(answer.body['signurl'])) }));
    this.#interaction = view.interaction;
    const { text } = told(await this.#insist('challenge', { interaction: this.#interaction }));
    const { pair } = this.#key;
    const signature = base64(await gm.sm2.sign(pair.signKey, [utf8(text)]));
    const proof = { interaction: this.#interaction, certificate: base64(pair.signCertificate), signature };
    told(await this.#insist('identify', proof));
  }

  /** With the first seal that can be used, on the first page. */
  async prepare(reason?: string): Promise<void> {
    const { seals, prepared } = await this.view();
    if (prepared !== null) return;
    const seal = seals.find(({ usable }) => usable);
    const placements = seal === undefined ? [] : [{ page: 0, x: 60, y: 60, width: seal.width, height: seal.height }];
    const wish = {
      interaction: this.#interaction,
      seal: seal?.id ?? null,
      placements,
      straddle: null,
      ...(reason && { reason }),
    };
    const answer = await this.#insist('prepare', wish);
    if (!answer.ok) throw new Error(`prepare: ${answer.error.code}`);
  }

  /** The key's answer, once more as long as nobody says that it was taken. */
  async complete(): Promise<void> {
    const { prepared, made } = await this.view();
    if (prepared === null) {
      if (made.length === 1) return;
      throw new Error('what was prepared is gone');
    }
    const toSign = fromBase64(prepared.toSign) ?? Buffer.alloc(0);
    const signature = base64(await this.#place.gm.sm2.sign(this.#key.pair.signKey, [toSign]));
    const request = { interaction: this.#interaction, prepared: prepared.id, signature, last: true };
    const answer = await this.#insist('complete', request);
    if (!answer.ok && (await this.view()).made.length !== 1) throw new Error(`complete: ${answer.error.code}`);
  }

  async view(): Promise<SignView> {
    return told(await this.#insist('view', { interaction: this.#interaction })).view;
  }

  async end(): Promise<SignView> {
    const until = Date.now() + PATIENCE_MS;
    for (;;) {
      const view = await this.view();
      if (!['claimed', 'proved'].includes(view.state) || Date.now() > until) return view;
      await pause(100);
    }
  }

  /** Asks until somebody answers. */
  async #insist<Route extends keyof SignPageApi>(
    route: Route,
    request: SignPageApi[Route]['request'],
  ): Promise<Told<Route>> {
    const { hub } = this.#place.access;
    const until = Date.now() + PATIENCE_MS;
    for (;;) {
      try {
        const reply = await this.#browser.fetch(`${hub}/hosted/api/sign/${route}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', origin: hub },
          body: JSON.stringify(request),
        });
        const answer = (await reply.json()) as Told<Route>;
        if (reply.status < 500) return answer;
      } catch (error) {
        if (Date.now() > until) throw error;
      }
      await pause(50);
    }
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function told<T>(answer: Answer<T>): T {
  if (!answer.ok) throw new Error(`${answer.error.code} ${answer.error.message}`);
  return answer;
}
