import type { Bytes } from '#kernel/bytes.ts';
import { type PdfDict, PdfFault, type PdfObject } from './objects.ts';

/** The window ended inside an object: the caller reads a larger one. */
export class NeedMore extends Error {}

const MAX_DEPTH = 64;
/** A hex signature of 1 MiB fits; what is larger is an attack on our memory. */
const MAX_STRING = 4 * 1024 * 1024;

/** What the objects of one thing may still take in memory, bytes, roughly; readers of its parts share one. */
export interface Allowance {
  left: number;
}
/**
 * An array of 200 000 references, or 20 000 dictionaries of five entries. Sixteen million empty dictionaries deflate to 60 KB and stand in memory as three
 * gigabytes: sizes alone bound nothing.
 */
export const MOST_HELD = 16 * 1024 * 1024;
/** Measured in V8: a number is its slot in an array that has grown, the rest objects with their slots. */
const HELD = { number: 32, name: 80, string: 208, array: 64, dictionary: 208, entry: 48 } as const;

const WHITE = new Set([0, 9, 10, 12, 13, 32]);
const DELIMITERS = new Set([...'()<>[]{}/%'].map((sign) => sign.charCodeAt(0)));
export const isWhite = (byte: number): boolean => WHITE.has(byte);
const isRegular = (byte: number): boolean => !WHITE.has(byte) && !DELIMITERS.has(byte);

/**
 * Reads objects from one window of a file (ISO 32000-1 7.2, 7.3). `base` is the window's place in the file; `last` says that the file ends where the
 * window ends. Throws PdfFault on what is no PDF, NeedMore when the window is too small.
 */
export class Lexer {
  readonly bytes: Bytes;
  readonly base: number;
  readonly last: boolean;
  at: number;
  /** Where the values of the outermost dictionary stand, absolute: [first byte, behind the last]. */
  readonly spans = new Map<string, readonly [number, number]>();

  private readonly allowance: Allowance;

  constructor(bytes: Bytes, base: number, last: boolean, at = 0, allowance: Allowance = { left: MOST_HELD }) {
    this.bytes = bytes;
    this.base = base;
    this.last = last;
    this.at = at;
    this.allowance = allowance;
  }

  private hold(held: number): void {
    this.allowance.left -= held;
    if (this.allowance.left < 0) throw new PdfFault('too-large', 'an object of too many parts');
  }

  /** -1 at the end of the file. */
  peek(ahead = 0): number {
    const byte = this.bytes[this.at + ahead];
    if (byte !== undefined) return byte;
    if (this.last) return -1;
    throw new NeedMore();
  }

  skipWhite(): void {
    for (;;) {
      const byte = this.peek();
      if (byte === 0x25) this.skipComment();
      else if (isWhite(byte)) this.at += 1;
      else return;
    }
  }

  private skipComment(): void {
    for (let byte = this.peek(); byte !== 10 && byte !== 13 && byte !== -1; byte = this.peek()) this.at += 1;
  }

  /** Consumes `word` when it stands here as a word of its own. */
  takeWord(word: string): boolean {
    for (let i = 0; i < word.length; i += 1) if (this.peek(i) !== word.charCodeAt(i)) return false;
    const after = this.peek(word.length);
    if (after !== -1 && isRegular(after)) return false;
    this.at += word.length;
    return true;
  }

  integer(): number | undefined {
    let end = 0;
    let value = 0;
    for (let byte = this.peek(); byte >= 0x30 && byte <= 0x39 && end < 16; byte = this.peek(end)) {
      value = value * 10 + (byte - 0x30);
      end += 1;
    }
    if (end === 0 || isRegularAt(this, end)) return undefined;
    this.at += end;
    return Number.isSafeInteger(value) ? value : undefined;
  }

  object(depth = 0): PdfObject {
    if (depth > MAX_DEPTH) throw new PdfFault('broken', 'objects nested too deeply');
    this.skipWhite();
    const byte = this.peek();
    switch (byte) {
      case 0x2f:
        return { kind: 'name', name: this.heldName() };
      case 0x28:
        return { kind: 'string', bytes: this.heldString(this.literal()) };
      case 0x5b:
        return this.array(depth);
      case 0x3c:
        return this.peek(1) === 0x3c ? this.dictionary(depth) : { kind: 'string', bytes: this.heldString(this.hex()) };
      default:
        this.hold(HELD.number);
        return this.wordOrNumber(byte);
    }
  }

  private wordOrNumber(byte: number): PdfObject {
    if (byte === 0x2b || byte === 0x2d || byte === 0x2e || (byte >= 0x30 && byte <= 0x39)) return this.numberOrRef();
    if (this.takeWord('true')) return true;
    if (this.takeWord('false')) return false;
    if (this.takeWord('null')) return null;
    throw new PdfFault('broken', `no object at offset ${this.base + this.at}`);
  }

  private numberOrRef(): PdfObject {
    const start = this.at;
    const first = this.integer();
    if (first !== undefined) {
      const afterFirst = this.at;
      this.skipWhite();
      const second = this.integer();
      if (second !== undefined && second <= 65_535) {
        this.skipWhite();
        if (this.takeWord('R')) {
          this.hold(HELD.name - HELD.number);
          return { kind: 'ref', number: first, generation: second };
        }
      }
      this.at = afterFirst;
      return first;
    }
    this.at = start;
    return this.real();
  }

  private real(): number {
    let end = 0;
    while (end < 64 && isNumberByte(this.peek(end))) end += 1;
    const digits = Buffer.from(this.bytes.buffer, this.bytes.byteOffset + this.at, end).toString('latin1');
    if (!/^[+-]{0,2}(\d+\.?\d*|\.\d+)(-\d*)?$/.test(digits)) throw new PdfFault('broken', 'malformed number');
    this.at += end;
    // Some producers write `--5` and `1.0-2`; readers agree on the leading number.
    return Number.parseFloat(digits.replace(/^[+-]*-/, '-').replace(/^\+/, ''));
  }

  name(): string {
    this.at += 1;
    let value = '';
    for (let byte = this.peek(); byte !== -1 && isRegular(byte); byte = this.peek()) {
      if (value.length > 4096) throw new PdfFault('broken', 'name too long');
      const code = byte === 0x23 ? hexPair(this.peek(1), this.peek(2)) : undefined;
      value += String.fromCharCode(code ?? byte);
      this.at += code === undefined ? 1 : 3;
    }
    return value;
  }

  private heldName(): string {
    const name = this.name();
    this.hold(HELD.name + name.length);
    return name;
  }

  private heldString(bytes: Bytes): Bytes {
    this.hold(HELD.string + bytes.length);
    return bytes;
  }

  private array(depth: number): readonly PdfObject[] {
    this.at += 1;
    this.hold(HELD.array);
    const items: PdfObject[] = [];
    for (;;) {
      this.skipWhite();
      if (this.peek() === 0x5d) {
        this.at += 1;
        return items;
      }
      items.push(this.object(depth + 1));
    }
  }

  dictionary(depth: number): PdfDict {
    this.at += 2;
    this.hold(HELD.dictionary);
    const entries = new Map<string, PdfObject>();
    for (;;) {
      this.skipWhite();
      const byte = this.peek();
      if (byte === 0x3e && this.peek(1) === 0x3e) {
        this.at += 2;
        return entries;
      }
      if (byte !== 0x2f) throw new PdfFault('broken', `dictionary key expected at offset ${this.base + this.at}`);
      const key = this.name();
      this.skipWhite();
      const start = this.base + this.at;
      const value = this.object(depth + 1);
      if (depth === 0) this.spans.set(key, [start, this.base + this.at]);
      // The same key twice is read differently by different readers: what is signed must be one thing to all.
      this.hold(HELD.entry + key.length);
      if (entries.has(key)) throw new PdfFault('broken', 'a dictionary names one key twice');
      entries.set(key, value);
    }
  }

  private hex(): Bytes {
    this.at += 1;
    const out = new Gathered();
    let high: number | undefined;
    for (;;) {
      const byte = this.peek();
      this.at += 1;
      if (byte === 0x3e) break;
      if (isWhite(byte)) continue;
      const digit = hexDigit(byte);
      if (digit === undefined) throw new PdfFault('broken', 'malformed hexadecimal string');
      if (high !== undefined) out.push(high | digit);
      high = high === undefined ? digit << 4 : undefined;
    }
    // An odd last digit is followed by a zero (7.3.4.3).
    if (high !== undefined) out.push(high);
    return out.bytes();
  }

  private literal(): Bytes {
    this.at += 1;
    const out = new Gathered();
    for (let open = 1; ; ) {
      const byte = this.peek();
      if (byte === -1) throw new PdfFault('broken', 'string without end');
      this.at += 1;
      if (byte === 0x5c) {
        const escaped = this.escape();
        if (escaped !== undefined) out.push(escaped);
        continue;
      }
      if (byte === 0x28) open += 1;
      if (byte === 0x29) open -= 1;
      if (open === 0) return out.bytes();
      out.push(byte);
    }
  }

  private escape(): number | undefined {
    const byte = this.peek();
    this.at += 1;
    const plain = ESCAPES.get(byte);
    if (plain !== undefined) return plain;
    if (byte >= 0x30 && byte <= 0x37) {
      let value = byte - 0x30;
      for (let i = 0; i < 2 && this.peek() >= 0x30 && this.peek() <= 0x37; i += 1) {
        value = value * 8 + (this.peek() - 0x30);
        this.at += 1;
      }
      return value & 0xff;
    }
    if (byte === 13 && this.peek() === 10) this.at += 1;
    return byte === 10 || byte === 13 ? undefined : byte;
  }
}

/** Bytes of a string as they are found, at most MAX_STRING. */
class Gathered {
  private room = new Uint8Array(64);
  private size = 0;

  push(byte: number): void {
    if (this.size === this.room.length) {
      if (this.size >= MAX_STRING) throw new PdfFault('too-large', 'string');
      const larger = new Uint8Array(this.size * 4);
      larger.set(this.room);
      this.room = larger;
    }
    this.room[this.size] = byte;
    this.size += 1;
  }

  bytes(): Bytes {
    return this.room.slice(0, this.size);
  }
}

const ESCAPES: ReadonlyMap<number, number> = new Map([
  [0x6e, 10],
  [0x72, 13],
  [0x74, 9],
  [0x62, 8],
  [0x66, 12],
]);

const isRegularAt = (lexer: Lexer, ahead: number): boolean => {
  const byte = lexer.peek(ahead);
  return byte !== -1 && isRegular(byte);
};
const isNumberByte = (byte: number): boolean =>
  byte === 0x2b || byte === 0x2d || byte === 0x2e || (byte >= 0x30 && byte <= 0x39);
const hexDigit = (byte: number): number | undefined => {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : undefined;
};
const hexPair = (high: number, low: number): number | undefined => {
  const [a, b] = [hexDigit(high), hexDigit(low)];
  return a === undefined || b === undefined ? undefined : a * 16 + b;
};
