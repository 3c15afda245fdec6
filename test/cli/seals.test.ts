import { afterAll, beforeAll, expect, it } from 'vitest';
import { runSealsCommand } from '#cli/seals.ts';
import { companies } from '#fixtures/pki/identities.ts';
import { makeFor, seen, use } from '#test/subscriber/seals-kit.ts';
import { recordOf, unwrap } from '#test/subscriber/support.ts';
import { openTerminal, type Terminal } from './support.ts';

let t: Terminal;
beforeAll(async () => {
  t = await openTerminal();
});
afterAll(() => t.close());

it('the operator finds a seal, stops it at once, and sees what was sealed with it', async () => {
  expect(await t.type(runSealsCommand, 'list')).toMatchObject({ exit: 0, out: '没有印章。' });
  const unit = await t.desk.unit('交易系统');
  const pair = await t.desk.key();
  unwrap(await t.desk.subscribers.synchronise(unit, recordOf(pair, companies.liaoning, { seal: '' })));
  const { id } = unwrap(await t.desk.seals.register(unit, await makeFor(t.desk, [pair]))).seal;
  const [held] = await seen(t.desk, unit, pair);
  if (held === undefined) throw new Error('no seal');
  unwrap(await use(t.desk, unit, pair, held, { documentSm3: 'ab'.repeat(32), places: 2 }));

  const listed = await t.type(runSealsCommand, `list ${unit.id}`);
  expect(listed.out).toContain(`${id}  在用  电子印章  辽宁******公司`);
  expect(listed.out).not.toContain('示例');
  expect(await t.type(runSealsCommand, 'list 没有')).toMatchObject({ exit: 1 });
  expect((await t.type(runSealsCommand, `show ${id}`)).out).toContain('制章：示例制章中心制章人');
  expect((await t.type(runSealsCommand, `uses ${id}`)).out).toContain('2 处  文件 abababababababab…');

  expect(await t.type(runSealsCommand, `suspend ${id}`)).toMatchObject({ exit: 1 });
  expect((await t.type(runSealsCommand, `suspend ${id} --reason 遗失`)).out).toContain('已暂停');
  expect((await seen(t.desk, unit, pair))[0]?.refusal?.code).toBe('SEAL_SUSPENDED');
  expect(await t.json(runSealsCommand, `suspend ${id} --reason 遗失`)).toMatchObject({ ok: false, code: 'SEAL_STATE' });
  expect(await t.json(runSealsCommand, `resume ${id} --reason 已找到`)).toMatchObject({
    ok: true,
    seal: { state: 'active' },
  });
  expect(await t.json(runSealsCommand, `revoke ${id} --reason 换发`)).toMatchObject({ seal: { state: 'revoked' } });
  expect(await t.json(runSealsCommand, 'show sel_1')).toMatchObject({ ok: false, code: 'SEAL_UNKNOWN' });
});
