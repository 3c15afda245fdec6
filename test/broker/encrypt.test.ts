import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KeyPair } from '#fixtures/pki/authority.ts';
import { companies } from '#fixtures/pki/identities.ts';
import { fromBase64, fromUtf8 } from '#kernel/bytes.ts';
import { limits } from '#kernel/limits.ts';
import { parseCertificate } from '#pki/certificate.ts';
import { parseEnvelopedData } from '#pki/cms-enveloped.ts';
import { openEnvelopedData, sm2Opener } from '#pki/cms-open.ts';
import { gm as desk, recordOf, unwrap } from '#test/subscriber/support.ts';
import { type Body, type Caller, codeOf, openWorld, signAs, stranger, type World } from './support.ts';

let world: World;
let caller: Caller;
let other: Caller;
let key: KeyPair;
/** idNumber, unitCode and encCertSn of the holder whom `caller` has synchronised. */
let holder: Body;

beforeAll(async () => {
  world = await openWorld();
  caller = await world.caller();
  other = await world.caller({ name: '另一家交易系统' });
  key = await world.desk.key();
  const subject = await world.subject(caller);
  const record = recordOf(key, companies.liaoning);
  const pair = {
    signCert: record.signCertificate,
    encCert: record.encryptionCertificate,
    signCertSn: record.signSerial,
    encCertSn: record.encryptionSerial,
    certEndTime: record.endTime,
  };
  expect(await caller.call('userSynchro', { ...subject, ...pair })).toMatchObject({ code: 200 });
  holder = { idNumber: record.idNumber, unitCode: record.unitCode, encCertSn: record.encryptionSerial };
});
afterAll(() => world.close());

let tasks = 0;
const encrypt = (changes: Body = {}): Body => {
  tasks += 1;
  return { ...holder, taskId: `E${tasks}`, decData: '保函密钥', ...changes };
};
const signed = (by: Pick<Caller, 'secret'>, members: Body): Body => ({
  ...members,
  sign: signAs(by.secret, 'encrypt', members),
});
const post = async (body: Body, headers: Record<string, string> = {}) => {
  const all = { 'content-type': 'application/json', ...headers };
  const reply = await world.post('/api/ca/encrypt', JSON.stringify(body), all);
  return { status: reply.status, text: await reply.text() };
};
const answer = async (body: Body, headers?: Record<string, string>) =>
  JSON.parse((await post(body, headers)).text) as Body;

async function open(ciphertext: unknown, by: KeyPair): Promise<string | undefined> {
  const certificate = parseCertificate(desk, by.encCertificate);
  const der = fromBase64(String(ciphertext));
  const envelope = der && parseEnvelopedData(der);
  if (certificate === undefined || envelope === undefined) throw new Error('not a ciphertext');
  const opened = await openEnvelopedData(desk, envelope, sm2Opener(desk, by.encKey, [certificate]));
  return opened.ok ? fromUtf8(opened.content) : undefined;
}

describe('encrypt', () => {
  it('answers encdata and taskId first, then code and msg', async () => {
    const members = encrypt();
    const { status, text } = await post(signed(caller, members));
    expect(status).toBe(200);
    expect(text).toMatch(/^\{"encdata":"[A-Za-z0-9+/=]+","taskId":"E\d+","code":200,"msg":"成功"\}$/);
  });

  it('answers nothing else where the profile says exact', async () => {
    const exact = await world.caller({ name: '只认规范', profile: { answers: 'exact' } });
    const { text } = await post(signed(exact, encrypt()));
    expect(text).toMatch(/^\{"encdata":"[A-Za-z0-9+/=]+","taskId":"E\d+"\}$/);
    const refusal = await answer(signed(exact, encrypt({ encCertSn: '0123456789' })));
    expect(refusal).not.toHaveProperty('encdata');
    expect(refusal['code']).not.toBe(200);
  });

  it.each<[string, string]>([
    ['nothing', ''],
    ['one byte', 'a'],
    ['15 bytes', 'a'.repeat(15)],
    ['16 bytes', 'a'.repeat(16)],
    ['17 bytes', 'a'.repeat(17)],
    ['4 KB', '文字'.repeat(700)],
    ['line breaks, an emoji and JSON', '第一行\r\n第二行\t🔑 {"a":"b","c":[1,2]}\u0000'],
    ['1 MB of Chinese and emoji', '投标报价壹亿元🔑'.repeat(40_000)],
    ['the most', 'x'.repeat(limits.plaintext)],
  ])('closes %s to that key alone, unchanged', async (_, decData) => {
    const reply = await answer(signed(caller, encrypt({ decData })), { 'x-ca-unit-id': caller.id });
    expect(reply['code']).toBe(200);
    expect(await open(reply['encdata'], key)).toBe(decData);
    expect(await open(reply['encdata'], await world.desk.key())).toBeUndefined();
  });

  it('gives the same request a fresh ciphertext, and refuses the task with another content', async () => {
    const members = encrypt();
    const [first, second] = [await answer(signed(caller, members)), await answer(signed(caller, members))];
    expect(second['encdata']).not.toBe(first['encdata']);
    expect(await open(second['encdata'], key)).toBe('保函密钥');
    const changed = await answer(signed(caller, { ...members, decData: '别的' }));
    expect([changed['code'], codeOf(changed), changed['taskId']]).toEqual([409, 'TASK_CONFLICT', members['taskId']]);
  });

  it.each<[string, Body]>([
    ['a serial nobody has', { encCertSn: '00FFEE' }],
    ['another organisation', { unitCode: '91210200MA0XXXXX1X' }],
    ['another person', { idNumber: '210102190001010022' }],
  ])('refuses %s, and gives no ciphertext', async (_, changes) => {
    const reply = await answer(signed(caller, encrypt(changes)));
    expect(reply['code']).not.toBe(200);
    expect(reply).not.toHaveProperty('encdata');
    expect(reply).toHaveProperty('taskId');
    expect(String(reply['msg'])).toMatch(/（编号 [0-9A-Z]{4}-[0-9A-Z]{4}）$/);
  });

  it.each(['idNumber', 'unitCode', 'taskId', 'decData', 'encCertSn', 'sign'])(
    'names %s when it is missing',
    async (name) => {
      const { [name]: _, ...rest } = signed(caller, encrypt());
      const reply = await answer(rest);
      expect(reply['code']).toBe(400);
      expect(String(reply['msg'])).toContain(name);
    },
  );

  it('refuses a text of more than 1 MB with advice, also where it does not fit a body', async () => {
    const long = await post(signed(caller, encrypt({ decData: 'x'.repeat(limits.plaintext + 1) })), {
      'x-ca-unit-id': caller.id,
    });
    expect(long.status).toBe(413);
    expect(JSON.parse(long.text)).toMatchObject({ code: 413, msg: expect.stringContaining('SM4') });
    const huge = await post(encrypt({ decData: 'x'.repeat(limits.jsonBody), sign: 'x' }));
    expect(huge.status).toBe(413);
    expect(JSON.parse(huge.text)).toMatchObject({ msg: expect.stringContaining('SM4') });
  });
});

it('with a wrong sign shows a sandbox unit its string without what was to be closed', async () => {
  const sandbox = await world.caller({ name: '沙箱', profile: { sandbox: true } });
  const body = { ...encrypt({ decData: '机密报价&a=b' }), sign: '0'.repeat(64) };
  const reply = await post(body, { 'x-ca-unit-id': sandbox.id });
  expect(reply.text).toContain('canonical=decData=<8 characters>&encCertSn=');
  expect(reply.text).not.toContain('机密报价');
});

describe('the caller of encrypt, who is not named', () => {
  it('is found by the task, by the subject, or among all units, by the one secret that verifies', async () => {
    expect((await answer(signed(caller, encrypt())))['code']).toBe(200);
    // Enrolled by another unit: the certificate is good everywhere (readings L28).
    expect((await answer(signed(other, encrypt())))['code']).toBe(200);
    const task = encrypt();
    await answer(signed(other, task));
    expect((await answer(signed(other, task)))['code']).toBe(200);
  });

  it('has tasks of its own: two units may call theirs the same', async () => {
    const members = encrypt();
    expect((await answer(signed(caller, members)))['code']).toBe(200);
    expect((await answer(signed(other, { ...members, decData: '别的' })))['code']).toBe(200);
  });

  it('is nobody where no secret verifies', async () => {
    const reply = await answer(signed({ secret: stranger }, encrypt()));
    expect([reply['code'], codeOf(reply)]).toEqual([401, 'SIGN_WRONG']);
  });

  it('must say who it is in the header where the body is large and nothing speaks for it', async () => {
    const large = signed(other, encrypt({ decData: 'x'.repeat(limits.namelessBody) }));
    const reply = await answer(large);
    expect([reply['code'], codeOf(reply)]).toEqual([401, 'UNIT_HEADER_NEEDED']);
    expect(String(reply['msg'])).toContain('X-Ca-Unit-Id');
    expect((await answer(large, { 'x-ca-unit-id': other.id }))['code']).toBe(200);
  });

  it('of a large body is still found by the subject it has synchronised', async () => {
    expect((await answer(signed(caller, encrypt({ decData: 'x'.repeat(limits.namelessBody) }))))['code']).toBe(200);
  });

  it('is whom the header names, and must have that unit’s secret', async () => {
    const mine = signed(caller, encrypt());
    expect(codeOf(await answer(mine, { 'x-ca-unit-id': other.id }))).toBe('SIGN_WRONG');
    expect(codeOf(await answer(mine, { 'x-ca-unit-id': 'nobody' }))).toBe('UNIT_UNKNOWN');
  });

  it('is no longer found once it is suspended', async () => {
    const gone = await world.caller({ name: '停用单位' });
    expect((await answer(signed(gone, encrypt())))['code']).toBe(200);
    unwrap(await world.store.tx((tx) => world.parties.setUnitStatus(tx, gone.id, 'suspended')));
    const body = signed(gone, encrypt());
    expect(codeOf(await answer(body))).toBe('SIGN_WRONG');
    expect(codeOf(await answer(body, { 'x-ca-unit-id': gone.id }))).toBe('UNIT_SUSPENDED');
  });

  it('is told of an ambiguous string whoever it is', async () => {
    const reply = await answer(signed(caller, encrypt({ decData: 'x&taskId=T' })));
    expect([reply['code'], codeOf(reply)]).toEqual([400, 'SIGN_AMBIGUOUS']);
  });
});

describe('startdecrypt', () => {
  const startdecrypt = (encData: unknown, changes: Body = {}): Body => {
    tasks += 1;
    return { caUnitId: caller.id, taskId: `D${tasks}`, orgcode: '210000', encData: String(encData), ...changes };
  };

  it('answers the page’s address under decrypturl, members in printed order', async () => {
    const { encdata } = await answer(signed(caller, encrypt()));
    const members = startdecrypt(encdata);
    const reply = await world.post(
      '/api/ca/startdecrypt',
      JSON.stringify({ ...members, sign: caller.sign('startdecrypt', members) }),
    );
    const text = await reply.text();
    expect(text).toMatch(/^\{"code":200,"msg":"成功","decrypturl":"https:\/\/hub\.ca\.example\/decrypt\/[\w.-]+"\}$/);
    expect(text).not.toContain(String(members['taskId']));
  });

  it.each<[string, (members: Body) => Body, string]>([
    ['an unknown platform', (m) => ({ ...m, orgcode: '999999' }), 'PLATFORM_UNKNOWN'],
    ['no ciphertext', (m) => ({ ...m, encData: '' }), 'FIELD_MISSING'],
    ['what is no ciphertext', (m) => ({ ...m, encData: '不是密文' }), 'refused'],
    [
      'an unregistered return URL',
      (m) => ({ ...m, standBy: '{"hub":{"returnUrl":"https://evil.example/"}}' }),
      'RETURN_URL_UNREGISTERED',
    ],
  ])('refuses %s', async (_, change, code) => {
    const { encdata } = await answer(signed(caller, encrypt()));
    const reply = await caller.call('startdecrypt', change(startdecrypt(encdata)));
    expect(reply['code']).not.toBe(200);
    expect(reply).not.toHaveProperty('decrypturl');
    if (code !== 'refused') expect(codeOf(reply)).toBe(code);
  });
});

describe('a sign', () => {
  it('of one path is refused on every other', async () => {
    const { encdata } = await answer(signed(caller, encrypt()));
    const requests: [string, Body][] = [
      ['startCheck', { caUnitId: caller.id, taskId: 'S1', orgcode: '210000' }],
      ['startdecrypt', { caUnitId: caller.id, taskId: 'S1', orgcode: '210000', encData: String(encdata) }],
      ['encrypt', encrypt({ taskId: 'S1', decData: '' })],
    ];
    for (const [name, members] of requests) {
      const sign = caller.sign(name as 'encrypt', members);
      for (const [path] of requests.filter(([one]) => one !== name)) {
        const everything = Object.assign({}, ...requests.map(([, one]) => one)) as Body;
        const reply = await world.post(`/api/ca/${path}`, JSON.stringify({ ...everything, ...members, sign }));
        expect([name, path, codeOf((await reply.json()) as Body)]).toEqual([name, path, 'SIGN_WRONG']);
      }
    }
  });

  it('in any order of members is right, tampered or missing it is not', async () => {
    const body = signed(caller, encrypt());
    const turned = Object.fromEntries(Object.entries(body).reverse());
    expect((await answer(turned))['code']).toBe(200);
    expect(codeOf(await answer({ ...body, decData: '改过' }))).toBe('SIGN_WRONG');
    expect(codeOf(await answer({ ...body, sign: '' }))).toBe('SIGN_MISSING');
  });
});

describe('the log', () => {
  it('tells who asked for what and never what was to be closed', async () => {
    await answer(signed(caller, encrypt({ decData: '绝密报价一亿' })));
    const lines = world.logLines.join('\n');
    expect(lines).toContain('"interface":"encrypt"');
    expect(lines).not.toContain('绝密报价');
    expect(lines).not.toContain(String(holder['idNumber']));
  });
});
