/** People who log in again and again, whatever happens to the hub under them, and who remember what they were told. */
import { type BidderKey, Browser, claim, PageSaidNo, settle, tokenOf } from '#test/support/bidder.ts';

/** Everything that people saw of the hub beside success. */
export interface Told {
  /** Page API: code of a refusal → how often. */
  readonly codes: Record<string, number>;
  /** Page API: HTTP status → how often. */
  readonly statuses: Record<string, number>;
  /** What the trading system says when startCheck was not answered with 200 → how often. */
  readonly troubles: Record<string, number>;
  /** Connection refused, reset, timed out. */
  silences: number;
}

export interface Bidders {
  /** taskIds of logins that ended logged in at the trading system. */
  readonly accepted: readonly string[];
  readonly told: Told;
  /** Nobody begins another login; resolves when the running ones have ended. */
  stop(): Promise<void>;
}

export interface Place {
  readonly trading: string;
  readonly hub: string;
  readonly keys: readonly BidderKey[];
}

export function sendBidders(place: Place, count: number): Bidders {
  const accepted: string[] = [];
  const told: Told = { codes: {}, statuses: {}, troubles: {}, silences: 0 };
  let over = false;
  const all = Array.from({ length: count }, async (_, i) => {
    const key = place.keys[i % place.keys.length] as BidderKey;
    while (!over) {
      const taskId = await stubbornLogin(place, key, told, () => over);
      if (taskId !== undefined) accepted.push(taskId);
    }
  });
  return {
    accepted,
    told,
    stop: async () => {
      over = true;
      await Promise.all(all);
    },
  };
}

class Watched extends Browser {
  readonly #hub: string;
  readonly #told: Told;

  constructor(hub: string, told: Told) {
    super();
    this.#hub = hub;
    this.#told = told;
  }

  override async fetch(...args: Parameters<Browser['fetch']>): Promise<Response> {
    if (!args[0].startsWith(this.#hub)) return super.fetch(...args);
    const reply = await super.fetch(...args).catch((error: unknown) => {
      this.#told.silences += 1;
      throw error;
    });
    count(this.#told.statuses, String(reply.status));
    if (!reply.ok) {
      const body = (await reply
        .clone()
        .json()
        .catch(() => ({}))) as { error?: { code?: string } };
      count(this.#told.codes, body.error?.code ?? `status ${reply.status} without a code`);
    }
    return reply;
  }
}

const count = (into: Record<string, number>, what: string): void => {
  into[what] = (into[what] ?? 0) + 1;
};

/** One login that does not give up because the hub died under it: every step is tried again until it is answered. */
async function stubbornLogin(
  { trading, hub, keys: _ }: Place,
  key: BidderKey,
  told: Told,
  over: () => boolean,
): Promise<string | undefined> {
  const browser = new Watched(hub, told);
  const began = await again(() => browser.fetch(`${trading}/login`, { method: 'POST' }), over);
  const pageUrl = began?.headers.get('location') ?? '';
  if (!pageUrl.includes('/check/')) {
    const trouble = new URL(pageUrl, trading).searchParams.get('trouble');
    if (trouble !== null) count(told.troubles, trouble);
    return void (await wait(50)); // the trading system could not reach the hub: its person presses again
  }
  const view = await again(() => claim(browser, pageUrl), over);
  if (view === undefined) return undefined;
  const { interaction } = view;
  // As long as the login itself may live for a patient person: a lock of ten seconds must not use up the tries.
  const giveUp = Date.now() + PATIENCE_MS;
  while (Date.now() < giveUp) {
    const state = await again(() => browser.call(hub, 'view', { interaction }), never);
    if (state?.ok && state.view.state !== 'claimed') break;
    try {
      const challenge = await browser.call(hub, 'challenge', { interaction });
      if (!challenge.ok) {
        await wait(100);
        continue;
      }
      const proved = await browser.call(hub, 'evidence', {
        interaction,
        certificate: key.certificate,
        signature: await key.sign(challenge.text),
      });
      if (!proved.ok) await wait(100);
    } catch {
      await wait(60); // answer lost: the view says what became of it
    }
  }
  const ended = await again(() => settle(browser, hub, interaction, 60_000), never);
  if (ended?.next?.kind !== 'redirect') return undefined;
  const { url } = ended.next;
  await again(() => browser.fetch(url), never);
  const state = (await (await browser.fetch(`${trading}/login/state`)).json()) as { loggedIn: boolean };
  return state.loggedIn ? (new URL(url).searchParams.get('taskId') ?? tokenOf(pageUrl)) : undefined;
}

const never = (): boolean => false;
/** A bound for a hub that never comes back, not an assertion. */
const PATIENCE_MS = 60_000;

async function again<T>(step: () => Promise<T>, over: () => boolean): Promise<T | undefined> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await step();
    } catch (error) {
      if (error instanceof PageSaidNo && error.code !== 'SERVICE_BUSY') return undefined;
      if (over() || Date.now() > deadline) return undefined;
      await wait(60);
    }
  }
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
