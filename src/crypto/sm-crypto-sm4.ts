import { Transform } from 'node:stream';
import smCrypto from 'sm-crypto';
import { type Bytes, concat } from '#kernel/bytes.ts';
import type { Sm4Mode } from './gm.ts';

const BLOCK = 16;

/**
 * SM4 over sm-crypto's bare block function, a chunk at a time. sm-crypto's own padding accepts 00 and its own CTR does not exist, so padding and counter
 * are ours.
 */
export class Sm4Run {
  readonly #direction: 'encrypt' | 'decrypt';
  readonly #mode: Sm4Mode;
  readonly #key: readonly number[];
  readonly #padding: boolean;
  /** Previous ciphertext block (cbc) or next counter (ctr). */
  #vector: Buffer;
  #held: Buffer = Buffer.alloc(0);

  constructor(direction: 'encrypt' | 'decrypt', mode: Sm4Mode, key: Bytes, iv: Bytes | null, padding: boolean) {
    this.#direction = direction;
    this.#mode = mode;
    this.#key = [...key];
    this.#padding = padding && mode !== 'ctr';
    this.#vector = Buffer.from(iv ?? Buffer.alloc(BLOCK));
  }

  update(part: Bytes): Bytes {
    const data = Buffer.concat([this.#held, part]);
    // a decryption with padding keeps the last whole block back: it may be the padding
    const spare = this.#padding && this.#direction === 'decrypt' ? 1 : 0;
    const whole = Math.max(0, Math.floor((data.length - spare) / BLOCK)) * BLOCK;
    this.#held = Buffer.from(data.subarray(whole));
    return this.#blocks(data.subarray(0, whole));
  }

  /** The rest; undefined when the length or the padding is wrong. */
  final(): Bytes | undefined {
    const rest = this.#held;
    this.#held = Buffer.alloc(0);
    if (this.#mode === 'ctr') {
      const padded = Buffer.concat([rest, Buffer.alloc(BLOCK - rest.length)]);
      return this.#blocks(padded).subarray(0, rest.length);
    }
    if (!this.#padding) return rest.length === 0 ? rest : undefined;
    if (this.#direction === 'encrypt') {
      const count = BLOCK - rest.length;
      return this.#blocks(Buffer.concat([rest, Buffer.alloc(count, count)]));
    }
    return rest.length === BLOCK ? unpadded(this.#blocks(rest)) : undefined;
  }

  #blocks(data: Bytes): Bytes {
    if (data.length === 0) return Buffer.alloc(0);
    const options = { padding: 'none', output: 'array' } as const;
    if (this.#mode === 'ecb') return Buffer.from(smCrypto.sm4[this.#direction]([...data], this.#key, options));
    if (this.#mode === 'ctr') return this.#counterBlocks(data);
    const iv = [...this.#vector];
    const out = Buffer.from(smCrypto.sm4[this.#direction]([...data], this.#key, { ...options, mode: 'cbc', iv }));
    this.#vector = Buffer.from((this.#direction === 'encrypt' ? out : data).subarray(data.length - BLOCK));
    return out;
  }

  #counterBlocks(data: Bytes): Bytes {
    const counters: Buffer[] = [];
    for (let at = 0; at < data.length; at += BLOCK) {
      counters.push(this.#vector);
      this.#vector = next(this.#vector);
    }
    const options = { padding: 'none', output: 'array' } as const;
    const stream = smCrypto.sm4.encrypt([...concat(...counters)], this.#key, options);
    return Buffer.from(data.map((byte, i) => byte ^ (stream[i] ?? 0)));
  }
}

function next(counter: Buffer): Buffer {
  const value = Buffer.from(counter);
  for (let i = BLOCK - 1; i >= 0; i -= 1) {
    value[i] = ((value[i] ?? 0) + 1) & 0xff;
    if (value[i] !== 0) break;
  }
  return value;
}

function unpadded(last: Bytes): Bytes | undefined {
  const count = last[BLOCK - 1] ?? 0;
  if (count < 1 || count > BLOCK) return undefined;
  return last.subarray(BLOCK - count).every((byte) => byte === count) ? last.subarray(0, BLOCK - count) : undefined;
}

/** The same run as a stream; wrong padding is the stream's error, as with node:crypto. */
export function sm4Transform(run: Sm4Run): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      done(null, run.update(chunk));
    },
    flush(done) {
      const rest = run.final();
      if (rest === undefined) done(new Error('SM4: wrong length or padding'));
      else done(null, rest);
    },
  });
}
