import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium, shot } from '#test/support/chromium.ts';
import { builtPages } from './built.ts';
import { type HallStageOptions, hallStage } from './hall-stage.ts';
import {
  at,
  mine,
  myBid,
  neededCertificate,
  OPENS,
  proposal,
  releasing,
  rows,
  running,
  seat,
  vendorCause,
  view,
} from './hall-views.ts';
import { bohai, error, key } from './peers.ts';
import { inState } from './stage.ts';

let browser: Browser;
let built: Awaited<ReturnType<typeof builtPages>>;
let now: Awaited<ReturnType<typeof hallStage>>;
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
async function open(options: HallStageOptions) {
  now = await hallStage(browser, built.assets, options);
  return now;
}
const host = seat('host', '开标主持人');
const supervisor = seat('supervisor', '行政监督');
const asked = {
  interaction: 'int_ask',
  purpose: 'act' as const,
  text: 'caihub/1\npurpose=sign\nact=propose\nopening=open_demo',
  expiresAt: at('10:00:00'),
  mobile: null,
  error: null,
};

describe('the projector', () => {
  it('counts down before the opening and tells nothing of bids', async () => {
    const { page } = await open({ view: view() });
    await inState(page, 'before');
    expect(await page.textContent('.hall__clock')).toMatch(/^12:[34]\d$/);
    expect(await page.innerText('#sheet')).not.toMatch(/共 \d+ 家|已解密/);
    await shot(page, 'hall-before');
  });

  it('is readable from ten metres: nothing under 15 px', async () => {
    const { page } = await open({ view: running() });
    await inState(page, 'window');
    await shot(page, 'hall-window');
    const small = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>('#sheet *')]
        .filter((one) => one.getClientRects().length > 0)
        .filter((one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent?.trim()))
        .filter((one) => Number.parseFloat(getComputedStyle(one).fontSize) < 15)
        .map((one) => `${one.className} ${one.textContent}`),
    );
    expect(small).toEqual([]);
  });

  it('shows custodians as they come, and how many are still needed', async () => {
    const { page } = await open({ view: releasing() });
    await inState(page, 'releasing');
    expect(await page.textContent('#side')).toContain('还需 1 位托管人');
    expect(await page.textContent('#side')).toContain('招标代理托管人（代理）');
    await shot(page, 'hall-releasing');
  });

  it('changes when the hub says so, without a reload', async () => {
    const { hub, page } = await open({ view: running() });
    await inState(page, 'window');
    const changed = rows.map((row) =>
      row.bid === 'bid-3' ? { ...row, state: 'opened' as const, note: '用时 41 秒' } : row,
    );
    const board = running().board;
    if (board !== null)
      hub.set({ board: { ...board, rows: changed, tally: { opened: 5, working: 0, failed: 2, waiting: 1 } } });
    await page.waitForSelector('text=用时 41 秒');
    expect(await page.getAttribute('.hall__progress', 'aria-label')).toBe('8 家中 5 家已解密');
  });

  it('names the party and the evidence of each failure', async () => {
    const { page } = await open({ view: running() });
    await inState(page, 'window');
    const line = page.locator('[data-bid=bid-6]');
    expect(await line.textContent()).toContain('机构原因　渤海电子认证无应答');
    expect(await line.locator('b').textContent()).toBe('机构原因');
  });

  it('keeps its last picture when the hub goes, says of when it is, and comes back', async () => {
    const { hub, page } = await open({ view: running() });
    await inState(page, 'window');
    hub.cut();
    await inState(page, 'offline');
    expect(await page.textContent('#offline')).toMatch(/画面停在 09:4\d:\d\d/);
    expect(await page.locator('.board li').count()).toBe(8);
    await shot(page, 'hall-offline');
    hub.down = false;
    await inState(page, 'window');
  });

  it('has no such opening: said, and nothing else', async () => {
    const { page } = await open({
      view: view(),
      hub: (hub) => {
        hub.handlers['open'] = () => ({ ok: false, error: error('TASK_UNKNOWN', '没有这场开标。') });
      },
    });
    await inState(page, 'lost');
    await shot(page, 'hall-lost');
  });

  it('shows twenty bidders on one screen', async () => {
    const many = Array.from({ length: 20 }, (_, n) => ({ ...(rows[n % 8] ?? rows[0]), bid: `b${n}`, place: n + 1 }));
    const board = running().board;
    const { page } = await open({
      view: running({
        board:
          board === null
            ? null
            : {
                ...board,
                total: 20,
                rows: many as typeof rows,
                tally: { opened: 11, working: 2, failed: 5, waiting: 2 },
              },
      }),
    });
    await inState(page, 'window');
    await shot(page, 'hall-twenty');
    expect(await page.locator('.board li').count()).toBe(20);
  });
});

describe('the host', () => {
  it('begins when the time has come, and ends a lot of fewer than three by his signature', async () => {
    const board = running().board;
    const two = rows.slice(0, 2).map((row) => ({ ...row, state: 'waiting' as const, note: '' }));
    const tally = { opened: 0, working: 0, failed: 0, waiting: 2 };
    const { hub, page } = await open({
      view: view({
        now: at('09:30:10'),
        phase: 'due',
        seat: host,
        board:
          board === null
            ? null
            : { total: 2, rows: two, tally, lots: [{ lot: 'SL-2026-0318-01', total: 2, tooFew: true, tally }] },
        may: [
          { act: 'start', signed: false },
          { act: 'end-lot', signed: true, lots: ['SL-2026-0318-01'] },
        ],
      }),
      hub: (one) => {
        one.handlers['act'] = () => ({ ok: true, view: one.now(), asked });
        one.handlers['certificates'] = (request) => ({
          ok: true,
          certificates: (request['certificates'] as { key: string }[]).map((each) => ({
            ...key().view,
            key: each.key,
            roles: ['host'],
          })),
        });
      },
    });
    await page.waitForSelector('#too-few');
    await shot(page, 'hall-too-few');
    await page.click('#too-few [data-act=end-lot]');
    await page.click('#act-form button[type=submit]');
    expect(await page.textContent('#form-problem')).toContain('请写明理由');
    await page.fill('#act-form textarea', '截至开标时间仅 2 家，依法终止');
    await shot(page, 'hall-end-lot');
    await page.click('#act-form button[type=submit]');
    await page.waitForSelector('.panel__signs');
    expect(hub.of('act')).toEqual([
      {
        interaction: 'int_seat',
        act: { act: 'end-lot', lot: 'SL-2026-0318-01', reason: '截至开标时间仅 2 家，依法终止' },
      },
    ]);
    await page.waitForSelector('#pin');
    await page.fill('#pin', '135246');
    await shot(page, 'hall-sign');
    await page.click('#submit');
    await page.waitForSelector('#panel', { state: 'hidden' });
    expect(hub.of('signed')).toMatchObject([{ interaction: 'int_ask', signature: 'c2lnbmVk' }]);
    expect(JSON.stringify(hub.requests)).not.toContain('135246');
  });

  it('is warned of a vendor’s failure, proposes more time, and sees it wait for another', async () => {
    const { page } = await open({
      view: running({
        seat: host,
        may: [
          { act: 'propose', signed: true, kinds: ['extend', 'remedy', 'abort'], remedies: ['key-file', 'withdrawn'] },
        ],
        proposals: [proposal({ own: true })],
        incidents: [
          {
            incident: 'inc-1',
            authority: '渤海电子认证',
            bids: 3,
            since: at('09:37:00'),
            minutes: 5,
            sentence: '失败原因相同，均为机构服务无应答。建议延长窗口并改用 UKey。',
            evidence: 6,
            suggest: 10,
            supportCode: 'M4S2-V6WN',
          },
        ],
      }),
    });
    await page.waitForSelector('#mass');
    await shot(page, 'hall-mass');
    await page.click('[data-act=suggest]');
    expect(await page.inputValue('#field-minutes')).toBe('10');
    await shot(page, 'hall-extend');
    await page.keyboard.press('Escape');
    await page.waitForSelector('#panel', { state: 'hidden' });
  });

  it('opens the evidence of a failure', async () => {
    const { page } = await open({
      view: running({ seat: host }),
      hub: (hub) => {
        hub.handlers['evidence'] = () => ({
          ok: true,
          cause: vendorCause,
          evidence: [
            { at: at('09:41:02'), from: 'hub', sentence: '请求渤海电子认证，10 秒无应答', proof: true, journal: 1042 },
            { at: at('09:41:30'), from: 'page', sentence: '解密页报告：二维码没有出现', proof: false, journal: null },
          ],
        });
      },
    });
    await page.click('[data-bid=bid-6] [data-act=evidence]');
    await page.waitForSelector('#panel .timeline');
    await shot(page, 'hall-evidence');
    expect(await page.textContent('#panel')).toContain('可作依据，存证第 1042 行');
  });
});

describe('two persons', () => {
  it('the supervisor confirms a remedy with his opinion on record', async () => {
    const { hub, page } = await open({
      view: running({
        seat: supervisor,
        proposals: [
          proposal({
            kind: 'remedy',
            remedy: 'key-file',
            title: '补救：使用投标时留存的密钥文件',
            bid: 'bid-4',
            bidder: '营口例证建筑工程有限公司',
            basis: '招标文件第三章 5.2.4',
            reason: '加密所用 UKey 未带到现场',
            until: null,
          }),
        ],
        may: [{ act: 'decide', signed: true, proposals: ['pr-1'] }],
      }),
    });
    await page.waitForSelector('#remedy');
    await shot(page, 'hall-remedy');
    await page.click('#remedy [data-act=agree]');
    await page.fill('#act-form textarea', '核对批次号一致，同意。');
    await shot(page, 'hall-decide');
    await page.click('#act-form button[type=submit]');
    await expect
      .poll(() => hub.of('act'))
      .toEqual([
        {
          interaction: 'int_seat',
          act: { act: 'decide', proposal: 'pr-1', agree: true, opinion: '核对批次号一致，同意。' },
        },
      ]);
  });
});

describe('a custodian', () => {
  it('releases his share: it leaves the key wrapped for the opener, and nothing else is sent', async () => {
    const right = key({ label: '托管人 UKey' });
    const { hub, agent, page } = await open({
      keys: [right],
      view: releasing({ seat: seat('custodian', '招标代理托管人'), may: [{ act: 'release', signed: false }] }),
      hub: (one, its) => {
        its.rewrapsTo = (to) => Buffer.from(`for ${to.slice(0, 6)}`).toString('base64');
        one.handlers['share'] = () => ({
          ok: true,
          task: {
            what: 'release',
            wrapped: 'c2hhcmU=',
            to: '04abcdef',
            certificate: right.certificate,
            needed: neededCertificate({ holder: '示例招标代理有限公司', tail: 'C0D2' }),
          },
        });
      },
    });
    await page.click('[data-act=release]');
    await page.waitForSelector('#pin');
    await shot(page, 'hall-custodian');
    await page.fill('#pin', '135246');
    await page.click('#submit');
    await page.waitForSelector('#panel', { state: 'hidden' });
    expect(agent.frames.filter((frame) => frame.method === 'unwrap')).toMatchObject([
      { params: { wrapped: 'c2hhcmU=', to: '04abcdef' } },
    ]);
    expect(hub.of('shared')).toEqual([
      { interaction: 'int_seat', what: 'release', wrapped: Buffer.from('for 04abcd').toString('base64') },
    ]);
  });

  it('of the recovery gives a share for each file, once two persons have allowed it', async () => {
    const right = key({ label: '恢复托管人 UKey' });
    const { hub, agent, page } = await open({
      keys: [right],
      view: running({
        seat: seat('custodian', '恢复托管人'),
        may: [{ act: 'recover', signed: false, bids: ['bid-4'] }],
      }),
      hub: (one, its) => {
        its.rewrapsTo = (to) => Buffer.from(`for ${to.slice(0, 6)}`).toString('base64');
        one.handlers['recover'] = () => ({
          ok: true,
          tasks: ['cap_a', 'cap_b'].map((capsule) => ({
            capsule,
            wrapped: Buffer.from(capsule).toString('base64'),
            to: '04abcdef',
            certificate: right.certificate,
            needed: neededCertificate({ holder: '示例市数字证书恢复中心', tail: 'C0D2' }),
          })),
        });
      },
    });
    expect(await page.textContent('#recover-bid-4')).toContain('营口例证建筑工程有限公司');
    await shot(page, 'hall-recovery');
    await page.click('[data-act=recover]');
    await page.waitForSelector('#pin');
    await shot(page, 'hall-recovery-key');
    await page.fill('#pin', '135246');
    await page.click('#submit');
    await page.waitForSelector('#panel', { state: 'hidden' });
    expect(hub.of('recover')).toEqual([{ interaction: 'int_seat', bid: 'bid-4' }]);
    expect(agent.frames.filter((frame) => frame.method === 'unwrap')).toMatchObject([
      { params: { to: '04abcdef' } },
      { params: { to: '04abcdef' } },
    ]);
    expect(hub.of('recovered')).toMatchObject([{ capsule: 'cap_a' }, { capsule: 'cap_b' }]);
  });

  it('states the time by his own watch while the hub’s clock is not believed, and signs it', async () => {
    const { hub, page } = await open({
      view: view({
        seat: seat('custodian', '招标代理托管人'),
        time: { trusted: false, note: '平台时钟正在核对，开标暂缓，文件仍然密封。' },
        may: [{ act: 'state-clock', signed: true }],
      }),
      hub: (one) => {
        one.handlers['act'] = () => ({ ok: true, view: one.now(), asked });
        one.handlers['certificates'] = (request) => ({
          ok: true,
          certificates: (request['certificates'] as { key: string }[]).map((each) => ({
            ...key().view,
            key: each.key,
            roles: ['custodian'],
          })),
        });
      },
    });
    await shot(page, 'hall-time');
    await page.click('#time [data-act=state-clock]');
    expect(await page.inputValue('#field-time')).toBe('');
    await page.click('#act-form button[type=submit]');
    expect(await page.textContent('#form-problem')).toContain('请填写日期和时间');
    await page.fill('#field-time', '2026-03-18T09:31');
    await shot(page, 'hall-state-clock');
    await page.click('#act-form button[type=submit]');
    await page.waitForSelector('.panel__signs');
    expect(hub.of('act')).toEqual([
      { interaction: 'int_seat', act: { act: 'state-clock', statedAt: Date.parse('2026-03-18T09:31:00+08:00') } },
    ]);
  });

  it('with another key plugged is shown which one it is', async () => {
    const { page } = await open({
      view: view({ seat: seat('custodian', '招标代理托管人'), may: [{ act: 'check-in', signed: false }] }),
      hub: (one) => {
        one.handlers['share'] = () => ({
          ok: true,
          task: {
            what: 'check-in',
            wrapped: 'c2hhcmU=',
            to: '04ab',
            certificate: 'b3RoZXI=',
            needed: neededCertificate({ tail: 'C0D2' }),
          },
        });
      },
    });
    await page.click('[data-act=check-in]');
    await page.waitForSelector('#panel #wrong-key');
    expect(await page.textContent('#panel .needs')).toContain('尾号 C0D2');
    await shot(page, 'hall-custodian-wrong');
  });

  it('enters the hall with his certificate; the page says which seat it gives', async () => {
    const { hub, page } = await open({
      view: view(),
      hub: (one) => {
        one.handlers['sit'] = () => ({ ok: true, asked: { ...asked, purpose: 'seat' } });
        one.handlers['certificates'] = (request) => ({
          ok: true,
          certificates: (request['certificates'] as { key: string }[]).map((each) => ({
            ...key().view,
            key: each.key,
            roles: ['custodian', 'supervisor'],
          })),
        });
        one.handlers['signed'] = () => {
          one.set({ seat: seat('custodian', '交易中心托管人') });
          return { ok: true, view: one.now() };
        };
      },
    });
    await page.click('[data-act=enter]');
    await page.waitForSelector('text=席位：托管人、行政监督');
    await shot(page, 'hall-enter');
    await page.fill('#pin', '135246');
    await page.click('#submit');
    await page.waitForSelector('#seat');
    expect(await page.textContent('#seat')).toBe('交易中心托管人，尾号 91A4');
    expect(hub.of('signed')).toHaveLength(1);
  });
});

describe('a bidder on his phone', () => {
  const bidder = seat('bidder', '营口例证建筑工程有限公司');
  const phone = { width: 390, height: 844 };

  it('sees why his files are closed, which key is needed, and what to do', async () => {
    const { page } = await open({
      ...phone,
      view: running({
        seat: bidder,
        board: null,
        mine: mine(),
        may: [
          { act: 'decrypt', signed: false },
          { act: 'ask-remedy', signed: false, bids: ['bid-4'], remedies: ['key-file'] },
        ],
      }),
    });
    await page.waitForSelector('#b-failed');
    await shot(page, 'hall-bidder');
    expect(await page.textContent('body')).toContain('其他投标人：4 家已解密，共 8 家');
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    await page.click('[data-act=ask-remedy]');
    await shot(page, 'hall-bidder-remedy');
  });

  it('rehearses before the opening with the very key, and no file is touched', async () => {
    const right = key();
    const { hub, page } = await open({
      ...phone,
      keys: [right],
      view: view({
        seat: bidder,
        mine: mine({ bids: [], canDecrypt: false, others: null, rehearsal: { last: null } }),
        may: [{ act: 'rehearse', signed: false }],
      }),
      hub: (one) => {
        one.handlers['rehearse'] = () => ({
          ok: true,
          task: {
            rehearsal: 'r1',
            tests: [{ id: 't1', wrapped: 'dGVzdA==', certificate: right.certificate, needed: neededCertificate() }],
          },
        });
        one.handlers['rehearsed'] = () => ({ ok: true, view: one.now(), opened: ['t1'] });
      },
    });
    await page.waitForSelector('#b-before');
    await shot(page, 'hall-bidder-before');
    await page.click('[data-act=rehearse]');
    await page.waitForSelector('#pin');
    await page.fill('#pin', '135246');
    await shot(page, 'hall-bidder-rehearse');
    await page.click('#submit');
    await page.waitForSelector('text=自检通过，届时可用此证书解密。');
    expect(hub.of('rehearsed')).toMatchObject([{ rehearsal: 'r1', results: [{ id: 't1' }] }]);
    await shot(page, 'hall-bidder-rehearsed');
  });

  it('is told of a vendor’s failure without blame, and of what is opened with its time', async () => {
    const { hub, page } = await open({
      ...phone,
      view: running({ seat: bidder, board: null, mine: mine({ bids: [myBid({ cause: vendorCause })] }) }),
    });
    await page.waitForSelector('#b-vendor');
    expect(await page.textContent('#b-vendor')).toContain('已记录为机构原因，不计入贵单位责任');
    await shot(page, 'hall-bidder-vendor');
    hub.set({
      mine: mine({
        bids: [myBid({ state: 'opened', cause: null, openedAt: at('09:41:52') }, { checks: [], needed: [] })],
      }),
    });
    await page.waitForSelector('#b-ok');
    await shot(page, 'hall-bidder-ok');
  });

  it('with a renewed certificate carries his files over inside the agent', async () => {
    const old = key();
    const { hub, page } = await open({
      ...phone,
      keys: [old],
      view: view({
        seat: bidder,
        mine: mine({
          bids: [],
          others: null,
          canDecrypt: false,
          rewrap: [
            {
              offer: 'o1',
              from: neededCertificate({ tail: 'C08E', renewed: true }),
              to: neededCertificate({ tail: '27C1', authority: bohai }),
              done: false,
            },
          ],
        }),
        may: [{ act: 'rewrap', signed: false }],
      }),
      hub: (one, agent) => {
        agent.rewraps = () => ({ wrapped: 'bmV3', signature: 'c2ln', certificate: old.certificate });
        one.handlers['rewrap'] = () => ({
          ok: true,
          tasks: [
            {
              offer: 'o1',
              wrapped: 'b2xk',
              certificate: 'bmV3Y2VydA==',
              old: old.certificate,
              text: 'caihub-rewrap/1',
            },
          ],
        });
      },
    });
    await page.click('[data-act=rewrap]');
    await page.waitForSelector('#pin');
    await shot(page, 'hall-bidder-rewrap');
    await page.fill('#pin', '135246');
    await page.click('#submit');
    await page.waitForSelector('text=已改由新证书解密');
    expect(hub.of('rewrapped')).toMatchObject([{ offer: 'o1', wrapped: 'bmV3', signature: 'c2ln' }]);
  });
});

describe('the record', () => {
  it('is confirmed by bidders, then signed, then there to take away', async () => {
    const { hub, page } = await open({
      view: running({
        phase: 'closed',
        seat: host,
        window: {
          startedAt: at('09:32:00'),
          endsAt: at('10:12:00'),
          closedAt: at('10:12:00'),
          extensions: [{ minutes: 10, reason: 'x', at: OPENS }],
        },
        minutes: {
          state: 'confirming',
          confirmUntil: at('10:30:00'),
          confirmed: 5,
          objected: 1,
          silent: 2,
          sentence: '',
          digest: null,
          pdf: null,
          record: null,
        },
        may: [{ act: 'finish', signed: true }],
      }),
    });
    await page.waitForSelector('#confirming');
    await shot(page, 'hall-confirming');
    hub.set({
      phase: 'finished',
      may: [],
      minutes: {
        state: 'final',
        confirmUntil: at('10:30:00'),
        confirmed: 7,
        objected: 1,
        silent: 0,
        sentence: '8 家中 7 家解密成功，1 家按招标文件视为撤销。',
        digest: 'c41f0b7e'.repeat(8),
        pdf: '/hosted/hall/minutes.pdf',
        record: '/hosted/hall/minutes.json',
      },
    });
    await inState(page, 'finished');
    await shot(page, 'hall-minutes');
    expect(await page.textContent('#minutes')).toContain('8 家中 7 家解密成功');
  });
});
