import smCrypto from 'sm-crypto';
import { expect, it } from 'vitest';
import { concat, utf8 } from '#kernel/bytes.ts';
import { bothProviders, official, officialPrivate, text } from './support.ts';

/** sm-crypto before 0.4.0 signed the bare message as e (`hash` off by default); pages built on it still do. */
it.each(bothProviders)('a signature over the bare message is refused under every id (%s)', (_, gm) => {
  const key = officialPrivate(gm).publicKey;
  const d = text(official.d) ?? '';
  for (const message of [utf8('login'), gm.sm3(utf8('login')), Buffer.alloc(32, 7)]) {
    const signature = Buffer.from(smCrypto.sm2.doSignature([...message], d, { hash: false, der: true }), 'hex');
    for (const id of ['default', 'no-z', new Uint8Array(0), utf8('1')] as const) {
      expect(gm.sm2.verify(key, [message], signature, id)).toBe(false);
      expect(gm.sm2.verify(key, [concat(gm.sm2.z(key), message)], signature, id)).toBe(false);
    }
  }
});
