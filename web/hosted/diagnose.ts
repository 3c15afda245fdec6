import type { KeyInfo, SignedGrant } from '#agent/protocol.ts';
import type { AgentView } from '#hosted/api.ts';
import type { Words } from '#hosted/words.ts';
import { fill, readBoot } from './boot.ts';
import { browserName } from './browser.ts';
import { loadDialect } from './dialect-loader.ts';
import type { AgentSession, Connected } from './dialects/dialect.ts';
import { byId, h, icon, spin } from './dom.ts';
import { loopbackPermission, onLoopback } from './permission.ts';
import { leftText } from './time.ts';

type Result = 'ok' | 'warn' | 'bad' | 'now' | 'waiting';
type Probe = 'browser' | 'secure' | 'cookies' | 'time' | 'permission' | 'agent' | 'keys';

const { host, words } = readBoot<{ host: string; words: Words }>();
const said = words.diagnose;
const button = byId('start');
const PROBES: readonly Probe[] = ['browser', 'secure', 'cookies', 'time', 'permission', 'agent', 'keys'];
const OLDEST = 86;
const SKEW_MS = 60_000;
const GREET_MS = 4000;
const PROMPT_MS = 120_000;

document.documentElement.dataset['island'] = 'diagnose';
button.addEventListener('click', () => void run());

function tell(probe: Probe, result: Result, ...lines: readonly string[]): void {
  const row = byId(`probe-${probe}`);
  row.dataset['result'] = result;
  const picture = {
    ok: () => icon('ok'),
    warn: () => icon('warn'),
    bad: () => icon('block'),
    now: spin,
    waiting: () => h('span', { class: 'dot' }),
  };
  row.firstElementChild?.replaceWith(picture[result]());
  const text = row.querySelector('.probes__said');
  text?.replaceChildren(...lines.flatMap((line, at) => (at === 0 ? [line] : [h('br'), line])));
}

/** From the person's click, so that the browser may ask for its permission. Nothing is signed, no PIN is asked, nothing is sent but a nonce. */
async function run(): Promise<void> {
  button.toggleAttribute('disabled', true);
  document.documentElement.dataset['state'] = 'running';
  byId('verdict').replaceChildren();
  for (const probe of PROBES) tell(probe, 'waiting', said.waiting);
  probeBrowser();
  probeSecure();
  probeCookies();
  const hub = await askHub(null);
  probeTime(hub);
  await probeAgent(hub?.answer.agent ?? null);
  conclude();
  button.textContent = said.again;
  button.toggleAttribute('disabled', false);
}

function probeBrowser(): void {
  const { name, chromium } = browserName(navigator.userAgent);
  if (chromium !== null && chromium < OLDEST) tell('browser', 'bad', fill(said.browserOld, { name }));
  else tell('browser', 'ok', fill(said.browserOk, { name }));
}

function probeSecure(): void {
  if (location.protocol === 'https:') tell('secure', 'ok', said.secureOk);
  else if (onLoopback(location.hostname)) tell('secure', 'ok', said.secureLocal);
  else tell('secure', 'bad', said.secureBad);
}

function probeCookies(): void {
  // biome-ignore lint/suspicious/noDocumentCookie: the question is whether this browser keeps cookies at all; cookieStore is newer than Chromium 86
  document.cookie = 'ca-probe=1; Max-Age=60; Path=/diagnose; SameSite=Lax';
  const kept = document.cookie.includes('ca-probe=1');
  tell('cookies', kept ? 'ok' : 'warn', kept ? said.cookiesOk : said.cookiesBad);
}

interface HubAnswer {
  readonly now: number;
  readonly agent: AgentView;
  readonly grant: SignedGrant | null;
}

async function askHub(nonce: string | null): Promise<{ answer: HubAnswer; middle: number } | null> {
  const before = Date.now();
  try {
    const response = await fetch(`/hosted/diagnose${nonce === null ? '' : `?nonce=${nonce}`}`, {
      method: 'POST',
      cache: 'no-store',
    });
    const answer = (await response.json()) as HubAnswer;
    return { answer, middle: (before + Date.now()) / 2 };
  } catch {
    return null;
  }
}

function probeTime(hub: Awaited<ReturnType<typeof askHub>>): void {
  if (hub === null) {
    tell('time', 'bad', said.timeFail);
    return;
  }
  const skew = Math.abs(hub.middle - hub.answer.now);
  if (skew > SKEW_MS) tell('time', 'warn', fill(said.timeBad, { left: leftText(skew, words.time) }));
  else tell('time', 'ok', fill(said.timeOk, { s: (skew / 1000).toFixed(1) }));
}

async function probeAgent(agent: AgentView | null): Promise<void> {
  const permission = await loopbackPermission();
  const gated = permission.state === 'prompt' && !onLoopback(location.hostname);
  if (permission.state === 'denied') tell('permission', 'bad', said.permissionBad);
  else if (gated) tell('permission', 'now', said.permissionAsk);
  else tell('permission', 'ok', permission.state === 'granted' ? said.permissionOk : said.permissionNotNeeded);
  tell('agent', 'now', said.agentWaiting);
  const found =
    agent === null || permission.state === 'denied' ? null : await connect(agent, gated ? PROMPT_MS : GREET_MS);
  if (gated) await tellPermission(found !== null && found.reason !== 'unreachable');
  if (found === null || (!found.ok && found.reason === 'unreachable')) {
    tell('agent', 'bad', said.agentBad);
    return tell('keys', 'waiting', said.keysSkipped);
  }
  if (!found.ok) {
    if (found.reason === 'refused') tell('agent', 'bad', fill(said.agentNotPaired, { host }));
    else tell('agent', 'ok', fill(said.agentOk, { version: found.version ?? '' }));
    return tell('keys', 'waiting', said.keysSkipped);
  }
  tell('agent', 'ok', fill(said.agentOk, { version: found.session.version }));
  await probeKeys(found.session);
  found.session.close();
}

type Found = Connected & { readonly reason?: 'unreachable' | 'no-grant' | 'refused' };

async function connect(agent: AgentView, patienceMs: number): Promise<Found | null> {
  const dialect = await loadDialect(agent.dialect.url, agent.dialect.integrity);
  if (dialect === null) return null;
  const grant = async (nonce: string): Promise<SignedGrant | null> => (await askHub(nonce))?.answer.grant ?? null;
  return dialect.connect({ endpoints: agent.endpoints, patienceMs, grant, onEvent: () => undefined });
}

async function tellPermission(reached: boolean): Promise<void> {
  const { state } = await loopbackPermission();
  if (reached || state === 'granted') return tell('permission', 'ok', said.permissionOk);
  if (state === 'denied') return tell('permission', 'bad', said.permissionBad);
  tell('permission', 'warn', said.permissionAsk);
}

async function probeKeys(session: AgentSession): Promise<void> {
  tell('keys', 'now', words.key.keysReading);
  const listed = await session.keys();
  if (!listed.ok || listed.value.length === 0) return tell('keys', 'warn', said.keysNone);
  const locked = listed.value.filter((key) => key.pinRemaining === 0);
  tell(
    'keys',
    locked.length > 0 ? 'bad' : 'ok',
    fill(said.keysOk, { n: String(listed.value.length) }),
    ...listed.value.map(keyLine),
  );
}

const keyLine = (key: KeyInfo): string =>
  key.pinRemaining === 0
    ? fill(said.keysLocked, { label: key.label })
    : fill(said.key, { label: key.label, n: String(key.pinRemaining) });

function conclude(): void {
  const results = PROBES.map((probe) => byId(`probe-${probe}`).dataset['result']);
  const wrong = results.filter((result) => result === 'bad').length;
  document.documentElement.dataset['state'] = wrong === 0 ? 'good' : 'wrong';
  const [tone, picture, title, text] =
    wrong === 0
      ? (['ok', 'ok', said.allGood, said.allGoodText] as const)
      : (['warn', 'warn', fill(said.someBad, { n: String(wrong) }), said.someBadText] as const);
  byId('verdict').replaceChildren(
    h('div', { class: `notice is-${tone}` }, icon(picture), h('p', { class: 'notice__t' }, title), h('p', {}, text)),
  );
}
