import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Operation, type RewrapFacts, rewrapText } from '#agent/protocol.ts';
import type { Sm2PrivateKey } from '#crypto/gm.ts';
import { type Bytes, base64, fromBase64, hex, utf8 } from '#kernel/bytes.ts';
import { rewrapText as hubsRewrapText } from '#opening/capsule/rewrap.ts';
import { oldClients } from '#test/crypto/mutated-ciphertexts.ts';
import {
  challenge,
  codeOf,
  type Desk,
  gm,
  good,
  handle,
  makeKey,
  openDesk,
  type Page,
  PIN,
  type Sm2KeyOptions,
} from './support.ts';

const SECRET = Buffer.from('0123456789abcdef');
let desk: Desk;
let old: Sm2KeyOptions;
let renewed: Sm2KeyOptions;
beforeAll(async () => {
  desk = await openDesk();
  old = await makeKey(`${desk.keyDir}/old.json`, { label: '旧' });
  renewed = await makeKey(`${desk.home}/renewed.json`, { label: '新' });
  desk.agent.slots.plug(old.file);
});
afterAll(() => desk.close());

const opened = async (...operations: readonly Operation[]): Promise<{ page: Page; key: string }> => {
  const page = await desk.page(['enumerate', ...operations]);
  const key = await handle(page, '旧');
  good(await page.call('login', { key, pin: PIN }));
  return { page, key };
};
const wrapFor = async (certified: Sm2KeyOptions, secret: Bytes = SECRET): Promise<string> =>
  base64(await gm.sm2.encrypt(certified.encrypt.key.publicKey, secret));
const pointOf = (key: Sm2PrivateKey): string => hex(key.publicKey.point);
const open = async (key: Sm2PrivateKey, wrapped: string): Promise<unknown> => {
  const plain = await gm.sm2.decrypt(key, fromBase64(wrapped) ?? Buffer.alloc(0));
  return plain.ok ? Buffer.from(plain.plaintext) : 'refused';
};

describe('a wrapped key', () => {
  it.each(['unwrap', 'rehearse'] as const)('comes out bare under a grant to %s', async (operation) => {
    const { page, key } = await opened(operation);
    const result = good(await page.call('unwrap', { key, wrapped: await wrapFor(old) }));
    expect(result).toEqual({ key: base64(SECRET), layout: 'der' });
  });

  it.each(['unwrap', 'rehearse', 'release'] as const)(
    'comes out wrapped to another key under a grant to %s, when the page names one',
    async (operation) => {
      const { page, key } = await opened(operation);
      const other = gm.sm2.generateKey();
      const params = { key, wrapped: await wrapFor(old), to: pointOf(other) };
      const result = good(await page.call('unwrap', params));
      expect(Object.keys(result).sort()).toEqual(['layout', 'wrapped']);
      expect(await open(other, 'wrapped' in result ? result.wrapped : '')).toEqual(SECRET);
    },
  );

  it('never comes out bare under a grant to release, so that no page ever holds a share', async () => {
    const { page, key } = await opened('release');
    const reply = await page.call('unwrap', { key, wrapped: await wrapFor(old) });
    expect(codeOf(reply)).toBe('OPERATION_NOT_GRANTED');
    expect(JSON.stringify(reply)).not.toContain(base64(SECRET));
  });

  it('is opened whatever client wrote it, and the answer names how', async () => {
    const d = gm.sm2.importPrivate(Buffer.from(OFFICIAL, 'hex'));
    if (d === undefined) throw new Error('the published key was refused');
    const file = `${desk.home}/official.json`;
    const certified = await makeKey(file, { label: '示例', encryptionKey: d });
    desk.agent.slots.plug(certified.file);
    const page = await desk.page(['enumerate', 'unwrap']);
    const key = await handle(page, '示例');
    good(await page.call('login', { key, pin: PIN }));
    for (const { bytes, layout, plaintext } of oldClients.filter((one) => one.plaintext.length <= 64)) {
      const result = good(await page.call('unwrap', { key, wrapped: base64(bytes) }));
      expect(result).toEqual({ key: base64(plaintext), layout });
    }
    desk.agent.slots.unplug('示例');
  });

  it('stays in: too large for a key, another key’s, no PIN, or to a point off the curve', async () => {
    const { page, key } = await opened('unwrap');
    const to = pointOf(gm.sm2.generateKey());
    const off = `${to.slice(0, -1)}${to.endsWith('0') ? '1' : '0'}`;
    const wrapped = await wrapFor(old);
    const large = await wrapFor(old, Buffer.alloc(65, 1));
    expect(codeOf(await page.call('unwrap', { key, wrapped: large }))).toBe('UNWRAP_FAILED');
    expect(codeOf(await page.call('unwrap', { key, wrapped: large, to }))).toBe('UNWRAP_FAILED');
    expect(codeOf(await page.call('unwrap', { key, wrapped: await wrapFor(renewed), to }))).toBe('UNWRAP_FAILED');
    expect(codeOf(await page.call('unwrap', { key, wrapped, to: off }))).toBe('BAD_REQUEST');
    expect(codeOf(await page.call('unwrap', { key, wrapped, to: to.slice(2) }))).toBe('BAD_REQUEST');
    const stranger = await desk.page(['enumerate', 'unwrap']);
    const theirs = await handle(stranger, '旧');
    expect(codeOf(await stranger.call('unwrap', { key: theirs, wrapped, to }))).toBe('PIN_REQUIRED');
  });

  it('is all that a grant to open gives: no signature, no re-wrap', async () => {
    const { page, key } = await opened('unwrap', 'release', 'rehearse');
    expect(codeOf(await page.call('sign', { key, text: challenge() }))).toBe('OPERATION_NOT_GRANTED');
    const params = { key, wrapped: await wrapFor(old), certificate: '', text: '' };
    expect(codeOf(await page.call('rewrap', params))).toBe('OPERATION_NOT_GRANTED');
  });
});

describe('a re-wrap to a renewed certificate', () => {
  const facts = (wrapped: string): RewrapFacts => ({
    opening: 'opn_1',
    capsule: 'cap_1',
    old: hex(gm.sm3(old.encrypt.certificate)),
    new: hex(gm.sm3(renewed.encrypt.certificate)),
    wrap: hex(gm.sm3(fromBase64(wrapped) ?? Buffer.alloc(0))),
  });

  it('opens with the new key, and the old key has signed which wrap went where', async () => {
    const { page, key } = await opened('rewrap');
    const wrapped = await wrapFor(old);
    const text = rewrapText(facts(wrapped));
    expect(text).toBe(hubsRewrapText(facts(wrapped))); // the hub asks for the very text that the agent signs
    const certificate = base64(renewed.encrypt.certificate);
    const made = good(await page.call('rewrap', { key, wrapped, certificate, text }));
    expect(await open(renewed.encrypt.key, made.wrapped)).toEqual(SECRET);
    expect(made.certificate).toBe(base64(old.sign.certificate));
    const signature = fromBase64(made.signature) ?? Buffer.alloc(0);
    expect(gm.sm2.verify(old.sign.key.publicKey, [utf8(text)], signature)).toBe(true);
  });

  it('is refused for any text but its own', async () => {
    const { page, key } = await opened('rewrap');
    const wrapped = await wrapFor(old);
    const own = facts(wrapped);
    const certificate = base64(renewed.encrypt.certificate);
    const texts = [
      '',
      '本公司同意支付全部款项',
      challenge(),
      rewrapText({ ...own, old: own.new }),
      rewrapText({ ...own, new: own.old }),
      rewrapText({ ...own, wrap: 'ab'.repeat(32) }),
      rewrapText({ ...own, wrap: own.wrap.toUpperCase() }),
      rewrapText({ ...own, opening: '' }),
      rewrapText({ ...own, capsule: 'a b' }),
      rewrapText({ ...own, capsule: 'a=b' }),
      rewrapText({ ...own, opening: 'x\namount=1' }),
      `${rewrapText(own)}\n`,
      `${rewrapText(own)}\namount=1000000`,
      rewrapText(own).replaceAll('\n', '\r\n'),
      rewrapText(own).replace('caihub-rewrap/1', 'caihub-rewrap/2'),
    ];
    for (const text of texts) {
      expect(codeOf(await page.call('rewrap', { key, wrapped, certificate, text }))).toBe('TEXT_REFUSED');
    }
  });

  it('is refused to what is no certificate, and gives no signature for a wrap that does not open', async () => {
    const { page, key } = await opened('rewrap');
    const wrapped = await wrapFor(old);
    for (const certificate of ['', 'AAAA', base64(renewed.encrypt.key.publicKey.point)]) {
      const params = { key, wrapped, certificate, text: rewrapText(facts(wrapped)) };
      expect(codeOf(await page.call('rewrap', params))).toBe('BAD_REQUEST');
    }
    const foreign = await wrapFor(renewed);
    const certificate = base64(renewed.encrypt.certificate);
    const reply = await page.call('rewrap', { key, wrapped: foreign, certificate, text: rewrapText(facts(foreign)) });
    expect(codeOf(reply)).toBe('UNWRAP_FAILED');
  });
});

/** The private key of the published examples: what the old client’s ciphertexts are for. */
const OFFICIAL = '3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8';
