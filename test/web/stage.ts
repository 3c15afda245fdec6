import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { Assets } from '#hosted/assets.ts';
import { bohai, key, ScriptedAgent, ScriptedHub, type ScriptedKey } from './peers.ts';

export interface Stage {
  readonly hub: ScriptedHub;
  readonly agent: ScriptedAgent;
  readonly context: BrowserContext;
  readonly page: Page;
  /** Script errors and CSP violations. */
  readonly complaints: string[];
  open(path?: string): Promise<void>;
  close(): Promise<void>;
}

export interface StageOptions {
  readonly keys?: readonly ScriptedKey[];
  readonly agent?: 'running' | 'absent';
  readonly phone?: boolean;
  readonly touch?: boolean;
  readonly javaScript?: boolean;
  /** Scripts the hub before it starts. */
  readonly hub?: (hub: ScriptedHub) => void;
}

/** Two good keys of two vendors. */
export const twoKeys = (): ScriptedKey[] => [
  key({ label: '北辰 UKey' }),
  key({ label: '渤海 UKey' }, { authority: bohai, tail: '03F7', notAfter: '2026-04-13', daysLeft: 26 }),
];

/** A browser in front of the real page, between its two scripted neighbours. */
export async function stage(browser: Browser, assets: Assets, options: StageOptions = {}): Promise<Stage> {
  const hub = new ScriptedHub();
  const agent = new ScriptedAgent();
  await agent.start();
  agent.keys = [...(options.keys ?? twoKeys())];
  hub.keys = agent.keys;
  hub.agentEndpoints = [agent.endpoint];
  if (options.agent === 'absent') await agent.stop();
  options.hub?.(hub);
  await hub.start(assets);
  const context = await browser.newContext({
    locale: 'zh-CN',
    // Colours are measured at rest, not half way through a change.
    reducedMotion: 'reduce',
    viewport: options.phone || options.touch ? { width: 390, height: 844 } : { width: 1440, height: 900 },
    javaScriptEnabled: options.javaScript ?? true,
    ...(options.touch && { hasTouch: true, isMobile: true }),
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && /Content Security Policy|Refused to|integrity/.test(message.text()))
      complaints.push(message.text());
  });
  return {
    hub,
    agent,
    context,
    page,
    complaints,
    open: async (path = '/check/page-token') => {
      await page.goto(hub.url + path);
    },
    close: async () => {
      await context.close();
      await hub.stop();
      if (options.agent !== 'absent') await agent.stop();
    },
  };
}

export const inState = (page: Page, state: string) =>
  page.waitForSelector(`html[data-state="${state}"]`, { timeout: 15_000 });
export const inQr = (page: Page, status: string) =>
  page.waitForSelector(`html[data-qr="${status}"]`, { timeout: 15_000 });

export async function typePin(page: Page, pin: string): Promise<void> {
  await page.fill('#pin', pin);
  await page.click('#submit');
}
