import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { companies } from '#fixtures/pki/identities.ts';
import { createLog } from '#kernel/log.ts';
import { openStore } from '#store/store.ts';
import { describeOnBothDatabases } from '#test/support/store.ts';
import { certificate, changeOf, DAY, openDesk, recordOf, unwrap } from './support.ts';

const { liaoning, hunan } = companies;

/** One in every text member that the certificate leaves free; the others are proven by it and serve as they are. */
const canaries = {
  userName: '金丝雀用户KANARI01',
  idType: 'KANARI02',
  legalName: '金丝雀法人KANARI03',
  legalIdNumber: 'KANARI04',
  seal: Buffer.from('KANARI05金丝雀印章').toString('base64'),
  standBy: '{"note":"KANARI06"}',
};

describeOnBothDatabases('what a caller wrote', ({ options }) => {
  it('stands nowhere in clear: not in the database, its log, the journal or a refusal', async () => {
    const where = await options();
    const store = await openStore(where, { log: createLog('silent') });
    const desk = await openDesk(store);
    const [a, b] = [await desk.unit('甲'), await desk.unit('乙')];
    const now = desk.clock.now();
    const old = await desk.key({ validity: { notBefore: now - 300 * DAY, notAfter: now + 20 * DAY } });
    const fresh = await desk.key();
    const company = { idType: 'KANARI02', idNumber: liaoning.unitCode };
    const said: unknown[] = [
      unwrap(await desk.subscribers.synchronise(a, recordOf(old, liaoning, canaries))),
      unwrap(await desk.subscribers.synchronise(a, recordOf(old, liaoning, { ...canaries, seal: 'KANARI07' }))),
      unwrap(await desk.subscribers.synchronise(b, recordOf(old, liaoning, { ...canaries, ...company }))),
      unwrap(await desk.subscribers.change(a, changeOf('renew', recordOf(fresh, liaoning, canaries)))),
      unwrap(await desk.subscribers.change(a, changeOf('cancel', recordOf(fresh, liaoning, canaries)))),
      await desk.subscribers.synchronise(a, recordOf(old, liaoning, { ...canaries, unitName: hunan.unitName })),
      await desk.subscribers.change(b, changeOf('cancel', recordOf(fresh, liaoning, canaries))),
    ];

    const serials = [old, fresh].flatMap((pair) => [
      certificate(pair.signCertificate).serial,
      certificate(pair.encCertificate).serial,
    ]);
    const plain = [
      ...Object.values(canaries),
      'KANARI',
      '金丝雀',
      liaoning.idNumber,
      liaoning.unitCode,
      liaoning.unitName,
      hunan.unitName,
      ...serials,
    ];
    const forms = plain.flatMap((text) => {
      const bytes = Buffer.from(text, 'utf8');
      // base64 of a longer text contains this one's at three offsets; its inner part is the same at each of them but for the ends
      const inBase64 = [0, 1, 2].map((lead) =>
        Buffer.concat([Buffer.alloc(lead), bytes])
          .toString('base64')
          .slice(lead === 0 ? 0 : 4, -4),
      );
      return [text, bytes.toString('hex'), bytes.toString('hex').toUpperCase(), ...inBase64].filter(
        (form) => form.length >= 6,
      );
    });
    const journal: unknown[] = [];
    for await (const row of desk.journal.rows(store.read)) journal.push(row);
    expect(journal.length).toBeGreaterThan(4);
    expect((await desk.journal.verify(store.read)).ok).toBe(true);
    const text = JSON.stringify([journal, said]);
    expect(forms.filter((form) => text.includes(form))).toEqual([]);

    if (where.kind === 'sqlite') {
      const files = [where.file, `${where.file}-wal`, `${where.file}-shm`].filter((file) => existsSync(file));
      expect(files).toContain(`${where.file}-wal`);
      const bytes = Buffer.concat(files.map((file) => readFileSync(file)));
      expect(bytes.length).toBeGreaterThan(50_000);
      expect(forms.filter((form) => bytes.includes(form))).toEqual([]);
      expect([old, fresh].filter((pair) => bytes.includes(Buffer.from(pair.signCertificate)))).toEqual([]);
    }
    for (const table of ['subscriber', 'certificate', 'enrolment', 'enrolment_history', 'conflict'] as const) {
      const rows = await store.read.db.selectFrom(table).selectAll().execute();
      expect(rows.length).toBeGreaterThan(0);
      const dump = JSON.stringify(rows);
      expect(forms.filter((form) => dump.includes(form))).toEqual([]);
    }
    await desk.close();
    await store.close();
  });
});
