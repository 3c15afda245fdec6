import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LoginSnapshot } from '#identity/view.ts';
import { hex, utf8 } from '#kernel/bytes.ts';
import { describeOnBothDatabases } from '#test/support/store.ts';
import { gm, type HeldKey, type LoginWorld, newSecret, newTask, openLoginWorld, until, unwrap } from './world.ts';

describeOnBothDatabases('a login', ({ open }) => {
  let world: LoginWorld;
  let key: HeldKey;
  beforeAll(async () => {
    world = await openLoginWorld(await open());
    key = await world.enrolledKey();
  });
  afterAll(() => world.close());

  it('goes from startCheck to the trading system and back with a ticket whose hash the trading system already has', async () => {
    const taskId = newTask();
    const secret = newSecret();
    const { interaction, token, pageUrl } = await world.start(taskId, { standBy: 'free text' });
    expect(pageUrl).toMatch(/^http:\/\/127\.0\.0\.1:8443\/check\/int_[0-9a-z]{26}\.1\.[\w-]{43}$/);
    const claimed = unwrap(await world.logins.claim({ token }, secret));
    expect(claimed.claim).toBeNull();
    expect(claimed.view.state).toBe('claimed');

    const visit = { interaction, secret };
    const { text } = unwrap(await world.logins.challenge(visit));
    const proved = unwrap(
      await world.logins.evidence(visit, { certificate: key.certificate, signature: await key.sign(text) }),
    );
    expect(proved.state === 'proved' || proved.state === 'succeeded').toBe(true);
    const done = await settled(world, visit);
    expect(done.state).toBe('succeeded');
    const url = new URL(done.next?.kind === 'redirect' ? done.next.url : '');
    expect(done.next).toEqual({
      kind: 'redirect',
      url: `${world.returnUrl}&taskId=${taskId}&ticket=${url.searchParams.get('ticket')}`,
    });
    const ticket = url.searchParams.get('ticket') ?? '';
    expect(Buffer.from(ticket, 'base64url')).toHaveLength(16);

    const messages = world.received.filter((message) => message['taskId'] === taskId);
    expect(messages).toHaveLength(1);
    const { hub, standBy } = JSON.parse(String(messages[0]?.['standBy']));
    expect(standBy).toBe('free text');
    expect(hub.ticketSm3).toBe(hex(gm.sm3(utf8(ticket))));
    expect(unwrap(await world.logins.redeemTicket(world.unit, taskId, ticket)).taskId).toBe(taskId);
  });
});

async function settled(world: LoginWorld, visit: { interaction: string; secret: string }): Promise<LoginSnapshot> {
  return until(async () => {
    const view = unwrap(await world.logins.view(visit));
    return view.state === 'claimed' || view.state === 'proved' ? undefined : view;
  });
}
