/** The people of one opening who do not give up because the hub died under them, and who remember what they were told. */
import { callHub, type HubAccess } from '#fixtures/world/trading-system/hub.ts';
import type { DecryptView } from '#hosted/decrypt-api.ts';
import { base64 } from '#kernel/bytes.ts';
import { Browser, PageSaidNo, tokenOf } from '#test/support/bidder.ts';
import {
  announceOpening,
  decryptCall,
  HallPerson,
  handIn,
  must,
  type SealedBid,
  sealAtClient,
  ticketOf,
  unwrap,
} from '#test/support/opening-day.ts';
import type { Stage } from './stage.ts';

export interface OpeningTold {
  /** Refusals by code or sentence → how often. */
  readonly refusals: Record<string, number>;
  /** HTTP status of page calls → how often. */
  readonly statuses: Record<string, number>;
  /** What nobody may ever see. */
  readonly faults: string[];
}

/** A bound for a hub that never comes back, not an assertion. */
const PATIENCE_MS = 90_000;
/** Sentence of NOT_YET_OPEN, the only one that an early bidder may read beside silence and patience. */
const NOT_YET = '未到开标时间';

export interface Day {
  readonly stage: Stage;
  readonly access: HubAccess;
  readonly told: OpeningTold;
  readonly opensAt: number;
}

const note = (into: Record<string, number>, what: string): void => {
  into[what] = (into[what] ?? 0) + 1;
};

/** Again until it is done; `done` judges what was thrown or answered. */
async function again<T>({ told }: Day, what: string, step: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      const value = await step();
      if (value !== undefined) return value;
    } catch (error) {
      note(told.refusals, error instanceof PageSaidNo ? `${what}: ${error.code}` : wordsOf(what, error));
      if (error instanceof PageSaidNo && error.code === 'INTERNAL') told.faults.push(error.message);
    }
    if (Date.now() > deadline) throw new Error(`${what} was never done: ${JSON.stringify(told)}`);
    await wait(60);
  }
}

/** A machine's words; a hub that is not there has many. */
const wordsOf = (what: string, error: unknown): string =>
  error instanceof TypeError || error instanceof DOMException ? 'no answer' : `${what}: ${String(error).slice(0, 60)}`;

const wait = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, Math.max(0, ms)));

/** The same task again and again, until the hub has announced it once. */
export const announceStubbornly = (day: Day, taskId: string): Promise<string> =>
  again(day, 'announce', () => announceOpening(day.access, day.stage.cast.officers, { opensAt: day.opensAt, taskId }));

/** Seals, hands in, and knocks at once: a bid that opens before its time is a fault. `versions`: the last one counts. */
export async function handInStubbornly(
  day: Day,
  opening: string,
  bid: Omit<SealedBid, 'bytes'>,
  versions: number,
): Promise<HandedInBid> {
  const ticket = await again(day, 'ticket', () => ticketOf(day.access, opening));
  for (let version = 1; ; version += 1) {
    const text = version === versions ? bid.text : `${bid.text}，第${version}版，已作废`;
    const sealed = await sealAtClient(day.access, ticket, { ...bid, text });
    const taken = await again(day, 'hand in', async () => {
      const answer = await handIn(day.access, opening, sealed);
      if (!('trouble' in answer)) return answer;
      note(day.told.refusals, `hand in: ${answer.trouble.slice(0, 40)}`);
      return undefined;
    });
    if (version === versions) return { ...sealed, encData: taken.encData, opening };
  }
}

export interface HandedInBid extends SealedBid {
  readonly encData: string;
  readonly opening: string;
}

/** Until the opening time, again and again: nothing but NOT_YET_OPEN. */
export async function knockEarly(day: Day, bid: HandedInBid, everyMs: number): Promise<void> {
  for (let knock = 0; Date.now() < day.opensAt - 300; knock += 1) {
    const answer = await startDecrypt(day, bid, `E-${bid.taskId}-${knock}`);
    if ('body' in answer) day.told.faults.push(`${bid.taskId}: a page was given out before the opening`);
    else if (!answer.trouble.includes(NOT_YET)) note(day.told.refusals, `early: ${answer.trouble.slice(0, 40)}`);
    else note(day.told.refusals, 'early: NOT_YET_OPEN');
    await wait(everyMs);
  }
}

const startDecrypt = ({ access }: Day, { encData }: HandedInBid, taskId: string) =>
  callHub(access, 'startdecrypt', { caUnitId: access.caUnitId, taskId, orgcode: access.orgcode, encData });

/** The host tries before the time, too, and begins behind it; two custodians release. */
export async function releaseStubbornly(day: Day, opening: string): Promise<void> {
  const { stage } = day;
  const hub = stage.world.hubUrl;
  const seat = async (key: (typeof stage.cast.officers)[number]): Promise<HallPerson> => {
    const person = new HallPerson(stage.gm, hub, opening, key, new WatchedBrowser(day.told));
    await again(day, 'sit', () => person.sit());
    return person;
  };
  const host = stage.cast.officers.find(({ role }) => role === 'host');
  const custodians = stage.cast.officers.filter(({ role }) => role === 'custodian').slice(0, 2);
  if (host === undefined) throw new Error('no host');
  const leader = await seat(host);
  const started = again(day, 'start', async () => {
    const { phase } = await leader.see();
    if (phase !== 'before' && phase !== 'due') return phase;
    const early = Date.now() < day.opensAt - 300;
    const { phase: after } = await leader.start();
    if (early) day.told.faults.push('the host began before the opening');
    return after === 'due' ? undefined : after;
  });
  const released = custodians.map(async (key) => {
    const person = await seat(key);
    await again(day, 'release', async () => {
      const { phase } = await person.see();
      if (phase === 'window') return phase;
      if (phase === 'releasing') await person.release();
      return undefined;
    });
  });
  await Promise.all([started, ...released]);
}

/** From startdecrypt to the delivered content, with his key. */
export async function openStubbornly(day: Day, bid: HandedInBid): Promise<void> {
  const { stage } = day;
  const hub = stage.world.hubUrl;
  const page = await again(day, 'startdecrypt', async () => {
    const answer = await startDecrypt(day, bid, `D-${bid.taskId}`);
    if ('body' in answer) return String(answer.body['decrypturl']);
    note(day.told.refusals, `startdecrypt: ${answer.trouble.slice(0, 40)}`);
    return undefined;
  });
  const browser = new WatchedBrowser(day.told);
  await again(day, 'hello', async () => ((await browser.call(hub, 'hello', {})).ok ? true : undefined));
  const first = await again(
    day,
    'claim',
    async () => must('claim', await decryptCall(browser, hub, 'claim', { token: tokenOf(page) })).view,
  );
  const { interaction } = first;
  await again(day, 'keys', async () => {
    const { view } = must('view', await decryptCall(browser, hub, 'view', { interaction }));
    if (view.state === 'succeeded') return view;
    if (view.state !== 'claimed' && view.state !== 'proved') {
      day.told.faults.push(`${bid.taskId}: a page ended ${view.state}`);
      return view;
    }
    if (view.state === 'claimed') await giveKeys(day, browser, bid, view);
    return undefined;
  });
}

async function giveKeys({ stage, told }: Day, browser: Browser, bid: HandedInBid, view: DecryptView): Promise<void> {
  const keys = [];
  for (const item of view.items) {
    const [wrap] = item.state === 'waiting' || item.state === 'failed' ? item.wraps : [];
    if (wrap === undefined) continue;
    keys.push({ item: item.id, wrap: wrap.id, key: base64(await unwrap(stage.gm, bid.key.pair, wrap.wrapped)) });
  }
  if (keys.length === 0) return;
  const call = { interaction: view.interaction, keys };
  const after = must('keys', await decryptCall(browser, stage.world.hubUrl, 'keys', call));
  if (after.view.items.some(({ state }) => state === 'failed')) told.faults.push(`${bid.taskId}: did not open`);
}

class WatchedBrowser extends Browser {
  readonly #told: OpeningTold;
  constructor(told: OpeningTold) {
    super();
    this.#told = told;
  }

  override async fetch(...args: Parameters<Browser['fetch']>): Promise<Response> {
    const reply = await super.fetch(...args);
    note(this.#told.statuses, String(reply.status));
    return reply;
  }
}
