import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { companies } from '#fixtures/pki/identities.ts';
import { createLog } from '#kernel/log.ts';
import type { DB } from '#store/schema.ts';
import { describeOnBothDatabases } from '#test/support/store.ts';
import { person, ticketOf } from './people.ts';
import { newTask, openLoginWorld, until, unwrap } from './world.ts';

describeOnBothDatabases('what a login leaves behind', ({ open }) => {
  it('holds no secret, no identity and no word of the caller in clear: not in a row, not in a log line (T34)', async () => {
    const lines: string[] = [];
    const sink = new Writable({
      write(chunk, _, done) {
        lines.push(String(chunk));
        done();
      },
    });
    const store = await open();
    const world = await openLoginWorld(store, undefined, createLog('trace', sink));
    const key = await world.enrolledKey();
    await world.enrolPhone('beichen');

    const taskId = `CANARY-TASK-${newTask()}`;
    const standBy = 'CANARY-STANDBY';
    const secrets = [taskId, standBy];
    const link = await world.start(taskId, { standBy, content: { note: 'CANARY-CONTENT' } });
    const who = person(world);
    secrets.push('CANARY-CONTENT', link.token, who.secret);

    unwrap(await who.claim(link.token));
    const visit = { interaction: link.interaction, secret: who.secret };
    const wrong = { certificate: key.certificate, signature: await key.sign('CANARY-TEXT') };
    unwrap(await world.logins.challenge(visit));
    await world.logins.evidence(visit, wrong);
    const mobile = unwrap(await world.logins.beginMobile(visit, 'beichen')).mobile;
    secrets.push('CANARY-TEXT', wrong.signature, mobile?.content ?? 'no content');
    world.vendor.outage('bohai', true);
    await world.logins.beginMobile(visit, 'bohai');
    world.answerWith({ status: 500, body: 'CANARY-REPLY' });
    const { text } = unwrap(await world.logins.challenge(visit));
    const signature = await key.sign(text);
    unwrap(await world.logins.evidence(visit, { certificate: key.certificate, signature }));
    await until(async () => (world.received.length > 0 ? true : undefined));
    const during = await everyRow();
    world.answerWith({ body: '{"code":200,"msg":"CANARY-MSG"}' });
    unwrap(await world.logins.redeliver(visit));
    const ticket = ticketOf(await who.end(link.interaction)) ?? 'no ticket';
    unwrap(await world.logins.redeemTicket(world.unit, taskId, ticket));
    const refused = await world.start(newTask());
    world.answerWith({ body: '{"code":403,"msg":"CANARY-REFUSAL"}' });
    await person(world).logIn(refused, key);

    const { unitName, unitCode, holderName, idNumber } = companies.liaoning;
    secrets.push(signature, ticket, 'CANARY-REPLY', 'CANARY-MSG', 'CANARY-REFUSAL', world.returnUrl.slice(-20));
    secrets.push(unitName, unitCode, holderName, idNumber, key.serial, key.certificate.slice(100, 160));
    const places = { during, after: await everyRow(), log: lines.join('') };
    for (const [place, text] of Object.entries(places)) {
      // Where a browser goes back to is registered in clear with its platform; only a login's own copy is sealed.
      const found = secrets.filter((secret) => text.includes(secret));
      expect([place, found]).toEqual([place, []]);
    }
    expect(lines.length).toBeGreaterThan(0);
    expect(await world.journal.verify(store.read)).toMatchObject({ ok: true });
    await world.close();

    async function everyRow(): Promise<string> {
      const tables: (keyof DB)[] = ['interaction', 'outbox', 'journal', 'enrolment', 'certificate', 'subscriber'];
      const rows = await Promise.all(tables.map((table) => store.read.db.selectFrom(table).selectAll().execute()));
      return JSON.stringify(rows);
    }
  });
});
