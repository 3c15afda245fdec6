import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '#cli/commands.ts';
import { type Bytes, hex } from '#kernel/bytes.ts';
import { signRecord } from '#opening/capsule/record.ts';
import { verifyPaper } from '#opening/minutes/verify.ts';
import { loadFont } from '#print/font.ts';
import { documentOf } from '#signature/pdf/document.ts';
import { makeRevision } from '#signature/pdf/revision.ts';
import { createReportPrinter } from '#signature/report/printer.ts';
import { openStore } from '#store/store.ts';
import { type LoginWorld, openLoginWorld } from '#test/identity/world.ts';
import { gm, key, printer, record } from '#test/opening/minutes-support.ts';
import { printedBy } from '#test/support/printed.ts';
import { quietLog } from '#test/support/store.ts';
import { judgedElsewhere } from './openssl-judge.ts';
import { plainPdf, through } from './pdf/base.ts';
import { enrolled, keyOf, reportOf, SigningPerson, sketch, start } from './people.ts';

let world: LoginWorld;
const folder = mkdtempSync(join(tmpdir(), 'papers-'));
beforeAll(async () => {
  world = await openLoginWorld(await openStore({ kind: 'sqlite', file: ':memory:' }, { log: quietLog }));
});
afterAll(async () => {
  await world.close();
  await world.store.close();
  rmSync(folder, { recursive: true });
});

const minutes = async (): Promise<Bytes> => printer.minutesPdf(await signRecord(gm, key, record));
const validation = async (): Promise<Bytes> =>
  createReportPrinter({
    ...{ gm, key, hub: 'https://hub.ca.example' },
    font: loadFont(join(import.meta.dirname, '../../src/print/fonts')),
  }).reportPdf(await reportOf(world, plainPdf()), '投标函.pdf');

/** Signed by two persons, one after the other, on the hub's own page. */
async function signedByTwo(paper: Bytes): Promise<Buffer> {
  const once = await new SigningPerson(world).signAndDeliver(
    await start(world, Buffer.from(paper)),
    keyOf(await enrolled(world, { kind: 'person' })),
  );
  const second = keyOf(await enrolled(world, { authority: 'bohai' }));
  return new SigningPerson(world).signAndDeliver(await start(world, once), second);
}

function verify(pdf: Bytes): Promise<{ exit: number; out: string }> {
  const file = join(folder, 'paper.pdf');
  writeFileSync(file, pdf);
  return printedBy(() => runCommand(['verify', file, '--key', hex(key.publicKey.point)]));
}

describe.each([
  ['the minutes of an opening', 'minutes', minutes],
  ['a validation report', 'report', validation],
] as const)('%s, which the hub has sealed,', (_, kind, make) => {
  it('can be signed by persons, and stays the hub’s paper', async () => {
    const paper = await make();
    const signed = await signedByTwo(paper);
    expect(signed.subarray(0, paper.length).equals(paper)).toBe(true);
    expect(sketch(await reportOf(world, signed))).toEqual(['valid/extended', 'valid/unchanged']);
    expect(judgedElsewhere(signed).map(({ signature }) => signature)).toEqual([true, true]);
    expect(through(signed, 'qpdf', (input) => ['--check', input]).text).toContain(
      'No syntax or stream encoding errors',
    );
    expect(await verifyPaper(gm, paper)).not.toHaveProperty('signedLater');
    expect(await verifyPaper(gm, signed)).toMatchObject({ kind, key: hex(key.publicKey.point), signedLater: 2 });
    const told = await verify(signed);
    expect([told.exit, told.out]).toEqual([3, expect.stringContaining('其后的电子签名尚未校验')]);
    expect((await verify(paper)).exit).toBe(0);
  });

  it('is no paper of the hub’s any more with anything but signatures behind it', async () => {
    const paper = Buffer.from(await make());
    const document = await documentOf(paper);
    const content = { kind: 'new-stream', dict: new Map(), data: Buffer.from('BT ET') } as const;
    const changed = Buffer.concat([paper, makeRevision(document, new Map([[5, content]])).bytes]);
    const signed = await signedByTwo(paper);
    const after = Buffer.concat([signed, makeRevision(await documentOf(signed), new Map([[5, content]])).bytes]);
    for (const [what, pdf] of Object.entries({
      changed,
      after,
      tail: Buffer.concat([signed, Buffer.from('\n% more')]),
      twice: Buffer.concat([paper, paper]),
      bit: flipped(signed, 300),
    }))
      expect([what, await verifyPaper(gm, pdf)]).toEqual([what, 'seal']);
  });
});

function flipped(pdf: Buffer, at: number): Buffer {
  const turned = Buffer.from(pdf);
  turned[at] = (turned[at] ?? 0) ^ 1;
  return turned;
}
