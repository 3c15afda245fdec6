import { beforeAll, describe, expect, it } from 'vitest';
import type { OfdParts } from '#fixtures/ofd/letter.ts';
import { writeZip } from '#fixtures/ofd/zip.ts';
import { changed, edited, failing, type OfdWorld, openOfdWorld, SIGNED_AT, textOf, told } from './kit.ts';

const SIGNATURE = 'Doc_0/Signs/Sign_0/Signature.xml';
const LIST = 'Doc_0/Signs/Signatures.xml';
const PAGE = 'Doc_0/Pages/Page_0/Content.xml';

let world: OfdWorld;
let sealed: OfdParts;
beforeAll(async () => {
  world = await openOfdWorld();
  sealed = await world.sealed(world.unsigned);
});

describe('a signed OFD document', () => {
  it('with an electronic seal is valid: its signer, seal, time and place are told', async () => {
    const report = await world.report(sealed);
    expect([report.sentence, report.format, report.pages, failing(report)]).toEqual(['签名有效', 'ofd', 2, []]);
    const [one] = report.signatures;
    expect(one?.seal).toEqual({ name: '保函专用章', generation: 'v4' });
    expect(one?.signer?.name).toBe('示例公司');
    expect(one?.time).toEqual({ source: 'claimed', at: SIGNED_AT });
    expect(one?.places).toEqual([{ page: 0, x: 130, y: 100, width: 40, height: 40 }]);
    expect([one?.coverage.whole, one?.coverage.parts]).toEqual([true, { covered: 8, of: 9 }]);
  });

  it('without a seal is valid in every form in which makers sign Signature.xml’s digest', async () => {
    for (const message of ['digest', 'base64', 'attributes'] as const) {
      const report = await world.report(await world.signed(world.unsigned, world.signer, { message }));
      expect([message, report.sentence, failing(report), report.signatures[0]?.seal]).toEqual([
        message,
        '签名有效',
        [],
        null,
      ]);
    }
  });

  it('that a second party signs in turn is valid for both, and the first one is told of the second', async () => {
    const twice = await world.sealed(await world.sealed(world.unsigned), world.other);
    const report = await world.report(twice);
    expect([report.sentence, failing(report)]).toEqual(['签名有效', []]);
    expect(report.signatures.map(({ standing, coverage }) => [standing, coverage.whole])).toEqual([
      ['extended', false],
      ['unchanged', true],
    ]);
  });

  it('that its signer closed cannot be signed once more without breaking his signature', async () => {
    const closed = await world.sealed(world.unsigned, world.signer, { last: true });
    expect(await world.said(closed)).toBe('签名有效');
    const report = await world.report(await world.sealed(closed, world.other));
    expect([report.sentence, report.signatures.map(({ verdict }) => verdict)]).toEqual([
      '签名无效',
      ['invalid', 'valid'],
    ]);
  });

  it('is read with another prefix, the older namespace, and in the zip of a streaming writer', async () => {
    const plain = changed(
      world.unsigned,
      Object.fromEntries(
        [...world.unsigned.keys()].map((name) => [
          name,
          textOf(world.unsigned, name).replaceAll('ofd:', 'a:').replace('xmlns:ofd', 'xmlns:a'),
        ]),
      ),
    );
    expect((await world.report(plain)).sentence).toBe('文件中没有电子签名');
    const older = changed(
      world.unsigned,
      Object.fromEntries(
        [...world.unsigned.keys()].map((name) => [name, textOf(world.unsigned, name).replace('.org/2016', '.org')]),
      ),
    );
    expect((await world.report(await world.sealed(older))).sentence).toBe('签名有效');
    const streamed = writeZip([...sealed].map(([name, data]) => ({ name, data, descriptor: true })));
    expect(await world.said(streamed)).toBe('签名有效');
    const stored = writeZip([
      { name: 'Doc_0/', data: new Uint8Array(), store: true },
      ...[...sealed].map(([name, data]) => ({ name, data, store: true })),
    ]);
    expect(await world.said(stored)).toBe('签名有效');
  });

  it('shows of a straddle seal the strip that is seen on each page', async () => {
    const stamps = [
      'PageRef="10" Boundary="190 100 40 40" Clip="0 0 20 40"',
      'PageRef="11" Boundary="170 100 40 40" Clip="20 0 20 40"',
    ];
    const { signatures } = await world.report(await world.sealed(world.unsigned, world.signer, { stamps }));
    expect(signatures[0]?.places).toEqual([
      { page: 0, x: 190, y: 100, width: 20, height: 40 },
      { page: 1, x: 190, y: 100, width: 20, height: 40 },
    ]);
  });

  it('is judged by digests under every name that makers write, and called invalid where MD5 or SHA-1 is all there is', async () => {
    for (const checkMethod of ['SM3', '1.2.156.10197.1.401.1', '1.2.156.10197.1.401.2', '1.2.156.10197.401'])
      expect([
        checkMethod,
        await world.said(await world.sealed(world.unsigned, world.signer, { checkMethod })),
      ]).toEqual([checkMethod, '签名有效']);
    const { createHash } = await import('node:crypto');
    for (const [checkMethod, hash] of [
      ['MD5', 'md5'],
      ['1.3.14.3.2.26', 'sha1'],
    ] as const) {
      const digest = (part: Uint8Array) => createHash(hash).update(part).digest();
      const report = await world.report(await world.sealed(world.unsigned, world.signer, { checkMethod, digest }));
      expect([checkMethod, report.sentence, failing(report)]).toEqual([checkMethod, '签名无效', ['algorithm']]);
    }
    const strange = await world.report(
      await world.sealed(world.unsigned, world.signer, { checkMethod: '1.2.840.113549.1.1.1' }),
    );
    expect([strange.sentence, failing(strange)]).toEqual(['无法判定', ['digest']]);
  });

  it('whose certificate has expired, whose issuer or whose seal’s maker nobody named, cannot be judged', async () => {
    const old = await world.report(await world.sealed(world.unsigned, world.expired));
    expect([old.sentence, failing(old)]).toEqual(['无法判定', ['validity']]);
    const strange = await world.report(
      await world.signed(world.unsigned, world.signer, { seal: await world.strangeSeal(world.signer) }),
    );
    expect([strange.sentence, failing(strange)]).toEqual(['无法判定', ['seal']]);
  });

  it('signed with somebody else’s seal is invalid', async () => {
    const stolen = await world.report(
      await world.signed(world.unsigned, world.other, { seal: await world.seal(world.signer) }),
    );
    expect([stolen.sentence, failing(stolen)]).toEqual(['签名无效', ['seal']]);
  });

  it('without signatures says so, and another archive is none', async () => {
    expect(await world.said(world.unsigned)).toBe('文件中没有电子签名');
    expect(await world.said(writeZip([{ name: 'word/document.xml', data: Buffer.from('<w/>') }]))).toBe('not-ofd');
    expect(await world.said(edited(world.unsigned, 'OFD.xml', /ofd:OFD/g, 'ofd:Other'))).toBe('not-ofd');
  });
});

describe('an OFD document that was altered behind its signature', () => {
  it('by one letter of a page is invalid, and the file is named', async () => {
    const report = await world.report(edited(sealed, PAGE, '捌拾万元', '捌佰万元'));
    expect([report.sentence, failing(report)]).toEqual(['签名无效', ['digest']]);
    expect(report.signatures[0]?.checks.find(({ id }) => id === 'digest')?.detail).toContain(PAGE);
  });

  it('by a file that nobody signed is valid and changed, and the file is named and classed', async () => {
    const report = await world.report(changed(sealed, { 'Doc_0/Annots/Page_0/Annotation.xml': '<a/>' }));
    expect([report.sentence, failing(report)]).toEqual(['签名有效，但签署后文件有改动', []]);
    expect(told(report)).toEqual(['注释不在本签名的保护范围内：Doc_0/Annots/Page_0/Annotation.xml']);
    const hidden = await world.report(changed(sealed, { 'Doc_0/Signs/Sign_0/more.xml': '<a/>' }));
    expect(told(hidden)).toEqual(['签名目录中的文件不在本签名的保护范围内：Doc_0/Signs/Sign_0/more.xml']);
  });

  it('before it was signed: what the signature left out is told, a page by its number', async () => {
    const partly = await world.sealed(world.unsigned, world.signer, { leaves: (name) => name.includes('Page_1') });
    const report = await world.report(partly);
    expect([report.sentence, report.signatures[0]?.changes.map(({ page }) => page)]).toEqual([
      '签名有效，但签署后文件有改动',
      [1],
    ]);
    const rootless = await world.sealed(world.unsigned, world.signer, {
      leaves: (name) => name === 'Doc_0/Document.xml',
    });
    expect(failing(await world.report(rootless))).toEqual(['range']);
  });

  it('between two signatures is told under the first, though the second covers it', async () => {
    const annotated = changed(sealed, { 'Doc_0/Annots/note.xml': '<a/>' });
    const report = await world.report(await world.sealed(annotated, world.other));
    expect(report.sentence).toBe('签名有效，但签署后文件有改动');
    expect(report.signatures[0]?.changes.map(({ detail }) => detail)).toEqual([
      '注释不在本签名的保护范围内（由签名 2 保护）：Doc_0/Annots/note.xml',
      '另有签名 2，不在本签名的保护范围内',
    ]);
    expect(report.signatures[1]?.standing).toBe('unchanged');
  });

  it('by another entrance is invalid where it was signed, and told where it was not', async () => {
    expect(await world.said(edited(sealed, 'OFD.xml', '投标保函', '履约保函'))).toBe('签名无效');
    const open = await world.sealed(world.unsigned, world.signer, { leaves: (name) => name === 'OFD.xml' });
    const switched = edited(open, 'OFD.xml', 'Doc_0/Document.xml', 'Doc_1/Document.xml');
    const forged = changed(switched, { 'Doc_1/Document.xml': textOf(sealed, 'Doc_0/Document.xml') });
    expect(failing(await world.report(forged))).toEqual(['range']);
  });

  it('by a Signature.xml, a value or a seal of another document is invalid', async () => {
    const other = await world.sealed(edited(world.unsigned, PAGE, '捌拾万元', '玖拾万元'));
    const value = 'Doc_0/Signs/Sign_0/SignedValue.dat';
    const take = (name: string): OfdParts => changed(sealed, { [name]: other.get(name) ?? null });
    expect(failing(await world.report(take(SIGNATURE)))).toEqual(['digest']);
    expect(failing(await world.report(take(value)))).toEqual(['digest']);
    const both = changed(take(SIGNATURE), { [value]: other.get(value) ?? null });
    expect(failing(await world.report(both))).toEqual(['digest']);
    const seal = await world.seal(world.signer, world.other);
    expect(failing(await world.report(changed(sealed, { 'Doc_0/Signs/Sign_0/Seal.esl': seal })))).toEqual([
      'digest',
      'seal',
    ]);
  });

  it('by a list of references that was shortened, or points elsewhere, is invalid', async () => {
    const dropped = edited(sealed, SIGNATURE, /<ofd:Reference FileRef="\/Doc_0\/Pages\/Page_1.*?<\/ofd:Reference>/, '');
    expect(failing(await world.report(dropped))).toEqual(['digest']);
    const gone = await world.report(changed(sealed, { [PAGE]: null }));
    expect([gone.sentence, failing(gone)]).toEqual(['签名无效', ['digest']]);
    const more = '<ofd:Reference FileRef="/Doc_0/Document.xml"><ofd:CheckValue>AAAA</ofd:CheckValue></ofd:Reference>';
    expect(failing(await world.report(await world.sealed(world.unsigned, world.signer, { more })))).toEqual(['digest']);
    expect(
      failing(await world.report(await world.sealed(world.unsigned, world.signer, { leaves: () => true }))),
    ).toEqual(['range']);
  });

  it('whose value speaks of another description is invalid', async () => {
    const property = '/Doc_0/Signs/Sign_7/Signature.xml';
    expect(failing(await world.report(await world.sealed(world.unsigned, world.signer, { property })))).toEqual([
      'seal',
    ]);
    expect(await world.said(await world.sealed(world.unsigned, world.signer, { property: '2026-03-18' }))).toBe(
      '签名有效',
    );
  });

  it('by taking an earlier signature off the list is told, and by taking its files away is invalid', async () => {
    const twice = await world.sealed(sealed, world.other);
    const off = edited(twice, LIST, /<ofd:Signature ID="s001".*?\/>/, '');
    const report = await world.report(off);
    expect([report.sentence, told(report)]).toEqual([
      '签名有效，但签署后文件有改动',
      [`签署时已有的签名从签名列表中去掉了：${SIGNATURE}`],
    ]);
    expect(await world.said(changed(off, { [SIGNATURE]: null }))).toBe('签名无效');
    expect(await world.said(changed(twice, { [SIGNATURE]: null }))).toBe('签名无效');
  });

  it('by hiding a file in the role of another signature’s part gains nothing', async () => {
    const fake = textOf(sealed, SIGNATURE).replace('/Doc_0/Signs/Sign_0/Seal.esl', '/Doc_0/Annots/note.xml');
    const list = textOf(sealed, LIST).replace(
      '</ofd:Signatures>',
      '<ofd:Signature ID="s009" Type="Seal" BaseLoc="/Doc_0/Signs/Sign_9/Signature.xml"/></ofd:Signatures>',
    );
    const forged = changed(sealed, {
      [LIST]: list,
      'Doc_0/Signs/Sign_9/Signature.xml': fake,
      'Doc_0/Annots/note.xml': '<a/>',
    });
    const report = await world.report(forged);
    expect(report.sentence).toBe('签名无效');
    expect(told(report).join()).toContain('Doc_0/Annots/note.xml');
  });

  it('keeps names that turn the line around out of the report', async () => {
    expect(await world.said(changed(sealed, { 'Doc_0/\u202egpj.exe': 'x' }))).toBe('broken');
    const more = '<ofd:Reference FileRef="/a\u202eb"><ofd:CheckValue>AAAA</ofd:CheckValue></ofd:Reference>';
    const report = await world.report(await world.sealed(world.unsigned, world.signer, { more }));
    expect(JSON.stringify(report)).not.toContain('\u202e');
  });
});
