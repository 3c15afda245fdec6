import { callHub } from '#fixtures/world/trading-system/hub.ts';
import { Browser, tokenOf } from '#test/support/bidder.ts';
import { decryptCall } from '#test/support/opening-day.ts';
import { accessOf } from './day.ts';
import type { Draw } from './draw.ts';
import type { Prey } from './prey.ts';
import type { HostileWorld } from './world.ts';

/** What was said, wherever, of envelopes that do not open → how often; support codes left out. */
interface DamageReport {
  readonly atTheDoor: Readonly<Record<string, number>>;
  readonly onThePage: Readonly<Record<string, number>>;
  /** Damage that touched nothing that opening depends on. */
  readonly opened: number;
}

/** A right envelope spoilt in `count` ways; what the hub still takes is then opened with the right content key. */
export async function damagedEnvelopes(
  world: HostileWorld,
  prey: Prey,
  draw: Draw,
  count: number,
): Promise<DamageReport> {
  const access = accessOf(world);
  const hub = world.prepared.hubUrl;
  const { caUnitId, orgcode } = world.unit;
  const whole = Buffer.from(prey.encData, 'base64');
  const [right] = prey.decryption.keys;
  const atTheDoor: Record<string, number> = {};
  const onThePage: Record<string, number> = {};
  let opened = 0;
  for (let i = 0; i < count; i += 1) {
    const encData = spoilt(whole, i, count, draw).toString('base64');
    const taskId = `damaged-${prey.taskId}-${i}`;
    const answer = await callHub(access, 'startdecrypt', { caUnitId, taskId, orgcode, encData });
    if (!('ok' in answer)) {
      add(atTheDoor, answer.trouble);
      continue;
    }
    const browser = new Browser();
    const token = tokenOf(String(answer.body['decrypturl']));
    await browser.call(hub, 'hello', {});
    const claimed = await decryptCall(browser, hub, 'claim', { token });
    if (!claimed.ok) throw new Error(`claim: ${claimed.error.code}`);
    const { interaction, items } = claimed.view;
    const item = items.find((one) => one.interaction === interaction);
    const [wrap] = item?.wraps ?? [];
    if (item === undefined || wrap === undefined) {
      add(onThePage, item?.error?.message ?? 'nothing to unwrap');
      continue;
    }
    const keys = [{ item: item.id, wrap: wrap.id, key: right?.key ?? '' }];
    const done = await decryptCall(browser, hub, 'keys', { interaction, keys });
    if (!done.ok) {
      add(onThePage, done.error.message);
      continue;
    }
    const after = done.view.items.find(({ id }) => id === item.id);
    if (after?.state === 'failed') add(onThePage, after.error?.message ?? 'no sentence');
    else opened += 1;
  }
  return { atTheDoor, onThePage, opened };
}

function add(to: Record<string, number>, said: string): void {
  const sentence = said.replace(/（编号 [2-9A-Z]{4}-[2-9A-Z]{4}）$/, '');
  to[sentence] = (to[sentence] ?? 0) + 1;
}

/** One byte after the other from head to tail, as a flip, another tag or length, a cut, a repetition. */
function spoilt(whole: Buffer, number: number, count: number, draw: Draw): Buffer {
  const bytes = Buffer.from(whole);
  const at = Math.floor((number * whole.length) / count);
  switch (number % 5) {
    case 0:
      return bytes.subarray(0, Math.max(1, at));
    case 1:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.max(0, at - 7))]);
    case 2:
      bytes[at] = draw.pick([0x00, 0x30, 0x80, 0x84, 0xa0, 0xff]);
      return bytes;
    default:
      bytes[at] = (bytes[at] ?? 0) ^ (1 << draw.int(8));
      return bytes;
  }
}
