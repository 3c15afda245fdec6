import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { companies } from '#fixtures/pki/identities.ts';
import { type Bytes, base64, fromBase64, hex, utf8 } from '#kernel/bytes.ts';
import { sentence } from '#kernel/errors.ts';
import { systemRandom } from '#kernel/random.ts';
import type { Result } from '#kernel/result.ts';
import { type SealContent, sealForOpening, unitSigner } from '#opening/capsule/sdk.ts';
import { splitCapsule } from '#opening/capsule/structure.ts';
import {
  closed,
  encryptionSerial,
  encryptRequest,
  journalOf,
  message7,
  Opener,
  startDecrypt,
} from '#test/envelope/people.ts';
import { codeOf, gm, type HeldKey, newTask, recordOf, unwrap } from '#test/identity/world.ts';
import { type HallWorld, openHallWorld } from './hall/world.ts';

/** Capsules on the decryption page of a trading system, over the real rooms: envelope, opening and hall joined as the hub joins them. */
describe('a capsule on the decryption page', () => {
  let world: HallWorld;
  let keys: { liaoning: HeldKey; dalian: HeldKey; anshan: HeldKey };
  beforeAll(async () => {
    world = await openHallWorld();
    const enrolled = async (name: keyof typeof companies): Promise<HeldKey> => {
      const key = await world.login.key({ holder: companies[name] });
      const record = recordOf(key.pair, { holder: companies[name] });
      unwrap(await world.login.subscribers.synchronise(world.login.unit, record));
      return key;
    };
    keys = {
      liaoning: await enrolled('liaoning'),
      dalian: await enrolled('dalian'),
      anshan: await enrolled('anshan'),
    };
  });
  afterAll(() => world.close());

  /** Sealed by the bidder's client and handed in; `bytes` is what the client keeps. */
  async function sealed(
    opening: string,
    content: SealContent,
    name: 'liaoning' | 'dalian' | 'anshan' = 'liaoning',
    task = `BID-${hex(systemRandom.bytes(4))}`,
  ) {
    const { login, openings } = world;
    const [secret] = await login.relyingParties.liveSecrets(login.store.read, login.unit.id);
    const capsule = await sealForOpening({
      ticket: unwrap(await openings.ticket(login.unit, opening, 'L1')),
      hubKeys: [hex(login.signingKey.publicKey.point)],
      certificates: [base64(keys[name].pair.encCertificate)],
      task,
      bidder: companies[name].unitCode,
      content,
      signer: unitSigner(login.unit.id, secret?.reveal() ?? ''),
    });
    const parts: Buffer[] = [];
    for await (const part of capsule.stream()) parts.push(part);
    const bytes = Buffer.concat(parts);
    return { bytes, task, taken: await handIn(opening, bytes, task) };
  }
  const handIn = (opening: string, bytes: Bytes, task: string) => {
    const upload = { openingId: opening, lot: 'L1', taskId: task, label: '投标文件', standBy: null };
    return world.openings.takeIn(current(), { ...upload, sealedBy: 'client' }, once(bytes));
  };
  /** As the hub reads it for every request. */
  let profile: object = {};
  const current = () => ({
    ...world.login.unit,
    profile: { ...world.login.unit.profile, ...profile },
  });
  async function* once(bytes: Bytes) {
    yield bytes;
  }
  const referenceOf = (taken: Result<{ reference: string }>): string => unwrap(taken).reference;
  const begin = (encData: Bytes | string) => {
    const ciphertext = typeof encData === 'string' ? encData : base64(encData);
    const taskId = newTask();
    const request = { taskId, ciphertext, standBy: null, returnUrl: null, fileName: null, content: { taskId } };
    return world.login.envelopes.startDecrypt(world.login.unit, world.login.platform, request);
  };
  /** Everything a trading system or a person is told of a refusal. */
  const told = (result: Result<unknown>): string => {
    if (result.ok) throw new Error('it opened');
    return `${result.refusal.code} ${sentence(result.refusal)}`;
  };

  it('is refused with 451 before the gate and before the release, and opens after it, itself or by its reference', async () => {
    const opening = await world.announce();
    const text = '投标总报价：¥ 98,765,432.10\n“工期” 180 日历天 🏗';
    const { bytes, taken } = await sealed(opening, { text });
    const both = [bytes, referenceOf(taken)];
    for (const encData of both) expect(told(await begin(encData))).toMatch(/^NOT_YET_OPEN 未到开标时间（北京时间 /);
    await sealed(opening, { text: '乙' }, 'dalian');
    await sealed(opening, { text: '丙' }, 'anshan');
    await world.toTheGate(opening);
    for (const encData of both) expect(told(await begin(encData))).toMatch(/^NOT_RELEASED 开标密钥尚未释放/);
    await world.release(opening);
    for (const encData of both) {
      const link = await startDecrypt(world.login, encData);
      const person = new Opener(world.login);
      const page = await person.claim(link.token);
      expect(page.items.map(({ item }) => [item.kind, item.state])).toContainEqual(['capsule', 'waiting']);
      unwrap(await person.open(link.interaction, keys.liaoning));
      expect((await person.end(link.interaction)).state).toBe('succeeded');
      expect(message7(world.login, link.taskId).map(({ decData }) => decData)).toEqual([text]);
    }
  });

  it('of more than 1 MB, or no text, goes as a link where the profile allows it', async () => {
    const opening = await world.announce();
    const large = systemRandom.bytes(1_500_000);
    const { taken } = await sealed(opening, { bytes: large, name: '标书.zip' });
    await sealed(opening, { text: '乙' }, 'dalian');
    await sealed(opening, { text: '丙' }, 'anshan');
    await world.release(opening);
    const link = await startDecrypt(world.login, referenceOf(taken));
    await new Opener(world.login).decrypt(link, keys.liaoning);
    const [message] = message7(world.login, link.taskId);
    const { capsuleId } = unwrap(taken);
    const file = JSON.parse(String(message?.['decData'])) as Record<string, unknown>;
    expect(file).toEqual({
      capsuleId,
      sm3: hex(gm.sm3(large)),
      size: large.length,
      url: expect.stringContaining(capsuleId),
    });
    const offered = unwrap(await world.openings.contentLink(world.login.unit.id, capsuleId));
    const content = unwrap(await world.openings.content(offered.url.split('/').at(-1) ?? ''));
    const parts: Uint8Array[] = [];
    for await (const part of content.stream) parts.push(Uint8Array.from(part));
    expect(Buffer.concat(parts).equals(Buffer.from(large))).toBe(true);
  });

  it('of more than 1 MB is refused at the door, with the limit, where the profile takes no files; small bytes come in base64', async () => {
    const { relyingParties, store, unit } = world.login;
    profile = { capsuleFiles: false };
    unwrap(await store.tx((tx) => relyingParties.setUnit(tx, unit.id, { profile: { capsuleFiles: false } })));
    try {
      const opening = await world.announce();
      const large = await sealed(opening, { bytes: systemRandom.bytes(1_500_000), name: '标书.zip' });
      expect(told(large.taken)).toMatch(/^CAPSULE_TOO_LARGE 密封文件超过本接入单位允许的大小（上限 1 MB）/);
      const bytes = systemRandom.bytes(3000);
      const { taken } = await sealed(opening, { bytes, name: '签章.png' });
      await sealed(opening, { text: '乙' }, 'dalian');
      await sealed(opening, { text: '丙' }, 'anshan');
      await world.release(opening);
      const link = await startDecrypt(world.login, referenceOf(taken));
      expect((await new Opener(world.login).decrypt(link, keys.liaoning)).state).toBe('succeeded');
      const [message] = message7(world.login, link.taskId);
      expect(message?.['decData']).toBe(base64(bytes));
    } finally {
      profile = {};
      unwrap(await store.tx((tx) => relyingParties.setUnit(tx, unit.id, { profile: { capsuleFiles: true } })));
    }
  });

  it('sealed by encrypt is the one that was answered, when two contents claim one task at once', async () => {
    const opening = await world.announce();
    const taskId = newTask();
    const contents = ['报价一百万', '报价两百万'];
    const answers = await Promise.all(
      contents.map((content) =>
        world.login.envelopes.encrypt(
          world.login.unit,
          encryptRequest(keys.liaoning, content, { taskId, hub: { openingId: opening, lot: 'L1' } }),
        ),
      ),
    );
    expect(answers.map(codeOf).sort()).toEqual(['TASK_CONFLICT', 'ok']);
    const won = answers.findIndex((answer) => answer.ok);
    const bytes = Buffer.from(unwrap(answers[won] as Result<{ ciphertext: Bytes }>).ciphertext);
    await sealed(opening, { text: '乙' }, 'dalian');
    await sealed(opening, { text: '丙' }, 'anshan');
    await world.release(opening);
    const link = await startDecrypt(world.login, bytes);
    await new Opener(world.login).decrypt(link, keys.liaoning);
    expect(message7(world.login, link.taskId)[0]?.['decData']).toBe(contents[won]);
  });

  it('refused by encrypt does not use up its task', async () => {
    const opening = await world.announce();
    const change = { taskId: newTask(), hub: { openingId: opening, lot: 'L9' } };
    const { envelopes, unit } = world.login;
    expect(codeOf(await envelopes.encrypt(unit, encryptRequest(keys.liaoning, '文', change)))).toBe('LOT_UNKNOWN');
    const again = encryptRequest(keys.liaoning, '文', { ...change, hub: { openingId: opening, lot: 'L1' } });
    expect(codeOf(await envelopes.encrypt(unit, again))).toBe('ok');
  });

  it('and an envelope fail in one sentence, byte for byte, whatever failed; only the journal knows what', async () => {
    const opening = await world.announce();
    const mine = await sealed(opening, { text: '甲' });
    const theirs = await sealed(opening, { text: '乙' }, 'dalian');
    await sealed(opening, { text: '丙' }, 'anshan');
    await world.release(opening);
    const halfOf = async ({ bytes }: { bytes: Buffer }, key: HeldKey): Promise<Bytes> => {
      const { head } = await splitCapsule(gm, [bytes]);
      const wrap = head.wraps.find(({ kind }) => kind === 'bidder');
      const opened = await gm.sm2.decrypt(key.pair.encKey, fromBase64(wrap?.wrapped ?? '') ?? Buffer.alloc(0));
      if (!opened.ok) throw new Error('not its key');
      return opened.plaintext;
    };
    const envelope = await closed(world.login, keys.liaoning, '密文保函');
    const altered = Buffer.from(envelope);
    altered[altered.length - 20] = (altered[altered.length - 20] ?? 0) ^ 1;
    const contentKey = async (): Promise<Bytes> => {
      const person = new Opener(world.login);
      const link = await startDecrypt(world.login, envelope);
      await person.claim(link.token);
      const given = await person.unwrapped(link.interaction, keys.liaoning);
      return fromBase64(given.at(0)?.key ?? '') ?? Buffer.alloc(0);
    };
    const key = await contentKey();
    const tries: readonly (readonly [string, Bytes | string, Bytes])[] = [
      ['a random key for a capsule', referenceOf(mine.taken), systemRandom.bytes(16)],
      ['the other bidder’s half', referenceOf(mine.taken), await halfOf(theirs, keys.dalian)],
      ['my half for the other’s capsule', referenceOf(theirs.taken), await halfOf(mine, keys.liaoning)],
      ['a key of one byte', referenceOf(mine.taken), Buffer.alloc(1)],
      ['a key too long', referenceOf(mine.taken), Buffer.alloc(64)],
      ['a random key for an envelope', envelope, systemRandom.bytes(16)],
      ['a key too short for an envelope', envelope, systemRandom.bytes(15)],
      ['the right key for an altered envelope', altered, key],
    ];
    const texts = new Map<string, string>();
    const causes: unknown[] = [];
    for (const [what, encData, given] of tries) {
      const link = await startDecrypt(world.login, encData);
      const browser = world.guest(opening, 'host').browser;
      await browser.call('hello', {});
      const post = async (route: string, body: object) =>
        (await (await browser.post(`/hosted/api/decrypt/${route}`, body)).json()) as {
          view: { items: { id: string; interaction: string; wraps: { id: string }[]; error: object }[] };
        };
      const claimed = await post('claim', { token: link.token });
      const item = claimed.view.items.find((one) => one.interaction === link.interaction);
      const wrap = item?.wraps[0]?.id;
      const after = await post('keys', {
        interaction: link.interaction,
        keys: [{ item: item?.id, wrap, key: base64(given) }],
      });
      const error = after.view.items.find((one) => one.id === item?.id)?.error ?? {};
      texts.set(what, JSON.stringify({ ...error, supportCode: '' }));
      causes.push((await journalOf(world.login, 'decrypt.failed', link.interaction))[0]?.['cause']);
    }
    expect([...new Set(texts.values())]).toEqual([
      JSON.stringify({
        code: 'DECRYPT_FAILED',
        message: '解密未成功，文件未受影响，可重试。请确认使用的是加密时的那张证书；仍不成功时请把编号告诉客服。',
        supportCode: '',
        retry: true,
      }),
    ]);
    expect(causes.slice(0, 5)).toEqual(Array(5).fill('capsule'));
    expect(causes.slice(5)).toEqual(['other-key', 'key-length', expect.stringMatching(/^(altered|padding)$/)]);
    // The wrong tries have used nothing up.
    const link = await startDecrypt(world.login, referenceOf(mine.taken));
    expect((await new Opener(world.login).decrypt(link, keys.liaoning)).state).toBe('succeeded');
  });

  it('whose header was swapped, that was cut short or extended, is nobody’s: no page begins', async () => {
    const opening = await world.announce();
    const { bytes } = await sealed(opening, { text: '甲' });
    const swapped = Buffer.from(bytes);
    const at = swapped.indexOf(utf8('"lot":"L1"'));
    swapped.write('"lot":"L2"', at, 'latin1');
    const other = await sealed(opening, { text: '乙' }, 'dalian');
    const { head } = await splitCapsule(gm, [other.bytes]);
    const mixed = Buffer.concat([head.bytes, bytes.subarray((await splitCapsule(gm, [bytes])).head.bytes.length)]);
    const answers = [];
    for (const bad of [swapped, mixed, bytes.subarray(0, -1), Buffer.concat([bytes, Buffer.of(0)])])
      answers.push(told(await begin(bad)));
    expect(new Set(answers)).toEqual(new Set(['CAPSULE_UNKNOWN 没有找到这份密封文件，请核对后重新提交。']));
    const forged = base64(utf8(JSON.stringify({ type: 'caihub-capsule/1', capsule: 'cap_0', sm3: '0'.repeat(64) })));
    expect(told(await begin(forged))).toBe(answers[0]);
  });

  it('is of its own unit only, and says of another’s what it says of none', async () => {
    const opening = await world.announce();
    const { taken, bytes } = await sealed(opening, { text: '甲' });
    const { envelopes, neighbour, neighbourPlatform } = world.login;
    for (const ciphertext of [referenceOf(taken), base64(bytes)]) {
      const taskId = newTask();
      const request = { taskId, ciphertext, standBy: null, returnUrl: null, fileName: null, content: { taskId } };
      expect(codeOf(await envelopes.startDecrypt(neighbour, neighbourPlatform, request))).toBe('CAPSULE_UNKNOWN');
    }
    expect(encryptionSerial(keys.liaoning)).not.toBe('');
  });
});
