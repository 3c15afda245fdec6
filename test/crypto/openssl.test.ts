import { describe, expect, it } from 'vitest';
import { utf8 } from '#kernel/bytes.ts';
import { bothProviders, of, openssl, opensslVersion, pemOf, text } from './support.ts';

const DISTID = 'distid:1234567812345678';
const message = utf8('caihub/1\npurpose=login\n互认');

describe('openssl as the oracle', () => {
  it('is there; a build server without it fails, a desk without it says 未运行', () => {
    if (opensslVersion === undefined && process.env['CI'] !== 'true')
      console.warn('未运行：本机没有 openssl，未作互操作比对');
    expect(opensslVersion !== undefined || process.env['CI'] !== 'true').toBe(true);
  });
});

describe.runIf(opensslVersion !== undefined).each(bothProviders)('openssl and this room agree (%s)', (_, gm) => {
  const key = gm.sm2.generateKey();
  const pem = pemOf(gm, key);
  const files = { 'key.pem': pem.private, 'pub.pem': pem.public, message };

  it('it verifies what we sign, with the default id and with another', async () => {
    for (const [id, option] of [
      ['default' as const, DISTID],
      [utf8('LN-HUB'), 'distid:LN-HUB'],
    ] as const) {
      const signature = await gm.sm2.sign(key, [message], id);
      const args = ['dgst', '-sm3', '-verify', 'pub.pem', '-sigopt', option, '-signature', 'signature', 'message'];
      expect(openssl(args, { ...files, signature })?.toString()).toContain('Verified OK');
      expect(openssl(args, { ...files, signature, message: utf8('other') })).toBeUndefined();
    }
  });

  it('we verify what it signs', () => {
    const signed = openssl(['dgst', '-sm3', '-sign', 'key.pem', '-sigopt', DISTID, 'message'], files);
    expect(signed && gm.sm2.verify(key.publicKey, [message], signed)).toBe(true);
    expect(signed && gm.sm2.verify(key.publicKey, [message], signed, Buffer.alloc(0))).toBe(false);
  });

  it('it opens what we encrypt, and we open what it encrypts', async () => {
    for (const plaintext of [utf8('密钥'), of('00'), Buffer.alloc(200, 5)]) {
      const sealed = await gm.sm2.encrypt(key.publicKey, plaintext);
      const opened = openssl(['pkeyutl', '-decrypt', '-inkey', 'key.pem', '-in', 'sealed'], { ...files, sealed });
      expect(text(opened)).toBe(text(plaintext));
      const made = openssl(['pkeyutl', '-encrypt', '-pubin', '-inkey', 'pub.pem', '-in', 'plain'], {
        ...files,
        plain: plaintext,
      });
      const back = made && (await gm.sm2.decrypt(key, made));
      expect(back?.ok && text(back.plaintext)).toBe(text(plaintext));
    }
  });

  it('it computes the same SM3, HMAC, HKDF, PBKDF2 and SM4', () => {
    expect(text(openssl(['dgst', '-sm3', '-binary', 'message'], files))).toBe(text(gm.sm3(message)));
    const mac = ['dgst', '-sm3', '-mac', 'HMAC', '-macopt', 'key:0123456789abcdef', '-binary', 'message'];
    expect(text(openssl(mac, files))).toBe(text(gm.hmacSm3(utf8('0123456789abcdef'), message)));
    const kdf = ['kdf', '-keylen', '80', '-kdfopt', 'digest:SM3', '-kdfopt', 'key:secret', '-kdfopt', 'salt:s'];
    expect(text(openssl([...kdf, '-kdfopt', 'info:i', '-binary', 'HKDF'], files))).toBe(
      text(gm.hkdfSm3(utf8('secret'), utf8('s'), utf8('i'), 80)),
    );
    const pbkdf = [
      'kdf',
      '-keylen',
      '48',
      '-kdfopt',
      'digest:SM3',
      '-kdfopt',
      'pass:123456',
      '-kdfopt',
      'salt:saltsalt',
    ];
    expect(text(openssl([...pbkdf, '-kdfopt', 'iter:20', '-kdfopt', 'pkcs5:1', '-binary', 'PBKDF2'], files))).toBe(
      text(gm.pbkdf2Sm3(utf8('123456'), utf8('saltsalt'), 20, 48)),
    );
    const key16 = of('0123456789abcdeffedcba9876543210');
    const iv = of('fffffffffffffffffffffffffffffffe');
    for (const mode of ['ecb', 'cbc', 'ctr'] as const) {
      const vector = mode === 'ecb' ? [] : ['-iv', text(iv) ?? ''];
      const data = Buffer.alloc(100, 3);
      const args = ['enc', `-sm4-${mode}`, '-K', text(key16) ?? '', ...vector, '-in', 'data'];
      const sealed = gm.sm4Encrypt(mode, key16, mode === 'ecb' ? null : iv, data);
      expect(text(openssl(args, { data }))).toBe(text(sealed));
    }
  });
});
