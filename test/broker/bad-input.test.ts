import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type InterfaceName, interfaceOf, interfaces } from '#wire/interfaces.ts';
import { type Body, type Caller, codeOf, openWorld, startCheck, type World } from './support.ts';

let world: World;
let caller: Caller;
let subject: Body;
beforeAll(async () => {
  world = await openWorld();
  caller = await world.caller();
  subject = await world.subject(caller);
});
afterAll(() => world.close());

const offered = (['userSynchro', 'changeCert', 'startCheck'] as const satisfies readonly InterfaceName[]).flatMap(
  (name) =>
    interfaceOf(name)
      .request.filter((field) => field.required)
      .map((field) => [name, field.name, field.zh] as const),
);

const whole = (name: InterfaceName): Body =>
  name === 'startCheck' ? startCheck(caller) : name === 'changeCert' ? { ...subject, paType: '0' } : { ...subject };

async function answerTo(path: string, body: string | Uint8Array, headers?: Record<string, string>) {
  const reply = await world.post(path, body, headers);
  expect(reply.headers.get('content-type')).toBe('application/json; charset=utf-8');
  const answer = (await reply.json()) as Body;
  expect(answer['code']).not.toBe(200);
  expect(answer['code']).not.toBe(500);
  expect(answer['msg']).toMatch(/[\u4e00-\u9fff]/);
  return { status: reply.status, answer, code: codeOf(answer) };
}

const tables = ['subscriber', 'certificate', 'enrolment', 'interaction', 'outbox', 'journal'] as const;
async function rowCounts(): Promise<number[]> {
  return Promise.all(
    tables.map(async (table) => {
      const row = await world.store.read.db
        .selectFrom(table)
        .select((e) => e.fn.countAll().as('n'))
        .executeTakeFirst();
      return Number(row?.n);
    }),
  );
}

describe('a required member that is missing', () => {
  it.each(offered)('of %s is named to the caller, signed or not: %s', async (name, field, zh) => {
    const before = await rowCounts();
    const { [field]: _, ...members } = { ...whole(name), sign: caller.sign(name, whole(name)) } as Body;
    const { status, answer } = await answerTo(interfaceOf(name).path, JSON.stringify(members));
    expect([status, answer['code']]).toEqual([200, 400]);
    expect(answer['msg']).toContain(`缺少必填项 ${field}（${zh}）`);
    if (field !== 'sign' && field !== 'caUnitId') {
      const { sign: __, ...unsigned } = members;
      expect((await caller.call(name, unsigned))['msg']).toContain(`缺少必填项 ${field}（${zh}）`);
    }
    expect(await rowCounts()).toEqual(before);
  });
});

describe('a body', () => {
  const deep = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
  it.each<[string, () => string | Uint8Array, number, string]>([
    ['that is empty', () => '', 400, 'BODY_NOT_JSON'],
    ['that is cut off', () => '{"caUnitId":"x"', 400, 'BODY_NOT_JSON'],
    ['that is a form', () => 'caUnitId=1&sign=2', 400, 'BODY_NOT_JSON'],
    ['that is XML', () => '<a/>', 400, 'BODY_NOT_JSON'],
    ['that is a list', () => '[{"caUnitId":"x"}]', 400, 'BODY_NOT_JSON'],
    ['that is a text', () => '"x"', 400, 'BODY_NOT_JSON'],
    ['that is null', () => 'null', 400, 'BODY_NOT_JSON'],
    ['with NaN', () => '{"a":NaN}', 400, 'BODY_NOT_JSON'],
    ['with a comma too many', () => '{"a":1,}', 400, 'BODY_NOT_JSON'],
    ['with a name twice', () => '{"taskId":"1","taskId":"2"}', 400, 'BODY_NOT_JSON'],
    ['with a name twice, once escaped', () => '{"taskId":"1","task\\u0049d":"2"}', 400, 'BODY_NOT_JSON'],
    ['with __proto__', () => '{"__proto__":{"caUnitId":"x"}}', 400, 'BODY_NOT_JSON'],
    ['that is nested too deep', () => deep(40), 400, 'BODY_NOT_JSON'],
    ['that is nested absurdly deep', () => '['.repeat(100_000), 400, 'BODY_NOT_JSON'],
    [
      'in GBK',
      () => new Uint8Array([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xd6, 0xd0, 0xce, 0xc4, 0x22, 0x7d]),
      400,
      'BODY_NOT_UTF8',
    ],
    ['in UTF-16', () => new Uint8Array(Buffer.from('{"a":1}', 'utf16le')), 400, 'BODY_NOT_JSON'],
    ['that is too large', () => new Uint8Array(8 * 1024 * 1024 + 1).fill(0x20), 413, 'BODY_TOO_LARGE'],
  ])('%s is refused in Chinese', async (_, body, wire, expected) => {
    for (const path of ['/api/ca/startCheck', '/api/ca/userSynchro', '/api/ca/changeCert', '/api/ca/ext/tickets']) {
      const { status, answer, code } = await answerTo(path, body());
      expect([answer['code'], code]).toEqual([wire, expected]);
      expect(status).toBe(wire === 413 || path.includes('/ext/') ? wire : 200);
    }
  });

  it('in GBK is told which encoding to use', async () => {
    const { answer } = await answerTo('/api/ca/startCheck', new Uint8Array([0x7b, 0x22, 0xd6, 0xd0, 0x22, 0x7d]));
    expect(answer['msg']).toContain('请使用 UTF-8 编码');
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=gbk', ''])(
    'of content type %j is read as UTF-8 JSON, with or without a mark in front',
    async (type) => {
      for (const mark of ['', '\ufeff']) {
        const members = startCheck(caller);
        const body = mark + JSON.stringify({ ...members, sign: caller.sign('startCheck', members) });
        const headers: Record<string, string> = type === '' ? {} : { 'content-type': type };
        const reply = await world.post('/api/ca/startCheck', Buffer.from(body), headers);
        expect(((await reply.json()) as Body)['code']).toBe(200);
      }
    },
  );

  it.each([7, true, ['x'], { a: 1 }])('with %j where a text belongs is refused by name', async (value) => {
    for (const [name, field] of offered) {
      if (field === 'paType' && value === 7) continue;
      const { answer, code } = await answerTo(
        interfaceOf(name).path,
        JSON.stringify({ ...whole(name), sign: 'x', [field]: value }),
      );
      expect(code).toBe('FIELD_TYPE');
      expect(answer['msg']).toContain(field);
    }
  });

  it('with members that are not printed is taken', async () => {
    const members = startCheck(caller, { colour: 'blue', nested: { a: [1] } } as Body);
    expect((await caller.call('startCheck', members))['code']).toBe(200);
  });
});

describe('a path', () => {
  const inbound = Object.values(interfaces).filter((entry) => entry.caller === 'trading-system');
  it.each(inbound.map((entry) => entry.path))('%s takes POST only', async (path) => {
    for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      const reply = await fetch(world.url + path, { method });
      const answer = (await reply.json()) as Body;
      expect([reply.status, answer['code'], codeOf(answer)]).toEqual([200, 405, 'METHOD_NOT_ALLOWED']);
      expect(reply.headers.get('allow')).toBe('POST');
    }
  });

  it.each(inbound.filter((entry) => !entry.offered).map((entry) => [entry.path, entry.title]))(
    '%s says that it is not offered yet',
    async (path, title) => {
      const { answer, code } = await answerTo(path, '{}');
      expect([answer['code'], code]).toEqual([404, 'INTERFACE_NOT_OFFERED']);
      expect(answer['msg']).toContain(title);
    },
  );

  it.each([
    '/api/ca/nothing',
    '/api/ca/',
    '/api/ca/startcheck',
    '/api/ca/startCheck/',
    '/api/ca/feedbackResult',
    '/api/ca/%ff',
  ])('%s is unknown, in JSON', async (path) => {
    const { status, answer, code } = await answerTo(path, '{}');
    expect([status, answer['code'], code]).toEqual([200, 404, 'ROUTE_UNKNOWN']);
  });
});

describe('beside /api/ca', () => {
  it.each(['/api', '/api/', '/api/other', '/api/cax'])('%s is unknown, in JSON and to HTTP as well', async (path) => {
    const reply = await world.post(path, '{}');
    expect([reply.status, codeOf((await reply.json()) as Body)]).toEqual([404, 'ROUTE_UNKNOWN']);
  });
});

describe('the log', () => {
  it('holds nothing that a caller wrote', async () => {
    const members = startCheck(caller, { taskId: 'CANARY-TASK', standBy: 'CANARY-STANDBY', extra: 'CANARY-EXTRA' });
    await caller.call('startCheck', members);
    await caller.call('startCheck', { ...members, orgcode: 'CANARY-ORG' });
    await caller.call('userSynchro', { ...subject, userName: 'CANARY-NAME', idNumber: 'CANARY-ID' });
    await world.post('/api/ca/CANARY-PATH', '{"CANARY-KEY":1');
    expect(world.logLines.length).toBeGreaterThan(0);
    expect(world.logLines.join('')).not.toContain('CANARY');
    expect(world.logLines.join('')).not.toContain(caller.secret.reveal());
  });
});
