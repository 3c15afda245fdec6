import type { Draw } from './draw.ts';
import { httpMutators } from './mutate-http.ts';
import { type Members, memberMutators } from './mutate-members.ts';
import { byteMutators, textMutators } from './mutate-text.ts';
import type { Prey } from './prey.ts';
import { byLength, type Draft, type Target } from './shot.ts';
import type { HostileWorld } from './world.ts';

type Stage = 'member' | 'text' | 'byte' | 'http';
interface Named {
  readonly stage: Stage;
  readonly name: string;
}

const named = (stage: Stage, table: object): Named[] => Object.keys(table).map((name) => ({ stage, name }));
export const mutators: readonly Named[] = [
  ...named('member', memberMutators),
  ...named('text', textMutators),
  ...named('byte', byteMutators),
  ...named('http', httpMutators),
];

const STAGES: readonly Stage[] = ['member', 'text', 'byte', 'http'];

/**
 * One malformed request for this route. Every mutator comes up in turn (`turn`), sometimes with one or two more of later stages; a wire
 * request is signed after its members were damaged in two cases of three, so that the damage is met behind the signature as well.
 */
export function generate(
  target: Target,
  turn: number,
  context: { draw: Draw; prey: Prey; world: HostileWorld },
): Draft {
  const { draw, prey, world } = context;
  const fitting = mutators.filter(({ stage }) => target.members !== undefined || stage === 'http');
  const chosen = [fitting[turn % fitting.length] as Named];
  while (chosen.length < 3 && draw.chance(0.3)) chosen.push(draw.pick(fitting));
  const of = (stage: Stage): string[] => chosen.filter((one) => one.stage === stage).map((one) => one.name);
  const draft: Draft = {
    target,
    method: target.method,
    path: target.path,
    version: 'HTTP/1.1',
    headers: [
      ['host', new URL(world.prepared.hubUrl).host],
      ...target.headers.map(([name, value]): [string, string] => [name, value]),
    ],
    members: target.members?.(),
    signed: false,
    text: undefined,
    body: undefined,
    frame: byLength,
    mutators: STAGES.flatMap(of),
    http: false,
  };
  if (target.name !== 'live channel') draft.headers.push(['connection', 'close']);
  if (draft.members !== undefined) {
    for (const name of of('member')) memberMutators[name]?.(draft.members, context);
    const signed = sign(target, draft.members, draw);
    draft.signed = signed !== draft.members;
    draft.text = JSON.stringify(signed);
    for (const name of of('text')) draft.text = textMutators[name]?.(draft.text, draw) ?? draft.text;
    draft.body = Buffer.from(draft.text, 'utf8');
    for (const name of of('byte')) draft.body = byteMutators[name]?.(draft.body, draft, draw) ?? draft.body;
  }
  for (const name of of('http')) if (httpMutators[name]?.(draft, draw, prey) === true) draft.http = true;
  return draft;
}

function sign(target: Target, members: Members, draw: Draw): Members {
  if (target.sign === undefined || draw.chance(1 / 3)) return members;
  if (draw.chance(0.1))
    return { ...members, sign: draw.pick(['', 'f'.repeat(64), 'F'.repeat(63), 'zz', 'x'.repeat(5_000)]) };
  return target.sign(members);
}
