import { describe, expect, it } from 'vitest';
import { createNodeNative } from '#crypto/node-native.ts';
import type { Provider } from '#crypto/primitives.ts';
import { createGm, selfTest } from '#crypto/provider.ts';
import { createSmCrypto } from '#crypto/sm-crypto.ts';
import { official, officialPrivate } from './support.ts';

/** A platform whose node:crypto has changed in some respect, as ECDH did in Node 24. */
const changed = (change: Partial<Provider>): readonly [Provider, Provider] => [
  { ...createNodeNative(), ...change },
  createSmCrypto(),
];

describe('the self-test at creation', () => {
  it('leaves everything with node:crypto where that is right, without an alarm', () => {
    const alarms: string[] = [];
    const chosen = selfTest({ alarm: (message) => alarms.push(message) });
    expect(new Set(Object.values(chosen).map((provider) => provider.name))).toEqual(new Set(['node']));
    expect(alarms).toEqual([]);
  });

  it('moves exactly the primitive that fails, and says so', () => {
    const native = createNodeNative();
    const faults: readonly (readonly [string, Partial<Provider>])[] = [
      ['sm2-verify', { verify: () => true }],
      ['sm2-verify', { verify: (key, _z, message, raw) => native.verify(key, null, message, raw) }],
      ['sm2-sign', { sign: (key, _z, message) => native.sign(key, null, message) }],
      ['sm2-decrypt', { shared: () => Buffer.alloc(64) }],
      [
        'sm2-encrypt',
        {
          encrypt: () => {
            throw new Error('ERR_CRYPTO_INVALID_KEYPAIR');
          },
        },
      ],
      ['sm2-keygen', { generate: () => Buffer.alloc(32) }],
      ['sm3', { sm3: () => Buffer.alloc(32) }],
      ['hmac-sm3', { hmacSm3: () => Buffer.alloc(31) }],
      ['sm4', { sm4Decrypt: () => Buffer.alloc(0) }],
    ];
    for (const [primitive, change] of faults) {
      const alarms: string[] = [];
      const chosen = selfTest({ providers: changed(change), alarm: (message) => alarms.push(message) });
      const moved = Object.entries(chosen).filter(([, provider]) => provider.name === 'sm-crypto');
      expect(moved.map(([name]) => name)).toEqual([primitive]);
      expect(alarms).toEqual([`${primitive}: node failed its self-test, sm-crypto has taken over`]);
    }
  });

  it('still answers right after the move', async () => {
    const gm = createGm({ providers: changed({ verify: () => true, shared: () => Buffer.alloc(64) }) });
    const key = officialPrivate(gm);
    expect(gm.sm2.verify(key.publicKey, [official.message], official.der)).toBe(true);
    expect(gm.sm2.verify(key.publicKey, [Buffer.from('other')], official.der)).toBe(false);
    expect((await gm.sm2.decrypt(key, official.sm2Cipher)).ok).toBe(true);
  });

  it('refuses to start when neither provider is right, or the forced one is wrong', () => {
    const broken = { ...createSmCrypto(), sm3: () => Buffer.alloc(32) };
    expect(() => createGm({ providers: [{ ...createNodeNative(), sm3: () => Buffer.alloc(32) }, broken] })).toThrow(
      /no provider passes the self-test of sm3/,
    );
    expect(() => createGm({ providers: changed({ sm3: () => Buffer.alloc(32) }), force: { sm3: 'node' } })).toThrow(
      /self-test of sm3/,
    );
  });
});
