import { execFileSync } from 'node:child_process';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { companies } from '#fixtures/pki/identities.ts';
import { fromBase64, hex } from '#kernel/bytes.ts';
import { createSignatures } from '#signature/signatures.ts';
import { openStore, type StoreOptions } from '#store/store.ts';
import { journalOf } from '#test/envelope/people.ts';
import { codeOf, gm, type LoginWorld, openLoginWorld, recordOf, unwrap } from '#test/identity/world.ts';
import { describeOnBothDatabases, quietLog } from '#test/support/store.ts';
import { plainPdf, through } from './pdf/base.ts';
import {
  enrolled,
  filesOf,
  keyOf,
  message9,
  reportOf,
  rsaKey,
  SigningPerson,
  sealFor,
  signedFile,
  sketch,
  start,
} from './people.ts';

const tender = (pages = 3): Buffer => plainPdf(Array.from({ length: pages }, (_, i) => ({ text: `Tender ${i + 1}` })));
const isClean = (pdf: Buffer): string => through(pdf, 'qpdf', (input) => ['--check', input]).text;

/** Millimetres of the page's right edge that are part of the seal's ring, as poppler draws them. */
function stripWidth(pdf: Buffer, page: number): number {
  const at = ['-png', '-r', '254', '-f', String(page), '-l', String(page), '-singlefile', '-'];
  const { data, width, height } = PNG.sync.read(execFileSync('pdftoppm', at, { input: pdf, maxBuffer: 1 << 26 }));
  let left = width;
  for (let i = 0; i < width * height; i += 1) {
    const [red = 0, green = 0] = data.subarray(i * 4, i * 4 + 2);
    if (red > 150 && green < 90) left = Math.min(left, i % width);
  }
  return (width - left) / 10;
}

describeOnBothDatabases('a document of a trading system', ({ dialect, options }) => {
  let world: LoginWorld;
  let database: StoreOptions;
  beforeAll(async () => {
    database = await options();
    world = await openLoginWorld(await openStore(database, { log: quietLog }));
  });
  afterAll(async () => {
    await world.close();
    await world.store.close();
  });

  it('is shown, signed with a seal, and goes back with every byte that came', async () => {
    const pdf = tender();
    const key = keyOf(await enrolled(world));
    const link = await start(world, pdf);
    const person = new SigningPerson(world);
    const shown = await person.claim(link);
    expect(shown).toMatchObject({ mode: 'document', signer: null, seals: [], made: [] });
    expect(shown.document).toMatchObject({ version: 1, name: '招标文件.pdf', sm3: hex(gm.sm3(pdf)), existing: [] });
    expect(unwrap(await person.read(link.interaction)).equals(pdf)).toBe(true);

    const known = unwrap(await person.identify(link.interaction, key));
    expect(known.signer?.road).toBe('key');
    expect(known.seals.map(({ kind, refusal }) => [kind, refusal])).toEqual([['image', null]]);
    const ready = unwrap(await person.prepare(link.interaction));
    expect(ready.prepared).toMatchObject({ version: 2, algorithm: 'sm2', places: 1 });
    const done = unwrap(await person.answer(link.interaction, key));
    expect(done).toMatchObject({
      state: 'proved',
      document: { version: 2 },
      made: [{ places: 1, timestamped: false }],
    });

    const end = await person.end(link.interaction);
    expect(end).toMatchObject({ state: 'succeeded', next: { kind: 'redirect' } });
    const [message] = message9(world, link.taskId);
    expect(message).toMatchObject({ standBy: '招标办 2026-07', orgcode: '210100' });
    const signed = Buffer.from(String(message?.['attFile']), 'base64');
    expect(signed.subarray(0, pdf.length).equals(pdf)).toBe(true);
    expect(unwrap(await person.read(link.interaction)).equals(signed)).toBe(true);
    expect(unwrap(await person.read(link.interaction, 1)).equals(pdf)).toBe(true);
    expect(end.document?.sm3).toBe(hex(gm.sm3(signed)));
    expect(sketch(await reportOf(world, signed))).toEqual(['valid/unchanged']);
    expect(isClean(signed)).toContain('No syntax or stream encoding errors');
    const kinds = ['started', 'claimed', 'identified', 'prepared', 'signed', 'delivered'];
    for (const kind of kinds) expect(await journalOf(world, `sign.${kind}`, link.interaction)).toHaveLength(1);
  });

  it('is signed by two parties in turn, and the first signature stays valid', async () => {
    const [first, second] = [await enrolled(world), await enrolled(world, { authority: 'bohai' })];
    const once = await new SigningPerson(world).signAndDeliver(await start(world, tender()), keyOf(first));
    const link = await start(world, once);
    const person = new SigningPerson(world);
    const shown = await person.claim(link);
    expect(shown.document?.existing).toMatchObject([{ verdict: 'valid' }]);
    const places = [
      { page: 0, x: 100, y: 200, width: 40, height: 40 },
      { page: 2, x: 20, y: 20, width: 40, height: 40 },
    ];
    const twice = await person.signAndDeliver(link, keyOf(second), { placements: places });
    expect(twice.subarray(0, once.length).equals(once)).toBe(true);
    expect(sketch(await reportOf(world, twice))).toEqual(['valid/extended', 'valid/unchanged']);
    expect(isClean(twice)).toContain('No syntax or stream encoding errors');
  });

  it('takes a company’s and a person’s seal on one page, each by its own key', async () => {
    const company = keyOf(await enrolled(world));
    const legal = keyOf(await enrolled(world, { kind: 'person' }));
    const link = await start(world, tender());
    const person = new SigningPerson(world);
    await person.claim(link);
    const between = await person.sign(link.interaction, company, {}, false);
    expect(between).toMatchObject({ state: 'claimed', document: { version: 2 }, made: [{ places: 1 }] });
    await person.sign(link.interaction, legal, {}, false);
    const finished = unwrap(await world.signatures.finish(person.visit(link.interaction)));
    expect(finished.made).toHaveLength(2);
    await person.end(link.interaction);
    const signed = Buffer.from(String(message9(world, link.taskId)[0]?.['attFile']), 'base64');
    const report = await reportOf(world, signed);
    expect(sketch(report)).toEqual(['valid/extended', 'valid/unchanged']);
    expect(new Set(report.signatures.map(({ signer }) => signer?.name)).size).toBe(2);
  });

  it('takes an electronic seal of a seal maker, and only of whom it names', async () => {
    const key = await world.key();
    const seal = await sealFor(world, [key]);
    const record = await enrolled(world, { keys: { signKey: key.pair.signKey, encKey: key.pair.encKey } }, seal);
    const owner = await world.key();
    // The seal names the first certificate; the enrolled one is another certificate of the same key.
    const person = new SigningPerson(world);
    const link = await start(world, tender());
    await person.claim(link);
    const known = unwrap(await person.identify(link.interaction, keyOf(record)));
    expect(known.seals.map(({ refusal }) => refusal?.code)).toEqual(['SEAL_NOT_YOURS']);
    expect(owner.serial).not.toBe(record.serial);
    expect(codeOf(await person.prepare(link.interaction, { seal: known.seals[0]?.id ?? '' }))).toBe('SEAL_NOT_YOURS');
  });

  it('carries the electronic seal’s own signature, which the report reads', async () => {
    const key = await world.key();
    const seal = await sealFor(world, [key]);
    unwrap(await world.subscribers.synchronise(world.unit, { ...recordOf(key.pair), seal }));
    const signed = await new SigningPerson(world).signAndDeliver(await start(world, tender()), keyOf(key));
    const report = await reportOf(world, signed);
    expect(sketch(report)).toEqual(['valid/unchanged']);
    expect(report.signatures[0]?.seal).toEqual({ name: '辽宁示例建设有限公司', generation: 'v4' });
    expect(signed.includes('/GM.sm2seal')).toBe(true);
  });

  it('is signed by an RSA key of a vendor that has such, so that readers everywhere verify it', async () => {
    const key = await rsaKey(world);
    const signed = await new SigningPerson(world).signAndDeliver(await start(world, tender()), key);
    expect(sketch(await reportOf(world, signed))).toEqual(['valid/unchanged']);
    const said = through(signed, 'pdfsig', (input) => ['-nocert', input]).text;
    expect(said).toContain('Signature is Valid');
    expect(said).toContain('Total document signed');
  });

  it('takes a seal over the edges of all its pages, so many to one whole seal', async () => {
    const key = keyOf(await enrolled(world));
    const link = await start(world, tender(7));
    const straddle = { pages: [0, 1, 2, 3, 4, 5, 6], centre: 140, width: 40, height: 40, each: 4 };
    const signed = await new SigningPerson(world).signAndDeliver(link, key, { straddle });
    expect(sketch(await reportOf(world, signed))).toEqual(['valid/unchanged']);
    // Groups of four and three: a fourth and a third of 40 mm, the ring's own margin of 0.7 mm left out on the first page.
    const widths = [1, 4, 5, 7].map((page) => stripWidth(signed, page));
    expect(widths.map(Math.round)).toEqual([9, 10, 13, 13]);
    expect(message9(world, link.taskId)).toHaveLength(1);
  });

  it('is signed without a seal, invisibly', async () => {
    const key = keyOf(await enrolled(world));
    const link = await start(world, tender());
    const person = new SigningPerson(world);
    await person.claim(link);
    const done = await person.sign(link.interaction, key, { seal: null });
    expect(done.made).toMatchObject([{ seal: null, places: 0 }]);
  });

  it('that is demanded of one organisation is signed by no other', async () => {
    const key = keyOf(await enrolled(world));
    const link = await start(world, tender(), { unitCode: '91210102MA0UWXYZ1X' });
    const person = new SigningPerson(world);
    await person.claim(link);
    const [classified] = unwrap(
      await world.signatures.certificates(person.visit(link.interaction), [{ key: '0', sign: key.certificate }]),
    );
    expect(classified).toMatchObject({ status: 'invalid', refusal: { code: 'SIGNER_OTHER_UNIT' } });
    expect(codeOf(await person.identify(link.interaction, key))).toBe('SIGNER_OTHER_UNIT');
    const own = await start(world, tender(), { unitCode: companies.liaoning.unitCode.toLowerCase() });
    await person.claim(own);
    expect(codeOf(await person.identify(own.interaction, key))).toBe('ok');
  });

  it('leaves no file behind but those that are still shown', async () => {
    const before = filesOf(world).length;
    const link = await start(world, tender());
    const person = new SigningPerson(world);
    await person.claim(link);
    unwrap(await person.identify(link.interaction, keyOf(await enrolled(world))));
    unwrap(await person.prepare(link.interaction));
    unwrap(await person.prepare(link.interaction));
    expect(filesOf(world).length - before).toBe(2);
    unwrap(await world.signatures.cancel(person.visit(link.interaction)));
    await world.signatures.sweep();
    expect(filesOf(world)).toHaveLength(before);
    expect(codeOf(await person.read(link.interaction))).toBe('CANCELLED_BY_PERSON');
  });

  // SQLite has one hub process; its race inside that process is among the guards.
  if (dialect === 'postgres')
    it('is signed once, whichever of two hubs over one database the answer reaches', async () => {
      const key = keyOf(await enrolled(world));
      const link = await start(world, tender());
      const person = new SigningPerson(world);
      await person.claim(link);
      unwrap(await person.identify(link.interaction, key));
      const { prepared } = unwrap(await person.prepare(link.interaction));
      const signature = await key.sign(fromBase64(prepared?.toSign ?? '') ?? Buffer.alloc(0));
      const answer = { prepared: prepared?.id ?? '', signature, last: true };
      const beside = await openStore(database, { log: quietLog });
      try {
        const rooms = [world.signatures, createSignatures({ ...world.signing, store: beside })];
        const told = await Promise.all(
          [...rooms, ...rooms].map((room) => room.complete(person.visit(link.interaction), answer)),
        );
        expect(told.map(codeOf).filter((code) => code === 'ok')).toHaveLength(1);
      } finally {
        await beside.close();
      }
      expect((await person.end(link.interaction)).state).toBe('succeeded');
      expect(message9(world, link.taskId)).toHaveLength(1);
      expect(await journalOf(world, 'sign.signed', link.interaction)).toHaveLength(1);
      expect(sketch(await reportOf(world, signedFile(world, link.taskId)))).toEqual(['valid/unchanged']);
    });
});
