import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Body, type Caller, codeOf, openWorld, type World } from './support.ts';

let world: World;
let caller: Caller;
beforeAll(async () => {
  world = await openWorld();
  caller = await world.caller();
});
afterAll(() => world.close());

const dataOf = (answer: Body): Body => answer['data'] as Body;

describe('userSynchro', () => {
  it('with exactly the printed members answers the number 200 and says what was stored', async () => {
    const subject = await world.subject(caller);
    const body = JSON.stringify({ ...subject, sign: caller.sign('userSynchro', subject) });
    const text = await (await world.post('/api/ca/userSynchro', body)).text();
    expect(text).toBe('{"code":200,"msg":"成功","data":{"status":"active","created":true}}');
    const again = await (await world.post('/api/ca/userSynchro', body)).text();
    expect(again).toBe('{"code":200,"msg":"成功","data":{"status":"active","created":false}}');
  });

  it('takes serials with colons, in lower case, with leading zeros and in decimal', async () => {
    const subject = await world.subject(caller);
    const serial = String(subject['signCertSn']);
    const colons = serial.replace(/..(?!$)/g, '$&:').toLowerCase();
    for (const signCertSn of [serial.toLowerCase(), `00${serial}`, colons, BigInt(`0x${serial}`).toString()]) {
      expect((await caller.call('userSynchro', { ...subject, signCertSn }))['code']).toBe(200);
    }
  });

  it.each<[string, (subject: Body) => Body, string, string]>([
    [
      'a serial of another certificate',
      (s) => ({ ...s, signCertSn: 'ABCDEF' }),
      'SERIAL_MISMATCH',
      'signCertSn（签名证书序列号）',
    ],
    ['no certificate', (s) => ({ ...s, encCert: 'AAAA' }), 'CERTIFICATE_UNREADABLE', 'encCert（加密证书）'],
    ['another unit code', (s) => ({ ...s, unitCode: '91210200MA0XXXXX1A' }), '', 'unitCode（企业社会统一信用代码）'],
    ['a date of no form', (s) => ({ ...s, certEndTime: 'soon' }), 'FIELD_INVALID', 'certEndTime（证书到期时间）'],
    [
      'a wrong check digit',
      (s) => ({ ...s, legalIdcard: '210102190001010015' }),
      'CHECK_DIGIT_WRONG',
      'legalIdcard（法人身份证）',
    ],
  ])('with %s names the printed member', async (_, change, code, words) => {
    const answer = await caller.call('userSynchro', change(await world.subject(caller)));
    expect(answer['msg']).toContain(words);
    expect(codeOf(answer)).toContain(code);
    expect(answer['code']).not.toBe(200);
  });

  it('with a member in another case is read, and signed under the printed name', async () => {
    const subject = await world.subject(caller);
    const { userName, ...rest } = { ...subject, sign: caller.sign('userSynchro', subject) } as Body;
    const body = JSON.stringify({ ...rest, username: userName });
    expect(((await (await world.post('/api/ca/userSynchro', body)).json()) as Body)['code']).toBe(200);
  });
});

describe('changeCert', () => {
  it('takes paType as text and as number, and says what stopped', async () => {
    const subject = await world.subject(caller);
    await caller.call('userSynchro', subject);
    const cancelled = await caller.call('changeCert', { ...subject, paType: 2 });
    expect(cancelled['code']).toBe(200);
    expect(dataOf(cancelled)['retired']).toHaveLength(1);
    const again = await caller.call('changeCert', { ...subject, paType: '2' });
    expect(again['code']).toBe(200);
    expect(dataOf(again)['warning']).toBe((dataOf(again)['warnings'] as string[]).join(''));
  });

  it.each(['3', '', 'x', 1.5, -1])('refuses paType %j by name', async (paType) => {
    const answer = await caller.call('changeCert', { ...(await world.subject(caller)), paType });
    expect(answer['code']).toBe(400);
    expect(answer['msg']).toContain('paType');
  });
});
