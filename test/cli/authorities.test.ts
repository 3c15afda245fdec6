import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runAuthorityCommand } from '#cli/authority.ts';
import { runConflictCommand } from '#cli/conflict.ts';
import { companies } from '#fixtures/pki/identities.ts';
import { base64, utf8 } from '#kernel/bytes.ts';
import { recordOf, unwrap } from '#test/subscriber/support.ts';
import { openTerminal, type Terminal } from './support.ts';

let t: Terminal;
beforeAll(async () => {
  t = await openTerminal();
});
afterAll(() => t.close());

const support = {
  hotline: '10000000002',
  install: 'https://v.example/i',
  renew: 'https://v.example/r',
  unlock: 'https://v.example/u',
};
const file = (name: string, content: unknown) => t.files.set(name, utf8(JSON.stringify(content)));
const certificateText = (der: Uint8Array) => `-----BEGIN CERTIFICATE-----\n${base64(der)}\n-----END CERTIFICATE-----\n`;

describe('authority', () => {
  it('lists and shows those there are, their certificates by tail', async () => {
    const { out } = await t.type(runAuthorityCommand, 'list');
    expect(out).toContain('beichen  使用中  北辰数字认证  驱动 standard-key');
    const shown = await t.type(runAuthorityCommand, 'show beichen');
    expect(shown.out).toContain('根证书');
    expect(shown.out).toContain('10000000001');
    expect(await t.json(runAuthorityCommand, 'show nobody')).toMatchObject({ ok: false });
  });

  it('adds one from a manifest, and certificates from PEM or DER', async () => {
    file('good.json', { media: ['key'], support });
    file('secrets.json', { token: 'CANARY' });
    const added = await t.json(
      runAuthorityCommand,
      'add newca --name 新认证 --driver standard-key --manifest good.json --secrets secrets.json',
    );
    expect(added).toMatchObject({ ok: true, authority: { id: 'newca', status: 'active' } });
    const key = await t.desk.key();
    t.files.set('leaf.pem', utf8(certificateText(key.signCertificate)));
    expect((await t.type(runAuthorityCommand, 'add-cert newca --role root --file leaf.pem')).err).toContain(
      '不是 CA 证书',
    );
    const [beichen] = t.desk.pki.authorities;
    t.files.set('theirs.cer', beichen?.root ?? new Uint8Array());
    expect((await t.type(runAuthorityCommand, 'add-cert newca --role root --file theirs.cer')).err).toContain(
      '已登记在 北辰数字认证 名下',
    );
    expect((await t.type(runAuthorityCommand, 'add-cert beichen --role root --file theirs.cer')).exit).toBe(0);
    expect((await t.type(runAuthorityCommand, 'show newca')).out).not.toContain('CANARY');
  });

  it('is suspended and resumed', async () => {
    expect((await t.type(runAuthorityCommand, 'suspend bohai')).out).toContain('已暂停互认服务');
    expect((await t.type(runAuthorityCommand, 'list')).out).toContain('bohai  已暂停');
    expect((await t.type(runAuthorityCommand, 'resume bohai')).exit).toBe(0);
    expect((await t.type(runAuthorityCommand, 'suspend nobody')).exit).toBe(1);
  });

  it.each([
    ['add x --driver d --manifest good.json', '--name'],
    ['add x --name 甲 --manifest good.json', '--driver'],
    ['add x --name 甲 --driver d', '--manifest'],
    ['add x --name 甲 --driver d --manifest missing.json', '不存在或无法读取'],
    ['add x --name 甲 --driver d --manifest list.json', '不是规范的 JSON 对象'],
    ['add x --name 甲 --driver d --manifest odd.json', 'media'],
    ['add-cert beichen --role leaf --file good.json', 'root 或 intermediate'],
    ['add-cert beichen --role root --file good.json', '不是可识别的数字证书'],
  ])('%s is refused', async (line, words) => {
    file('list.json', []);
    file('odd.json', { media: [], support });
    expect(await t.type(runAuthorityCommand, line)).toMatchObject({ exit: 1, err: expect.stringContaining(words) });
  });
});

describe('conflict', () => {
  it('lists what two units say differently, shows it masked, and takes the decision', async () => {
    expect((await t.type(runConflictCommand, 'list')).out).toBe('没有待处理的冲突。');
    const [one, two] = [await t.desk.unit('甲'), await t.desk.unit('乙')];
    const key = await t.desk.key({ kind: 'person' });
    const record = recordOf(key, companies.liaoning);
    unwrap(await t.desk.subscribers.synchronise(one, record));
    unwrap(await t.desk.subscribers.synchronise(two, { ...record, unitName: '辽宁另一名称有限公司' }));
    const listed = (await t.json(runConflictCommand, 'list')) as unknown as { conflicts: { id: string }[] };
    expect(listed.conflicts).toHaveLength(1);
    const id = listed.conflicts[0]?.id ?? '';
    const shown = await t.type(runConflictCommand, `show ${id}`);
    expect(shown.out).toContain('unitName');
    expect(shown.out).not.toContain('辽宁另一名称有限公司');
    expect((await t.type(runConflictCommand, `resolve ${id} --as maybe`)).exit).toBe(1);
    expect((await t.type(runConflictCommand, `resolve ${id} --as both-stand`)).out).toContain('两者都保留');
    expect((await t.type(runConflictCommand, 'list')).out).toBe('没有待处理的冲突。');
    expect((await t.type(runConflictCommand, 'list --all')).out).toContain('已处理');
    expect((await t.type(runConflictCommand, `resolve ${id} --as both-stand`)).exit).toBe(1);
    expect((await t.type(runConflictCommand, 'show cfl_none')).exit).toBe(1);
  });
});
