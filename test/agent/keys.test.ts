import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readTicket, sendCommand } from '#agent/control.ts';
import { challenge, codeOf, type Desk, good, handle, makeKey, openDesk, PIN } from './support.ts';

let desk: Desk;
beforeEach(async () => {
  desk = await openDesk();
});
afterEach(() => desk.close());

describe('keys at this PC', () => {
  it('of two vendors are both there, each under its own PIN', async () => {
    const beichen = await makeKey(`${desk.keyDir}/a.json`, { label: '北辰', authority: 'beichen' });
    const bohai = await makeKey(`${desk.keyDir}/b.json`, { label: '渤海', authority: 'bohai', pinEntry: 'agent' });
    for (const { file } of [beichen, bohai]) desk.agent.slots.plug(file);
    const page = await desk.page();
    const { keys } = good(await page.call('enumerate'));
    expect(
      keys.map(({ label, pinEntry, pinRemaining, loggedIn }) => [label, pinEntry, pinRemaining, loggedIn]),
    ).toEqual([
      ['北辰', 'page', 6, false],
      ['渤海', 'agent', 6, false],
    ]);
    good(await page.call('login', { key: await handle(page, '北辰'), pin: PIN }));
    expect(codeOf(await page.call('sign', { key: await handle(page, '渤海'), text: challenge() }))).toBe(
      'PIN_REQUIRED',
    );
    expect(codeOf(await page.call('sign', { key: await handle(page, '北辰'), text: challenge() }))).toBe('ok');
  });

  it('come and go with their files, and the page is told', async () => {
    const page = await desk.page();
    expect(good(await page.call('enumerate')).keys).toEqual([]);
    mkdirSync(`${desk.home}/drawer`);
    await makeKey(`${desk.home}/drawer/one.json`);
    renameSync(`${desk.home}/drawer/one.json`, `${desk.keyDir}/one.json`);
    const { key } = await page.event('plugged');
    expect(await handle(page)).toBe(key);
    rmSync(`${desk.keyDir}/one.json`);
    expect(await page.event('unplugged')).toEqual({ event: 'unplugged', key });
    expect(good(await page.call('enumerate')).keys).toEqual([]);
  });

  it('pulled in the middle of a login give no signature, before the directory has even been looked at', async () => {
    const { file } = await makeKey(`${desk.keyDir}/one.json`);
    desk.agent.slots.plug(file);
    const page = await desk.page();
    const key = await handle(page);
    good(await page.call('login', { key, pin: PIN }));
    renameSync(file, `${desk.home}/one.json`);
    const removed = { ok: false, error: { code: 'KEY_REMOVED', sar: '0x0A000023' } };
    expect(await page.call('sign', { key, text: challenge() })).toMatchObject(removed);
    expect(await page.call('login', { key, pin: PIN })).toMatchObject(removed);
    expect(await page.event('unplugged')).toMatchObject({ key });
    expect(await page.call('certificates', { key })).toMatchObject(removed);
    renameSync(`${desk.home}/one.json`, file);
    await page.event('plugged');
    expect(codeOf(await page.call('sign', { key, text: challenge() }))).toBe('PIN_REQUIRED');
  });

  it('that were never there are not found', async () => {
    const page = await desk.page();
    expect(await page.call('pinStatus', { key: 'nothing' })).toMatchObject({ error: { code: 'KEY_NOT_FOUND' } });
  });

  it('have another name on every connection', async () => {
    desk.agent.slots.plug((await makeKey(`${desk.keyDir}/one.json`)).file);
    const [one, two] = [await handle(await desk.page()), await handle(await desk.page())];
    expect(one).not.toBe(two);
    expect(readFileSync(`${desk.keyDir}/one.json`, 'utf8')).not.toContain(one);
  });

  it('are told to admitted pages only', async () => {
    const stranger = await desk.connect();
    const page = await desk.page();
    desk.agent.slots.plug((await makeKey(`${desk.keyDir}/one.json`)).file);
    await page.event('plugged');
    expect(await stranger.raw('{}')).toMatchObject({ ok: false, error: { code: 'BAD_REQUEST' } });
    await expect(Promise.race([stranger.event('plugged'), Promise.resolve('nothing')])).resolves.toBe('nothing');
  });

  it('are not made of damaged, foreign or doubled files', async () => {
    const { file } = await makeKey(`${desk.keyDir}/one.json`);
    const whole = readFileSync(file, 'utf8');
    writeFileSync(`${desk.keyDir}/half.json`, whole.slice(0, 200));
    writeFileSync(`${desk.keyDir}/other.json`, '{"format":"something else"}');
    writeFileSync(`${desk.keyDir}/empty.json`, '');
    mkdirSync(`${desk.keyDir}/folder.json`);
    copyFileSync(file, `${desk.keyDir}/twin.json`);
    expect(desk.agent.slots.plug(`${desk.keyDir}/half.json`)).toBeUndefined();
    desk.agent.slots.plug(file);
    const page = await desk.page();
    expect(good(await page.call('enumerate')).keys).toHaveLength(1);
  });

  it('whose readable part was changed do not open any more', async () => {
    const { file } = await makeKey(`${desk.keyDir}/one.json`, { pinEntry: 'agent' });
    writeFileSync(file, readFileSync(file, 'utf8').replace('"pinEntry": "agent"', '"pinEntry": "page"'));
    desk.agent.slots.plug(file);
    const page = await desk.page();
    expect(codeOf(await page.call('login', { key: await handle(page), pin: PIN }))).toBe('PIN_INCORRECT');
  });

  it('lie on the disk for their owner only, both private keys sealed', async () => {
    const { file, sign } = await makeKey(`${desk.keyDir}/one.json`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).not.toContain(sign.key.publicKey.point.toString());
  });
});

describe('plugging by command', () => {
  const command = async (asked: Parameters<typeof sendCommand>[1]) => {
    const ticket = readTicket(`${desk.home}/control.json`);
    if (ticket === undefined) throw new Error('no ticket');
    return sendCommand(ticket, asked);
  };

  it('lists, pulls and puts in, and a pulled key stays out though its file is there', async () => {
    const { file } = await makeKey(`${desk.keyDir}/one.json`);
    const elsewhere = await makeKey(`${desk.home}/elsewhere.json`, { label: '另一把' });
    expect((await command({ command: 'plug', file: elsewhere.file }))?.ok).toBe(true);
    expect((await command({ command: 'keys' }))?.keys.map((key) => key.label).sort()).toEqual([
      '另一把',
      '辽宁示例建设有限公司',
    ]);
    const page = await desk.page();
    const key = await handle(page, '辽宁示例建设有限公司');
    expect((await command({ command: 'unplug', key: 'one' }))?.ok).toBe(true);
    expect(await page.event('unplugged')).toEqual({ event: 'unplugged', key });
    await makeKey(`${desk.keyDir}/two.json`, { label: '第三把' });
    await page.event('plugged');
    expect((await command({ command: 'keys' }))?.keys.map((one) => one.label).sort()).toEqual(['另一把', '第三把']);
    expect((await command({ command: 'plug', file }))?.ok).toBe(true);
    expect((await page.event('plugged')).key).toBe(key);
    expect((await command({ command: 'unplug', key: 'nothing like it' }))?.ok).toBe(false);
    expect((await command({ command: 'plug', file: `${desk.home}/control.json` }))?.ok).toBe(false);
  });

  it('is for whoever can read the ticket, which goes with the agent', async () => {
    const path = `${desk.home}/control.json`;
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const ticket = readTicket(path);
    if (ticket === undefined) throw new Error('no ticket');
    expect(await sendCommand({ ...ticket, token: 'guess' }, { command: 'keys' })).toBeUndefined();
    await desk.restart();
    expect(readTicket(path)?.token).not.toBe(ticket.token);
    expect(await sendCommand(ticket, { command: 'keys' })).toBeUndefined();
  });
});
