import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hex } from '#kernel/bytes.ts';
import type { Secret } from '#kernel/secret.ts';
import { canonicalString, signatureOf } from '#wire/sign.ts';
import { type Body, type Caller, codeOf, gm, openWorld, startCheck, type World } from './support.ts';

let world: World;
let caller: Caller;
let other: Caller;
let taskId: string;
beforeAll(async () => {
  world = await openWorld();
  caller = await world.caller();
  other = await world.caller();
  taskId = 'T/一 ?#%';
  await caller.call('startCheck', startCheck(caller, { taskId }));
});
afterAll(() => world.close());

const signed = (secret: Secret<string>, members: Record<string, string>): string =>
  hex(signatureOf(gm, 'hmac-sm3', secret, canonicalString(Object.entries(members))));

async function query(by: Caller, task: string, options: { at?: number; sign?: string } = {}) {
  const timestamp = String(options.at ?? world.clock.now());
  const sign = options.sign ?? signed(by.secret, { caUnitId: by.id, taskId: task, timestamp });
  const headers = { 'x-ca-unit-id': by.id, 'x-ca-timestamp': timestamp, 'x-ca-sign': sign };
  const reply = await fetch(`${world.url}/api/ca/ext/tasks/${encodeURIComponent(task)}`, { headers });
  return { status: reply.status, answer: (await reply.json()) as Body };
}

describe('a task query', () => {
  it('tells the state, times and support code of one’s own task, never the person', async () => {
    const { status, answer } = await query(caller, taskId);
    expect(status).toBe(200);
    expect(answer).toMatchObject({ code: 200, msg: '成功' });
    expect(answer['data']).toEqual({
      taskId,
      orgcode: '210000',
      state: 'open',
      attempt: 1,
      supportCode: expect.stringMatching(/^[2-9A-Z]{4}-[2-9A-Z]{4}$/),
      createdAt: '2026-03-18T01:30:00.000Z',
      expiresAt: '2026-03-18T01:40:00.000Z',
      endedAt: null,
      error: null,
    });
  });

  it('asks of a login unless it names another interface, and that name is signed', async () => {
    const timestamp = String(world.clock.now());
    const ask = async (of: string, named: Record<string, string> = { interface: of }) => {
      const members = { caUnitId: caller.id, taskId, timestamp, ...named };
      const headers = {
        'x-ca-unit-id': caller.id,
        'x-ca-timestamp': timestamp,
        'x-ca-sign': signed(caller.secret, members),
      };
      const path = `/api/ca/ext/tasks/${encodeURIComponent(taskId)}?interface=${of}`;
      const reply = await fetch(`${world.url}${path}`, { headers });
      return codeOf((await reply.json()) as Body);
    };
    expect(await ask('startCheck')).toBe('ok');
    expect(await ask('startdecrypt')).toBe('TASK_UNKNOWN');
    expect(await ask('startdecrypt', {})).toBe('SIGN_WRONG');
    expect(await ask('encrypt')).toBe('FIELD_INVALID');
    expect(await ask('constructor')).toBe('FIELD_INVALID');
  });

  it('of another unit’s task reads exactly like one of no task', async () => {
    const strange = await query(other, taskId);
    const none = await query(other, 'no-such-task');
    expect([strange.status, codeOf(strange.answer)]).toEqual([404, 'TASK_UNKNOWN']);
    const plain = (answer: Body) => JSON.stringify(answer).replace(/[2-9A-Z]{4}-[2-9A-Z]{4}/g, '');
    expect(plain(strange.answer)).toBe(plain(none.answer));
  });

  it('needs its headers, a present time and the right sign', async () => {
    const bare = await fetch(`${world.url}/api/ca/ext/tasks/T1`);
    expect([bare.status, ((await bare.json()) as Body)['msg']]).toEqual([400, expect.stringContaining('x-ca-unit-id')]);
    expect((await query(caller, taskId, { at: world.clock.now() - 301_000 })).status).toBe(400);
    expect((await query(caller, taskId, { at: world.clock.now() + 299_000 })).status).toBe(200);
    expect((await query(caller, taskId, { sign: 'f'.repeat(64) })).status).toBe(401);
    expect((await query({ ...caller, secret: other.secret }, taskId)).status).toBe(401);
    expect((await query({ ...caller, id: 'nobody' }, taskId)).status).toBe(401);
  });

  it('does not take the sign of the task’s startCheck', async () => {
    const sign = caller.sign('startCheck', { caUnitId: caller.id, taskId, orgcode: '210000' });
    expect((await query(caller, taskId, { sign })).status).toBe(401);
  });
});

describe('a ticket', () => {
  const redeem = async (by: Caller, ticket: string, changes: Body = {}) => {
    const members = { caUnitId: by.id, taskId, ticket };
    const body = JSON.stringify({ ...members, sign: signed(by.secret, members), ...changes });
    const reply = await world.post('/api/ca/ext/tickets', body);
    return [reply.status, codeOf((await reply.json()) as Body)];
  };

  it('that was never given, or belongs to another unit, opens nothing', async () => {
    expect(await redeem(caller, 'AAAAAAAAAAAAAAAAAAAAAA')).toEqual([403, 'TICKET_INVALID']);
    expect(await redeem(other, 'AAAAAAAAAAAAAAAAAAAAAA')).toEqual([404, 'TASK_UNKNOWN']);
    expect(await redeem(caller, 'A', { sign: 'f'.repeat(64) })).toEqual([401, 'SIGN_WRONG']);
    expect(await redeem(caller, 'A', { ticket: null })).toEqual([400, 'FIELD_MISSING']);
  });

  it.each(['/api/ca/ext/', '/api/ca/ext/nothing', '/api/ca/ext/tickets'])('%s by GET is unknown', async (path) => {
    const reply = await fetch(world.url + path);
    expect([reply.status, codeOf((await reply.json()) as Body)]).toEqual([404, 'ROUTE_UNKNOWN']);
  });
});
