import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium, shot } from '#test/support/chromium.ts';
import { builtPages } from './built.ts';
import { error, key } from './peers.ts';
import { letter, type SignStageOptions, signStage } from './sign-stage.ts';
import { legalSeal, seal, signer } from './sign-views.ts';
import { inState, typePin } from './stage.ts';

let browser: Browser;
let built: Awaited<ReturnType<typeof builtPages>>;
let now: Awaited<ReturnType<typeof signStage>>;
beforeAll(async () => {
  [browser, built] = await Promise.all([launchChromium(), builtPages()]);
});
afterAll(async () => {
  await browser?.close();
  built?.remove();
});
afterEach(async () => {
  const complaints = now.complaints.slice();
  await now.close();
  expect(complaints).toEqual([]);
});
async function open(options: SignStageOptions = {}) {
  now = await signStage(browser, built.assets, options);
  return now;
}

const PIN = '135246';
const shown = (page: Page) => page.waitForSelector('#viewer-bar .tag.is-ok', { state: 'attached' });

/** Proved with the key, the document in sight. */
async function atSeals(options: SignStageOptions = {}) {
  const stage = await open(options);
  await inState(stage.page, 'ready');
  await typePin(stage.page, PIN);
  await inState(stage.page, 'placing');
  await shown(stage.page);
  await stage.page.waitForSelector('[data-act=here]');
  return stage;
}

/** Presses a seal of the list, then the page at this share of the pane. */
async function put(page: Page, name: string, x: number, y: number): Promise<void> {
  await page.click(`.seal:has-text("${name}")`);
  const box = await page.locator('#paper').boundingBox();
  if (box === null) throw new Error('no document');
  await page.mouse.click(box.x + box.width * x, box.y + box.height * y);
}

const stamps = (page: Page) => page.locator('.stamps > li').allTextContents();

describe('a person signs a document', () => {
  it('sees it before anything is asked, and by what to know it', async () => {
    const { page, hub } = await open({ document: { notes: ['form'] } });
    await shown(page);
    expect(await page.textContent('#name')).toBe('投标函（一标段）.pdf');
    expect(await page.textContent('#left-pane')).toContain('文件指纹 SM3');
    expect(await page.textContent('#left-pane')).toContain('文件中有可填写的表单');
    expect(await page.textContent('.viewer__where')).toContain('/ 6');
    expect(hub.asked('identify')).toEqual([]);
    await shot(page, 'sign-open');
  });

  it('on a small screen as well: the document stays in sight when the keys have been read', async () => {
    const { page } = await open({ phone: true, keys: ['A1B2', 'C3D4', 'E5F6'].map((tail) => key({}, { tail })) });
    await shown(page);
    await inState(page, 'ready');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('pin');
    expect((await page.locator('#viewer-bar').boundingBox())?.y).toBeGreaterThanOrEqual(0);
  });

  it('with one PIN: two seals and a straddle seal are two signatures, the last of them ends it', async () => {
    const { page, hub, agent } = await atSeals();
    await put(page, '投标专用章', 0.5, 0.5);
    await put(page, '法定代表人名章', 0.6, 0.6);
    await page.click('[data-act=way][data-value=straddle]');
    await page.click('.seal:has-text("投标专用章")');
    await page.click('[data-act=straddle]');
    expect(await stamps(page)).toEqual(['投标专用章第 1 页', '法定代表人名章第 1 页', '骑缝章1–6 页']);
    expect(await page.textContent('.timeline')).toContain('将加盖 2 枚印章、1 组骑缝章');
    await shot(page, 'sign-placed');
    await page.click('#submit');
    await inState(page, 'signed');
    const [first, second] = hub.asked('prepare');
    expect(first).toMatchObject({ seal: 'seal-bid', version: 1, straddle: { pages: [0, 1, 2, 3, 4, 5], width: 42 } });
    expect(second).toMatchObject({ seal: 'seal-legal', version: 2, straddle: null });
    expect(hub.asked('complete').map((one) => one['last'])).toEqual([false, true]);
    expect(agent.frames.filter((frame) => frame.method === 'login')).toHaveLength(1);
    expect(hub.requests.filter((request) => request.body.includes(PIN))).toEqual([]);
    expect(await page.textContent('#signed')).toContain('已加盖 3 处，文件已送达交易系统');
    await shot(page, 'sign-done');
  });

  it('may sign now and submit later', async () => {
    const { page, hub } = await atSeals();
    await page.click('[data-act=here]');
    await page.click('[data-act=keep]');
    await page.waitForSelector('.timeline :text("投标专用章，1 处")');
    await inState(page, 'placing');
    expect(hub.asked('complete').map((one) => one['last'])).toEqual([false]);
    await expect.poll(() => stamps(page)).toEqual([]);
    await shot(page, 'sign-kept');
    expect(await page.textContent('#submit')).toBe('提交签章后的文件');
    await page.click('#submit');
    await inState(page, 'signed');
    expect(hub.asked('finish')).toHaveLength(1);
  });

  it('goes back by himself after it can be read, or stays', async () => {
    const { page } = await atSeals();
    await page.click('[data-act=here]');
    await page.click('#submit');
    await inState(page, 'signed');
    await page.click('[data-act=stay]');
    expect(await page.locator('[data-act=stay]').count()).toBe(0);
    const [file] = await Promise.all([page.waitForEvent('download'), page.click('[data-act=download]')]);
    expect(file.suggestedFilename()).toBe('投标函（一标段）（已签章）.pdf');
  });

  it('is told when nothing is placed', async () => {
    const { page, hub } = await atSeals();
    await page.click('#submit');
    expect(await page.textContent('#sign-hint')).toContain('还没有放置印章');
    expect(hub.asked('prepare')).toEqual([]);
  });

  it('without a seal, where he says so', async () => {
    const { page, hub } = await atSeals();
    await page.check('#invisible');
    await page.click('#submit');
    await inState(page, 'signed');
    expect(hub.asked('prepare')).toMatchObject([{ seal: null, placements: [], straddle: null }]);
  });
});

describe('seals are placed', () => {
  it('by dragging one from the list', async () => {
    const { page } = await atSeals();
    const [from, to] = [await page.locator('.seal >> nth=0').boundingBox(), await page.locator('#paper').boundingBox()];
    if (from === null || to === null) throw new Error('not on the page');
    await page.mouse.move(from.x + 40, from.y + 40);
    await page.mouse.down();
    await page.mouse.move(to.x + to.width / 2, to.y + to.height / 2, { steps: 8 });
    await page.mouse.up();
    expect(await stamps(page)).toEqual(['投标专用章第 1 页']);
  });

  it('by keyword: counted first, and each can be left out', async () => {
    const { page } = await atSeals();
    await page.click('[data-act=way][data-value=keyword]');
    await page.fill('#keyword', '投标人：');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.hit');
    expect(await page.textContent('#hits')).toBe('命中 6 处');
    await page.click('.hit >> nth=5');
    await page.click('.hit >> nth=4');
    await shot(page, 'sign-keyword');
    await page.click('[data-act=place-hits]');
    expect(await stamps(page)).toHaveLength(4);
    await page.fill('#keyword', '没有这几个字');
    await page.keyboard.press('Enter');
    await page.waitForSelector(':text("文件中没有这几个字")');
  });

  it('with the keyboard alone, and taken away again', async () => {
    const { page } = await atSeals();
    await page.focus('.seal >> nth=1');
    await page.keyboard.press('Enter');
    await page.focus('[data-act=here]');
    await page.keyboard.press('Enter');
    expect(await stamps(page)).toEqual(['法定代表人名章第 1 页']);
    await page.focus('.stamps__show');
    await page.keyboard.press('Enter');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Delete');
    expect(await stamps(page)).toEqual([]);
  });

  it('where the trading system wants them, and said so', async () => {
    const { page } = await atSeals({
      hub: (hub) => {
        hub.view = { ...hub.view, wish: { keyword: '投标人：', page: 1 } };
      },
    });
    await page.waitForSelector('.stamps > li');
    expect(await stamps(page)).toEqual(['投标专用章第 1 页']);
    expect(await page.textContent('#left-pane')).toContain('已按交易系统指定的位置放置 1 处');
  });

  it('over the edges of 40 pages as two whole seals', async () => {
    const { page, hub } = await atSeals({ pages: 40 });
    await page.click('[data-act=way][data-value=straddle]');
    await page.click('[data-act=straddle]');
    expect(await page.textContent('#left-pane')).toContain('本次分为 2 组');
    await page.click('#submit');
    await inState(page, 'signed');
    expect(hub.asked('prepare')).toMatchObject([{ placements: [], straddle: { each: 30 } }]);
  });
});

describe('seals say what they are', () => {
  it('a picture is called one, a suspended seal cannot be chosen and says why', async () => {
    const why = error('SEAL_SUSPENDED', '这枚印章已暂停使用，请联系印章管理人。');
    const { page } = await atSeals({
      hub: (hub) => {
        hub.seals = [
          seal({ kind: 'image' }),
          legalSeal(),
          seal({ id: 'off', name: '财务专用章', usable: false, error: why }),
        ];
      },
    });
    expect(await page.textContent('.seal >> nth=0')).toContain('印章图片由交易系统同步，未经制章机构签名');
    expect(await page.textContent('.seal >> nth=2')).toContain(why.message);
    expect(await page.isDisabled('.seal >> nth=2')).toBe(true);
    await shot(page, 'sign-seals');
  });

  it('none at all: who makes them, and the other certificate', async () => {
    const { page } = await open({
      hub: (hub) => {
        hub.seals = [];
      },
    });
    await inState(page, 'ready');
    await typePin(page, PIN);
    await inState(page, 'no-seal');
    expect(await page.textContent('#no-seal')).toContain('请先向北辰数字认证申请制章');
    await shot(page, 'sign-no-seal');
    await page.click('#no-seal [data-act=change]');
    await inState(page, 'ready');
  });
});

describe('what is placed', () => {
  /** As the hub has been asked to keep it last. */
  const kept = () => now.hub.plan.kept;
  const said = (page: Page) => page.textContent('#left-pane .slot:has(.stamps) .field__hint');

  it('by hand stands again after the page is loaded again: seals, edges, choice, page and scale', async () => {
    const { page, hub } = await atSeals();
    await put(page, '投标专用章', 0.5, 0.5);
    await page.click('[data-act=way][data-value=straddle]');
    await page.click('[data-act=straddle]');
    await page.click('[data-act=way][data-value=drag]');
    await page.click('[data-act=zoom-in]');
    await page.click('[data-act=next]');
    await page.click('[data-act=next]');
    await put(page, '法定代表人名章', 0.6, 0.6);
    const before = await stamps(page);
    const scale = await page.textContent('.viewer__zoom .num');
    // At once: what was not kept yet goes with the page's last breath.
    await page.reload();
    await shown(page);
    await expect.poll(() => stamps(page)).toEqual(before);
    expect(await said(page)).toBe('已恢复您先前放置的 3 处。');
    expect(await page.locator('.placed:not([hidden])').count()).toBeGreaterThan(0);
    expect(await page.textContent('.viewer__zoom .num')).toBe(scale);
    expect(await page.inputValue('#goto')).toBe('3');
    expect(await page.getAttribute('.seal.is-on', 'data-value')).toBe('seal-legal');
    expect(kept()?.straddle).toMatchObject({ seal: 'seal-bid', from: 0, to: 5 });
    expect(hub.asked('plan').length).toBeLessThan(6);
    await shot(page, 'sign-restored');
    // The key is still open.
    await page.click('#submit');
    await inState(page, 'signed');
    expect(hub.asked('prepare').map((one) => [one['seal'], one['version']])).toEqual([
      ['seal-bid', 1],
      ['seal-legal', 2],
    ]);
  });

  it('for another file, or with a seal that is gone, does not stand again, and that is said', async () => {
    const plan = { version: 1, straddle: null, invisible: false, chosen: null, page: 0, zoom: null, run: null };
    const seals = [
      { seal: 'seal-bid', at: [[0, 20, 20] as const] },
      { seal: 'seal-old', at: [[0, 60, 60] as const, [1, 60, 60] as const] },
    ];
    const first = await atSeals({ hub: (hub) => hub.keep({ ...plan, seals }) });
    await expect.poll(() => said(first.page)).toBe('已恢复您先前放置的 1 处。有 2 处的印章已不能使用，没有恢复。');
    expect(await stamps(first.page)).toEqual(['投标专用章第 1 页']);
    await first.close();

    const { page } = await atSeals({ hub: (hub) => hub.keep({ ...plan, seals, version: 4 }) });
    await page.waitForSelector('#left-pane :text("文件已更换，先前放置的印章已撤下")');
    expect(await stamps(page)).toEqual([]);
  });

  it('is withdrawn when its seal is suspended meanwhile', async () => {
    const { page, hub } = await atSeals();
    await put(page, '投标专用章', 0.5, 0.5);
    await put(page, '法定代表人名章', 0.6, 0.6);
    hub.set({ seals: [seal({ usable: false, error: error('SEAL_SUSPENDED', '印章已停用。') }), legalSeal()] });
    await expect.poll(() => stamps(page)).toEqual(['法定代表人名章第 1 页']);
    expect(await said(page)).toBe('有 1 处的印章已不能使用，已经撤下。');
  });

  it('in two windows is not overwritten unseen: the person says which counts', async () => {
    const { page, hub } = await atSeals();
    const theirs = {
      version: 1,
      straddle: null,
      invisible: false,
      chosen: 'seal-legal',
      page: 0,
      zoom: null,
      run: null,
    };
    hub.keep({ ...theirs, seals: [{ seal: 'seal-legal', at: [[2, 30, 40]] }] });
    await put(page, '投标专用章', 0.5, 0.5);
    await page.click('[data-act=plan-theirs]');
    await expect.poll(() => stamps(page)).toEqual(['法定代表人名章第 3 页']);
    hub.keep({ ...theirs, seals: [] });
    await put(page, '投标专用章', 0.5, 0.5);
    await page.waitForSelector('[data-act=plan-mine]');
    await shot(page, 'sign-elsewhere');
    await page.click('[data-act=plan-mine]');
    await expect.poll(() => kept()?.seals.map((one) => one.seal)).toEqual(['seal-legal', 'seal-bid']);
    expect(await page.locator('[data-act=plan-mine]').count()).toBe(0);
  });

  it('and left to be signed by phone goes on after the page is loaded again, whether the first seal was confirmed meanwhile or not', async () => {
    for (const confirmed of ['while it was away', 'afterwards']) {
      const { page, hub, close } = await open({
        hub: (one) => {
          one.view = { ...one.view, signer: signer({ road: 'mobile' }), seals: one.seals };
        },
      });
      await page.waitForSelector('[data-act=here]');
      await page.click('[data-act=here]');
      await page.click('.seal >> nth=1');
      await page.click('[data-act=here]');
      await page.click('#submit');
      await page.waitForSelector('.qr img');
      expect(hub.asked('mobile')).toMatchObject([{ last: false }]);
      if (confirmed === 'while it was away') {
        await page.goto('about:blank');
        hub.sign(false);
        await page.goBack();
      } else {
        await page.reload();
        await inState(page, 'signing');
        await page.waitForSelector('.checks :text("签署投标专用章")');
        hub.sign(false);
      }
      await expect.poll(() => hub.asked('mobile').at(-1)?.['last'], { message: confirmed }).toBe(true);
      expect(hub.asked('prepare').map((one) => [one['seal'], one['version']])).toEqual([
        ['seal-bid', 1],
        ['seal-legal', 2],
      ]);
      hub.sign(true);
      await inState(page, 'signed');
      if (confirmed === 'while it was away') await close();
    }
  });
});

describe('troubles', () => {
  it('a wrong PIN stands under its field', async () => {
    const { page } = await open();
    await inState(page, 'ready');
    await typePin(page, '000000');
    await inState(page, 'pin-wrong');
    expect(await page.textContent('#pin-hint')).toContain('还可以再试 5 次');
  });

  it('a pulled key: what was placed is kept, and the work goes on when it is back', async () => {
    const { page, agent, hub } = await atSeals();
    await page.click('[data-act=here]');
    const [plugged] = agent.keys;
    if (plugged === undefined) throw new Error('no key');
    agent.held.add('signDocument');
    await page.click('#submit');
    await inState(page, 'signing');
    agent.pull(plugged);
    agent.release();
    await inState(page, 'pulled');
    expect(await stamps(page)).toHaveLength(1);
    await shot(page, 'sign-pulled');
    agent.plug({ ...plugged, loggedIn: false });
    await page.waitForSelector('#pin');
    await typePin(page, PIN);
    await inState(page, 'signed');
    expect(hub.asked('complete')).toHaveLength(1);
  });

  it("another's key is no key for this signature", async () => {
    const { page, agent } = await atSeals();
    const [plugged] = agent.keys;
    if (plugged === undefined) throw new Error('no key');
    const other = key({}, { tail: '7C02' });
    now.hub.keys = [...agent.keys, other];
    agent.plug(other);
    agent.pull(plugged);
    await inState(page, 'pulled');
    expect(await page.textContent('#pulled')).toContain('尾号 91A4');
  });

  it('a refused place says so, and nothing is lost', async () => {
    const { page, hub } = await atSeals();
    hub.handlers['prepare'] = () => ({ ok: false, error: error('PLACEMENT_INVALID', '印章位置不符合要求。') });
    await page.click('[data-act=here]');
    await page.click('#submit');
    await inState(page, 'place-refused');
    expect(await stamps(page)).toHaveLength(1);
    delete hub.handlers['prepare'];
    await page.click('#submit');
    await inState(page, 'signed');
  });

  it('a preparation whose time is over is made anew, once', async () => {
    const { page, hub } = await atSeals();
    let times = 0;
    hub.handlers['complete'] = () => {
      times += 1;
      if (times === 1) return { ok: false, error: error('SIGNING_EXPIRED', '本次签章准备已超过有效时间。', true) };
      hub.sign(true);
      return { ok: true, view: hub.view };
    };
    await page.click('[data-act=here]');
    await page.click('#submit');
    await inState(page, 'signed');
    expect(hub.asked('prepare')).toHaveLength(2);
  });

  it('a file whose signature was broken is not signed on top of', async () => {
    const { page } = await open({
      document: {
        signatures: [{ signer: '辽宁示例造价咨询有限公司', at: '2026-03-15 16:20', verdict: 'valid-changed' }],
      },
    });
    await inState(page, 'broken');
    expect(await page.textContent('#broken')).toContain('第 1 版的签章之后，文件被改动过');
    expect(await page.locator('#submit').count()).toBe(0);
    await shot(page, 'sign-broken');
    const [report] = await Promise.all([page.waitForEvent('popup'), page.click('#broken :text("查看验证报告")')]);
    expect(new URL(report.url()).pathname).toBe('/validate');
    const [file] = await Promise.all([page.waitForEvent('download'), page.click('#broken [data-act=download]')]);
    expect(file.suggestedFilename()).toBe('投标函（一标段）.pdf');
  });

  it('a document that cannot be shown is not signed', async () => {
    const { page } = await open({
      hub: (hub) => {
        hub.bytes = Buffer.from('%PDF-1.7\nnothing of a document');
      },
    });
    await page.waitForSelector('#view-failed');
    await inState(page, 'ready');
    await typePin(page, PIN);
    await page.check('#invisible');
    await page.click('#submit');
    expect(await page.textContent('#sign-hint')).toContain('请看到文件后再签章');
  });

  it('no agent: the phone is the other road', async () => {
    const { page } = await open({ agent: 'absent' });
    await inState(page, 'no-agent');
    expect(await page.textContent('#no-agent')).toContain('改用手机扫码');
    await shown(page);
  });

  it('a signature that its vendor has made while the page was coming back is told by its end', async () => {
    const { page, hub } = await open({
      hub: (one) => {
        one.handlers['grant'] = () => ({ ok: false, error: error('TASK_ENDED', '本次任务已经结束。') });
      },
    });
    await shown(page);
    while (hub.asked('grant').length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    const seals = { seal: seal().id, places: 1, straddle: false, timestamped: true, at: Date.now() };
    hub.set({ state: 'succeeded', made: [seals], next: { kind: 'redirect', url: `${hub.url}/back` } });
    await inState(page, 'signed');
    expect(await page.textContent('#signed')).toContain('已加盖 1 处');
  });

  it('a trading system that does not answer', async () => {
    const { page, hub } = await atSeals();
    hub.handlers['complete'] = () => {
      hub.sign(false);
      hub.set({ state: 'proved', delivery: { attempt: 1, nextAt: Date.now() + 28_000 } });
      return { ok: true, view: hub.view };
    };
    await page.click('[data-act=here]');
    await page.click('#submit');
    await inState(page, 'no-answer');
    await shot(page, 'sign-no-answer');
  });

  it('cancelled: one fact, one way out', async () => {
    const { page, hub } = await atSeals();
    await page.route('**/home', (route) => route.fulfill({ contentType: 'text/html', body: '<p>home</p>' }));
    await page.click('#cancel');
    await page.waitForURL('https://ggzy.shili.example/home');
    expect(hub.asked('cancel')).toHaveLength(1);
  });
});

describe('by phone', () => {
  it('each seal is confirmed by itself; the page follows', async () => {
    const { page, hub } = await open();
    await inState(page, 'ready');
    await page.click('.scan__pick button');
    await page.waitForSelector('.qr img');
    expect(hub.asked('mobile')).toEqual([{ interaction: hub.view.interaction, authority: 'beichen' }]);
    hub.set({ mobile: null, signer: signer({ road: 'mobile' }), seals: hub.seals });
    await inState(page, 'placing');
    await page.waitForSelector('[data-act=here]');
    await page.click('[data-act=here]');
    await page.click('.seal >> nth=1');
    await page.click('[data-act=here]');
    // The first seal's place in the middle and the second's are both kept.
    expect(await stamps(page)).toHaveLength(2);
    await page.click('#submit');
    await page.waitForSelector('.qr img');
    await inState(page, 'signing');
    expect(await page.textContent('#scan')).toContain('核对文件名后确认签章');
    await shot(page, 'sign-phone');
    expect(hub.asked('mobile').at(-1)).toMatchObject({ last: false });
    hub.sign(false);
    await expect.poll(() => hub.asked('mobile').at(-1)?.['last']).toBe(true);
    hub.sign(true);
    await inState(page, 'signed');
  });

  it('and back to the placing when the phone stays silent', async () => {
    const { page } = await open({
      hub: (hub) => {
        hub.view = { ...hub.view, signer: signer({ road: 'mobile' }), seals: hub.seals };
      },
    });
    await page.waitForSelector('[data-act=here]');
    await page.click('[data-act=here]');
    await page.click('#submit');
    await inState(page, 'signing');
    await page.click('[data-act=stop]');
    await inState(page, 'placing');
    expect(await stamps(page)).toHaveLength(1);
  });
});

describe('a file of this computer', () => {
  it('is chosen or dropped, signed, and taken away with the sentence of what to do', async () => {
    const { page, hub } = await open({ local: true });
    await inState(page, 'pick-file');
    await shot(page, 'sign-local');
    const buffer = await letter(2);
    await page.setInputFiles('#file', { name: '投标保函.pdf', mimeType: 'application/pdf', buffer });
    await shown(page);
    expect(hub.uploaded).toEqual({ name: '投标保函.pdf', size: buffer.length });
    await typePin(page, PIN);
    await inState(page, 'placing');
    await page.click('[data-act=here]');
    await page.click('#submit');
    await inState(page, 'signed-local');
    expect(await page.textContent('#signed-local')).toContain('请下载签章后的文件，并在交易系统中上传。');
    await shot(page, 'sign-local-done');
    const [file] = await Promise.all([page.waitForEvent('download'), page.click('[data-act=download]')]);
    expect(file.suggestedFilename()).toBe('投标保函（已签章）.pdf');
  });

  it('that is no PDF, empty, or refused by the hub is said to be so', async () => {
    const { page, hub } = await open({ local: true });
    await inState(page, 'pick-file');
    const give = (name: string, buffer: Buffer) =>
      page.setInputFiles('#file', { name, mimeType: 'application/pdf', buffer });
    await give('a.pdf', Buffer.from('a picture'));
    await page.waitForSelector(':text("这不是 PDF 文件")');
    await give('b.pdf', Buffer.alloc(0));
    await page.waitForSelector(':text("这个文件是空的")');
    expect(hub.uploaded).toBeNull();
    hub.refusesFile = error('DOCUMENT_ENCRYPTED', 'PDF 文件设有密码或权限加密，请取消加密后重新提交。');
    await give('c.pdf', Buffer.from('%PDF-1.7 locked'));
    await page.waitForSelector('#not-signable');
    expect(await page.textContent('#not-signable')).toContain('设有密码');
    await shot(page, 'sign-local-refused');
  });
});

describe('on a small screen', () => {
  it('nothing is wider than it, and the button to sign is always in reach', async () => {
    const { page } = await atSeals({ phone: true });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    const box = await page.locator('#submit').boundingBox();
    expect((box?.y ?? 999) + (box?.height ?? 0)).toBeLessThanOrEqual(844);
    await shot(page, 'sign-phone-seals');
  });

  it('a finger sees the phone certificate first', async () => {
    const { page, agent } = await open({ touch: true });
    await inState(page, 'mobile');
    await shot(page, 'sign-touch');
    expect(agent.frames).toEqual([]);
  });
});

it('speaks English', async () => {
  const { page } = await atSeals({ english: true });
  expect(await page.textContent('#submit')).toBe('Sign and submit');
  const chinese = await page.evaluate(() =>
    [...document.querySelectorAll('#left-pane .pane__t, #sheet .pane__t, .tool__hint, #left-pane button:not(.seal)')]
      .map((one) => one.textContent ?? '')
      .filter((text) => /[一-龥]/.test(text.replace('北辰数字认证', ''))),
  );
  expect(chinese).toEqual([]);
});
