import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type InterfaceName, interfaceOf } from '#wire/interfaces.ts';
import { type Body, type Caller, openWorld, startCheck, type World } from './support.ts';

let world: World;
let caller: Caller;
let subject: Body;
beforeAll(async () => {
  world = await openWorld();
  caller = await world.caller();
  subject = await world.subject(caller);
});
afterAll(() => world.close());

const whole = (name: InterfaceName): Body =>
  name === 'startCheck' ? startCheck(caller) : name === 'changeCert' ? { ...subject, paType: '1' } : { ...subject };

const hostileText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom(
    '',
    ' ',
    '\u0000',
    '\ud800',
    '\u202e',
    "' or 1=1 --",
    '"; drop table unit; --',
    '../../etc/passwd',
    '{{7*7}}',
    '<script>alert(1)</script>',
    '&taskId=1',
    '__proto__',
    'x'.repeat(20_000),
    '9'.repeat(400),
    '中'.repeat(600),
  ),
);
const hostileValue = fc.oneof(hostileText, fc.jsonValue(), fc.constantFrom(0, -1, 1e308, 2 ** 53, true, null, [], {}));

/** One thing wrong with a message, and whether it is signed as it then stands. */
const damage = fc.record({
  name: fc.constantFrom<InterfaceName>('userSynchro', 'changeCert', 'startCheck'),
  field: fc.nat(),
  how: fc.constantFrom('replace', 'remove', 'add', 'rename', 'sign'),
  value: hostileValue,
  signed: fc.boolean(),
});
type Damage = typeof damage extends fc.Arbitrary<infer T> ? T : never;

function damaged({ name, field, how, value, signed }: Damage): string {
  const members: Body = whole(name);
  const names = interfaceOf(name).request.map((one) => one.name);
  const chosen = names[field % names.length] ?? 'taskId';
  if (how === 'replace') members[chosen] = value as Body[string];
  if (how === 'remove') delete members[chosen];
  if (how === 'add') members[`x${field}`] = value as Body[string];
  if (how === 'rename') {
    members[chosen.toUpperCase()] = members[chosen] ?? null;
    delete members[chosen];
  }
  const sign = how === 'sign' ? value : signed ? caller.sign(name, members) : 'f'.repeat(64);
  return JSON.stringify({ ...members, sign });
}

/** What every answer is, whatever was asked. */
async function sane(path: string, body: string | Uint8Array): Promise<void> {
  const reply = await world.post(path, body);
  const text = await reply.text();
  const answer = JSON.parse(text) as Body;
  expect([200, 413]).toContain(reply.status);
  expect(typeof answer['code']).toBe('number');
  expect(answer['code']).not.toBe(500);
  expect(answer['msg']).toMatch(/[\u4e00-\u9fff]/);
  expect(text).not.toMatch(/node_modules|\.ts:\d|Error:|SQLITE|at Object|undefined/);
}

describe('a damaged message', () => {
  it('is answered in Chinese and never breaks the hub', async () => {
    await fc.assert(
      fc.asyncProperty(damage, async (one) => sane(interfaceOf(one.name).path, damaged(one))),
      { numRuns: 1_500 },
    );
    expect((await caller.call('startCheck', startCheck(caller)))['code']).toBe(200);
  });

  it('of any bytes is answered too', async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.json().map((text) => Buffer.from(text)),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (body) => sane('/api/ca/startCheck', body)),
      { numRuns: 500 },
    );
  });
});
