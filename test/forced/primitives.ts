import type { Primitive } from '../../src/crypto/primitives.ts';

/** Every primitive that can be moved by itself; the compiler notices a new one. */
const all: Readonly<Record<Primitive, true>> = {
  sm3: true,
  'hmac-sm3': true,
  'hkdf-sm3': true,
  'pbkdf2-sm3': true,
  sm4: true,
  'sm2-sign': true,
  'sm2-verify': true,
  'sm2-encrypt': true,
  'sm2-decrypt': true,
  'sm2-keygen': true,
};
export const primitives = Object.keys(all) as readonly Primitive[];
export const isPrimitive = (name: string): name is Primitive => Object.hasOwn(all, name);
