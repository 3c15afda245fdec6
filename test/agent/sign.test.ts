import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { base64, fromBase64, utf8 } from '#kernel/bytes.ts';
import { isoUtc } from '#kernel/clock.ts';
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
  START,
} from './support.ts';

let desk: Desk;
let made: Sm2KeyOptions;
beforeAll(async () => {
  desk = await openDesk();
  made = await makeKey(`${desk.keyDir}/one.json`);
  desk.agent.slots.plug(made.file);
});
afterAll(() => desk.close());

const opened = async (): Promise<{ page: Page; key: string }> => {
  const page = await desk.page(['enumerate', 'certificates', 'sign-login', 'unwrap']);
  const key = await handle(page);
  good(await page.call('login', { key, pin: PIN }));
  return { page, key };
};

describe('signing', () => {
  it('gives a signature over the challenge that the certificate’s key verifies', async () => {
    const { page, key } = await opened();
    const text = challenge();
    const { signature, certificate } = good(await page.call('sign', { key, text }));
    const shown = good(await page.call('certificates', { key }));
    expect(certificate).toBe(base64(made.sign.certificate));
    expect(shown).toEqual({ sign: certificate, encrypt: base64(made.encrypt.certificate) });
    const der = fromBase64(signature) ?? Buffer.alloc(0);
    expect(gm.sm2.verify(made.sign.key.publicKey, [utf8(text)], der)).toBe(true);
    expect(gm.sm2.verify(made.encrypt.key.publicKey, [utf8(text)], der)).toBe(false);
  });

  it('is given for the question who signs documents, as for a login', async () => {
    const { page, key } = await opened();
    const text = challenge({ purpose: 'sign' });
    const { signature } = good(await page.call('sign', { key, text }));
    const { publicKey } = made.sign.key;
    expect(gm.sm2.verify(publicKey, [utf8(text)], fromBase64(signature) ?? Buffer.alloc(0))).toBe(true);
  });

  it('is refused for every text that is not this login’s challenge', async () => {
    const { page, key } = await opened();
    const texts = [
      '',
      'ab'.repeat(32), // a bare digest
      base64(Buffer.alloc(32, 1)),
      '本公司同意支付全部款项',
      challenge().replace('caihub/1', 'caihub/2'),
      challenge({ purpose: 'release' }),
      challenge({ purpose: 'rehearse' }),
      challenge({ purpose: 'decrypt' }),
      challenge({ hub: 'https://hub.other.example' }),
      challenge({ interaction: 'int_zzzzzzzzzzzzzzzzzzzzzzzzzz' }),
      challenge({ nonce: 'ab' }),
      challenge({ nonce: 'AB'.repeat(32) }),
      challenge({ unit: '' }),
      challenge({ unit: 'LN 1' }),
      challenge({ expires: isoUtc(START) }),
      challenge({ expires: isoUtc(START + 24 * 3600_000) }),
      challenge({ expires: 'tomorrow' }),
      `${challenge()}\n`,
      `${challenge()}\namount=1000000`,
      challenge().replaceAll('\n', '\r\n'),
      challenge().split('\n').reverse().join('\n'),
      challenge().split('\n').slice(0, 7).join('\n'),
    ];
    for (const text of texts) expect(codeOf(await page.call('sign', { key, text }))).toBe('TEXT_REFUSED');
  });

  it('needs the PIN on this connection; another page’s login is not this page’s', async () => {
    const { key: theirs } = await opened();
    const page = await desk.page();
    const key = await handle(page);
    expect(key).not.toBe(theirs);
    const reply = await page.call('sign', { key, text: challenge() });
    expect(reply).toMatchObject({ ok: false, error: { code: 'PIN_REQUIRED', sar: '0x0A00002D' } });
    expect(codeOf(await page.call('sign', { key: theirs, text: challenge() }))).toBe('KEY_NOT_FOUND');
  });

  it('needs the PIN again after ten minutes', async () => {
    const { page, key } = await opened();
    expect(good(await page.call('enumerate')).keys[0]?.loggedIn).toBe(true);
    desk.advance(10 * 60_000);
    const text = challenge({ expires: isoUtc(START + 12 * 60_000) });
    expect(codeOf(await page.call('sign', { key, text }))).toBe('PIN_REQUIRED');
    expect(good(await page.call('enumerate')).keys[0]?.loggedIn).toBe(false);
    desk.advance(-10 * 60_000);
  });
});

describe('unwrapping', () => {
  it('opens a session key that was wrapped to the encryption certificate', async () => {
    const { page, key } = await opened();
    const session = Buffer.from('0123456789abcdef');
    const wrapped = base64(await gm.sm2.encrypt(made.encrypt.key.publicKey, session));
    expect(good(await page.call('unwrap', { key, wrapped }))).toEqual({ key: base64(session), layout: 'der' });
  });

  it('fails in one way for another key’s wrap, a damaged one, and anything larger than a key', async () => {
    const { page, key } = await opened();
    const other = base64(await gm.sm2.encrypt(made.sign.key.publicKey, Buffer.alloc(16)));
    const large = base64(await gm.sm2.encrypt(made.encrypt.key.publicKey, Buffer.alloc(65)));
    for (const wrapped of [other, large, base64(Buffer.alloc(120)), '']) {
      expect(codeOf(await page.call('unwrap', { key, wrapped }))).toBe('UNWRAP_FAILED');
    }
    expect(codeOf(await page.call('unwrap', { key, wrapped: '***' }))).toBe('BAD_REQUEST');
  });
});
