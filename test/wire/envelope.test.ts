import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createGm } from '#crypto/provider.ts';
import { sentence } from '#kernel/errors.ts';
import type { JsonObject } from '#kernel/json.ts';
import { limits } from '#kernel/limits.ts';
import { Secret } from '#kernel/secret.ts';
import { echoOf, successAnswer } from '#wire/answers.ts';
import { type DecryptMessage, decryptBody } from '#wire/decrypt.ts';
import { readDecrypt, readEncrypt } from '#wire/envelope-requests.ts';
import { interfaceOf } from '#wire/interfaces.ts';
import { type Members, readMembers } from '#wire/members.ts';
import { decryptReplyLimit, readDecryptAnswer } from '#wire/peer-answer.ts';
import { canonicalStrings, signedString } from '#wire/sign.ts';

/** Written by hand, signed by `openssl dgst -sm3 -hmac`. */
interface Golden {
  readonly secret: string;
  readonly requests: readonly {
    readonly interface: 'encrypt' | 'startdecrypt';
    readonly says: string;
    readonly canonical: string;
    readonly request: JsonObject;
    readonly reads: JsonObject;
    readonly answers: { readonly values: JsonObject; readonly extended: string; readonly exact: string };
  }[];
  readonly decrypt: readonly {
    readonly says: string;
    readonly message: DecryptMessage;
    readonly canonical: string;
    readonly body: string;
  }[];
}

const gm = createGm();
const golden = JSON.parse(
  readFileSync(new URL('../../fixtures/wire/envelope.json', import.meta.url), 'utf8'),
) as Golden;
const secret = new Secret(golden.secret);
const profile = { sign: 'hmac-sm3', allMembers: false } as const;

function membersOf(name: 'encrypt' | 'startdecrypt', body: JsonObject): Members {
  const read = readMembers(interfaceOf(name).request, body);
  if (!read.ok) throw new Error(sentence(read.refusal));
  return read.value;
}

describe('a golden request', () => {
  it.each(golden.requests)('$interface: $says', ({ interface: name, canonical, request, reads, answers }) => {
    const members = membersOf(name, request);
    const strings = canonicalStrings(profile, interfaceOf(name).request, members, request);
    expect(strings).toEqual({ ok: true, value: [canonical] });
    expect(signedString(gm, profile, [secret], [canonical], String(request['sign']))).toBe(canonical);
    const read = name === 'encrypt' ? readEncrypt(members) : readDecrypt(members);
    if (!read.ok) throw new Error(sentence(read.refusal));
    const fileName = 'hub' in read.value.request ? read.value.request.hub.fileName : read.value.request.fileName;
    expect({ ...read.value.request, fileName: fileName ?? null }).toMatchObject(reads);
    const { response } = interfaceOf(name);
    expect(JSON.stringify(successAnswer(response, answers.values))).toBe(answers.extended);
    expect(JSON.stringify(successAnswer(response, answers.values, true))).toBe(answers.exact);
  });
});

describe('a golden decrypt', () => {
  it.each(golden.decrypt)('brings $says', ({ message, canonical, body }) => {
    const written = decryptBody(gm, profile, secret, message);
    expect(JSON.stringify(written)).toBe(body);
    expect(signedString(gm, profile, [secret], [canonical], String(written['sign']))).toBe(canonical);
  });
});

const encrypt = { idNumber: '1', unitCode: '2', taskId: 'T1', decData: 'x', encCertSn: '3', sign: 's' };
const startdecrypt = { caUnitId: 'U', taskId: 'T1', orgcode: '210000', encData: 'MIIB', sign: 's' };
const hubOf = (hub: unknown) => ({ standBy: JSON.stringify({ hub }) });
const refusalOf = (read: ReturnType<typeof readEncrypt> | ReturnType<typeof readDecrypt>) =>
  read.ok ? 'accepted' : `${read.refusal.code}: ${sentence(read.refusal)}`;

describe('the text to encrypt', () => {
  it.each([0, 1, 15, 16, 17, 4096, limits.plaintext])('may be %i bytes long', (size) => {
    const read = readEncrypt(membersOf('encrypt', { ...encrypt, decData: 'a'.repeat(size) }));
    expect(read.ok && read.value.request.content.length).toBe(size);
  });

  it.each([
    ['one byte too long', 'a'.repeat(limits.plaintext + 1)],
    ['a Chinese character too long', `${'文'.repeat(limits.plaintext / 3)}文`],
  ])('that is %s is refused with advice', (_, decData) => {
    expect(refusalOf(readEncrypt(membersOf('encrypt', { ...encrypt, decData })))).toMatch(
      /^PLAINTEXT_TOO_LARGE: .*SM4/,
    );
  });

  it('is missing when it is null or absent, and a value when it is empty', () => {
    const read = readMembers(interfaceOf('encrypt').request, { ...encrypt, decData: null });
    expect(read.ok ? '' : sentence(read.refusal)).toContain('decData（明文）');
    expect(readEncrypt(membersOf('encrypt', { ...encrypt, decData: '' }))).toHaveProperty('value.request.content', '');
  });
});

describe('standBy.hub of encrypt', () => {
  it('names an opening and its lot', () => {
    const read = readEncrypt(membersOf('encrypt', { ...encrypt, ...hubOf({ openingId: 'op_1', lot: 'L1' }) }));
    expect(read.ok && read.value.request.hub).toMatchObject({ openingId: 'op_1', lot: 'L1' });
  });

  it('names further recipients, in domain words from here on', () => {
    const recipients = [{ idNumber: '4', unitCode: '5', encCertSn: '6' }];
    const read = readEncrypt(membersOf('encrypt', { ...encrypt, ...hubOf({ recipients }) }));
    expect(read.ok && read.value.request.hub.recipients).toEqual([
      { idNumber: '4', unitCode: '5', encryptionSerial: '6' },
    ]);
  });

  it.each([
    [{ openingID: 'x' }, '只可含有'],
    [{ returnUrl: 'https://a.example/' }, '只可含有'],
    [{ lot: 'L1' }, 'lot 须与 openingId 一起提交'],
    [{ openingId: 'o', recipients: [{ idNumber: '4', unitCode: '5', encCertSn: '6' }] }, '不能同时提交'],
    [{ recipients: [] }, 'recipients 应为'],
    [{ recipients: [{ idNumber: '4', unitCode: '5', encCertSn: '6', more: 1 }] }, 'recipients 应为'],
    [{ recipients: [{ idNumber: '4', unitCode: '5&a=', encCertSn: '6' }] }, 'recipients 应为'],
    [{ fileName: 'a\u0000b' }, 'fileName 应为'],
    [{ fileName: '' }, 'fileName 应为'],
    [{ nonce: 'short' }, 'nonce 应为'],
  ])('%j is refused with what is expected', (hub, words) => {
    expect(refusalOf(readEncrypt(membersOf('encrypt', { ...encrypt, ...hubOf(hub) })))).toContain(words);
  });
});

describe('standBy.hub of startdecrypt', () => {
  it('names the return URL and what the page calls the file; the caller’s own text stays as it came', () => {
    const standBy = '{"mine":1, "hub":{"returnUrl":"https://a.example/","fileName":"甲.pdf"}}';
    const read = readDecrypt(membersOf('startdecrypt', { ...startdecrypt, standBy }));
    expect(read.ok && read.value.request).toMatchObject({
      standBy,
      returnUrl: 'https://a.example/',
      fileName: '甲.pdf',
    });
  });

  it('makes two tries the same request whatever their time and nonce, and another ciphertext another one', () => {
    const at = (nonce: string, encData = 'MIIB') =>
      readDecrypt(membersOf('startdecrypt', { ...startdecrypt, encData, ...hubOf({ nonce, timestamp: 1773797400 }) }));
    const contentOf = (read: ReturnType<typeof at>) => read.ok && read.value.request.content;
    expect(contentOf(at('first-try'))).toEqual(contentOf(at('second-try')));
    expect(contentOf(at('first-try'))).not.toEqual(contentOf(at('first-try', 'MIIC')));
  });

  it.each([[{ openingId: 'x' }], [{ recipients: [] }]])('%j belongs to another interface', (hub) => {
    expect(refusalOf(readDecrypt(membersOf('startdecrypt', { ...startdecrypt, ...hubOf(hub) })))).toContain('只可含有');
  });

  it('leaves task ids of test messages to them', () => {
    expect(refusalOf(readDecrypt(membersOf('startdecrypt', { ...startdecrypt, taskId: 'caihub-test-1' })))).toContain(
      '回调测试',
    );
  });
});

describe('a refusal of encrypt', () => {
  it('echoes a taskId in form, and nothing else of the request', () => {
    expect(echoOf(interfaceOf('encrypt'), encrypt)).toEqual({ taskId: 'T1' });
    expect(echoOf(interfaceOf('encrypt'), { ...encrypt, taskId: 'T&1' })).toEqual({});
    expect(echoOf(interfaceOf('startdecrypt'), startdecrypt)).toEqual({});
    expect(echoOf(undefined, encrypt)).toEqual({});
  });
});

describe('the answer to decrypt', () => {
  const sent = { taskId: 'T1', decData: '明文 🔑' };
  const judge = (body: unknown, status = 200) =>
    readDecryptAnswer(status, typeof body === 'string' ? body : JSON.stringify(body), sent);

  it.each<[string, unknown, string, string]>([
    ['as printed', { data: sent.decData, taskId: 'T1' }, 'delivered', 'same'],
    ['with code and msg', { code: '200', msg: '成功', data: sent.decData, taskId: 'T1' }, 'delivered', 'same'],
    ['with the code alone', { code: 200 }, 'delivered', 'absent'],
    ['in another case', { Data: sent.decData, taskid: 'T1' }, 'delivered', 'same'],
    ['without an echo', { taskId: 'T1' }, 'delivered', 'absent'],
    ['with an empty echo', { data: null, taskId: 'T1' }, 'delivered', 'absent'],
    ['with another text', { data: '明文', taskId: 'T1' }, 'delivered', 'different'],
    ['for another task, with a code', { code: 200, data: sent.decData, taskId: 'T2' }, 'delivered', 'different'],
  ])('%s counts', (_, body, verdict, echo) => {
    expect(judge(body)).toEqual({ verdict, echo });
  });

  it.each<[string, unknown, number]>([
    ['for another task', { data: sent.decData, taskId: 'T2' }, 200],
    ['without a task', { data: sent.decData }, 200],
    ['with a proxy’s status', { data: sent.decData, taskId: 'T1' }, 502],
    ['with a status of its own', { data: sent.decData, taskId: 'T1' }, 404],
    ['that is no JSON', '<html>', 200],
  ])('%s is asked for again', (_, body, status) => {
    expect(judge(body, status).verdict).toHaveProperty('retry');
  });

  it('that says no is the platform’s refusal, in its own words', () => {
    expect(judge({ code: 500, msg: '未找到任务', taskId: 'T1' }).verdict).toEqual({ refused: '未找到任务' });
  });

  it('may be as long as an echo in escapes, with or without a code', () => {
    const long = { taskId: 'T1', decData: '文'.repeat(200_000) };
    const escaped = long.decData.replace(/./g, '\\u6587');
    for (const head of ['', '"code":200,']) {
      const body = `{${head}"taskId":"T1","data":"${escaped}"}`;
      expect(body.length).toBeLessThanOrEqual(decryptReplyLimit(long.decData));
      expect(readDecryptAnswer(200, body, long)).toEqual({ verdict: 'delivered', echo: 'same' });
    }
  });
});
