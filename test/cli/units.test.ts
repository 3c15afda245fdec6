import { afterEach, describe, expect, it } from 'vitest';
import { runPlatformCommand } from '#cli/platform.ts';
import { runUnitCommand } from '#cli/unit.ts';
import type { Mode } from '#relying-party/url-policy.ts';
import { openTerminal, type Terminal } from './support.ts';

const open: Terminal[] = [];
afterEach(async () => {
  for (const terminal of open.splice(0)) await terminal.close();
});
async function terminal(mode?: Mode): Promise<Terminal> {
  const opened = await openTerminal(mode);
  open.push(opened);
  return opened;
}
const kinds = async ({ context }: Terminal) =>
  (await context.store.read.db.selectFrom('journal').select(['kind', 'unit_id']).orderBy('seq').execute()).map((row) =>
    `${row.kind} ${row.unit_id ?? ''}`.trim(),
  );

describe('unit add', () => {
  it('shows id, secret and file key once, and what to do next', async () => {
    const t = await terminal();
    const { exit, out } = await t.type(runUnitCommand, 'add --id LN-1 --name 示例交易系统');
    expect(exit).toBe(0);
    expect(out).toMatch(/caUnitId {3}LN-1/);
    const secret = /secret +([A-Za-z0-9]{43})/.exec(out)?.[1] ?? '';
    expect(secret).toHaveLength(43);
    expect(out).toContain('只显示这一次');
    expect(out).toContain('platform add LN-1');
    for (const line of ['list', 'show LN-1', 'secret list LN-1', 'show LN-1 --json', 'list --json']) {
      const again = await t.type(runUnitCommand, line);
      expect(again.exit).toBe(0);
      expect(again.out).toContain(line.startsWith('secret') ? 'sec_' : 'LN-1');
      expect(again.out).not.toContain(secret);
    }
    expect(await kinds(t)).toEqual(['admin.unit-added LN-1']);
  });

  it('with --callback lets an own system on this machine join in development, in one go', async () => {
    const t = await terminal();
    const line = 'add --callback http://localhost:8080/app --return http://localhost:8080/app/back';
    const added = await t.json(runUnitCommand, line);
    expect(added).toMatchObject({
      ok: true,
      unit: { status: 'active', profile: { sandbox: true, sign: 'hmac-sm3' } },
      platform: {
        orgcode: '000001',
        callbackBase: 'http://localhost:8080/app',
        returnUrls: ['http://localhost:8080/app/back'],
        homeUrl: 'http://localhost:8080/',
        privateRanges: ['127.0.0.0/8', '::1/128'],
      },
    });
    const { out } = await t.type(runUnitCommand, 'add --name 又一个 --callback http://localhost:8081/app');
    expect(out).toContain('unit test CU-');
    expect(out).toContain('https://hub.ca.example/docs#sign');
  });

  it('with a callback that may not be leaves nothing behind', async () => {
    const t = await terminal('production');
    const { exit, err } = await t.type(runUnitCommand, 'add --name 甲 --callback http://localhost:8080/app');
    expect([exit, err]).toEqual([1, expect.stringContaining('callbackBase（回调地址）')]);
    expect(await t.context.relyingParties.units(t.context.store.read)).toEqual([]);
    expect(await kinds(t)).toEqual([]);
  });

  it('in production is no sandbox unless asked', async () => {
    const t = await terminal('production');
    expect(await t.json(runUnitCommand, 'add --name 甲')).toMatchObject({ unit: { profile: { sandbox: false } } });
    expect(await t.json(runUnitCommand, 'add --name 乙 --sandbox')).toMatchObject({
      unit: { profile: { sandbox: true } },
    });
  });

  it.each([
    ['add', '--name'],
    ['add --name 甲 --sign md5', 'hmac-sm3 或 sm3'],
    ['add --name 甲 --freshness soon', '应为整数'],
    ['add --name 甲 --freshness 9999', '3600'],
    ['add --name 甲 --subjects all', 'shared 或 own'],
    ['add --name 甲 --id a&b', 'caUnitId'],
    ['show nobody', '接入单位标识未登记'],
    ['secret rotate nobody', '接入单位标识未登记'],
    ['suspend nobody', '接入单位标识未登记'],
    ['test nobody', '接入单位标识未登记'],
  ])('%s is refused in a sentence, and with --json in a member', async (line, words) => {
    const t = await terminal();
    const { exit, err } = await t.type(runUnitCommand, line);
    expect([exit, err]).toEqual([1, expect.stringContaining(words)]);
    const json = await t.json(runUnitCommand, line);
    expect(json).toMatchObject({ ok: false, code: expect.any(String), message: expect.stringContaining(words) });
    expect(await kinds(t)).toEqual([]);
  });
});

describe('a unit', () => {
  it('is changed, suspended and resumed', async () => {
    const t = await terminal();
    await t.type(runUnitCommand, 'add --id A --name 甲');
    const set = await t.json(runUnitCommand, 'set A --name 乙 --no-sandbox --sign sm3 --all-members --freshness 60');
    expect(set).toMatchObject({
      unit: { name: '乙', profile: { sandbox: false, sign: 'sm3', allMembers: true, freshness: 60 } },
    });
    expect((await t.type(runUnitCommand, 'suspend A')).out).toContain('下一次请求起生效');
    expect(await t.json(runUnitCommand, 'show A')).toMatchObject({ unit: { status: 'suspended' } });
    expect((await t.type(runUnitCommand, 'list')).out).toContain('已停用');
    await t.type(runUnitCommand, 'resume A');
    expect(await t.json(runUnitCommand, 'show A')).toMatchObject({ unit: { status: 'active' } });
    expect(await kinds(t)).toEqual([
      'admin.unit-added A',
      'admin.unit-changed A',
      'admin.unit-suspended A',
      'admin.unit-resumed A',
    ]);
  });

  it('rolls its secret over: a second one, then the first retired; never three, never none', async () => {
    const t = await terminal();
    await t.type(runUnitCommand, 'add --id A --name 甲');
    const rotated = await t.json(runUnitCommand, 'secret rotate A');
    expect(rotated).toMatchObject({
      ok: true,
      id: expect.stringMatching(/^sec_/),
      secret: expect.stringMatching(/^\w{43}$/),
    });
    expect((await t.type(runUnitCommand, 'secret rotate A')).err).toContain('已有两个有效密钥');
    expect((await t.type(runUnitCommand, 'secret retire A')).exit).toBe(0);
    expect((await t.type(runUnitCommand, 'secret retire A')).err).toContain('最后一个有效密钥');
    const { out } = await t.type(runUnitCommand, 'secret list A');
    expect(out.split('\n').map((line) => line.split('  ')[1])).toEqual(['已停用', '有效']);
    const third = await t.json(runUnitCommand, 'secret rotate A');
    expect((await t.type(runUnitCommand, `secret retire A ${third['id']}`)).exit).toBe(0);
  });
});

describe('a platform', () => {
  it('is added, listed, changed and cleared', async () => {
    const t = await terminal('production');
    await t.type(runUnitCommand, 'add --id A --name 甲');
    const add =
      'add A 210000 --name 示例平台 --callback https://trade.example/app --return https://trade.example/a --return https://trade.example/b --origin https://frame.example --callback-path decrypt=https://bid.example/d --private-range 10.1.0.0/16 --public-url https://ca.trade.example';
    expect((await t.type(runPlatformCommand, add)).exit).toBe(0);
    const { out } = await t.type(runPlatformCommand, 'list A');
    for (const text of [
      '示例平台',
      'https://trade.example/b',
      'decrypt=https://bid.example/d',
      '10.1.0.0/16',
      'https://ca.trade.example',
    ]) {
      expect(out).toContain(text);
    }
    const set = await t.json(
      runPlatformCommand,
      'set A 210000 --return https://trade.example/c --clear origin --clear public-url',
    );
    expect(set).toMatchObject({
      platform: {
        name: '示例平台',
        returnUrls: ['https://trade.example/c'],
        origins: [],
        publicUrl: null,
        privateRanges: ['10.1.0.0/16'],
      },
    });
    await t.type(runPlatformCommand, 'suspend A 210000');
    expect(await t.json(runPlatformCommand, 'list A')).toMatchObject({ platforms: [{ status: 'suspended' }] });
  });

  it.each([
    ['add A 1 --callback https://a.example', '--name'],
    ['add A 1 --name 甲', '--callback'],
    ['add A 1 --name 甲 --callback http://a.example', '应为 https 网址'],
    ['add A 1 --name 甲 --callback https://a.example --return https://a.example', 'https://a.example/'],
    ['add A 1 --name 甲 --callback https://a.example --callback-path decrypt', '名称=完整地址'],
    ['add A 1 --name 甲 --callback https://a.example --private-range 169.254.0.0/16', '不是可登记的私网网段'],
    ['set A 1 --clear everything', '可清空'],
    ['set A 1 --name 乙', '平台代码未在该接入单位下登记'],
  ])('%s is refused with what to do', async (line, words) => {
    const t = await terminal('production');
    await t.type(runUnitCommand, 'add --id A --name 甲');
    expect(await t.type(runPlatformCommand, line)).toMatchObject({ exit: 1, err: expect.stringContaining(words) });
  });
});

describe('usage', () => {
  it('is told where a command is not understood, and in whole on --help', async () => {
    const t = await terminal();
    expect(await t.type(runUnitCommand, 'frobnicate')).toMatchObject({
      exit: 2,
      out: '',
      err: expect.stringContaining('secret rotate'),
    });
    expect(await t.type(runUnitCommand, '')).toMatchObject({ exit: 2, out: expect.stringContaining('unit add') });
    expect(runUnitCommand.help?.(['add', '--help'])?.join()).toContain('--freshness');
    expect(runUnitCommand.help?.(['--help'])?.join()).toContain('secret retire');
    expect(runUnitCommand.help?.(['list'])).toBeUndefined();
    expect(await t.type(runUnitCommand, 'show')).toMatchObject({
      exit: 2,
      err: expect.stringContaining('缺少参数 <unit>'),
    });
    expect(await t.type(runUnitCommand, 'show A B')).toMatchObject({
      exit: 2,
      err: expect.stringContaining('多余的参数：B'),
    });
    expect(await t.type(runUnitCommand, 'show A --x')).toMatchObject({
      exit: 2,
      err: expect.stringContaining('不认识的选项'),
    });
    expect(await t.type(runUnitCommand, 'add --name')).toMatchObject({
      exit: 2,
      err: expect.stringContaining('选项缺少取值'),
    });
  });
});
