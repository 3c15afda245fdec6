import sm4 from 'sm-crypto/src/sm4/index.js';

/**
 * The content of an envelope, in this browser alone: the hub never has its key. SM4-CBC by a kept library; its own padding check accepts padding that is
 * none, so PKCS#7 is read here. null for every failure alike.
 */
export function openContent(key: Uint8Array, iv: Uint8Array, ciphertext: Uint8Array): Uint8Array | null {
  if (key.length !== 16 || iv.length !== 16 || ciphertext.length === 0 || ciphertext.length % 16 !== 0) return null;
  const options = { mode: 'cbc', iv: [...iv], padding: 'none', output: 'array' } as const;
  const padded = Uint8Array.from(sm4.decrypt(Array.from(ciphertext), [...key], options));
  const count = padded[padded.length - 1] ?? 0;
  if (count < 1 || count > 16) return null;
  const end = padded.length - count;
  return padded.subarray(end).every((byte) => byte === count) ? padded.subarray(0, end) : null;
}
