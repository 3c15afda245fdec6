import { describe, expect, it } from 'vitest';
import { createGm } from '#crypto/provider.ts';
import { hex, utf8 } from '#kernel/bytes.ts';
import { refusal } from '#kernel/errors.ts';
import { Secret } from '#kernel/secret.ts';
import { refusalAnswer, successAnswer } from '#wire/answers.ts';
import { deliveryHeaders, type FeedbackResult, feedbackBody } from '#wire/feedback.ts';
import { type InterfaceName, interfaceOf } from '#wire/interfaces.ts';
import { personText, readPeerAnswer } from '#wire/peer-answer.ts';

const gm = createGm();
const secret = new Secret('0123456789abcdef');

describe('an answer', () => {
  it.each<[InterfaceName, Record<string, string>, string]>([
    ['startCheck', { Loginurl: 'u' }, '{"code":200,"msg":"成功","Loginurl":"u"}'],
    ['userSynchro', {}, '{"code":200,"msg":"成功"}'],
    ['encrypt', { taskId: 't', encdata: 'e' }, '{"encdata":"e","taskId":"t","code":200,"msg":"成功"}'],
    ['startSignature', { signurl: 'u', taskId: 't' }, '{"taskId":"t","signurl":"u","code":200,"msg":"成功"}'],
  ])('to %s has the printed order, code a number', (name, values, expected) => {
    expect(JSON.stringify(successAnswer(interfaceOf(name).response, values))).toBe(expected);
  });

  it('that refuses says what, what now and the number to read out, and for the integrator the stable code', () => {
    const answer = refusalAnswer(
      refusal('SERIAL_MISMATCH', { field: 'signSerial' }),
      'K7Q4-2M9D',
      interfaceOf('userSynchro').request,
    );
    expect(JSON.stringify(answer)).toBe(
      '{"code":422,"msg":"signCertSn（签名证书序列号）与所提交证书的序列号不一致，请核对。（编号 K7Q4-2M9D）","errData":"trace=K7Q4-2M9D; code=SERIAL_MISMATCH"}',
    );
  });

  it('adds a detail only where the refusal carries one', () => {
    expect(refusalAnswer(refusal('SIGN_WRONG', {}, 'canonical=a=1'), 'K')['errData']).toBe(
      'trace=K; code=SIGN_WRONG; detail=canonical=a=1',
    );
  });
});

const result: FeedbackResult = {
  orgcode: '210000',
  caUnitId: 'LN-BIZ-0001',
  taskId: 'T1',
  signCertSn: '01AB',
  idNumber: '210102190001010014',
  signCert: 'U0lHTg==',
  encCert: 'RU5D',
  encCertSn: '02CD',
  unitName: '辽宁示例建设有限公司',
  unitCode: '91210100MA0XXXXX0W',
};
const hub = {
  ticketSm3: 'ab'.repeat(32),
  ticketExpires: '2026-03-18T01:31:00.000Z',
  stateVersion: 5,
  userName: '张三',
  certEndTime: '2026-10-17 23:59:59',
  caVendor: '北辰数字认证',
};

describe('message 4', () => {
  it('holds every printed member once, in printed order, then standBy', () => {
    const body = feedbackBody(gm, { sign: 'hmac-sm3', allMembers: false }, secret, result, hub, '我的 "备用" 参数');
    const canonical =
      'caUnitId=LN-BIZ-0001&encCert=RU5D&encCertSn=02CD&idNumber=210102190001010014&orgcode=210000&signCert=U0lHTg==&signCertSn=01AB&taskId=T1&unitCode=91210100MA0XXXXX0W&unitName=辽宁示例建设有限公司';
    const sign = hex(gm.hmacSm3(utf8('0123456789abcdef'), utf8(canonical)));
    expect(sign).toBe('84eb94a6aa6604aa84511b20f929b6b8c1cf4cf58902e383e87ee2f73c1baf47');
    expect(JSON.stringify(body)).toBe(
      JSON.stringify({ ...result, sign, standBy: JSON.stringify({ hub, standBy: '我的 "备用" 参数' }) }),
    );
    expect(Object.keys(body)).toEqual([...interfaceOf('feedbackResult').request.map((field) => field.name), 'standBy']);
  });

  it('says nothing of a standBy that was never sent', () => {
    const body = feedbackBody(gm, { sign: 'sm3', allMembers: false }, secret, result, hub, null);
    expect(JSON.parse(String(body['standBy']))).toEqual({ hub });
  });

  it('with allMembers signs standBy as well', () => {
    const profile = { sign: 'hmac-sm3', allMembers: true } as const;
    const one = feedbackBody(gm, profile, secret, result, hub, 'a');
    const two = feedbackBody(gm, profile, secret, result, hub, 'b');
    expect(one['sign']).not.toBe(two['sign']);
  });

  it('carries headers that prove the whole body, its time and its state', () => {
    const delivery = { id: 'out_1', stateVersion: 5, timestamp: 1773797400000, body: '{"a":1}' };
    const expected = hex(gm.hmacSm3(utf8('0123456789abcdef'), utf8('out_1.5.1773797400000.{"a":1}')));
    expect(deliveryHeaders(gm, secret, delivery)).toEqual({
      'content-type': 'application/json; charset=utf-8',
      'x-ca-delivery': 'out_1',
      'x-ca-state-version': '5',
      'x-ca-timestamp': '1773797400000',
      'x-ca-signature': expected,
    });
  });
});

describe('a trading system’s answer to message 4', () => {
  it.each<[number, string, ReturnType<typeof readPeerAnswer>]>([
    [200, '{"code":200,"msg":"成功"}', 'delivered'],
    [200, '{"code":"200"}', 'delivered'],
    [201, '{"Code":200}', 'delivered'],
    [200, '\ufeff{"code":200}', 'delivered'],
    [200, '{"code":500,"msg":"用户不存在"}', { refused: '用户不存在' }],
    [200, '{"code":"403","msg":"  停\\n用\\u202e "}', { refused: '停 用' }],
    [403, '{"code":403,"msg":"停用"}', { refused: '停用' }],
    [200, '{"code":0,"msg":"ok"}', { refused: 'ok' }],
    [200, '{"code":500,"msg":{"a":1}}', { refused: '' }],
    [200, '{"msg":"ok"}', { retry: 'HTTP 200, code missing' }],
    [200, '{"code":true}', { retry: 'HTTP 200, code missing' }],
    [200, '{"code":"OK"}', { retry: 'HTTP 200, code missing' }],
    [200, '<html>', { retry: 'HTTP 200, BODY_NOT_JSON' }],
    [200, '', { retry: 'HTTP 200, BODY_NOT_JSON' }],
    [200, '[200]', { retry: 'HTTP 200, BODY_NOT_JSON' }],
    [500, '{"status":500,"error":"Internal Server Error"}', { retry: 'HTTP 500' }],
    [500, '{"code":500,"msg":"系统维护中"}', { retry: 'HTTP 500' }],
    [500, '{"code":200}', { retry: 'HTTP 500' }],
    [502, '{"code":500,"msg":"upstream"}', { retry: 'HTTP 502' }],
    [302, '', { retry: 'HTTP 302, BODY_NOT_JSON' }],
    [200, `{"code":200,"data":"${'x'.repeat(65 * 1024)}"}`, { retry: 'HTTP 200, BODY_TOO_LARGE' }],
  ])('HTTP %i %s', (status, body, verdict) => {
    expect(readPeerAnswer(status, body)).toEqual(verdict);
  });

  it('shows the person at most 200 characters of it', () => {
    expect([...personText('𠮷'.repeat(500))]).toHaveLength(200);
  });
});
