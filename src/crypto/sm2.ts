import { type Bytes, concat, utf8 } from '#kernel/bytes.ts';
import { HubError } from '#kernel/errors.ts';
import { curve, isPrivateScalar, leftPad } from './curve.ts';
import type { SignerId, Sm2, Sm2PrivateKey, Sm2PublicKey } from './gm.ts';
import { unmask, unmaskUnpadded } from './kdf.ts';
import type { PrivateMaterial, Provider } from './primitives.ts';
import { verifyDigest } from './sm-crypto.ts';
import {
  ciphertextCandidates,
  readPublicKey,
  readSignature,
  writeCiphertext,
  writeSignature,
  writeSpki,
} from './wire.ts';

const DEFAULT_ID = utf8('1234567812345678');
const MAX_PLAINTEXT = 64 * 1024;
/** Parsed keys kept, with their KeyObject and Z: about 2 KB each. */
const KEPT_KEYS = 4096;

/** Which provider does what; the same object may stand in all five places. */
export interface Sm2Providers {
  readonly sm3: Pick<Provider, 'sm3'>;
  readonly sign: Pick<Provider, 'sign'>;
  readonly verify: Pick<Provider, 'verify'>;
  readonly encrypt: Pick<Provider, 'encrypt'>;
  readonly decrypt: Pick<Provider, 'shared'>;
  readonly keygen: Pick<Provider, 'generate' | 'publicOf'>;
}

/** SM2 behind its gates: nothing reaches a provider that has not passed a range, a curve and a DER check. */
export function createSm2(use: Sm2Providers): Sm2 {
  const sm3 = (parts: readonly Bytes[]): Bytes => use.sm3.sm3(parts);
  const kept = new Map<string, Sm2PublicKey>();
  const defaultZ = new WeakMap<Sm2PublicKey, Bytes>();
  const secrets = new WeakMap<Sm2PrivateKey, PrivateMaterial>();

  /** One handle a point, so that a certificate seen again brings its KeyObject and Z along. Least recently used go first. */
  const handleOf = (point: Bytes): Sm2PublicKey => {
    const name = Buffer.from(point).toString('latin1');
    const handle = kept.get(name) ?? (Object.freeze({ point }) as Sm2PublicKey);
    kept.delete(name);
    kept.set(name, handle);
    const oldest = kept.size > KEPT_KEYS ? kept.keys().next().value : undefined;
    if (oldest !== undefined) kept.delete(oldest);
    return handle;
  };

  const materialOf = (key: Sm2PrivateKey): PrivateMaterial => {
    const material = secrets.get(key);
    if (material === undefined) throw new HubError('INTERNAL', 'this private key was not made by this provider');
    return material;
  };

  const fromScalar = (d: Bytes): Sm2PrivateKey => {
    const publicKey = handleOf(use.keygen.publicOf(d));
    const key = Object.freeze({ publicKey }) as Sm2PrivateKey;
    secrets.set(key, { d, publicKey });
    return key;
  };

  const zOf = (key: Sm2PublicKey, id: SignerId): Bytes | null => {
    if (id === 'no-z') return null;
    if (id !== 'default') return computeZ(use.sm3, key, id);
    const z = defaultZ.get(key) ?? computeZ(use.sm3, key, DEFAULT_ID);
    defaultZ.set(key, z);
    return z;
  };

  return {
    generateKey() {
      for (;;) {
        const d = use.keygen.generate();
        if (isPrivateScalar(d)) return fromScalar(d);
      }
    },
    importPublic(key) {
      const point = readPublicKey(key);
      return point === undefined ? undefined : handleOf(point);
    },
    importPrivate(d) {
      const scalar = d.length === 0 ? undefined : leftPad(d, 32);
      return scalar !== undefined && isPrivateScalar(scalar) ? fromScalar(scalar) : undefined;
    },
    exportPrivate: (key) => Buffer.from(materialOf(key).d),
    spki: (key) => writeSpki(key.point),
    verify(key, message, signature, id = 'default') {
      const raw = readSignature(signature);
      return raw !== undefined && use.verify.verify(key, zOf(key, id), message, raw);
    },
    verifyDigest(key, e, signature) {
      const raw = readSignature(signature);
      return raw !== undefined && e.length === 32 && verifyDigest(key.point, e, raw);
    },
    async sign(key, message, id = 'default') {
      const material = materialOf(key);
      return writeSignature(use.sign.sign(material, zOf(material.publicKey, id), message));
    },
    async encrypt(key, plaintext) {
      if (plaintext.length === 0 || plaintext.length > MAX_PLAINTEXT) {
        throw new HubError('INTERNAL', 'SM2 encrypts 1 byte to 64 KiB');
      }
      return writeCiphertext(use.encrypt.encrypt(key, plaintext));
    },
    async decrypt(key, ciphertext) {
      const { d } = materialOf(key);
      const candidates = ciphertextCandidates(ciphertext);
      const sharedOf = oncePerPoint((point) => use.decrypt.shared(d, point));
      for (const { layout, point, ...masked } of candidates) {
        const plaintext = unmask(sm3, sharedOf(point), masked);
        if (plaintext !== undefined) return { ok: true, plaintext, layout };
      }
      for (const { layout, point, ...masked } of candidates) {
        const plaintext = unmaskUnpadded(sm3, sharedOf(point), masked);
        if (plaintext !== undefined) return { ok: true, plaintext, layout: `${layout}-unpadded` };
      }
      return { ok: false };
    },
    z: (key, id = 'default') => zOf(key, id) ?? Buffer.alloc(0),
  };
}

/** Layouts of the same bytes often share their point; its multiplication is what a decryption costs. */
function oncePerPoint(multiply: (point: Bytes) => Bytes): (point: Bytes) => Bytes {
  const known = new Map<string, Bytes>();
  return (point) => {
    const name = Buffer.from(point).toString('latin1');
    const shared = known.get(name) ?? multiply(point);
    known.set(name, shared);
    return shared;
  };
}

/** Z = SM3(ENTL ‖ ID ‖ a ‖ b ‖ xG ‖ yG ‖ xA ‖ yA), ENTL in bits. */
function computeZ(provider: Pick<Provider, 'sm3'>, key: Sm2PublicKey, id: Bytes): Bytes {
  if (id.length > 8191) throw new HubError('INTERNAL', 'an SM2 signer id is at most 8191 bytes');
  const entl = Buffer.alloc(2);
  entl.writeUInt16BE(id.length * 8);
  return provider.sm3([concat(entl, id), curve.a, curve.b, curve.gx, curve.gy, key.point.subarray(1)]);
}
