/**
 * A bidder without a browser: walks the pages' own API over HTTP exactly as the page's script does, signing with a key it holds.
 * For storms, races and figures; what people see is tested in Chromium.
 */
import type { Answer, LoginView, PageApi } from '#hosted/api.ts';

export interface BidderKey {
  /** Base64 DER of the signing certificate. */
  readonly certificate: string;
  /** Base64 DER signature over the UTF-8 of the text. */
  sign(text: string): Promise<string>;
}

/** One browser: cookies per host, same Origin as the page it is on. */
export class Browser {
  readonly #jars = new Map<string, Map<string, string>>();

  async fetch(
    url: string,
    init: { method?: string; body?: string; headers?: Record<string, string> } = {},
  ): Promise<Response> {
    const host = new URL(url).host;
    const jar = this.#jars.get(host) ?? new Map<string, string>();
    this.#jars.set(host, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const reply = await fetch(url, {
      method: init.method ?? 'GET',
      ...(init.body !== undefined && { body: init.body }),
      headers: { ...init.headers, ...(cookie !== '' && { cookie }) },
      redirect: 'manual',
      signal: AbortSignal.timeout(20_000),
    });
    for (const line of reply.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      const at = pair.indexOf('=');
      if (at > 0) jar.set(pair.slice(0, at), pair.slice(at + 1));
    }
    return reply;
  }

  /** What it would send to this origin as its Cookie header. */
  cookies(url: string): string {
    return [...(this.#jars.get(new URL(url).host) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  /** One call of the pages' API, as same-origin script would make it. */
  async call<K extends keyof PageApi>(
    hub: string,
    route: K,
    body: PageApi[K]['request'],
  ): Promise<PageApi[K]['answer']> {
    const reply = await this.fetch(`${hub}/hosted/api/${route}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: hub },
      body: JSON.stringify(body),
    });
    return (await reply.json()) as PageApi[K]['answer'];
  }
}

export class PageSaidNo extends Error {
  readonly code: string;
  constructor(step: string, code: string, message: string) {
    super(`${step}: ${code} ${message}`);
    this.code = code;
  }
}

/** The token of a page URL `…/check/<token>`. */
export const tokenOf = (pageUrl: string): string => new URL(pageUrl).pathname.split('/').at(-1) ?? '';

function must<T>(step: string, answer: Answer<T>): T {
  if (!answer.ok) throw new PageSaidNo(step, answer.error.code, answer.error.message);
  return answer;
}

/** Opens the page URL and binds it to this browser. */
export async function claim(browser: Browser, pageUrl: string): Promise<LoginView> {
  const hub = new URL(pageUrl).origin;
  must('hello', await browser.call(hub, 'hello', {}));
  return must('claim', await browser.call(hub, 'claim', { token: tokenOf(pageUrl) })).view;
}

/** Challenge → signature → evidence, for a claimed interaction. */
export async function prove(browser: Browser, hub: string, interaction: string, key: BidderKey): Promise<LoginView> {
  const { text } = must('challenge', await browser.call(hub, 'challenge', { interaction }));
  const signature = await key.sign(text);
  return must('evidence', await browser.call(hub, 'evidence', { interaction, certificate: key.certificate, signature }))
    .view;
}

/** Waits until the interaction has ended one way or the other; `patienceMs` is a bound for a broken hub, not an assertion. */
export async function settle(
  browser: Browser,
  hub: string,
  interaction: string,
  patienceMs = 30_000,
): Promise<LoginView> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const { view } = must('view', await browser.call(hub, 'view', { interaction }));
    if (view.state !== 'claimed' && view.state !== 'proved') return view;
    if (Date.now() > deadline) throw new Error(`interaction still ${view.state}`);
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
}

/** The whole login as one person does it: trading system → page → key → back. Returns the trading system's own verdict. */
export async function logIn(
  browser: Browser,
  tradingSystem: string,
  key: BidderKey,
): Promise<{ view: LoginView; loggedIn: boolean }> {
  const began = await browser.fetch(`${tradingSystem}/login`, { method: 'POST' });
  const pageUrl = began.headers.get('location') ?? '';
  if (!pageUrl.includes('/check/')) throw new PageSaidNo('startCheck', 'REFUSED', decodeURIComponent(pageUrl));
  const hub = new URL(pageUrl).origin;
  const { interaction } = await claim(browser, pageUrl);
  await prove(browser, hub, interaction, key);
  const view = await settle(browser, hub, interaction);
  if (view.next?.kind !== 'redirect') return { view, loggedIn: false };
  await browser.fetch(view.next.url);
  const state = (await (await browser.fetch(`${tradingSystem}/login/state`)).json()) as { loggedIn: boolean };
  return { view, loggedIn: state.loggedIn };
}
