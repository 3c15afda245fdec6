import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  `--disable-features=${[
    // What playwright turns off itself: of two such switches Chromium takes the last.
    ...['AvoidUnnecessaryBeforeUnloadCheckSync', 'DestroyProfileOnBrowserClose', 'HttpsUpgrades'],
    ...[
      'HttpsFirstBalancedModeAutoEnable',
      'LensOverlay',
      'MediaRouter',
      'PaintHolding',
      'ThirdPartyStoragePartitioning',
    ],
    ...['AvoidCorsURLLoaderRestartOnRedirect', 'OptimizationHints', 'NetworkTimeServiceQuerying', 'PreconnectToSearch'],
    // The address bar's own two web pages, loaded anew for every window: more than half of what a page of ours costs.
    ...['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup', 'AimEnabled'],
  ].join(',')}`,
];

/** Debian's Chromium; undefined where there is none (the run has said 未运行 with the apt line, and CI fails). */
export const chromiumPath = (): string | undefined => CHROMIUM.find((path) => existsSync(path));

export async function launchChromium(args: readonly string[] = []): Promise<Browser> {
  const executablePath = chromiumPath();
  if (executablePath === undefined)
    throw new Error('未运行：页面与旅程测试（缺少 chromium）。安装：apt-get install -y chromium fonts-noto-cjk');
  return chromium.launch({ executablePath, args: [...ARGS, ...args] });
}

/** A person's browser: own cookies, and an ear for everything that must not happen on a page. */
export interface Person {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Script errors and CSP violations seen so far. */
  readonly complaints: string[];
  close(): Promise<void>;
}

export async function person(browser: Browser, options: { phone?: boolean; https?: boolean } = {}): Promise<Person> {
  const context = await browser.newContext({
    locale: 'zh-CN',
    viewport: options.phone ? { width: 390, height: 844 } : { width: 1440, height: 900 },
    ...(options.phone && { hasTouch: true, isMobile: true }),
    ...(options.https && { ignoreHTTPSErrors: true }),
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && /Content Security Policy|Refused to/.test(message.text()))
      complaints.push(message.text());
  });
  return { context, page, complaints, close: () => context.close() };
}

/** The state the login page says it is in. */
export const stateOf = (page: Page): Promise<string | null> =>
  page.evaluate(() => document.querySelector('[data-state]')?.getAttribute('data-state') ?? null);

export const inState = (page: Page, ...names: readonly string[]) =>
  page.waitForSelector(names.map((name) => `[data-state="${name}"]`).join(','), { timeout: 20_000 });

/** Screenshots of journeys for whoever wants to look: only with CAHUB_SHOTS set to a folder. */
export async function shot(page: Page, name: string): Promise<void> {
  const folder = process.env['CAHUB_SHOTS'];
  if (folder === undefined) return;
  mkdirSync(resolve(folder), { recursive: true });
  await page.screenshot({ path: join(resolve(folder), `${name}.png`), fullPage: true });
}
