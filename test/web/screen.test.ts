import { describe, expect, it } from 'vitest';
import type { AgentView, CertificateView, LoginView } from '#hosted/api.ts';
import type { Model } from '#web/hosted/model.ts';
import { card, model, noticeOf, roadOf, show, view } from './models.ts';
import { beichen, bohai, error, mobileView } from './peers.ts';

const labels = (screen: ReturnType<typeof show>) => noticeOf(screen).actions.map((action) => action.label);

describe('the agent’s troubles', () => {
  const cases: readonly [Model['agent'], string][] = [
    ['ask', 'lna-blocked'],
    ['asking', 'lna-blocked'],
    ['denied', 'lna-denied'],
    ['framed', 'framed'],
    ['not-paired', 'not-paired'],
    ['none', 'no-agent'],
    ['lost', 'agent-lost'],
  ];
  for (const [agent, state] of cases) {
    it(`are told apart and offer the other road: ${agent} is ${state}`, () => {
      const screen = show({ agent, keysRead: false });
      expect(screen.state).toBe(state);
      expect(labels(screen)).toContain('改用手机扫码');
      expect(screen.scan?.status).toBe('choose');
    });
  }

  it('offer no phone where no vendor has one', () => {
    const screen = show({ agent: 'none', view: view({ authorities: [bohai] }) });
    expect(labels(screen)).toEqual(['下载证书助手', '已安装，重新检测']);
    expect(screen.scan?.status).toBe('none');
  });

  it('name every vendor’s hotline and download where several make keys', () => {
    const screen = show({ agent: 'none' });
    expect(noticeOf(screen).vendors.map((line) => [line.name, line.hotline, line.link?.href])).toEqual([
      [beichen.name, beichen.support.hotline, beichen.support.install],
      [bohai.name, bohai.support.hotline, bohai.support.install],
    ]);
  });

  it('keep the certificates in sight when the agent goes in the middle', () => {
    const road = roadOf(show({ agent: 'lost', cards: [card()] }));
    expect(road.list).toHaveLength(1);
    expect(road.submit).toBeNull();
  });
});

describe('a certificate that cannot log in', () => {
  const cases: readonly [CertificateView['status'], string, string | null][] = [
    ['expired', 'expired', beichen.support.renew],
    ['not-yet-valid', 'not-yet-valid', null],
    ['revoked', 'revoked', null],
    ['superseded', 'superseded', null],
    ['cancelled', 'cert-cancelled', null],
    ['not-enrolled', 'denied', 'https://ggzy.shili.example/'],
    ['unknown-issuer', 'unknown-issuer', null],
    ['suspended', 'suspended', null],
    ['invalid', 'cert-invalid', null],
    ['status-unavailable', 'status-down', null],
  ];
  for (const [status, state, href] of cases) {
    it(`is visible, not selectable, and says why: ${status}`, () => {
      const off = card({}, { status, tail: '5D20', error: error('X', '证书链校验未通过。') });
      const screen = show({ cards: [off] });
      const road = roadOf(screen);
      expect(screen.state).toBe(state);
      expect(road.list).toMatchObject([{ off: true }]);
      expect([road.chosen, road.pin, road.submit]).toEqual([null, null, null]);
      expect(noticeOf(screen).support).toBe('K7Q4-2M9D');
      if (href !== null) expect(noticeOf(screen).actions.map((action) => action.href)).toContain(href);
      expect(JSON.stringify(screen)).not.toMatch(/\{(authority|tail|date|platform|message)\}/);
    });
  }

  it('stands beside one that can, which is chosen; its reason is shown on demand and does not stop the login', () => {
    const [off, good] = [card({}, { status: 'expired' }), card({}, { authority: bohai })];
    const calm = show({ cards: [off, good] });
    expect([calm.state, roadOf(calm).chosen, roadOf(calm).notice]).toEqual(['ready', good.id, null]);
    expect(roadOf(calm).list.map((one) => [one.id, one.why])).toEqual([
      [good.id, false],
      [off.id, true],
    ]);
    const asked = show({ cards: [off, good], shown: off.id });
    expect([asked.state, roadOf(asked).submit?.busy]).toEqual(['expired', false]);
  });

  it('in a full drawer stand usable ones first, five at once; the chosen one is never folded away', () => {
    const old = Array.from({ length: 8 }, () => card({}, { status: 'expired' }));
    const good = Array.from({ length: 5 }, () => card());
    const cards = [...old, ...good];
    const road = roadOf(show({ cards }));
    expect(road.list.map((one) => one.off)).toEqual([false, false, false, false, false]);
    expect(road.more).toBe('其余 8 张证书');
    expect(roadOf(show({ cards: good }))).toMatchObject({ more: '' });
    const explained = roadOf(show({ cards, shown: old[6]?.id ?? null }));
    expect(explained.list.map((one) => one.id)).toContain(old[6]?.id);
    expect(explained.more).toBe('其余 7 张证书');
    const more = [...good, card(), card()];
    const last = more.at(-1)?.id ?? null;
    const chosen = roadOf(show({ cards: more, chosen: last }));
    expect(chosen.list.map((one) => one.id)).toContain(last);
    expect(chosen.more).toBe('其余 1 张证书');
    expect(roadOf(show({ cards, unfolded: true }))).toMatchObject({ more: '' });
    expect(roadOf(show({ cards, unfolded: true })).list).toHaveLength(13);
  });

  it('names the vendor and the tail, never more of the serial', () => {
    const screen = show({ cards: [card({}, { status: 'revoked', authority: bohai, tail: '03F7' })] });
    expect(noticeOf(screen).text[0]).toContain('渤海电子认证、尾号 03F7');
    expect(noticeOf(screen).vendors).toMatchObject([{ name: bohai.name, hotline: bohai.support.hotline }]);
  });

  it('counts the days that are left, in amber from thirty on', () => {
    const list = roadOf(
      show({ cards: [card({}, { daysLeft: 31 }), card({}, { daysLeft: 30 }), card({}, { daysLeft: 0 })] }),
    ).list;
    expect(list.map((one) => [one.days.figure, one.days.tone])).toEqual([
      ['31', ''],
      ['30', 'warn'],
      ['', 'warn'],
    ]);
  });
});

describe('the PIN', () => {
  it('is asked on the page or by the agent, as the key declares', () => {
    expect(roadOf(show({ cards: [card()] })).pin).toMatchObject({
      entry: 'page',
      hint: 'PIN 码只交给本机的证书助手，不经网络传输。',
    });
    expect(roadOf(show({ cards: [card({ pinEntry: 'agent' })] }))).toMatchObject({
      pin: { entry: 'agent' },
      submit: { text: '输入 PIN 码并登录' },
    });
    expect(roadOf(show({ cards: [card({ loggedIn: true })] })).pin).toMatchObject({ entry: 'known' });
  });

  it('says how many tries are left where the field is', () => {
    const one = card({ pinRemaining: 3 });
    const screen = show({ cards: [one], chosen: one.id, pin: { at: 'wrong', remaining: 3 } });
    expect(screen.state).toBe('pin-wrong');
    expect(roadOf(screen).pin).toMatchObject({
      wrong: true,
      hint: 'PIN 码不正确，还可以再试 3 次。全部用完后 UKey 将被锁定。',
    });
  });

  it('wants a second word before the last try, from the first sight of such a key on', () => {
    const screen = show({ cards: [card({ pinRemaining: 1 })] });
    expect(screen.state).toBe('pin-last');
    expect(roadOf(screen)).toMatchObject({ pin: null, submit: null });
    expect(labels(screen)).toEqual(['我确定，再输一次', '改用手机扫码']);
    const dared = { ...model({ cards: [card({ pinRemaining: 1 })] }), pin: { at: 'dared' } as const };
    expect(roadOf(show(dared)).submit).not.toBeNull();
  });

  it('locks the key: vendor’s hotline, its unlock page, another key first', () => {
    const [locked, good] = [card({ pinRemaining: 0 }), card({}, { authority: bohai, tail: '03F7' })];
    const screen = show({ cards: [locked, good], chosen: locked.id, shown: locked.id });
    expect(screen.state).toBe('locked');
    expect(noticeOf(screen).actions[0]).toMatchObject({
      label: '换用渤海电子认证，尾号 03F7',
      style: 'primary',
      value: good.id,
    });
    expect(noticeOf(screen).vendors).toMatchObject([
      { hotline: beichen.support.hotline, link: { href: beichen.support.unlock } },
    ]);
  });
});

describe('a pulled key', () => {
  it('pauses the login until that very key is back', () => {
    const gone = card({}, { tail: '91A4' });
    const screen = show({ cards: [card()], pulled: { card: gone, since: 1000 }, chosen: gone.id });
    expect(screen.state).toBe('pulled');
    expect(noticeOf(screen)).toMatchObject({ timer: { from: 1000 } });
    expect(noticeOf(screen).text[0]).toContain('北辰数字认证、尾号 91A4');
    expect(labels(screen)).toContain('换一张证书');
    expect(roadOf(screen).submit).toBeNull();
  });
});

describe('the end', () => {
  const cases: readonly [Partial<LoginView>, string][] = [
    [
      { state: 'refused', error: error('PLATFORM_REFUSED', '示例市公共资源交易中心电子交易系统 提示：该账号已停用') },
      'refused',
    ],
    [{ state: 'undelivered', error: error('PLATFORM_NO_ANSWER', 'x') }, 'undelivered'],
    [{ state: 'cancelled' }, 'cancelled'],
    [{ state: 'expired', error: error('TASK_EXPIRED', 'x') }, 'task-expired'],
    [{ state: 'succeeded', next: { kind: 'stay' } }, 'done'],
    [{ state: 'succeeded', next: null }, 'already-done'],
  ];
  for (const [patch, state] of cases) {
    it(`has one way out: ${state}`, () => {
      const screen = show({ view: view(patch) });
      expect([screen.state, screen.stage.kind, screen.scan]).toEqual([state, 'end', null]);
      expect(noticeOf(screen).actions).toHaveLength(1);
      expect(noticeOf(screen).actions[0]?.href).toBe('https://ggzy.shili.example/');
    });
  }

  it('gives the trading system’s own words, its name once', () => {
    const screen = show({ view: view(cases[0]?.[0]) });
    expect(noticeOf(screen).title).toBe('示例市公共资源交易中心电子交易系统 提示：该账号已停用');
  });

  const links: readonly [string, string][] = [
    ['OTHER_BROWSER', 'taken'],
    ['LINK_SUPERSEDED', 'superseded-link'],
    ['LINK_INVALID', 'link-invalid'],
    ['TASK_EXPIRED', 'task-expired'],
    ['TASK_ENDED', 'already-done'],
    ['CANCELLED_BY_PERSON', 'cancelled'],
    ['UNIT_SUSPENDED', 'trouble'],
  ];
  for (const [code, state] of links) {
    it(`may come with the claim: ${code} is ${state}`, () => {
      const screen = show({ view: null, fault: error(code, '接入单位已停用，请联系互认平台管理员。') });
      expect([screen.state, noticeOf(screen).support]).toEqual([state, 'K7Q4-2M9D']);
    });
  }

  it('comes at the deadline even before the hub says so', () => {
    expect(show({ ended: true }).state).toBe('task-expired');
  });
});

describe('the result on its way', () => {
  it('is a list of steps, not a cover over the page', () => {
    const screen = show({ cards: [card()], work: { step: 'judge' } });
    expect(screen.state).toBe('verifying');
    expect(screen.stage).toMatchObject({
      kind: 'verify',
      steps: [{ at: 'ok' }, { at: 'now' }, { at: 'waiting' }, { at: 'waiting' }],
    });
  });

  it('is no trouble during the first attempt, and counts tries and seconds after it', () => {
    const first = show({ view: view({ state: 'proved', delivery: { attempt: 1, nextAt: null } }) });
    expect(first.state).toBe('verifying');
    const waiting = show({ view: view({ state: 'proved', delivery: { attempt: 1, nextAt: 28_000 } }) });
    expect(waiting.state).toBe('no-answer');
    expect(noticeOf(waiting).timer).toMatchObject({
      until: 28_000,
      text: expect.stringContaining('第 2 次，{left}后'),
    });
    const trying = show({ view: view({ state: 'proved', delivery: { attempt: 2, nextAt: null } }) });
    expect(noticeOf(trying).timer?.text).toContain('正在重试（第 2 次）');
  });

  it('ends in leaving, without another word', () => {
    const screen = show({
      leaving: true,
      view: view({ state: 'succeeded', next: { kind: 'redirect', url: 'https://x' } }),
    });
    expect([screen.state, screen.stage.kind]).toEqual(['leaving', 'verify']);
  });
});

describe('the hub', () => {
  it('may be silent or crowded: the page says so and keeps what was done', () => {
    const lost = show({ hub: { kind: 'lost', tries: 2 }, cards: [card()] });
    expect([lost.state, roadOf(lost).list.length]).toEqual(['offline', 1]);
    expect(show({ hub: { kind: 'lost', tries: 1 }, view: null }).state).toBe('offline');
    expect(show({ hub: { kind: 'busy', error: error('RATE_LIMITED', '请求过于频繁，请在 5 秒后重试。') } }).state).toBe(
      'busy',
    );
  });
});

describe('the phone', () => {
  it('shows one vendor’s code with digits and a deadline, and every end of it', () => {
    const mobile = { authority: 'beichen', busy: false, error: null, overdue: false };
    for (const status of ['waiting', 'scanned', 'expired', 'cancelled', 'failed'] as const) {
      const screen = show({ view: view({ mobile: mobileView({ status, expiresAt: 90_000 }) }), mobile });
      expect(screen.scan).toMatchObject({ status, digits: '47' });
    }
    const late = show({ view: view({ mobile: mobileView() }), mobile: { ...mobile, overdue: true } });
    expect(late.scan?.status).toBe('expired');
  });

  it('lets the person choose among several vendors', () => {
    const both = [beichen, { ...bohai, media: ['key', 'mobile'] as const }];
    expect(show({ view: view({ authorities: both }) }).scan).toMatchObject({
      status: 'choose',
      canSwitch: true,
      offers: [{ id: 'beichen' }, { id: 'bohai' }],
    });
  });

  it('says what the vendor said when it cannot begin', () => {
    const mobile = {
      authority: 'beichen',
      busy: false,
      error: error('AUTHORITY_UNAVAILABLE', '北辰数字认证 的服务暂时没有响应。'),
      overdue: false,
    };
    expect(show({ mobile }).scan).toMatchObject({ status: 'failed', overHint: '北辰数字认证 的服务暂时没有响应。' });
    expect(show({ mobile }, 'en').scan?.overHint).toMatch(/^The vendor does not answer/);
  });

  it('comes first on a phone or tablet; the UKey road waits behind its own button', () => {
    const touch = show({ touch: true, agent: 'idle', keysRead: false });
    expect([touch.state, roadOf(touch).closed]).toEqual(['mobile', true]);
    expect(show({ touch: true, wantsKey: true, agent: 'none', keysRead: false }).state).toBe('no-agent');
  });
});

describe('without a key', () => {
  it('the page says what to do next', () => {
    expect(show()).toMatchObject({ state: 'empty' });
    expect(show({ agent: 'searching', keysRead: false })).toMatchObject({ state: 'searching' });
    expect(show({ view: null, hub: { kind: 'opening' } })).toMatchObject({ state: 'opening' });
  });
});

describe('calls of the page itself that are refused', () => {
  it('are said where the certificates would be, with another try and the other road', () => {
    const trouble = {
      state: 'trouble',
      error: error('INPUT_NOT_ALLOWED', '请求来源不被允许，请从交易系统重新进入。'),
    } as const;
    for (const patch of [
      { agent: 'searching', keysRead: false, trouble } as const,
      { cards: [card({ reading: 'reading', view: null })], trouble },
    ]) {
      const screen = show(patch);
      expect(screen.state).toBe('trouble');
      expect(noticeOf(screen).text).toEqual(['请求来源不被允许，请从交易系统重新进入。']);
      expect(labels(screen)).toEqual(['重试', '改用手机扫码']);
    }
  });
});

describe('a key that shows no certificate', () => {
  it('is told from one that is still being read', () => {
    expect(show({ cards: [card({ view: null, reading: 'reading' })] }).state).toBe('searching');
    for (const reading of ['read', 'unreadable'] as const) {
      const screen = show({ cards: [card({ view: null, reading })] });
      expect([screen.state, roadOf(screen).list[0]?.off]).toEqual(['unreadable', true]);
    }
  });
});

describe('several programs in front of keys', () => {
  const view = (vendors: readonly (typeof beichen)[] = []): AgentView => ({
    endpoints: ['ws://127.0.0.1:1/'],
    dialect: { url: '', integrity: '' },
    vendors,
  });
  const services = (own: Model['agent'], program: Model['agent']): Model['services'] => [
    { view: view(), status: own, version: null },
    { view: view([bohai]), status: program, version: null },
  ];

  it('name under the keys whose are missing, and nobody where all are there or still looked for', () => {
    const missing = (own: Model['agent'], program: Model['agent']) =>
      roadOf(show({ services: services(own, program), cards: [card()] })).missing;
    expect(missing('connected', 'none')).toMatchObject({ open: false, vendors: [{ name: bohai.name }] });
    expect(missing('none', 'connected')?.vendors.map(({ name }) => name)).toEqual([beichen.name]);
    expect(missing('not-paired', 'connected')?.text).toContain('添加 hub.ca.example 并核对指纹');
    expect(missing('connected', 'connected')).toBeNull();
    expect(missing('connected', 'searching')).toBeNull();
  });

  it('name them openly where no key is plugged in at all', () => {
    const road = roadOf(show({ services: services('connected', 'none'), cards: [] }));
    expect([road.empty, road.missing?.open]).toEqual([true, true]);
  });

  it('say which of them is connected, and which gets the PIN', () => {
    const one = card({ handle: '1:k1' });
    const screen = show({ services: services('none', 'connected'), cards: [one] });
    expect(screen.tag?.text).toBe(`${bohai.name}证书服务已连接`);
    expect(roadOf(screen).pin?.hint).toContain(`只交给本机的${bohai.name}证书服务`);
    expect(show({ services: services('connected', 'connected') }).tag?.text).toBe('证书助手已连接');
  });

  it('tell a program that has gone from a key that was pulled', () => {
    const one = card({ handle: '1:k1' });
    const pulled = { card: one, since: 0 };
    expect(show({ services: services('connected', 'connected'), pulled }).state).toBe('pulled');
    const screen = show({ services: services('connected', 'lost'), pulled });
    expect([screen.state, noticeOf(screen).title]).toEqual(['agent-lost', `与${bohai.name}证书服务的连接已断开`]);
    expect(noticeOf(screen).vendors[0]?.hotline).toBe(bohai.support.hotline);
  });

  it('offer no key for what its program cannot do, and say so before a PIN is typed', () => {
    const screen = show({ cards: [card({ able: false })] });
    expect(screen.state).toBe('key-unable');
    expect(roadOf(screen)).toMatchObject({ pin: null, submit: null, list: [{ off: true, days: { word: '不支持' } }] });
    expect(noticeOf(screen).text[0]).toContain(`${beichen.name}的证书服务程序没有这项功能`);
  });
});
