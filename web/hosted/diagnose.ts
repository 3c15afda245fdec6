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
  await probeAgents(hub?.answer.agents ?? []);
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
  readonly agents: readonly AgentView[];
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

/** Every service by its vendor's name. One is enough to work with; that a vendor's own is missing matters to those who hold its keys. */
async function probeAgents(agents: readonly AgentView[]): Promise<void> {
  const permission = await loopbackPermission();
  const gated = permission.state === 'prompt' && !onLoopback(location.hostname);
  if (permission.state === 'denied') tell('permission', 'bad', said.permissionBad);
  else if (gated) tell('permission', 'now', said.permissionAsk);
  else tell('permission', 'ok', permission.state === 'granted' ? said.permissionOk : said.permissionNotNeeded);
  tell('agent', 'now', said.agentWaiting);
  const patience = gated ? PROMPT_MS : GREET_MS;
  const denied = permission.state === 'denied';
  const found = await Promise.all(agents.map((view) => (denied ? missing : connect(view, patience))));
  if (gated) await tellPermission(found.some((one) => one.ok || one.reason !== 'unreachable'));
  const works = found.some((one) => one.ok || one.reason === 'no-grant');
  const refused = found.some((one) => !one.ok && one.reason === 'refused');
  const all = found.every((one) => one.ok || one.reason === 'no-grant');
  const result = all && agents.length > 0 ? 'ok' : works && !refused ? 'warn' : 'bad';
  tell('agent', result, ...(agents.length === 0 ? [said.agentBad] : agents.map((view, i) => lineOf(view, found[i]))));
  const sessions = found.flatMap((one) => (one.ok ? [one.session] : []));
  if (sessions.length === 0) return tell('keys', 'waiting', said.keysSkipped);
  await probeKeys(sessions);
  for (const session of sessions) session.close();
}

const missing: Connected = { ok: false, reason: 'unreachable', version: null };

function lineOf({ vendors }: AgentView, found: Connected = missing): string {
  const version = found.ok ? found.session.version : (found.version ?? '');
  const runs = found.ok || found.reason === 'no-grant';
  if (vendors.length > 0) {
    const name = vendors.map((vendor) => vendor.name).join(words.lang === 'zh' ? '、' : ', ');
    return runs ? fill(said.serviceOk, { name, version }) : fill(said.serviceBad, { name });
  }
  if (runs) return fill(said.agentOk, { version });
  return found.reason === 'refused' ? fill(said.agentNotPaired, { host }) : said.agentBad;
}

async function connect(agent: AgentView, patienceMs: number): Promise<Connected> {
  const dialect = await loadDialect(agent.dialect.url, agent.dialect.integrity);
  if (dialect === null) return missing;
  const grant = async (nonce: string): Promise<SignedGrant | null> => (await askHub(nonce))?.answer.grant ?? null;
  return dialect.connect({ endpoints: agent.endpoints, patienceMs, grant, onEvent: () => undefined });
}

async function tellPermission(reached: boolean): Promise<void> {
  const { state } = await loopbackPermission();
  if (reached || state === 'granted') return tell('permission', 'ok', said.permissionOk);
  if (state === 'denied') return tell('permission', 'bad', said.permissionBad);
  tell('permission', 'warn', said.permissionAsk);
}

async function probeKeys(sessions: readonly AgentSession[]): Promise<void> {
  tell('keys', 'now', words.key.keysReading);
  const listed = await Promise.all(sessions.map((session) => session.keys()));
  const keys = listed.flatMap((one) => (one.ok ? one.value : []));
  if (keys.length === 0) return tell('keys', 'warn', said.keysNone);
  const locked = keys.filter((key) => key.pinRemaining === 0);
  tell('keys', locked.length > 0 ? 'bad' : 'ok', fill(said.keysOk, { n: String(keys.length) }), ...keys.map(keyLine));
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
