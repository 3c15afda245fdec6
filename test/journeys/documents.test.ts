import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { World } from '#fixtures/world/world.ts';
import { launchChromium, type Person, person, shot } from '#test/support/chromium.ts';
import { homeOf, journeyWorld, keyOf, logInWithKey } from '#test/support/journey.ts';
import {
  checkedVersion,
  downloadVersion,
  judgedElsewhere,
  openPaper,
  type PaperId,
  provedByKey,
  redOn,
  sealBeside,
  submitted,
  versionRow,
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
afterEach(async () => {
  const complaints = people.flatMap((one) => one.complaints);
  for (const one of people.splice(0)) await one.close();
  expect(complaints).toEqual([]);
});

/** A browser of this company's own, logged in with its key, its seals in hand before this paper. */
async function atPaper(id: PaperId, key: string): Promise<Page> {
  const signer = await person(chromium);
  people.push(signer);
  await logInWithKey(signer.page, homeOf(world), keyOf(world, key));
  await openPaper(signer.page, world, id);
  await provedByKey(signer.page, world, key);
  return signer.page;
}

/** Millimetres on a page of A4: right of 保证人（盖章） and below it; right of 申请人（盖章）. */
const guarantor = { x: 130, y: 160, width: 45, height: 35 };
const legalPerson = { x: 150, y: 203, width: 30, height: 24 };
const applicant = { x: 44, y: 160, width: 40, height: 35 };

describe('a guarantee letter of the trading system', () => {
  it('is sealed with two seals in one go, then by the other party in its own place; every version proves itself', async () => {
    const one = await atPaper('guarantee', 'liaoning-beichen');
    await sealBeside(one, '法定代表人', '保证人法定代表人（签章）');
    await shot(one, 'letter-placed');
    expect(await one.locator('.stamps > li').count()).toBe(2);
    expect(await submitted(one)).toContain('已加盖 2 处，文件已送达交易系统');
    expect(await one.locator('[data-document=guarantee] [data-act=sign]').innerText()).toBe('再由另一方签章');
    const after = await checkedVersion(one, 'guarantee', 1);
    expect(after).toEqual([
      '签名有效',
      expect.stringMatching(/^签名有效，辽宁示例建设有限公司，.*印章“辽宁示例建设有限公司公章”，可信时间/),
      expect.stringMatching(/^签名有效，辽宁示例建设有限公司，.*印章“示例甲（法定代表人）”，可信时间/),
    ]);

    const two = await atPaper('guarantee', 'anshan-beichen');
    expect(await two.locator('.timeline > li.is-ok').count()).toBe(2);
    await shot(two, 'letter-other-party');
    expect(await submitted(two)).toContain('已加盖 1 处');
    expect(await checkedVersion(two, 'guarantee', 2)).toEqual([
      ...after,
      expect.stringMatching(/^签名有效，鞍山示例市政有限公司，.*印章图片/),
    ]);
    expect(await versionRow(two, 'guarantee', 2).innerText()).toContain('只在末尾追加，此前内容未动');
    await shot(two, 'letter-versions');

    const [plain, first, second] = [
      await downloadVersion(two, 'guarantee', 0),
      await downloadVersion(two, 'guarantee', 1),
      await downloadVersion(two, 'guarantee', 2),
    ];
    expect(second.name).toBe('投标保函（第2版）.pdf');
    expect(second.bytes.subarray(0, first.bytes.length).equals(first.bytes)).toBe(true);
    const [sealed, both] = [judgedElsewhere(first.bytes), judgedElsewhere(second.bytes)];
    expect([sealed.clean, both.clean]).toEqual([true, true]);
    expect([sealed.found, both.found]).toEqual([2, 3]);
    expect(sealed.signatures.map(({ whole }) => whole)).toEqual([false, true]);
    expect(both.signatures.map(({ whole }) => whole)).toEqual([false, false, true]);
    // What the first two cover is where it was.
    expect(both.signatures.slice(0, 2).map(({ upTo }) => upTo)).toEqual(sealed.signatures.map(({ upTo }) => upTo));

    const red = [plain, first, second].map(({ bytes }) =>
      [guarantor, legalPerson, applicant].map((part) => redOn(bytes, 1, part) > 100),
    );
    expect(red).toEqual([
      [false, false, false],
      [true, true, false],
      [true, true, true],
    ]);
  }, 300_000);
});

describe('a tender document of 38 pages', () => {
  it('takes a seal on its first and last page, and one over the edges of all of them', async () => {
    const page = await atPaper('tender', 'hunan-beichen-new');
    expect(await page.textContent('.viewer__where')).toContain('/ 38');
    expect(await page.locator('.stamps > li').count()).toBe(2);
    await page.click('[data-act=way][data-value=straddle]');
    await page.click('[data-act=straddle]');
    await page.waitForSelector('.stamps > li:nth-child(3)');
    await shot(page, 'tender-straddle');
    expect(await submitted(page)).toContain('已加盖 3 处');
    expect(await checkedVersion(page, 'tender', 1)).toEqual([
      '签名有效',
      expect.stringMatching(/^签名有效，湖南示例建设有限公司，.*印章“湖南示例建设有限公司公章”/),
    ]);
    const { bytes } = await downloadVersion(page, 'tender', 1);
    const judged = judgedElsewhere(bytes);
    expect([judged.clean, judged.found, judged.signatures.map(({ whole }) => whole)]).toEqual([true, 1, [true]]);
    // Two whole seals of 19 pages each, a strip of 2 mm at every right edge.
    const edge = { x: 206, y: 120, width: 4, height: 57 };
    for (const at of [1, 2, 19, 20, 37, 38]) expect([at, redOn(bytes, at, edge) > 4]).toEqual([at, true]);
  }, 300_000);
});
