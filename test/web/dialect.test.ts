import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ConnectOptions, SessionEvent } from '#web/hosted/dialects/dialect.ts';
import { connect } from '#web/hosted/dialects/standard-key.ts';
import { key, ScriptedAgent } from './peers.ts';

let agent: ScriptedAgent;
let events: SessionEvent[];
beforeEach(async () => {
  agent = new ScriptedAgent();
  events = [];
  await agent.start();
});
afterEach(() => agent.stop());

const grant: ConnectOptions['grant'] = async (nonce) => ({
  grant: {
    v: 1,
    nonce,
    origin: 'http://hub',
    interaction: 'int_1',
    operations: ['enumerate'],
    expires: '2026-03-18T01:30:00Z',
  },
  signature: 'AA==',
});
const options = (more: Partial<ConnectOptions> = {}): ConnectOptions => ({
  endpoints: ['ws://127.0.0.1:9/ca-agent/v1', agent.endpoint],
  patienceMs: 2000,
  grant,
  onEvent: (event) => events.push(event),
  ...more,
});
async function session() {
  const found = await connect(options());
  if (!found.ok) throw new Error(found.reason);
  return found.session;
}
const heard = async (event: string) => {
  while (!events.some((one) => one.event === event)) await new Promise((resolve) => setTimeout(resolve, 5));
};

describe('the standard key’s dialect', () => {
  it('finds the agent among closed ports and shows it the hub’s grant for its own nonce before anything else', async () => {
    const open = await session();
    agent.keys = [key()];
    expect(await open.keys()).toMatchObject({ ok: true, value: [{ label: '示例 UKey', pinRemaining: 6 }] });
    expect(agent.frames.map((frame) => frame.method)).toEqual(['authorize', 'enumerate']);
    expect(agent.frames[0]).toMatchObject({ params: { grant: { nonce: 'ab'.repeat(32) } } });
    open.close();
  });

  it('tells an absent agent from one that does not trust this hub, and from a hub that gave no grant', async () => {
    expect(await connect(options({ endpoints: ['ws://127.0.0.1:9/ca-agent/v1'] }))).toMatchObject({
      reason: 'unreachable',
    });
    expect(await connect(options({ endpoints: [] }))).toMatchObject({ reason: 'unreachable' });
    expect(await connect(options({ grant: async () => null }))).toMatchObject({
      reason: 'no-grant',
      version: '证书助手 1.0.0',
    });
    agent.paired = false;
    expect(await connect(options())).toMatchObject({ reason: 'refused' });
    expect(events).toEqual([]);
  });

  it('does not wait for ever on a port that says nothing', async () => {
    const { createServer } = await import('node:net');
    const mute = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => mute.once('listening', resolve));
    const { port } = mute.address() as import('node:net').AddressInfo;
    const found = await connect(options({ endpoints: [`ws://127.0.0.1:${port}/ca-agent/v1`], patienceMs: 200 }));
    expect(found).toMatchObject({ reason: 'unreachable' });
    mute.close();
  });

  it('counts a wrong PIN with the key and hands on the signature of a right one', async () => {
    const one = key();
    agent.keys = [one];
    const open = await session();
    expect(await open.login(one.key, '000000')).toEqual({
      ok: false,
      failure: { code: 'PIN_INCORRECT', remaining: 5 },
    });
    expect(await open.login(one.key, one.pin)).toEqual({ ok: true, value: null });
    expect(await open.sign(one.key, 'caihub/1')).toMatchObject({ ok: true, value: { signature: 'c2lnbmVk' } });
    open.close();
  });

  it('passes on plugging and pulling, and answers every open request when the agent goes', async () => {
    const one = key();
    agent.keys = [one];
    const open = await session();
    agent.held.add('sign');
    const signing = open.sign(one.key, 'caihub/1');
    agent.pull(one);
    await heard('unplugged');
    agent.plug(one);
    await heard('plugged');
    await agent.stop();
    expect(await signing).toEqual({ ok: false, failure: { code: 'CLOSED', remaining: null } });
    expect(events.at(-1)).toEqual({ event: 'closed' });
    expect(await open.keys()).toMatchObject({ failure: { code: 'CLOSED' } });
  });

  it('lets nobody but this agent draw a PIN window', async () => {
    const one = key();
    agent.keys = [one];
    const open = await session();
    expect(await open.pinDialog(one.key)).toEqual({ ok: true, value: `http://127.0.0.1:${agent.port}/pin/1` });
    agent.dialogUrl = 'http://127.0.0.1:1/pin/1';
    expect(await open.pinDialog(one.key)).toMatchObject({ ok: false });
    open.close();
  });

  it('takes an error code it does not know for the agent’s own trouble', async () => {
    const one = key();
    agent.keys = [one];
    agent.signError = { code: 'NEW_IN_2030' as never, message: '' };
    const open = await session();
    expect(await open.sign(one.key, 'x')).toEqual({ ok: false, failure: { code: 'INTERNAL', remaining: null } });
    open.close();
  });
});
