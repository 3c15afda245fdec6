import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeDecryptOpened } from '#broker/encode-decrypt-opened.ts';
import type { DecryptOpened, OpenedContent } from '#envelope/event.ts';
import { limits } from '#kernel/limits.ts';
import { unwrap } from '#test/subscriber/support.ts';
import { type Body, type Caller, gm, openWorld, signAs, type World } from './support.ts';

let world: World;
let caller: Caller;
let held: OpenedContent | undefined;
const handedOut: unknown[] = [];
let encode: ReturnType<typeof encodeDecryptOpened>;
beforeAll(async () => {
  world = await openWorld();
  caller = await world.caller();
  encode = encodeDecryptOpened({
    ...{ store: world.store, gm, clock: world.clock, relyingParties: world.parties },
    held: async () => held,
    fileUrl: async (file) => {
      handedOut.push(file);
      return 'https://hub.ca.example/once/abc';
    },
  });
});
afterAll(() => world.close());

const opened = (changes: Partial<DecryptOpened> = {}): DecryptOpened => ({
  item: 'itm_1',
  taskId: 'T1',
  standBy: '{"mine":"原样"}',
  encryptionCertificate: 'RU5D',
  encryptionSerial: '02CD',
  content: { kind: 'text', text: '明文\n🔑' },
  ...changes,
});
let messages = 0;
const message = (by: Caller, changes: Partial<DecryptOpened> = {}, id?: string) => {
  messages += 1;
  return encode({
    id: id ?? `out_${messages}`,
    kind: 'decrypt.opened',
    unitId: by.id,
    orgcode: '210000',
    interactionId: 'int_1',
    stateVersion: 5,
    attempt: 1,
    body: opened(changes),
  });
};
const bodyOf = (sent: { body: string }) => JSON.parse(sent.body) as Body;
const echo = (sent: { body: string }, changes: Body = {}) => {
  const { decData, taskId } = bodyOf(sent);
  return JSON.stringify({ data: decData ?? '', taskId: taskId ?? '', ...changes });
};

describe('the event of an opened ciphertext', () => {
  it('becomes message 7 at the registered address, members in printed order, signed by the unit’s secret', async () => {
    const sent = await message(caller);
    expect(sent.url).toBe('http://localhost:9/app/api/ca/decrypt');
    const body = bodyOf(sent);
    expect(Object.keys(body)).toEqual(['taskId', 'decData', 'encCert', 'encCertSn', 'standBy', 'sign']);
    const { sign, ...members } = body;
    expect(members).toEqual({
      taskId: 'T1',
      decData: '明文\n🔑',
      encCert: 'RU5D',
      encCertSn: '02CD',
      standBy: '{"mine":"原样"}',
    });
    expect(sign).toBe(signAs(caller.secret, 'decrypt', members));
    expect(sent.headers).toMatchObject({ 'x-ca-state-version': '5', 'x-ca-delivery': expect.stringMatching(/^out_/) });
  });

  it('leaves standBy out where the caller had none, and keeps empty members where nobody knows the key', async () => {
    const body = bodyOf(await message(caller, { standBy: null, encryptionCertificate: '', encryptionSerial: '' }));
    expect(Object.keys(body)).toEqual(['taskId', 'decData', 'encCert', 'encCertSn', 'sign']);
    expect(body['sign']).toBe(signAs(caller.secret, 'decrypt', { taskId: 'T1', decData: '明文\n🔑' }));
  });

  it('says of bytes that are no text that they stand in base64', async () => {
    const body = bodyOf(await message(caller, { content: { kind: 'binary', base64: 'gIGC' } }));
    expect(body).toMatchObject({ decData: 'gIGC', decDataEncoding: 'base64' });
  });

  it('brings a file as its digest and an address that works once', async () => {
    const content = { kind: 'file', capsuleId: 'cap_1', sm3: 'ab'.repeat(32), size: 5_000_000 } as const;
    const body = bodyOf(await message(caller, { content }));
    expect(body['decDataEncoding']).toBe('file');
    expect(JSON.parse(String(body['decData']))).toEqual({
      capsuleId: 'cap_1',
      sm3: 'ab'.repeat(32),
      size: 5_000_000,
      url: 'https://hub.ca.example/once/abc',
    });
    expect(handedOut).toEqual([{ unitId: caller.id, capsuleId: 'cap_1' }]);
  });

  it('is not sent as a file to a unit that takes none', async () => {
    const plain = await world.caller({ name: '不收文件', profile: { capsuleFiles: false } });
    const content = { kind: 'file', capsuleId: 'cap_1', sm3: 'ab'.repeat(32), size: 5_000_000 } as const;
    await expect(message(plain, { content })).rejects.toMatchObject({ refusal: { code: 'FILE_NOT_TAKEN' } });
  });

  it('takes what is held in memory only from there, and sends nothing once it is gone', async () => {
    held = { kind: 'text', text: '只在内存' };
    expect(bodyOf(await message(caller, { content: { kind: 'held' } }))).toMatchObject({ decData: '只在内存' });
    held = undefined;
    await expect(message(caller, { content: { kind: 'held' } })).rejects.toMatchObject({
      refusal: { code: 'TASK_ENDED' },
    });
  });

  it('is not sent to a unit that was suspended meanwhile', async () => {
    const gone = await world.caller({ name: '停用单位' });
    unwrap(await world.store.tx((tx) => world.parties.setUnitStatus(tx, gone.id, 'suspended')));
    await expect(message(gone)).rejects.toMatchObject({ refusal: { code: 'UNIT_SUSPENDED' } });
  });
});

describe('its answer', () => {
  it('counts with the echo as printed, and may be as long as the echo in escapes', async () => {
    const sent = await message(caller);
    expect(sent.read(200, echo(sent))).toBe('delivered');
    expect(sent.maxReply).toBe(limits.replyBody + 6 * '明文\n🔑'.length);
  });

  it('counts without the echo or with another one, and that is put on record in our own words', async () => {
    const sent = await message(caller);
    expect(sent.read(200, '{"taskId":"T1"}')).toEqual({ delivered: 'echo absent' });
    expect(sent.read(200, echo(sent, { data: '另一段明文' }))).toEqual({ delivered: 'echo different' });
  });

  it('with a code other than 200 is the platform’s refusal', async () => {
    expect((await message(caller)).read(200, '{"code":404,"msg":"没有这个任务"}')).toEqual({ refused: '没有这个任务' });
  });

  it('of a unit that is strict about it makes the message go out once more, and once only', async () => {
    const strict = await world.caller({ name: '严格单位', profile: { echo: 'strict' } });
    const first = await message(strict, {}, 'out_strict');
    expect(first.read(200, echo(first, { data: '不同' }))).toEqual({ retry: 'echo different' });
    const second = await message(strict, {}, 'out_strict');
    expect(second.read(200, echo(second, { data: '不同' }))).toEqual({ delivered: 'echo different' });
    const good = await message(strict);
    expect(good.read(200, echo(good))).toBe('delivered');
  });
});
