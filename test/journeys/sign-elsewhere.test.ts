import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DEMO_PIN, type World } from '#fixtures/world/world.ts';
import { inState, launchChromium, type Person, person, shot } from '#test/support/chromium.ts';
import { beginLogin, homeOf, journeyWorld, keyOf, logInWithKey, tailOf } from '#test/support/journey.ts';
import {
  checkedVersion,
  delivered,
  downloadVersion,
  judgedElsewhere,
  openPaper,
  papersOf,
  sealBeside,
  sealsThere,
} from '#test/support/papers.ts';

let world: World;
let chromium: Browser;
const people: Person[] = [];

beforeAll(async () => {
  [world, chromium] = await Promise.all([journeyWorld(), launchChromium()]);
});
afterAll(async () => {
  await chromium?.close();
  await world?.close();
});
afterEach(async (context) => {
  for (const [at, { page }] of people.entries())
    await shot(page, `elsewhere-end-${at}-${context.task.name.slice(0, 8)}`).catch(() => undefined);
  const complaints = people.flatMap((one) => one.complaints);
  for (const one of people.splice(0)) await one.close();
  expect(complaints).toEqual([]);
});

async function newPerson(options: { phone?: boolean } = {}): Promise<Page> {
  const one = await person(chromium, options);
  people.push(one);
  one.page.setDefaultTimeout(60_000);
  return one.page;
}

const vendorOf = (page: Page) => page.waitForURL(/\/qinglan\/p\//);
const text = async (page: Page, what: string): Promise<string> => ((await page.textContent(what)) ?? '').trim();

/** Signs in on the vendor's page where it does not know him yet, reads, confirms. */
async function confirmAtVendor(page: Page, account: string): Promise<void> {
  if ((await page.locator('#confirm').count()) === 0) {
    await page.fill('#account', account);
    await page.fill('#pin', DEMO_PIN);
    await page.click('#sign-in');
  }
  await page.click('#confirm');
}

describe('a company whose certificate its vendor keeps', () => {
  it('says on the vendor’s page who it is, brings the seal kept there, and has it sign there', async () => {
    const [kept] = world.description.cloud;
    if (kept === undefined) throw new Error('nobody of this vendor');
    const page = await newPerson();
    await beginLogin(page, homeOf(world));
    await page.click('.scan__pick button:has-text("前往青岚数字证书页面")');
    await page.click('#open-vendor');
    await vendorOf(page);
    await confirmAtVendor(page, kept.account);
    await page.waitForSelector('#identity');

    await openPaper(page, world, 'guarantee');
    await page.click('.scan__pick button:has-text("前往青岚数字证书页面")');
    await page.waitForSelector('#open-vendor');
    await shot(page, 'vendor-sign-1-offered');
    const digits = await text(page, '#digits');
    await page.click('#open-vendor');
    await vendorOf(page);
    expect([await text(page, '#digits'), await text(page, '#matter')]).toEqual([digits, '确认签章人身份，并提供印章']);
    await page.fill('#account', kept.account);
    await page.fill('#pin', DEMO_PIN);
    await page.click('#sign-in');
    await page.waitForSelector('.own__seal');
    await shot(page, 'vendor-sign-2-seals');
    await page.click('#confirm');
    await page.waitForURL(/\/sign\//);
    await sealsThere(page);
    await shot(page, 'vendor-sign-3-placing');
    expect(await text(page, '.cert--signer')).toContain(kept.signCertSn.slice(-4));

    await page.click('#submit');
    await page.waitForSelector('#open-vendor');
    await shot(page, 'vendor-sign-4-sign');
    const again = await text(page, '#digits');
    await page.click('#open-vendor');
    await vendorOf(page);
    await page.waitForSelector('#digits');
    expect([await text(page, '#digits'), await text(page, '#document')]).toEqual([again, '投标保函.pdf']);
    expect(await text(page, '#seal')).toContain(kept.holder);
    await shot(page, 'vendor-sign-5-confirm');
    await confirmAtVendor(page, kept.account);
    await page.waitForURL(/\/sign\//);
    expect(await delivered(page)).toContain('已加盖 1 处，文件已送达交易系统');
    await shot(page, 'vendor-sign-6-back');
    const said = await checkedVersion(page, 'guarantee', 1);
    expect(said[0]).toBe('签名有效');
    expect(said[1]).toMatch(new RegExp(`^签名有效，${kept.holder}，青岚数字证书，印章“.+”，可信时间`));
    const { bytes } = await downloadVersion(page, 'guarantee', 1);
    expect(judgedElsewhere(bytes)).toMatchObject({ clean: true, found: 1, signatures: [{ whole: true }] });
    expect(world.printed()).not.toContain(DEMO_PIN);
  }, 300_000);
});

describe('a person with his certificate in the phone', () => {
  it('confirms there who he is, then each seal, with document, seal and digits in sight', async () => {
    const key = keyOf(world, 'liaoning-bohai');
    const page = await newPerson();
    const phone = await newPerson({ phone: true });
    await logInWithKey(page, homeOf(world), keyOf(world, 'liaoning-beichen'));
    await openPaper(page, world, 'tender');
    await page.click('.scan__pick button:has-text("渤海电子认证")');
    await page.waitForSelector('.qr img');
    await shot(page, 'phone-sign-1-qr');
    await onItsScreen(page, phone, '签章身份确认', 'phone-sign-2-identify');
    await sealsThere(page);
    expect(await text(page, '.cert--signer')).toContain(tailOf(key));
    await sealBeside(page, '法定代表人', '法定代表人（签章）');
    await shot(page, 'phone-sign-3-placing');

    await page.click('#submit');
    await inState(page, 'signing');
    const company = await onItsScreen(page, phone, '签章确认', 'phone-sign-4-company');
    expect(company).toMatchObject({
      document: '沿海高速公路改扩建工程招标文件.pdf',
      seal: '辽宁示例建设有限公司公章',
      places: '2',
    });
    const legal = await onItsScreen(page, phone, '签章确认', 'phone-sign-5-legal', company.digest);
    expect(legal).toMatchObject({ seal: '示例甲（法定代表人）', places: '1' });
    expect(await delivered(page)).toContain('已加盖 3 处');
    await page.goto(papersOf(world));
    expect(await checkedVersion(page, 'tender', 1)).toEqual([
      '签名有效',
      expect.stringMatching(/渤海电子认证，印章“辽宁示例建设有限公司公章”/),
      expect.stringMatching(/渤海电子认证，印章“示例甲（法定代表人）”/),
    ]);
  }, 300_000);
});

/** The newest request on the phone, opened and confirmed on its screen; what it showed. `after`: not the one with this fingerprint. */
async function onItsScreen(page: Page, phone: Page, title: string, name: string, after?: string) {
  const home = world.description.phone.url;
  for (let tries = 0; ; tries += 1) {
    await phone.goto(home);
    await phone.click('#pending li:last-child a');
    await phone.waitForSelector('#request');
    const shown = (what: string) =>
      phone
        .locator(what)
        .textContent({ timeout: 500 })
        .catch(() => null);
    const [heading, digest] = [await text(phone, 'h1'), (await shown('#digest')) ?? ''];
    if (heading === title && digest !== after) {
      const seen = {
        document: await shown('#document'),
        seal: await shown('#seal'),
        places: await shown('#places'),
        digest,
      };
      await page.waitForSelector(`#digits:has-text("${await text(phone, '#digits')}")`);
      await shot(page, `${name}-pc`);
      await shot(phone, name);
      await phone.click('#confirm');
      await phone.waitForSelector('#end-done:not([hidden])');
      return seen;
    }
    if (tries > 60) throw new Error(`no request of this kind on the phone: ${heading}`);
    await phone.waitForTimeout(500);
  }
}
