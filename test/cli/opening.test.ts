import { afterAll, beforeAll, expect, it } from 'vitest';
import { runOpeningCommand } from '#cli/opening.ts';
import { insertWord } from '#opening/repository-time.ts';
import { openStore } from '#store/store.ts';
import { openWorld } from '#test/opening/support.ts';
import { quietLog } from '#test/support/store.ts';
import { openTerminal, type Terminal } from './support.ts';

let t: Terminal;
beforeAll(async () => {
  t = await openTerminal();
});
afterAll(() => t.close());

const say = (id: string, state: 'trusted' | 'distrusted', reason: string, at: number) =>
  t.context.store.tx((tx) => insertWord(tx, { id, state, reason, evidence_sealed: '', at }));

it('says of the clock whether openings may open, and why not', async () => {
  expect(await t.type(runOpeningCommand, 'clock')).toMatchObject({ exit: 0, out: '时钟可信：从未有过疑问。' });
  await say('tim_1', 'distrusted', 'contradicted', 1000);
  const doubted = await t.type(runOpeningCommand, 'clock');
  expect(doubted).toMatchObject({ exit: 1, out: expect.stringContaining('时间戳服务说的是另一个时间') });
  expect(await t.json(runOpeningCommand, 'clock')).toMatchObject({ ok: false, trusted: false });
  await say('tim_2', 'trusted', 'custodians', 2000);
  expect(await t.json(runOpeningCommand, 'clock')).toMatchObject({ ok: true, trusted: true, reason: 'custodians' });
});

it('lists openings that are not over', async () => {
  expect(await t.type(runOpeningCommand, 'list')).toMatchObject({ exit: 0, out: '没有未结束的开标。' });
  expect(await t.json(runOpeningCommand, 'list')).toMatchObject({ ok: true, openings: [] });
  const world = await openWorld(await openStore({ kind: 'sqlite', file: ':memory:' }, { log: quietLog }));
  const { opening } = await world.announce();
  const lines: string[] = [];
  const context = { ...t.context, store: world.store, out: (line: string) => void lines.push(line) };
  expect(await runOpeningCommand(['list'], context)).toBe(0);
  expect(lines).toEqual([expect.stringMatching(new RegExp(`^${opening.id}  已公告  北京时间 `))]);
  await world.close();
  await world.store.close();
});
