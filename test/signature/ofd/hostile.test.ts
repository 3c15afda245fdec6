import { deflateRawSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { type OfdParts, packed } from '#fixtures/ofd/letter.ts';
import { writeZip, type ZipEntry } from '#fixtures/ofd/zip.ts';
import { utf8 } from '#kernel/bytes.ts';
import { limits } from '#kernel/limits.ts';
import { openArchive } from '#signature/ofd/zip.ts';
import { bytesSource } from '#signature/pdf/source.ts';
import { changed, edited, type OfdWorld, openOfdWorld, textOf } from './kit.ts';

const LIST = 'Doc_0/Signs/Signatures.xml';
const PAGE = 'Doc_0/Pages/Page_0/Content.xml';

let world: OfdWorld;
let sealed: OfdParts;
let file: Buffer;
beforeAll(async () => {
  world = await openOfdWorld();
  sealed = await world.sealed(world.unsigned);
  file = packed(sealed);
});

const entries = (): ZipEntry[] => [...sealed].map(([name, data]) => ({ name, data }));
/** The archive, with one entry that lies. */
const lying = (lies: Partial<ZipEntry>, at = 3): Buffer =>
  writeZip(entries().map((entry, i) => (i === at ? { ...entry, ...lies } : entry)));
const with_ = (...more: ZipEntry[]): Buffer => writeZip([...entries(), ...more]);
const note = (name: string, more: Partial<ZipEntry> = {}): ZipEntry => ({ name, data: utf8('<a/>'), ...more });
const patched = (offset: number, bytes: readonly number[], base = file): Buffer => {
  const copy = Buffer.from(base);
  copy.set(bytes, offset < 0 ? copy.length + offset : offset);
  return copy;
};

describe('an archive that readers would understand differently', () => {
  it('is not taken: names twice, in any spelling that a file system holds to be the same', async () => {
    const forged = utf8(textOf(sealed, PAGE).replace('捌拾', '捌佰'));
    for (const name of [PAGE, PAGE.toLowerCase(), `${PAGE}/inside.xml`])
      expect([name, await world.said(with_({ name, data: forged }))]).toEqual([name, 'broken']);
    const twice = [note('Doc_0/\u00e9.xml'), note('Doc_0/e\u0301.xml')];
    expect(await world.said(with_(...twice))).toBe('broken');
    expect(await world.said(with_(note('Doc_0/Pages/Page_0', { data: utf8('x') })))).toBe('broken');
  });

  it('is not taken: names that lead out of the package or nowhere', async () => {
    const names = [
      '../x',
      '/etc/x',
      'a/../../x',
      'a//b',
      './x',
      'C:x',
      'a\\b',
      'a\0b',
      'x.',
      'a /b',
      '',
      'a:b',
      'x'.repeat(600),
      'a/'.repeat(40),
    ];
    for (const name of names) expect([name, await world.said(with_(note(name)))]).toEqual([name, 'broken']);
    expect(await world.said(with_({ name: Buffer.from([0xff, 0xff, 0x2e]), data: utf8('x') }))).toBe('broken');
    const gbk = Buffer.concat([Buffer.from('Doc_0/'), Buffer.from([0xb8, 0xbd, 0xbc, 0xfe])]);
    const report = await world.report(
      with_({
        name: gbk,
        data: utf8('x'),
        central: { flags: 0, name: gbk as never },
        local: { flags: 0, name: gbk as never },
      }),
    );
    expect(JSON.stringify(report)).toContain('Doc_0/附件');
  });

  it('is not taken: local header and directory that say different things', async () => {
    const lies: Partial<ZipEntry>[] = [
      { local: { name: 'Doc_0/Other.xml' } },
      { local: { size: 5 } },
      { local: { packed: 5 } },
      { local: { crc: 5 } },
      { local: { method: 0 } },
      { local: { flags: 0x0801 } },
      { central: { size: 5 } },
      { central: { crc: 5 } },
      { central: { offset: 0 } },
      { store: true, central: { method: 8 }, local: { method: 8 } },
      { descriptor: true, local: { flags: 0x0800 } },
      { packed: Buffer.concat([deflateRawSync(utf8('x')), utf8('more')]), data: utf8('x') },
    ];
    for (const [i, lie] of lies.entries()) expect([i, await world.said(lying(lie))]).toEqual([i, 'broken']);
  });

  it('is not taken: encrypted entries, other methods, unknown flags, links, second names', async () => {
    expect(await world.said(lying({ central: { flags: 0x0801 }, local: { flags: 0x0801 } }))).toBe('encrypted');
    expect(await world.said(lying({ central: { method: 12 }, local: { method: 12 } }))).toBe('unsupported');
    expect(await world.said(lying({ central: { flags: 0x0820 }, local: { flags: 0x0820 } }))).toBe('unsupported');
    expect(await world.said(lying({ central: { attributes: 0xa1ff0000 } }))).toBe('broken');
    const second = Buffer.concat([Buffer.from([0x75, 0x70, 9, 0, 1, 0, 0, 0, 0]), utf8('evil')]);
    expect(await world.said(lying({ central: { extra: second } }))).toBe('broken');
    expect(await world.said(lying({ central: { extra: Buffer.from([1, 0, 9, 0]) } }))).toBe('broken');
  });

  it('is not taken: bytes before, between and behind, a second archive, two end records', async () => {
    const tail = file.subarray(-22);
    const files = {
      before: Buffer.concat([utf8('MZ'), file]),
      behind: Buffer.concat([file, utf8('more')]),
      appended: Buffer.concat([file, packed(world.unsigned)]),
      prepended: Buffer.concat([packed(world.unsigned), file]),
      'two ends': Buffer.concat([file, tail]),
      'long comment': writeZip(entries(), Buffer.alloc(300)),
      'an end in the comment': writeZip(entries(), tail),
      'cut off': file.subarray(0, -30),
      half: file.subarray(0, file.length / 2),
      'fewer entries': patched(-14, [1, 0, 1, 0]),
      'several disks': patched(-18, [1, 0]),
      'zip64 numbers': patched(-14, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
    };
    for (const [name, hostile] of Object.entries(files)) {
      const said = await world.said(hostile).catch((error: Error) => error.name);
      expect([name, ['broken', 'too-large', 'PdfFault'].includes(said)]).toEqual([name, true]);
    }
    expect(await world.said(writeZip(entries(), utf8('KRC')))).toBe('签名有效');
  });

  it('is not taken: an entry that lies about its length, or has bytes behind it, large or small', async () => {
    for (const size of [100, 400_000]) {
      const data = Buffer.alloc(size, 'abc');
      const big = (lies: Partial<ZipEntry>): Buffer => with_({ name: 'Doc_0/Res/big.bin', data, ...lies });
      expect(await world.said(big({}))).toBe('签名有效，但签署后文件有改动');
      const packed = deflateRawSync(data);
      expect([size, await world.said(big({ packed: Buffer.concat([packed, utf8('more')]) }))]).toEqual([
        size,
        'broken',
      ]);
      expect([size, await world.said(big({ packed: packed.subarray(0, -2) }))]).toEqual([size, 'broken']);
      expect([size, await world.said(big({ packed: deflateRawSync(Buffer.concat([data, data])) }))]).toEqual([
        size,
        'broken',
      ]);
      expect([size, await world.said(big({ packed: deflateRawSync(data.subarray(1)) }))]).toEqual([size, 'broken']);
      expect([size, await world.said(big({ packed: deflateRawSync(Buffer.alloc(size, 'xyz')) }))]).toEqual([
        size,
        'broken',
      ]);
    }
  });

  it('is not inflated when it is a bomb, announced or not', async () => {
    const blanks = Buffer.alloc(200 * 1024 * 1024, 32);
    const bomb = deflateRawSync(blanks);
    const announced = writeZip([...entries(), { name: 'Doc_0/Res/big.bin', data: blanks, packed: bomb }]);
    const small = { name: 'Doc_0/Res/big.bin', data: utf8('x'), packed: bomb };
    const before = process.memoryUsage().rss;
    expect(await world.said(announced)).toBe('too-large');
    expect(await world.said(with_(small))).toBe('broken');
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
    const many = Array.from({ length: limits.ofdEntries + 1 }, (_, i) => note(`Doc_0/Res/${i}`, { store: true }));
    expect(await world.said(with_(...many))).toBe('too-large');
  });
});

describe('XML of a package', () => {
  const xml = (name: string, text: string): Promise<string> => world.said(changed(sealed, { [name]: text }));

  it('with a document type is not taken, in what is read and in what a page shows', async () => {
    const typed = (text: string): string =>
      text.replace('?>', '?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>');
    for (const name of ['OFD.xml', LIST, 'Doc_0/Document.xml', 'Doc_0/Signs/Sign_0/Signature.xml', PAGE])
      expect([name, await xml(name, typed(textOf(sealed, name)))]).toEqual([name, 'broken']);
    const laughing = '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><a>&b;</a>';
    expect(await xml(LIST, laughing)).toBe('broken');
    const wide = Buffer.from(`\ufeff${typed(textOf(sealed, PAGE))}`, 'utf16le');
    expect(await world.said(changed(sealed, { [PAGE]: wide }))).toBe('broken');
  });

  it('with a document type is carried along as an attachment that the package lists', async () => {
    const attached = changed(
      edited(
        world.unsigned,
        'Doc_0/Document.xml',
        '</ofd:Pages>',
        '</ofd:Pages><ofd:Attachments>Attachs/Attachments.xml</ofd:Attachments>',
      ),
      {
        'Doc_0/Attachs/Attachments.xml':
          '<ofd:Attachments xmlns:ofd="http://www.ofdspec.org/2016"><ofd:Attachment ID="1" Name="a"><ofd:FileLoc>a.xml</ofd:FileLoc></ofd:Attachment></ofd:Attachments>',
        'Doc_0/Attachs/a.xml': '<!DOCTYPE xbrl><xbrl/>',
      },
    );
    const report = await world.report(await world.sealed(attached));
    expect([report.sentence, report.notes]).toEqual(['签名有效', ['attachments']]);
  });

  it('that is broken, too deep, too long or of another kind is not taken', async () => {
    const root = 'xmlns:ofd="http://www.ofdspec.org/2016"';
    const texts: [string, string][] = [
      ['', 'broken'],
      ['<ofd:Signatures>', 'broken'],
      [`<ofd:Signatures ${root}></ofd:Other>`, 'broken'],
      [`<ofd:Signatures ${root}/><more/>`, 'broken'],
      [`<Signatures/>`, 'broken'],
      [`<ofd:Signatures ${root}>&b;</ofd:Signatures>`, 'broken'],
      [`<ofd:Signatures ${root} a="1" a="2"/>`, 'broken'],
      [`<ofd:Signatures ${root}>${'<ofd:a>'.repeat(40)}${'</ofd:a>'.repeat(40)}</ofd:Signatures>`, 'too-large'],
      [`<ofd:Signatures ${root}>${'<a>'.repeat(200_000)}`, 'too-large'],
      [`<ofd:Signatures ${root}>${'<a/>'.repeat(100_001)}</ofd:Signatures>`, 'too-large'],
      [`<ofd:Signatures ${root} ${Array.from({ length: 100 }, (_, i) => `a${i}=""`).join(' ')}/>`, 'too-large'],
      [`<?xml version="1.1"?><ofd:Signatures ${root}/>`, 'unsupported'],
      [`<?xml version="1.0" encoding="GBK"?><ofd:Signatures ${root}/>`, 'unsupported'],
      [`<ofd:Signatures ${root}>${'<ofd:Signature BaseLoc="x"/>'.repeat(201)}</ofd:Signatures>`, 'too-large'],
      [textOf(sealed, LIST).replace(/(<ofd:Signature ID.*?\/>)/, '$1$1'), 'broken'],
      [textOf(sealed, LIST).replace('Type="Seal"', 'Type="Other"'), 'broken'],
    ];
    for (const [text, said] of texts)
      expect([text.slice(0, 80), await xml(LIST, text)]).toEqual([text.slice(0, 80), said]);
    const two = edited(
      sealed,
      'Doc_0/Signs/Sign_0/Signature.xml',
      '<ofd:SignedValue>',
      '<ofd:SignedValue>/x</ofd:SignedValue><ofd:SignedValue>',
    );
    expect(await world.said(two)).toBe('broken');
    expect(await world.said(changed(sealed, { 'OFD.xml': Buffer.from([0xff, 0xfe, 0x3c]) }))).toBe('broken');
  });

  it('whose list of signatures, value or seal is not there is never valid', async () => {
    expect(await world.said(changed(sealed, { [LIST]: null }))).toBe('broken');
    expect(await world.said(changed(sealed, { 'Doc_0/Signs/Sign_0/SignedValue.dat': null }))).toBe('签名无效');
    expect(await world.said(changed(sealed, { 'Doc_0/Signs/Sign_0/SignedValue.dat': utf8('x') }))).toBe('签名无效');
    expect(await world.said(changed(sealed, { 'Doc_0/Signs/Sign_0/Seal.esl': null }))).toBe('签名无效');
    expect(await world.said(changed(sealed, { 'Doc_0/Signs/Sign_0/Signature.xml': null }))).toBe('签名无效');
  });
});

describe('mutations of a good document', () => {
  /** Numbers that are the same in every run. */
  function* numbers(seed: number): Generator<number, number> {
    for (let x = seed; ; ) {
      x = (x * 1664525 + 1013904223) >>> 0;
      yield x;
    }
  }

  it('are refused or not valid, 800 of the archive’s bytes', async () => {
    const random = numbers(7);
    const next = (below: number): number => random.next().value % below;
    const heard = new Set<string>();
    for (let i = 0; i < 800; i += 1) {
      const copy = Buffer.from(file);
      const at = next(copy.length);
      copy[at] = (copy[at] ?? 0) ^ (1 << next(8));
      const said = await world.said(copy).catch((error: Error) => error.name);
      heard.add(said);
      if (said === '签名有效') expect([i, at, await sameContent(copy)]).toEqual([i, at, true]);
    }
    const known = ['broken', 'encrypted', 'unsupported', 'too-large', 'not-ofd', 'PdfFault', '签名有效'];
    expect([...heard].filter((said) => !known.includes(said))).toEqual([]);
  }, 60_000);

  it('are never valid, 400 of the parts’ bytes under right checksums', async () => {
    const random = numbers(11);
    const next = (below: number): number => random.next().value % below;
    // Only the list may change afterwards, and what it says is proved by what it names.
    const names = [...sealed.keys()].filter((name) => name !== LIST);
    for (let i = 0; i < 400; i += 1) {
      const name = names[next(names.length)] ?? '';
      const part = Buffer.from(sealed.get(name) ?? []);
      const at = next(part.length);
      part[at] = (part[at] ?? 0) ^ (1 << next(8));
      const hostile = stored(changed(sealed, { [name]: part }));
      expect([i, name, at, await world.said(hostile)]).not.toEqual([i, name, at, '签名有效']);
    }
  }, 60_000);

  it('are not valid in any bit of the value’s end, where the algorithm stands outside what is signed', async () => {
    const name = 'Doc_0/Signs/Sign_0/SignedValue.dat';
    const value = Buffer.from(sealed.get(name) ?? []);
    for (let at = value.length - 90; at < value.length - 70; at += 1) {
      const part = Buffer.from(value);
      part[at] = (part[at] ?? 0) ^ 1;
      expect([at, await world.said(stored(changed(sealed, { [name]: part })))]).not.toEqual([at, '签名有效']);
    }
  });

  const stored = (parts: OfdParts): Buffer => writeZip([...parts].map(([name, data]) => ({ name, data, store: true })));

  /** Every name with the very bytes that were signed: what was flipped says nothing, as a header's time or the last bits of a deflated stream. */
  async function sameContent(copy: Buffer): Promise<boolean> {
    const archive = await openArchive(bytesSource(copy));
    const found = new Map<string, Buffer>();
    for (const part of archive.parts) {
      const pieces: Uint8Array[] = [];
      for await (const piece of archive.read(part)) pieces.push(piece);
      found.set(part.name, Buffer.concat(pieces));
    }
    return found.size === sealed.size && [...sealed].every(([name, data]) => found.get(name)?.equals(data));
  }
});
