import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '#store/store.ts';
import { type LoginWorld, openLoginWorld, recordOf, unwrap } from '#test/identity/world.ts';
import { plainPdf } from '#test/signature/pdf/base.ts';
import { keyOf, SigningPerson, sealFor, start } from '#test/signature/people.ts';
import { quietLog } from '#test/support/store.ts';
import { openSealed, sealedTables } from './sealed-columns.ts';

let world: LoginWorld;
beforeEach(async () => {
  world = await openLoginWorld(await openStore({ kind: 'sqlite', file: ':memory:' }, { log: quietLog }));
});
afterEach(async () => {
  await world.close();
  await world.store.close();
});

describe('what the master key opens', () => {
  it('is every sealed column that rows have, also those of documents, signers and seals', async () => {
    const key = await world.key();
    const seal = await sealFor(world, [key]);
    unwrap(await world.subscribers.synchronise(world.unit, { ...recordOf(key.pair), seal }));
    const link = await start(world, plainPdf());
    const person = new SigningPerson(world);
    await person.claim(link);
    await person.sign(link.interaction, keyOf(key), {}, false);
    unwrap(await person.prepare(link.interaction));

    const taken: string[] = [];
    const { opened, closed } = await openSealed(world.store, world.cipher, (_, value) => {
      taken.push(Buffer.from(value).toString('utf8'));
    });
    expect([...closed]).toEqual([]);
    for (const column of ['words', 'document', 'signer', 'prepared', 'made'])
      expect([column, opened.get(`signing.${column}_sealed`)]).toEqual([column, 1]);
    for (const column of [
      'seal.content_sealed',
      'seal.facts_sealed',
      'enrolment.record_sealed',
      'unit.file_key_sealed',
    ])
      expect([column, opened.has(column)]).toEqual([column, true]);
    // The document lies in sealed files; what opens them stands in these columns, and the document itself in none.
    expect(taken.some((text) => text.includes('招标文件.pdf'))).toBe(true);
    expect(taken.some((text) => text.includes('%PDF-'))).toBe(false);
  });

  it('is asked of the database, so that no table is forgotten', async () => {
    const tables = (await sealedTables(world.store)).map(({ table }) => table);
    expect(tables).toEqual(
      expect.arrayContaining(['signing', 'seal', 'interaction', 'outbox', 'capsule', 'hall_fact']),
    );
  });
});
