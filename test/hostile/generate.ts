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

/** A request that is right, before anything is spoilt; `seal` makes it a registered caller's. */
function rightDraft(target: Target, world: HostileWorld): Draft {
  const headers: [string, string][] = [
    ['host', new URL(world.prepared.hubUrl).host],
    ...target.headers.map(([name, value]): [string, string] => [name, value]),
  ];
  if (target.kind !== 'live') headers.push(['connection', 'close']);
  return {
    ...{ target, method: target.method, path: target.path, version: 'HTTP/1.1', headers },
    ...{ members: target.members?.(), signed: false, text: undefined, body: target.content, frame: byLength },
    ...{ mutators: [], http: false },
  };
}

/** Nothing spoilt: whatever it is answered, it is not because of its form. */
export function right(target: Target, context: { draw: Draw; world: HostileWorld }): Draft {
  const draft = rightDraft(target, context.world);
  if (draft.members !== undefined)
    draft.body = Buffer.from(JSON.stringify(target.sign?.(draft.members) ?? draft.members), 'utf8');
  target.prove?.(draft, context.draw);
  return draft;
}

/** Spoils the proof itself: nothing may sign over it again. */
const SPOILS_PROOF = 'task headers';

/**
 * One malformed request for this route. Every mutator comes up in turn (`turn`), sometimes with one or two more of later stages; a wire
 * request is signed after its members were damaged in two cases of three, so that the damage is met behind the signature as well. What is proved
 * by headers is proved at the end, as often.
 */
export function generate(
  target: Target,
  turn: number,
  context: { draw: Draw; prey: Prey; world: HostileWorld },
): Draft {
  const { draw, prey, world } = context;
  const stages: readonly Stage[] =
    target.members !== undefined ? STAGES : target.content !== undefined ? ['byte', 'http'] : ['http'];
  const fitting = mutators.filter(({ stage }) => stages.includes(stage));
  const chosen = [fitting[turn % fitting.length] as Named];
  while (chosen.length < 3 && draw.chance(0.3)) chosen.push(draw.pick(fitting));
  const of = (stage: Stage): string[] => chosen.filter((one) => one.stage === stage).map((one) => one.name);
  const draft = rightDraft(target, world);
  draft.mutators.push(...STAGES.flatMap(of));
  if (draft.members !== undefined) {
    for (const name of of('member')) memberMutators[name]?.(draft.members, context);
    const signed = sign(target, draft.members, draw);
    draft.signed = signed !== draft.members;
    draft.text = JSON.stringify(signed);
    for (const name of of('text')) draft.text = textMutators[name]?.(draft.text, draw) ?? draft.text;
    draft.body = Buffer.from(draft.text, 'utf8');
  }
  for (const name of of('byte'))
    if (draft.body !== undefined) draft.body = byteMutators[name]?.(draft.body, draft, draw) ?? draft.body;
  const spoil = (name: string): void => {
    if (httpMutators[name]?.(draft, draw, prey) === true) draft.http = true;
  };
  for (const name of of('http')) if (name !== SPOILS_PROOF) spoil(name);
  if (target.prove !== undefined && draw.chance(2 / 3)) {
    target.prove(draft, draw);
    draft.signed = true;
  }
  if (of('http').includes(SPOILS_PROOF)) spoil(SPOILS_PROOF);
  return draft;
}

function sign(target: Target, members: Members, draw: Draw): Members {
  if (target.sign === undefined || draw.chance(1 / 3)) return members;
  if (draw.chance(0.1))
    return { ...members, sign: draw.pick(['', 'f'.repeat(64), 'F'.repeat(63), 'zz', 'x'.repeat(5_000)]) };
  return target.sign(members);
}
