import type { Draw } from './draw.ts';
import { BIDI, CONTROL, DATES, LONE, NUMBERS, PATHS, SQL, TEMPLATES, UNICODE } from './payloads.ts';
import type { Prey } from './prey.ts';
import type { HostileWorld } from './world.ts';

export type Members = Record<string, unknown>;
export interface MemberContext {
  readonly draw: Draw;
  readonly prey: Prey;
  readonly world: HostileWorld;
}

/** Damage to the members of a body, before it is signed. */
export type MemberMutator = (members: Members, context: MemberContext) => void;

/** Replaces the value of one member. */
const one =
  (value: (was: unknown, context: MemberContext) => unknown): MemberMutator =>
  (members, context) => {
    const names = Object.keys(members);
    if (names.length === 0) members['x'] = value('x', context);
    else {
      const name = context.draw.pick(names);
      members[name] = value(members[name], context);
    }
  };
const from = (values: readonly unknown[]): MemberMutator => one((_, { draw }) => draw.pick(values));
const inside = (values: readonly string[]): MemberMutator =>
  one((was, { draw }) => (draw.chance(0.5) ? draw.pick(values) : `${textOf(was)}${draw.pick(values)}`));
/** Objects inside, at any depth. */
const innerOf = (value: unknown): Members[] => {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.values(value).flatMap(innerOf);
  return Array.isArray(value) ? inner : [value as Members, ...inner];
};
const textOf = (was: unknown): string => (typeof was === 'string' ? was : (JSON.stringify(was) ?? ''));
const nest = (depth: number): unknown => JSON.parse(`${'['.repeat(depth)}1${']'.repeat(depth)}`);

const atTheTop: Readonly<Record<string, MemberMutator>> = {
  drop: (members, { draw }) => {
    const names = Object.keys(members);
    if (names.length > 0) delete members[draw.pick(names)];
  },
  'drop all but one': (members, { draw }) => {
    const kept = draw.pick([...Object.keys(members), '']);
    for (const name of Object.keys(members)) if (name !== kept) delete members[name];
  },
  null: from([null]),
  empty: from(['']),
  blank: from([' ', '\t', '　', ' '.repeat(5_000)]),
  boolean: from([true, false]),
  number: from(NUMBERS),
  array: one((was) => [was]),
  'array of arrays': one((was) => [[was], [was, was]]),
  object: one((was) => ({ value: was, toString: 'x', length: 3 })),
  'operator object': from([{ $ne: null }, { $gt: '' }, { $where: 'sleep(1000)' }]),
  nested: one((_, { draw }) => nest(draw.pick([5, 20, 31, 40]))),
  huge: one((was, { draw }) => textOf(was).padEnd(draw.pick([600, 5_000, 70_000, 1_000_000]), 'A')),
  'huge in chinese': one((_, { draw }) => '中'.repeat(draw.pick([513, 20_000, 300_000]))),
  unicode: inside(UNICODE),
  bidi: inside(BIDI),
  'control characters': inside(CONTROL),
  'lone surrogate': inside(LONE),
  sql: inside(SQL),
  template: inside(TEMPLATES),
  'path traversal': inside(PATHS),
  'date edge': from(DATES),
  'damaged text': one((was, { draw }) => {
    const text = textOf(was);
    const at = draw.int(text.length + 1);
    return (
      text.slice(0, at) + draw.pick(['', '=', '!', '-', '_', '%', ' ', '\n', 'A', '0x']) + text.slice(at + draw.int(3))
    );
  }),
  'cut text': one((was, { draw }) => textOf(was).slice(0, draw.int(textOf(was).length + 1))),
  'doubled text': one((was) => textOf(was) + textOf(was)),
  'hex instead of base64': one((was) => Buffer.from(textOf(was), 'base64').toString('hex')),
  'base64url instead of base64': one((was) => textOf(was).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')),
  'pem around it': one((was) => `-----BEGIN CERTIFICATE-----\n${textOf(was)}\n-----END CERTIFICATE-----`),
  'bytes flipped inside': one((was, { draw }) => {
    const bytes = Buffer.from(textOf(was), 'base64');
    for (let i = 0; i < 1 + draw.int(4) && bytes.length > 0; i += 1) {
      const at = draw.int(bytes.length);
      bytes[at] = draw.int(256);
    }
    return bytes.toString('base64');
  }),
  'bytes cut inside': one((was, { draw }) => {
    const bytes = Buffer.from(textOf(was), 'base64');
    return bytes.subarray(0, draw.int(bytes.length + 1)).toString('base64');
  }),
  'der bomb': one((_, { draw }) =>
    Buffer.concat([
      Buffer.from('30807f'.repeat(draw.pick([10, 2_000])), 'hex'),
      Buffer.from('3084ffffffff0284ffffffff', 'hex'),
    ]).toString('base64'),
  ),
  'upper case': one((was) => textOf(was).toUpperCase()),
  'name in another case': (members, { draw }) => {
    const name = draw.pick([...Object.keys(members), 'x']);
    members[name.toUpperCase()] = members[name] ?? 'x';
    if (draw.chance(0.5)) delete members[name];
  },
  'unknown members': (members, { draw }) => {
    for (const name of [
      'constructor',
      'toString',
      'hasOwnProperty',
      'isAdmin',
      '',
      '\u0000',
      '__defineGetter__',
      'then',
    ])
      if (draw.chance(0.5)) members[name] = draw.pick([1, 'x', null, { a: 1 }]);
  },
  'two values exchanged': (members, { draw }) => {
    const names = Object.keys(members);
    if (names.length < 2) return;
    const [a, b] = [draw.pick(names), draw.pick(names)];
    [members[a], members[b]] = [members[b], members[a]];
  },
  ambiguous: inside(['&taskId=1', '=', '&', '&sign=x', 'a=b&orgcode=2']),
  'ids of another unit': (members, { draw, prey, world }) => {
    const foreign: Members = {
      caUnitId: world.neighbour.caUnitId,
      orgcode: world.neighbour.orgcode,
      taskId: prey.foreign.taskId,
      interaction: prey.foreign.interaction,
      token: prey.foreign.token,
      authority: 'bohai',
      opening: prey.sealed.opening,
      bid: prey.sealed.capsule,
      capsule: prey.sealed.capsule,
      rehearsal: prey.sealed.rehearsal.id,
      encData: prey.encData,
    };
    const shared = Object.keys(foreign).filter((name) => Object.hasOwn(members, name));
    if (shared.length > 0) {
      const name = draw.pick(shared);
      members[name] = foreign[name];
    }
  },
  'ids that nobody has': one((was, { draw }) =>
    textOf(was).replace(/[0-9a-z]/g, () => draw.pick([...'0123456789abcdefghjkmnpqrstvwxyz'])),
  ),
  'standBy for the hub': (members, { draw }) => {
    members['standBy'] = draw.pick([
      '{"hub":null}',
      '{"hub":[]}',
      '{"hub":{"returnUrl":"javascript:alert(7331)"}}',
      '{"hub":{"returnUrl":"//evil.example"}}',
      '{"hub":{"returnUrl":["http://localhost"]}}',
      '{"hub":{"timestamp":1e400,"nonce":"12345678"}}',
      '{"hub":{"timestamp":"-1","nonce":""}}',
      '{"hub":{"__proto__":{"returnUrl":"x"}}}',
      '{"hub":{},"hub":{"returnUrl":"x"}}',
      `{"hub":{"nonce":"${'n'.repeat(5_000)}"}}`,
      `${'{"hub":'.repeat(60)}1${'}'.repeat(60)}`,
      '{"hub":{"returnUrl":"',
    ]);
  },
  'many certificates': (members, { draw }) => {
    if (!('certificates' in members)) return;
    members['certificates'] = Array.from({ length: draw.pick([0, 16, 17, 200]) }, (_, i) => ({
      key: `k${i}`,
      sign: draw.pick(['', 'AAAA', 'MIIB', '!']),
    }));
  },
};

export const memberMutators: Readonly<Record<string, MemberMutator>> = {
  ...atTheTop,
  ...Object.fromEntries(
    ['inside', 'further inside', 'deep inside'].map((name): [string, MemberMutator] => [
      name,
      (members, context) => {
        const inner = innerOf(members).filter((one) => one !== members);
        const damage = atTheTop[context.draw.pick(Object.keys(atTheTop))];
        damage?.(inner.length === 0 ? members : context.draw.pick(inner), context);
      },
    ]),
  ),
};
