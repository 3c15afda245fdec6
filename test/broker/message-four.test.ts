import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LoginVerified } from '#identity/event.ts';
import { hex, utf8 } from '#kernel/bytes.ts';
import { unwrap } from '#test/subscriber/support.ts';
import { type Body, type Caller, gm, openWorld, signAs, type World } from './support.ts';

let world: World;
let caller: Caller;
beforeAll(async () => {
  world = await openWorld();
  caller = await world.caller();
});
afterAll(() => world.close());

const verified: LoginVerified = {
  taskId: 'T1',
  standBy: '{"mine":"原样"}',
  signCertificate: 'U0lHTg==',
  encryptionCertificate: 'RU5D',
  signSerial: '01AB',
  encryptionSerial: '02CD',
  userName: '张三',
  idNumber: '210102190001010014',
  unitName: '辽宁示例建设有限公司',
  unitCode: '91210100MA0XXXXX0W',
  certificateEnds: Date.UTC(2026, 9, 17, 15, 59, 59),
  authorityId: 'beichen',
  authorityName: '北辰数字认证',
  ticketSm3: 'ab'.repeat(32),
};
const encode = (by: Caller) =>
  world.encode({
    id: 'out_1',
    kind: 'login.verified',
    unitId: by.id,
    orgcode: '210000',
    interactionId: 'int_1',
    stateVersion: 5,
    attempt: 1,
    body: verified,
  });

describe('the event of a proven login', () => {
  it('becomes message 4 at the registered address, signed by the unit’s secret', async () => {
    const message = await encode(caller);
    expect(message.url).toBe('http://localhost:9/app/api/ca/feedbackResult');
    expect(message.privateRanges).toContain('127.0.0.0/8');
    const { sign, standBy, ...printed } = JSON.parse(message.body) as Body;
    expect(printed).toEqual({
      orgcode: '210000',
      caUnitId: caller.id,
      taskId: 'T1',
      signCertSn: '01AB',
      idNumber: verified.idNumber,
      signCert: 'U0lHTg==',
      encCert: 'RU5D',
      encCertSn: '02CD',
      unitName: verified.unitName,
      unitCode: verified.unitCode,
    });
    expect(sign).toBe(signAs(caller.secret, 'feedbackResult', printed));
    expect(JSON.parse(String(standBy))).toEqual({
      hub: {
        ticketSm3: 'ab'.repeat(32),
        ticketExpires: '2026-03-18T01:31:00.000Z',
        stateVersion: 5,
        userName: '张三',
        certEndTime: '2026-10-17 23:59:59',
        caVendor: '北辰数字认证',
      },
      standBy: verified.standBy,
    });
    const signed = `out_1.5.${message.headers['x-ca-timestamp']}.${message.body}`;
    expect(message.headers['x-ca-signature']).toBe(hex(gm.hmacSm3(utf8(caller.secret.reveal()), utf8(signed))));
  });

  it('goes to the address of this moment, signed by the older of two secrets until that one is retired', async () => {
    const unit = await world.caller();
    const rotated = unwrap(await world.store.tx((tx) => world.parties.rotateSecret(tx, unit.id)));
    const signOf = async () => {
      const { sign, standBy: _, ...printed } = JSON.parse((await encode(unit)).body) as Body;
      return { sign, printed };
    };
    const before = await signOf();
    expect(before.sign).toBe(signAs(unit.secret, 'feedbackResult', before.printed));
    const moved = { callbackPaths: { feedbackResult: 'https://bid.example/login' } };
    unwrap(await world.store.tx((tx) => world.parties.setPlatform(tx, unit.id, '210000', moved)));
    unwrap(await world.store.tx((tx) => world.parties.retireSecret(tx, unit.id)));
    const after = await signOf();
    expect(after.sign).toBe(signAs(rotated.secret, 'feedbackResult', after.printed));
    expect((await encode(unit)).url).toBe('https://bid.example/login');
  });

  it('is not sent to a unit or platform that was suspended meanwhile', async () => {
    const unit = await world.caller();
    unwrap(await world.store.tx((tx) => world.parties.setPlatform(tx, unit.id, '210000', { status: 'suspended' })));
    await expect(encode(unit)).rejects.toThrow('PLATFORM_UNKNOWN');
    unwrap(await world.store.tx((tx) => world.parties.setUnitStatus(tx, unit.id, 'suspended')));
    await expect(encode(unit)).rejects.toThrow('UNIT_SUSPENDED');
  });

  it('is delivered by code 200 alone', async () => {
    const { read } = await encode(caller);
    expect(read(200, '{"code":200}')).toBe('delivered');
    expect(read(200, '{"code":401,"msg":"停用"}')).toEqual({ refused: '停用' });
  });
});
