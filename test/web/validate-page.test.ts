import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { guaranteeLetter, letterParts, packed } from '#fixtures/ofd/letter.ts';
import { signOfd } from '#fixtures/ofd/sign.ts';
import type { KeyPair } from '#fixtures/pki/authority.ts';
import { makeSeal } from '#fixtures/pki/seal-maker.ts';
import { checkPdfSeal } from '#print/pdf-seal.ts';
import { documentOf, pagesOf } from '#signature/pdf/document.ts';
import { dict, name, ref } from '#signature/pdf/objects.ts';
import { chromiumPath, launchChromium, type Person, person, shot } from '#test/support/chromium.ts';
import { plainPdf } from '../signature/pdf/base.ts';
import { ringSeal } from '../signature/pdf/seal-picture.ts';
import { gm, NOW, revised } from '../signature/signing.ts';
import { builtPages } from './built.ts';
import { openValidateStage, tenderLetter, type ValidateStage } from './validate-stage.ts';

/** What the page loads. */
const FILES = ['validate.js', 'validate.css', 'guard.js', 'favicon.svg', 'pdf.js', 'hosted.css'] as const;

let built: Awaited<ReturnType<typeof builtPages>>;
let stage: ValidateStage;
let browser: Browser;
let signer: KeyPair;
let other: KeyPair;
let letter: Buffer;

describe.skipIf(chromiumPath() === undefined)('the page that checks signatures', () => {
  beforeAll(async () => {
    [built, browser] = [await builtPages([...FILES]), await launchChromium()];
    stage = await openValidateStage(built.assets);
    [signer, other] = [await stage.signing.signer(), await stage.signing.signer()];
    letter = await tenderLetter();
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await stage.close();
    built.remove();
  });

  const sealed = async (pdf: Buffer, by: KeyPair, x: number): Promise<Buffer> =>
    stage.signing.sign(pdf, by, { picture: ringSeal(), placements: [{ page: 0, x, y: 215, width: 40, height: 40 }] });

  /** A price laid over the second page behind both signatures. */
  async function overlaid(pdf: Buffer): Promise<Buffer> {
    const page = (await pagesOf(await documentOf(pdf)))[1];
    if (page === undefined) throw new Error('no second page');
    const note = dict({ Type: name('Annot'), Subtype: name('FreeText'), Rect: [200, 500, 400, 540], F: 4 });
    const annotated = new Map([...page.dict, ['Annots', [ref(9000)]] as const]);
    return revised(
      pdf,
      new Map([
        [9000, note],
        [page.ref.number, annotated],
      ]),
    );
  }

  async function checked(file: { name: string; buffer: Buffer }, options: { phone?: boolean } = {}): Promise<Person> {
    const visitor = await person(browser, options);
    await visitor.page.goto(`${stage.url}/validate`);
    await visitor.page.setInputFiles('#file', { ...file, mimeType: 'application/pdf' });
    await visitor.page.waitForFunction(
      () => !['idle', 'checking'].includes(document.documentElement.dataset['state'] ?? ''),
    );
    return visitor;
  }

  it('says that two parties’ signatures are valid, who they are, and shows where they stand', async () => {
    const file = await sealed(await sealed(letter, signer, 100), other, 40);
    const { page, complaints, close } = await checked({ name: '投标函.pdf', buffer: file });
    expect(await page.locator('#verdict h1').textContent()).toBe('签名有效');
    expect(await page.locator('.signed').count()).toBe(2);
    await page.waitForSelector('.frame.is-ok');
    expect(await page.locator('.frame.is-ok').count()).toBe(2);
    await shot(page, 'validate-valid');
    expect([complaints, stage.left()]).toEqual([[], []]);
    await close();
  });

  it('marks what was laid over a page after signing, on the page', async () => {
    const file = await overlaid(await sealed(await sealed(letter, signer, 100), other, 40));
    const { page, close } = await checked({ name: '投标函.pdf', buffer: file });
    expect(await page.locator('#verdict h1').textContent()).toBe('签名有效，但签署后文件有改动');
    await page.waitForSelector('.frame.is-warn .frame__label');
    const label = page.locator('.frame.is-warn .frame__label', { hasText: '签署后改动' });
    expect(await label.count()).toBe(1);
    await shot(page, 'validate-changed');
    await close();
  });

  it('says why a signature is invalid, and refuses a file that is none with the way out', async () => {
    const broken = await sealed(plainPdf(), signer, 100);
    broken[broken.indexOf('Page 1')] = 0x51;
    const first = await checked({ name: 'a.pdf', buffer: broken });
    expect(await first.page.locator('.checklist .is-failed').allTextContents()).toEqual([
      expect.stringContaining('文件内容与签名时不一致'),
    ]);
    await shot(first.page, 'validate-invalid');
    await first.close();
    const second = await checked({ name: 'b.pdf', buffer: Buffer.from('PK') });
    expect(await second.page.locator('#trouble').textContent()).toContain('文件不是 PDF');
    await shot(second.page, 'validate-refused');
    await second.close();
  });

  it('judges an OFD document: no pages, but its seal, where it stands, and what nobody signed', async () => {
    const maker = { key: other.signKey, certificate: other.signCertificate };
    const seal = await makeSeal(gm, maker, {
      ...({ generation: 'v4', id: '2101000001', name: '沈阳示例融资担保有限公司保函专用章', type: 1 } as const),
      ...{ signers: [signer.signCertificate], createdAt: NOW - 1000, validFrom: NOW - 1000, validTo: NOW + 1000 },
      picture: { format: 'PNG', data: ringSeal().bytes, width: 40, height: 40 },
    });
    const by = { certificate: signer.signCertificate, key: signer.signKey, at: NOW, seal };
    const parts = await signOfd(gm, letterParts(guaranteeLetter), by);
    const first = await checked({ name: '投标保函.ofd', buffer: packed(parts) });
    expect(await first.page.locator('#verdict h1').textContent()).toBe('签名有效');
    expect(await first.page.locator('.pairs').textContent()).toContain('第 1 页，左 130 上 100，40 × 40 毫米');
    expect(await first.page.locator('#pages').isVisible()).toBe(false);
    await shot(first.page, 'validate-ofd');
    expect([first.complaints, stage.left()]).toEqual([[], []]);
    await first.close();
    const beside = new Map([...parts, ['Doc_0/Annots/Page_0/Annotation.xml', Buffer.from('<a/>')]]);
    const second = await checked({ name: '投标保函.ofd', buffer: packed(beside) }, { phone: true });
    expect(await second.page.locator('.changes > li').allTextContents()).toEqual([
      expect.stringContaining('注释不在本签名的保护范围内'),
    ]);
    expect(await second.page.evaluate(() => document.documentElement.scrollWidth > innerWidth)).toBe(false);
    await shot(second.page, 'validate-ofd-changed');
    await second.close();
  });

  it('hands out the report as a paper that verifies', async () => {
    const { page, close } = await checked({ name: '投标函.pdf', buffer: await sealed(letter, signer, 100) });
    const waiting = page.waitForEvent('download');
    await page.getByRole('button', { name: '下载校验报告（PDF）' }).click();
    const download = await waiting;
    expect(download.suggestedFilename()).toBe('投标函-校验报告.pdf');
    const chunks: Buffer[] = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
    expect(checkPdfSeal(gm, Buffer.concat(chunks))).toMatch(/^04/);
    await close();
  });

  it('fits a phone, and speaks English', async () => {
    const visitor = await checked({ name: '投标函.pdf', buffer: await sealed(letter, signer, 100) }, { phone: true });
    const wide = await visitor.page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    expect(wide).toBe(false);
    await shot(visitor.page, 'validate-phone');
    await visitor.close();
    const english = await person(browser);
    await english.page.goto(`${stage.url}/validate?lang=en`);
    expect(await english.page.locator('h1').textContent()).toBe('Check electronic signatures');
    await shot(english.page, 'validate-idle-en');
    await english.close();
  });
});
