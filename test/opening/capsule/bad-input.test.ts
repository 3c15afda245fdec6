import { beforeAll, describe, expect, it } from 'vitest';
import { type Bytes, base64, concat, hex, utf8 } from '#kernel/bytes.ts';
import { systemRandom } from '#kernel/random.ts';
import { canonicalJson } from '#opening/capsule/canonical.ts';
import { openChunk, sealChunk } from '#opening/capsule/chunks.ts';
import { CapsuleFault } from '#opening/capsule/fault.ts';
import { type CapsuleHead, CHUNK, MAGIC, makeHead, TAG } from '#opening/capsule/head.ts';
import { type CapsuleHeader, writeHeader } from '#opening/capsule/header.ts';
import { joinKeys } from '#opening/capsule/keys.ts';
import { openCapsule } from '#opening/capsule/open.ts';
import { isPaddedLength, paddedLength } from '#opening/capsule/padding.ts';
import { unitSigner } from '#opening/capsule/sdk.ts';
import { beginIntake, checkStructure } from '#opening/capsule/structure.ts';
import type { Wrap } from '#opening/capsule/wraps.ts';
import { gm, halvesOf, holder, open, type Pair, seal, signerOf, ticketOf } from './support.ts';

const content = systemRandom.bytes(200_000); // 256 KiB: four chunks
let bidder: Pair;
let capsule: Buffer;
let head: CapsuleHead;
beforeAll(async () => {
  bidder = await holder('甲公司');
  capsule = await seal(bidder, await ticketOf('joint'), content);
  ({ head } = await beginIntake(gm, [capsule]));
});

/** What an attempt comes to: the fault's reason, `wrong …`, or `opened`. */
async function reasonOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
    return 'opened';
  } catch (error) {
    return error instanceof CapsuleFault ? error.reason : (error as Error).message;
  }
}
const structureOf = (bytes: Bytes): Promise<string> => reasonOf(checkStructure(gm, [bytes]));
const withHead = (bytes: Bytes): Buffer => Buffer.concat([bytes, capsule.subarray(head.bytes.length)]);
const chunkAt = (index: number): number => head.bytes.length + index * (CHUNK + TAG);

describe('a capsule that was tampered with', () => {
  it('is refused at the door when it is cut short, extended or no capsule', async () => {
    expect(await structureOf(capsule)).toBe('opened');
    for (const end of [0, 5, 15, 40, head.bytes.length - 1])
      expect(await structureOf(capsule.subarray(0, end))).toBe('format');
    for (const end of [head.bytes.length, chunkAt(1), chunkAt(3), capsule.length - 1])
      expect(await structureOf(capsule.subarray(0, end))).toBe('length');
    expect(await structureOf(Buffer.concat([capsule, Buffer.of(0)]))).toBe('length');
    expect(await structureOf(Buffer.concat([capsule, capsule]))).toBe('length');
    expect(await structureOf(utf8('{"code":200}'.padEnd(5000)))).toBe('format');
    const endless = Buffer.from(capsule);
    endless.writeUInt32BE(0xffffffff, MAGIC.length);
    expect(await structureOf(endless)).toBe('format');
  });

  it('does not open when a bit of it is turned, wherever it is', async () => {
    const halves = await halvesOf(capsule, bidder);
    for (let at = 0; at < capsule.length; at += at < head.bytes.length ? 37 : 9973) {
      const bent = Buffer.from(capsule);
      bent[at] = (bent[at] ?? 0) ^ 1;
      // A turned bit of a wrap leaves header and body whole: the receipt's SM3 of the wraps tells (see below).
      const within = at >= head.bytes.length - wrapsLength() && at < head.bytes.length;
      if (!within) expect(await reasonOf(open(bent, bidder, halves)), `byte ${at}`).not.toBe('opened');
    }
  });

  it('does not open with chunks in another order, left out, doubled, or made the last one', async () => {
    const halves = await halvesOf(capsule, bidder);
    const chunks = [0, 1, 2, 3].map((index) => capsule.subarray(chunkAt(index), chunkAt(index + 1)));
    const assembled = (...order: number[]): Buffer =>
      Buffer.concat([head.bytes, ...order.map((index) => chunks[index] ?? Buffer.alloc(0))]);
    expect(await reasonOf(open(assembled(0, 1, 2, 3), bidder, halves))).toBe('opened');
    expect(await reasonOf(open(assembled(1, 0, 2, 3), bidder, halves))).toBe('chunk');
    expect(await reasonOf(open(assembled(0, 2, 1, 3), bidder, halves))).toBe('chunk');
    expect(await reasonOf(open(assembled(0, 1, 1, 3), bidder, halves))).toBe('chunk');
    expect(await reasonOf(open(assembled(0, 1, 2), bidder, halves))).toBe('length');
    expect(await reasonOf(open(assembled(0, 1, 2, 3, 3), bidder, halves))).toBe('length');
    expect(await reasonOf(open(assembled(0, 1, 3, 3), bidder, halves))).toBe('chunk');
  });

  it('has a last chunk that is no other chunk, even under its own keys', async () => {
    const keys = { cipher: Buffer.alloc(16, 1), mac: Buffer.alloc(32, 2), wipe: () => undefined };
    const parts = sealChunk(gm, keys, head.headerSm3, { index: 3, last: true }, Buffer.alloc(10, 9));
    const sealed = concat(parts.ciphertext, parts.tag);
    expect(openChunk(gm, keys, head.headerSm3, { index: 3, last: true }, sealed)).toEqual(Buffer.alloc(10, 9));
    expect(openChunk(gm, keys, head.headerSm3, { index: 3, last: false }, sealed)).toBeUndefined();
    expect(openChunk(gm, keys, head.headerSm3, { index: 2, last: true }, sealed)).toBeUndefined();
    expect(openChunk(gm, keys, Buffer.alloc(32), { index: 3, last: true }, sealed)).toBeUndefined();
  });

  it('releases no byte of a chunk before its tag has held', async () => {
    const bent = Buffer.from(capsule);
    bent[chunkAt(2) + 5] = (bent[chunkAt(2) + 5] ?? 0) ^ 1;
    const halves = await halvesOf(capsule, bidder);
    const joined = joinKeys(gm, head.header, halves.kb, halves.ko);
    if (!joined.ok) throw new Error(joined.wrong);
    const intake = await beginIntake(gm, [bent]);
    const opened = await openCapsule({ gm, head, body: intake.body, dek: joined.dek, judge: () => true });
    let seen = 0;
    const reading = (async () => {
      for await (const piece of opened.content) {
        expect(piece.equals(content.subarray(seen, seen + piece.length))).toBe(true);
        seen += piece.length;
      }
    })();
    expect(await reasonOf(reading)).toBe('chunk');
    expect(seen).toBeLessThanOrEqual(2 * CHUNK);
  });
});

function wrapsLength(): number {
  return head.bytes.length - 16 - writeHeader(head.header).length;
}

describe('a header', () => {
  const swapped = (change: Partial<CapsuleHeader>): Buffer =>
    withHead(makeHead(gm, { ...head.header, ...change }, head.wraps).bytes);

  it('put in place of another opens nothing, whatever it changes', async () => {
    const halves = await halvesOf(capsule, bidder);
    const changes: Partial<CapsuleHeader>[] = [
      { opening: 'opn-2' },
      { lot: 'lot-2' },
      { task: 'TASK-2' },
      { bidder: '91210000000000000Y' },
      { opensAt: head.header.opensAt - 1 },
      { sealedBy: 'hub' },
      { hub: 'https://other.example' },
    ];
    for (const change of changes) {
      expect(await structureOf(swapped(change))).toBe('opened');
      expect(await reasonOf(open(swapped(change), bidder, halves)), JSON.stringify(change)).toBe('chunk');
    }
    const renonced = swapped({ nonce: '00'.repeat(16) });
    expect(await reasonOf(open(renonced, bidder, halves))).toBe('wrong kb');
  });

  it('is refused in any other spelling, with other members, or with parts that contradict the key model', async () => {
    const framed = (text: string): Buffer => {
      const wraps = head.bytes.subarray(16 + writeHeader(head.header).length);
      const lengths = Buffer.alloc(8);
      lengths.writeUInt32BE(Buffer.byteLength(text));
      lengths.writeUInt32BE(wraps.length, 4);
      return withHead(concat(MAGIC, lengths, utf8(text), wraps));
    };
    const text = Buffer.from(writeHeader(head.header)).toString();
    expect(await structureOf(framed(text))).toBe('opened');
    const spellings = [
      ` ${text}`,
      text.replace('"v":1', '"v": 1'),
      text.replace('"v":1', '"v":1.0'),
      text.replace('"v":1', '"v":2'),
      text.replace('"v":1', '"v":1,"v":1'),
      text.replace('{', '{"a":1,'),
      text.replace('"keyModel":"joint"', '"keyModel":"bidder"'),
      text.replace('"keyModel":"joint"', '"keyModel":"quorum"'),
      text.replace('"keyModel":"joint"', '"keyModel":"opening"'),
      text.replace(/"padded":\d+/, '"padded":262143'),
      text.replace(/"openingKey":"\w+"/, '"openingKey":null'),
      text.replace(/"opensAt":\d+/, '"opensAt":-1'),
      text.replace('lot-1', 'lot\\u0000'),
    ];
    for (const spelling of spellings) expect(await structureOf(framed(spelling)), spelling.slice(0, 40)).toBe('format');
  });

  it('goes with exactly its wraps: none missing, none foreign, no opening key alone', async () => {
    const [own, opening] = head.wraps as [Wrap, Wrap];
    const other: Wrap = { ...own, id: 'b2', kind: 'bidder', certificateSm3: 'ab'.repeat(32) };
    const lists: readonly (readonly Wrap[])[] = [
      [own],
      [opening],
      [opening, own],
      [other, opening],
      [own, opening, opening],
      [own, { ...opening, key: 'cd'.repeat(32) } as Wrap],
      [
        own,
        opening,
        { kind: 'recovery', id: 'r1', custodian: 'x', certificateSm3: 'ab'.repeat(32), wrapped: own.wrapped },
      ],
    ];
    for (const wraps of lists)
      expect(await structureOf(withHead(makeHead(gm, head.header, wraps).bytes))).toBe('format');
    expect(await structureOf(withHead(makeHead(gm, head.header, [own, opening, other]).bytes))).toBe('opened');
  });
});

describe('a key', () => {
  it('that is not the committed one is named, and the opening’s half alone opens nothing', async () => {
    const { kb, ko } = await halvesOf(capsule, bidder);
    if (ko === null) throw new Error('no K_o');
    const wrong = systemRandom.bytes(16);
    expect(await reasonOf(open(capsule, bidder, { kb: wrong, ko }))).toBe('wrong kb');
    expect(await reasonOf(open(capsule, bidder, { kb, ko: wrong }))).toBe('wrong ko');
    expect(await reasonOf(open(capsule, bidder, { kb, ko: null }))).toBe('wrong ko');
    expect(await reasonOf(open(capsule, bidder, { kb: Buffer.alloc(16), ko }))).toBe('wrong kb');
    expect(await reasonOf(open(capsule, bidder, { kb: ko, ko: kb }))).toBe('wrong kb');
    expect(await reasonOf(open(capsule, bidder, { kb: Buffer.alloc(0), ko }))).toBe('wrong kb');
    const other = await seal(bidder, await ticketOf('joint'), utf8('另一份'));
    expect(await reasonOf(open(capsule, bidder, await halvesOf(other, bidder)))).toBe('wrong kb');
  });

  it('has one capsule, and a capsule one key: no second content hides behind a second key (T29)', async () => {
    const { kb, ko } = await halvesOf(capsule, bidder);
    for (const dek of [systemRandom.bytes(16), kb, ko ?? kb]) {
      const { body } = await beginIntake(gm, [capsule]);
      expect(await reasonOf(openCapsule({ gm, head, body, dek, judge: () => true }))).toBe('key');
    }
    // A bidder who commits to one key and encrypts under another has made a capsule that opens for nobody.
    const twin = await seal(bidder, await ticketOf('joint'), content);
    const mixed = Buffer.concat([head.bytes, twin.subarray((await beginIntake(gm, [twin])).head.bytes.length)]);
    expect(await reasonOf(open(mixed, bidder))).toBe('chunk');
    expect(await reasonOf(open(mixed, bidder, await halvesOf(twin, bidder)))).toBe('wrong kb');
  });
});

describe('a signature inside', () => {
  it('must be the bidder’s over this header and this content', async () => {
    const stranger = await holder('乙公司');
    const ticket = await ticketOf('joint');
    const foreign = await seal(bidder, ticket, content, { signer: signerOf(stranger) });
    expect(await reasonOf(open(foreign, bidder))).toBe('signature');
    const borrowed = await seal(bidder, ticket, content, {
      signer: { ...signerOf(bidder), sign: () => gm.sm2.sign(bidder.signKey, [utf8('caihub-capsule/1')]) },
    });
    expect(await reasonOf(open(borrowed, bidder))).toBe('signature');
    const unsigned = seal(bidder, ticket, content, {
      signer: { ...signerOf(bidder), sign: async () => Buffer.alloc(0) },
    });
    expect(await reasonOf(open(await unsigned, bidder))).toBe('content');
  });

  it('is not forgotten: a content longer or shorter than announced is not sealed', async () => {
    const ticket = await ticketOf('joint');
    expect(await reasonOf(seal(bidder, ticket, content, { size: content.length - 1 }))).toBe('size');
    expect(await reasonOf(seal(bidder, ticket, content, { size: content.length + 1 }))).toBe('size');
  });
});

describe('the length of a capsule', () => {
  it('says nothing of an amount: one length for a thousand of them (T32)', async () => {
    const ticket = await ticketOf('bidder');
    const signer = unitSigner('unit-1', 'a secret of the unit');
    const lengths = new Set<number>();
    for (let index = 0; index < 1000; index += 1) {
      const amount = `{"报价":"${7 ** (index % 17) * (index + 1)}.${index % 100}","工期":"${index} 天"}`;
      const sealed = await seal(bidder, ticket, utf8(amount), { kind: 'text', signer });
      lengths.add(sealed.length - (await beginIntake(gm, [sealed])).head.bytes.length);
    }
    expect([...lengths]).toEqual([4096 + TAG]);
  });

  it('has few values: buckets to 1 MiB, at most an eighth more beyond', () => {
    const small = Array.from({ length: 1024 }, (_, index) => paddedLength((index + 1) * 1024));
    expect([...new Set(small)]).toEqual([4, 16, 64, 256, 1024].map((size) => size * 1024));
    for (let length = 1_048_577; length < 3_000_000_000; length = Math.floor(length * 1.07)) {
      const padded = paddedLength(length);
      expect(padded).toBeGreaterThanOrEqual(length);
      expect(padded / length).toBeLessThan(1.125);
      expect([isPaddedLength(padded), isPaddedLength(padded - 1), padded % 4096]).toEqual([true, false, 0]);
    }
  });
});

it('canonical JSON has one spelling', () => {
  const value = { b: [1, null, 'é', { z: true, a: '\n' }], a: -0 };
  expect(Buffer.from(canonicalJson(value)).toString()).toBe('{"a":0,"b":[1,null,"é",{"a":"\\n","z":true}]}');
  expect(() => canonicalJson({ a: 0.5 })).toThrow(RangeError);
  expect(base64(canonicalJson({}))).toBe('e30=');
  expect(hex(canonicalJson([]))).toBe('5b5d');
});
