import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { companies } from '#fixtures/pki/identities.ts';
import { base64, utf8 } from '#kernel/bytes.ts';
import { systemRandom } from '#kernel/random.ts';
import { tailOf } from '#pki/certificate.ts';
import {
  codeOf,
  type HeldKey,
  type LoginWorld,
  newTask,
  openLoginWorld,
  recordOf,
  until,
  unwrap,
} from '#test/identity/world.ts';
import { describeOnBothDatabases } from '#test/support/store.ts';
import { closed, encryptionSerial, journalOf, message7, Opener, startDecrypt } from './people.ts';

const DAY = 24 * 3600_000;

describeOnBothDatabases('a decryption', ({ open }) => {
  let world: LoginWorld;
  let key: HeldKey;
  let stranger: HeldKey;
  beforeAll(async () => {
    world = await openLoginWorld(await open());
    key = await world.enrolledKey();
    stranger = await world.enrolledKey({ holder: companies.dalian, authority: 'bohai' });
  });
  afterEach(() => world.answerWith({ body: '{"code":200,"msg":"成功"}' }));
  afterAll(() => world.close());

  it.each([
    ['nothing', ''],
    ['one byte', 'a'],
    ['15 bytes', 'a'.repeat(15)],
    ['16 bytes', 'a'.repeat(16)],
    ['17 bytes', 'a'.repeat(17)],
    ['4 KB of Chinese', '投标保函'.repeat(342)],
    ['line ends, a BOM, U+FFFD, controls', '\ufeff一\r\n二\n\u0000\u001f\ufffd\t'],
    ['emoji and JSON', JSON.stringify({ 金额: '80万元', 表情: '👨‍👩‍👧‍👦🀄', 嵌套: ['"', '\\', '/'] })],
    ['1 MB', `${'国'.repeat(349_525)}a`],
  ])('brings %s back unchanged', async (_, content) => {
    const link = await startDecrypt(world, await closed(world, key, content));
    const view = await new Opener(world).decrypt(link, key);
    expect(view.state).toBe('succeeded');
    const [message] = message7(world, link.taskId);
    expect(message?.['decData'] === content).toBe(true);
    expect(message?.['encCertSn']).toBe(encryptionSerial(key));
    expect(message?.['encCert']).toBe(base64(key.pair.encCertificate));
  });

  it('names the key it needs, and tells which of several plugged ones it is', async () => {
    const link = await startDecrypt(world, await closed(world, key, '一'));
    const opener = new Opener(world);
    const view = await opener.claim(link.token);
    expect(
      view.items[0]?.needed.map(({ certificate, authority, expired, renewed }) => [
        tailOf(certificate),
        authority?.id,
        expired,
        renewed,
      ]),
    ).toEqual([[encryptionSerial(key).slice(-4), 'beichen', false, false]]);
    const matched = await opener.match(link.interaction, stranger, key);
    expect(matched.map(({ opens, tries }) => [opens.length, tries.length])).toEqual([
      [0, 0],
      [1, 0],
    ]);
    expect(view.authorities.map(({ id }) => id)).toEqual(['beichen']);
  });

  it('that fails reads one sentence whatever failed; the journal knows what, and the right key still opens it', async () => {
    const link = await startDecrypt(world, await closed(world, key, '一'));
    const opener = new Opener(world);
    await opener.claim(link.token);
    const [good] = await opener.unwrapped(link.interaction, key);
    if (good === undefined) throw new Error('nothing to open');
    const wrong = [
      { ...good, key: base64(systemRandom.bytes(16)) },
      { ...good, key: base64(systemRandom.bytes(15)) },
      { ...good, key: '' },
      { ...good, key: 'not base64' },
    ];
    for (const given of wrong) {
      const view = unwrap(await world.envelopes.keys(opener.visit(link.interaction), [given]));
      expect([view.state, view.items[0]?.item.state, view.items[0]?.item.refusal]).toEqual([
        'claimed',
        'failed',
        { code: 'DECRYPT_FAILED', params: {} },
      ]);
    }
    unwrap(await world.envelopes.keys(opener.visit(link.interaction), [], [good]));
    const causes = (await journalOf(world, 'decrypt.failed', link.interaction)).map(({ cause }) => cause);
    expect(causes).toEqual(['other-key', 'key-length', 'key-length', 'key-length', 'not-unwrapped']);
    expect((await opener.decrypt(link, key)).state).toBe('succeeded');
  });

  it('of a ciphertext that was altered opens nothing, in whatever byte of it', async () => {
    const ciphertext = await closed(world, key, '不可改动的内容'.repeat(10));
    for (const at of [ciphertext.length - 1, ciphertext.length - 20, ciphertext.length - 100]) {
      const altered = Buffer.from(ciphertext);
      altered[at] = (altered[at] ?? 0) ^ 1;
      const link = await startDecrypt(world, altered);
      const opener = new Opener(world);
      await opener.claim(link.token);
      const view = unwrap(await opener.open(link.interaction, key));
      expect(view.items[0]?.item.state).toBe('failed');
      expect(message7(world, link.taskId)).toEqual([]);
    }
  });

  it('of what is no ciphertext at all is refused before there is a page', async () => {
    for (const text of ['', 'aGVsbG8=', '没有', base64(systemRandom.bytes(200))]) {
      const request = {
        taskId: newTask(),
        ciphertext: text,
        standBy: null,
        returnUrl: null,
        fileName: null,
        content: {},
      };
      // Not a word more: a detail would stand in errData.
      expect(await world.envelopes.startDecrypt(world.unit, world.platform, request)).toEqual({
        ok: false,
        refusal: { code: 'DECRYPT_FAILED', params: {} },
      });
    }
  });

  it('goes with an encryption certificate that has ended, and the journal warns of it', async () => {
    const now = world.clock.now();
    const short = await world.enrolledKey({ validity: { notBefore: now - DAY, notAfter: now + 60_000 } });
    const ciphertext = await closed(world, short, '到期后开标');
    world.clock.pass(120_000);
    const link = await startDecrypt(world, ciphertext);
    const opener = new Opener(world);
    expect((await opener.claim(link.token)).items[0]?.needed[0]?.expired).toBe(true);
    expect((await opener.decrypt(link, short)).state).toBe('succeeded');
    const [opened] = await journalOf(world, 'decrypt.opened', link.interaction);
    expect(opened?.['warning']).toBe('certificate expired');
  });

  it('needs the old key after a renewal with a new one, and says so at changeCert; a renewal of the same pair opens', async () => {
    const old = await world.enrolledKey({ holder: companies.hunan });
    const ciphertext = await closed(world, old, '旧证书加密', {
      idNumber: companies.hunan.idNumber,
      unitCode: companies.hunan.unitCode,
    });
    const { signKey, encKey } = old.pair;
    const soon = { notBefore: world.clock.now() - DAY, notAfter: world.clock.now() + 30 * DAY };
    const same = await world.key({ holder: companies.hunan, keys: { signKey, encKey }, validity: soon });
    const renewed = { ...recordOf(same.pair, { holder: companies.hunan }), change: 'renew' as const };
    expect(unwrap(await world.subscribers.change(world.unit, renewed)).warnings.join()).not.toContain('只能用旧证书');
    const first = await startDecrypt(world, ciphertext);
    expect((await new Opener(world).decrypt(first, same)).state).toBe('succeeded');

    const another = await closed(world, same, '再次加密', {
      idNumber: companies.hunan.idNumber,
      unitCode: companies.hunan.unitCode,
    });
    const fresh = await world.key({ holder: companies.hunan });
    const changed = { ...recordOf(fresh.pair, { holder: companies.hunan }), change: 'change' as const };
    expect(unwrap(await world.subscribers.change(world.unit, changed)).warnings.join()).toContain(
      '有 1 份密文只能用旧证书解密',
    );
    const link = await startDecrypt(world, another);
    const opener = new Opener(world);
    const view = await opener.claim(link.token);
    expect(view.items[0]?.needed.map(({ renewed: old }) => old)).toEqual([true]);
    const [matched] = await opener.match(link.interaction, fresh);
    expect(matched?.opens).toEqual([]);
    expect((await opener.decrypt(link, old)).state).toBe('succeeded');
  });

  it('is offered with the unit’s other open tasks of the same key, opened together, and told to each task', async () => {
    const mine = await world.enrolledKey({ holder: companies.hunan });
    const named = { idNumber: companies.hunan.idNumber, unitCode: companies.hunan.unitCode };
    const links = [];
    for (let at = 0; at < 7; at += 1)
      links.push(
        await startDecrypt(world, await closed(world, mine, `第${at}份`, named), { fileName: `第${at}份.txt` }),
      );
    const other = await startDecrypt(
      world,
      await closed(world, stranger, '别人的', {
        idNumber: companies.dalian.idNumber,
        unitCode: companies.dalian.unitCode,
      }),
    );
    const opener = new Opener(world);
    const [first] = links;
    if (first === undefined) throw new Error('no link');
    const view = await opener.claim(first.token);
    expect(view.items.map(({ item }) => item.words.name)).toEqual(links.map((_, at) => `第${at}份.txt`));
    unwrap(await opener.open(first.interaction, mine));
    await opener.end(first.interaction);
    for (const [at, link] of links.entries()) {
      const [message] = await until(async () => {
        const found = message7(world, link.taskId);
        return found.length > 0 ? found : undefined;
      });
      expect(message?.['decData']).toBe(`第${at}份`);
    }
    const all = await until(async () => {
      const { items } = await opener.view(first.interaction);
      return items.every(({ item }) => item.state === 'delivered') ? items : undefined;
    });
    expect(all.length).toBe(7);
    expect(message7(world, other.taskId)).toEqual([]);
    // the sibling's link belongs to the browser that opened it
    const last = links.at(-1);
    expect((await opener.claim(last?.token ?? '')).state).toBe('succeeded');
  });

  it('asked for on two pages at once is recorded once and told once', async () => {
    const ciphertext = await closed(world, key, '只一次');
    const one = await startDecrypt(world, ciphertext);
    const two = await startDecrypt(world, ciphertext);
    const [left, right] = [new Opener(world), new Opener(world)];
    await left.claim(one.token);
    await right.claim(two.token);
    const mine = (await left.view(one.interaction)).items.filter(({ item }) =>
      [one, two].some(({ interaction }) => interaction === item.interactionId),
    );
    const keys = (await left.unwrapped(one.interaction, key)).filter(({ item }) =>
      mine.some((shown) => shown.item.id === item),
    );
    expect(keys.length).toBe(2);
    await Promise.all(
      Array.from({ length: 10 }, () => [
        world.envelopes.keys(left.visit(one.interaction), keys),
        world.envelopes.keys(right.visit(two.interaction), keys),
      ]).flat(),
    );
    await Promise.all([left.end(one.interaction), right.end(two.interaction)]);
    expect(message7(world, one.taskId).length).toBe(1);
    expect(message7(world, two.taskId).length).toBe(1);
    expect((await journalOf(world, 'decrypt.opened', one.interaction)).length).toBe(1);
  });

  it('is told until the platform takes it; what it says no to reads on the page, and the content is erased', async () => {
    world.answerWith({ body: '{"code":500,"msg":"项目已撤销"}' });
    const link = await startDecrypt(world, await closed(world, key, '拒收'));
    const opener = new Opener(world);
    await opener.claim(link.token);
    unwrap(await opener.open(link.interaction, key));
    const hurry = setInterval(() => void world.envelopes.redeliver(opener.visit(link.interaction)), 100);
    const end = await opener.end(link.interaction).finally(() => clearInterval(hurry));
    expect([end.state, end.interaction.refusal?.code]).toEqual(['refused', 'PLATFORM_REFUSED']);
    expect(end.interaction.refusal?.params['message']).toBe('项目已撤销');
    const rows = await world.store.read.db
      .selectFrom('outbox')
      .select('body_sealed')
      .where('interaction_id', '=', link.interaction)
      .execute();
    expect(rows.map((row) => row.body_sealed)).toEqual(['']);
  });

  it('counts an answer {data, taskId} without a code as taken, and records an echo that differs', async () => {
    world.answerWith(({ taskId }) => ({ body: JSON.stringify({ data: '别的内容', taskId }) }));
    const link = await startDecrypt(world, await closed(world, key, '回显'));
    expect((await new Opener(world).decrypt(link, key)).state).toBe('succeeded');
    const [delivered] = await journalOf(world, 'decrypt.delivered', link.interaction);
    expect(delivered?.['remark']).toBe('echo different');
  });

  it('ends with its time; nothing is opened or sent after it, and the ciphertext is gone', async () => {
    const link = await startDecrypt(world, await closed(world, key, '过期'));
    const opener = new Opener(world);
    await opener.claim(link.token);
    const keys = await opener.unwrapped(link.interaction, key);
    world.clock.pass(61 * 60_000);
    expect(codeOf(await world.envelopes.keys(opener.visit(link.interaction), keys))).toBe('TASK_EXPIRED');
    await world.envelopes.sweep();
    const rows = await world.store.read.db
      .selectFrom('decrypt_item')
      .select(['body_sealed', 'wraps_sealed'])
      .where('interaction_id', '=', link.interaction)
      .execute();
    expect(rows).toEqual([{ body_sealed: '', wraps_sealed: '' }]);
    expect(message7(world, link.taskId)).toEqual([]);
  });

  it('cancelled by its person opens no more; the same task may be begun again', async () => {
    const ciphertext = await closed(world, key, '取消');
    const taskId = newTask();
    const link = await startDecrypt(world, ciphertext, { taskId });
    const opener = new Opener(world);
    await opener.claim(link.token);
    expect(unwrap(await world.envelopes.cancel(opener.visit(link.interaction))).state).toBe('cancelled');
    expect(
      codeOf(
        await opener
          .open(link.interaction, key)
          .catch(() => ({ ok: false, refusal: { code: 'CANCELLED_BY_PERSON', params: {} } }) as const),
      ),
    ).toBe('CANCELLED_BY_PERSON');
    const again = await startDecrypt(world, ciphertext, { taskId });
    expect(again.interaction).not.toBe(link.interaction);
    expect((await new Opener(world).decrypt(again, key)).state).toBe('succeeded');
  });

  it('is nobody else’s: not another browser’s, and not reachable as a login', async () => {
    const link = await startDecrypt(world, await closed(world, key, '别人'));
    const opener = new Opener(world);
    await opener.claim(link.token);
    const other = new Opener(world);
    expect(codeOf(await world.envelopes.claim({ token: link.token }, other.secret))).toBe('OTHER_BROWSER');
    expect(codeOf(await world.envelopes.view(other.visit(link.interaction)))).toBe('OTHER_BROWSER');
    expect(codeOf(await world.logins.claim({ token: link.token }, opener.secret))).toBe('LINK_INVALID');
    expect(codeOf(await world.logins.view(opener.visit(link.interaction)))).toBe('LINK_INVALID');
    const login = await world.start(newTask());
    expect(codeOf(await world.envelopes.claim({ token: login.token }, opener.secret))).toBe('LINK_INVALID');
    expect(unwrap(await world.envelopes.status(world.unit, link.taskId)).state).toBe('claimed');
    expect(codeOf(await world.envelopes.status(world.neighbour, link.taskId))).toBe('TASK_UNKNOWN');
  });

  it('of a unit that keeps nothing writes no content anywhere; when its holder is lost the person decrypts again', async () => {
    await world.store.tx((tx) =>
      world.relyingParties.setUnit(tx, world.unit.id, { profile: { plaintext: 'memory-only' } }),
    );
    world.answerWith('hang');
    const secret = '只在内存里';
    const link = await startDecrypt(world, await closed(world, key, secret));
    const opener = new Opener(world);
    await opener.claim(link.token);
    unwrap(await opener.open(link.interaction, key));
    const [row] = await world.store.read.db
      .selectFrom('outbox')
      .selectAll()
      .where('interaction_id', '=', link.interaction)
      .execute();
    const place = { table: 'outbox', row: row?.id ?? '', column: 'body_sealed' } as const;
    const body = world.cipher.openText(place, row?.body_sealed ?? '');
    expect(body).toContain('"held"');
    expect(body).not.toContain(secret);
    // another process would not have it: its holder has not been heard of
    await world.store.tx((tx) =>
      tx.db
        .updateTable('decrypt_item')
        .set({ held_by: 'gone', held_until: 1 })
        .where('interaction_id', '=', link.interaction)
        .execute(),
    );
    await world.envelopes.sweep();
    const view = await opener.view(link.interaction);
    expect([view.state, view.items[0]?.item.state]).toEqual(['claimed', 'waiting']);
    world.answerWith({ body: '{"code":200,"msg":"成功"}' });
    expect((await opener.decrypt(link, key)).state).toBe('succeeded');
    expect(message7(world, link.taskId).at(-1)?.['decData']).toBe(secret);
    await world.store.tx((tx) => world.relyingParties.setUnit(tx, world.unit.id, { profile: {} }));
  });

  it('leaves no content in any row of the database', async () => {
    const content = '不落地的明文内容';
    const link = await startDecrypt(world, await closed(world, key, content), {
      standBy: '备用',
      fileName: '机密.txt',
    });
    expect((await new Opener(world).decrypt(link, key)).state).toBe('succeeded');
    const rows: unknown[] = [];
    for (const table of ['interaction', 'decrypt_item', 'outbox', 'journal', 'ciphertext'] as const)
      rows.push(...(await world.store.read.db.selectFrom(table).selectAll().execute()));
    const left = JSON.stringify(rows);
    for (const word of [content, base64(utf8(content)), '机密', '备用', encryptionSerial(key)])
      expect(left).not.toContain(word);
  });
});
