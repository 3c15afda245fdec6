import { describe, expect, it } from 'vitest';
import { phrases } from '#hosted/phrases.ts';
import { zh } from '#hosted/words.ts';
import { browserName } from '#web/hosted/browser.ts';
import { onLoopback } from '#web/hosted/permission.ts';
import { clockText, dateText, hubClock, leftText } from '#web/hosted/time.ts';

describe('time on the page', () => {
  it('is told in figures and never below zero', () => {
    expect(leftText(272_000, zh.time)).toBe('4 分 32 秒');
    expect(leftText(27_400, zh.time)).toBe('28 秒');
    expect(leftText(3_900_000, zh.time)).toBe('1 小时 5 分');
    expect(leftText(-5, zh.time)).toBe('0 秒');
    expect(clockText(24_900)).toBe('00:24');
  });

  it('follows the hub, whatever the PC’s clock says or becomes', () => {
    let monotonic = 1000;
    const clock = hubClock(() => monotonic);
    clock.set(1_773_798_600_000);
    monotonic += 4000;
    expect(clock.now()).toBe(1_773_798_604_000);
  });

  it('writes dates in sentences in full', () => {
    expect(dateText('2026-03-02', 'zh')).toBe('2026 年 3 月 2 日');
    expect(dateText('2026-03-02', 'en')).toBe('2026-03-02');
  });
});

describe('names', () => {
  it('of institutions break between their parts only', () => {
    expect(phrases('示例市公共资源交易中心电子交易系统')).toEqual(['示例市公共资源交易中心', '电子交易系统']);
    expect(phrases('辽宁示例建设有限公司')).toEqual(['辽宁示例建设有限公司']);
  });

  it('of browsers are the ones people know, with the Chromium number inside', () => {
    const edge =
      'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Safari/537.36 Edg/147.0.0.0';
    expect(browserName(edge)).toEqual({ name: 'Edge 147', chromium: 147 });
    expect(browserName('Mozilla/5.0 (X11; rv:140.0) Gecko/20100101 Firefox/140.0')).toEqual({
      name: 'Firefox 140',
      chromium: null,
    });
  });

  it('of this computer’s own addresses are known', () => {
    expect(['localhost', '127.0.0.1', '127.8.8.8', '[::1]'].map(onLoopback)).toEqual([true, true, true, true]);
    expect(['hub.ca.example', '127.0.0.1.evil.example', '10.0.0.1', 'localhost.evil'].map(onLoopback)).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });
});
