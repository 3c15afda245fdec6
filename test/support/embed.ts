/** The signing page in the trading system's own page. */

import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import type { Frame, FrameLocator, Page } from 'playwright-core';
import { DEMO_PIN, type World } from '#fixtures/world/world.ts';
import type { Person } from './chromium.ts';
import { homeOf, keyOf, logInWithKey, tailOf } from './journey.ts';

export type Way = 'sdk' | 'module' | 'allow' | 'bare';

const PAPERS = { tender: 0, letter: 1 } as const;
export type Paper = keyof typeof PAPERS;

export const documentsOf = (world: World): string => new URL('/documents', homeOf(world)).href;

export async function atDocuments(world: World, { page }: Person): Promise<Page> {
  await logInWithKey(page, homeOf(world), keyOf(world, 'liaoning-beichen'));
  await page.goto(documentsOf(world));
  return page;
}

/** Logged in, then at the trading system's page with the hub's in it. */
export async function embedded(
  world: World,
  who: Person,
  way: Way,
  { kind = 'online', paper = 'letter' }: { kind?: 'online' | 'local'; paper?: Paper } = {},
): Promise<Page> {
  const page = await atDocuments(world, who);
  await page.goto(await embedAddress(page, way, kind, paper));
  return page;
}

export async function embedAddress(page: Page, way: Way, kind = 'online', paper: Paper = 'letter'): Promise<string> {
  const id = await page.locator('[data-document]').nth(PAPERS[paper]).getAttribute('data-document');
  return new URL(`/embed/${kind}/${way}/${id}`, page.url()).href;
}

/** Of a new task, as the trading system's server was given it; `page` is its documents page. */
export async function newSignurl(page: Page): Promise<string> {
  const reply = await page.request.get(await embedAddress(page, 'sdk'));
  return /data-signurl="([^"]+)"/.exec(await reply.text())?.[1] ?? '';
}

export const inHub = (page: Page): FrameLocator => page.frameLocator('iframe[title="文件签章"]');

export function hubFrameOf(world: World, page: Page): Frame {
  const frame = page.frames().find((one) => one.url().startsWith(`${world.description.hub}/sign/`));
  if (frame === undefined) throw new Error('no signing page in a frame');
  return frame;
}

export const frameState = (page: Page, ...names: readonly string[]): Promise<void> =>
  inHub(page)
    .locator(names.map((name) => `html[data-state="${name}"]`).join(','))
    .waitFor({ timeout: 30_000 });

export const paperShown = (page: Page): Promise<void> =>
  inHub(page).locator('#viewer-bar .tag.is-ok').waitFor({ state: 'attached', timeout: 30_000 });

/** Types of the events that the demo's page has listed. */
export const told = (page: Page): Promise<(string | undefined)[]> =>
  page.locator('#events li').evaluateAll((all) => all.map((one) => (one as HTMLElement).dataset['event']));

export const toldEnd = (page: Page, end: string): Promise<void> =>
  page.locator(`#end[data-end="${end}"]`).waitFor({ timeout: 30_000 });

/** Chosen in one step: between two, the card may be drawn anew. */
export async function chooseInFrame(world: World, page: Page, name: string): Promise<void> {
  await frameState(page, 'ready');
  await hubFrameOf(world, page).waitForFunction(
    (tail) => {
      const card = [...document.querySelectorAll('.cert')].find((one) => one.textContent?.includes(tail));
      if (card === undefined) document.querySelector<HTMLElement>('[data-act=unfold]')?.click();
      const input = card?.querySelector('input');
      if (input == null || input.disabled) return false;
      if (!input.checked) input.click();
      return input.checked;
    },
    tailOf(keyOf(world, name)),
  );
}

export async function proveInFrame(world: World, page: Page): Promise<void> {
  await chooseInFrame(world, page, 'liaoning-beichen');
  await inHub(page).locator('#pin').fill(DEMO_PIN);
  await inHub(page).locator('#pin').press('Enter');
  await frameState(page, 'placing');
}

/** As an hour later: the end of the interaction in the frame is put back. */
export function runOut(world: World, page: Page): void {
  const interaction = /int_[0-9a-z]{26}/.exec(hubFrameOf(world, page).url())?.[0] ?? '';
  const database = new BetterSqlite3(join(world.prepared.folder, 'hub.db'));
  database.prepare('update interaction set expires_at = ? where id = ?').run(Date.now() - 1, interaction);
  database.close();
}

/** What a page of ours has seen of its frame. */
interface Seen {
  readonly events: unknown[];
  readonly ends: Record<string, unknown>[];
}
type Watching = Window & { CaHub: typeof import('#web/sdk/ca-hub.d.ts'); seen: Seen };

/** The SDK's own call in whatever page stands there. */
export async function openInPage(world: World, page: Page, signurl: string, timeout = 20_000): Promise<void> {
  await page.addScriptTag({ url: `${world.description.hub}/sdk/v1/ca-hub.js` });
  await page.evaluate(
    ([url, patience]) => {
      const { CaHub } = window as unknown as Watching;
      const seen: Seen = { events: [], ends: [] };
      (window as unknown as { seen: Seen }).seen = seen;
      const host = document.createElement('div');
      host.style.cssText = 'position:fixed;inset:0;background:#fff;';
      document.body.append(host);
      const onEvent = (event: { type: string }) => seen.events.push(event.type);
      const { ended } = CaHub.openSigning({ signurl: url, host, onEvent, timeout: patience });
      void ended.then((end) => seen.ends.push({ ...end }));
    },
    [signurl, timeout] as const,
  );
}

export const eventsInPage = (page: Page): Promise<unknown[]> =>
  page.evaluate(() => (window as unknown as Watching).seen.events);

/** Waits for the end, and then that nothing follows it. */
export async function endInPage(page: Page): Promise<Record<string, unknown> | undefined> {
  await page.waitForFunction(() => (window as unknown as Watching).seen.ends.length > 0, undefined, {
    timeout: 30_000,
  });
  const ends = await page.evaluate(() => (window as unknown as Watching).seen.ends);
  return ends.length === 1 ? ends[0] : undefined;
}
