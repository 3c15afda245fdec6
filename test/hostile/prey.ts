import { postJson } from '#fixtures/world/post-json.ts';
import { printed, signOf } from '#fixtures/world/trading-system/sign.ts';
import { Browser, tokenOf } from '#test/support/bidder.ts';
import type { HostileWorld } from './world.ts';

/** A login under way that the attacker holds rightfully, and one of the neighbour's that he does not. */
export interface Prey {
  readonly taskId: string;
  readonly token: string;
  readonly interaction: string;
  /** `name=value` of the browser that claimed it. */
  readonly cookie: string;
  /** Of the other unit; never claimed. */
  readonly foreign: { readonly taskId: string; readonly token: string; readonly interaction: string };
}

let count = 0;

export async function newPrey(world: HostileWorld): Promise<Prey> {
  const own = await begin(world, 'unit');
  const foreign = await begin(world, 'neighbour');
  const hub = world.prepared.hubUrl;
  const browser = new Browser();
  await browser.call(hub, 'hello', {});
  const claimed = await browser.call(hub, 'claim', { token: own.token });
  if (!claimed.ok) throw new Error(`claim: ${claimed.error.code}`);
  return { ...own, cookie: browser.cookies(hub), foreign };
}

async function begin(world: HostileWorld, who: 'unit' | 'neighbour') {
  const { caUnitId, orgcode, secret } = world[who];
  count += 1;
  const taskId = `hostile-${process.pid}-${count}`;
  const members = { caUnitId, taskId, orgcode };
  const sign = signOf(secret, members, printed.startCheck);
  const { body } = await postJson(`${world.prepared.hubUrl}/api/ca/startCheck`, { ...members, sign });
  const token = tokenOf((body as { Loginurl: string }).Loginurl);
  return { taskId, token, interaction: token.slice(0, token.indexOf('.')) };
}
