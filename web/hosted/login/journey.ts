import type { LinkBoot } from '../boot.ts';
import { watchClock } from '../countdown.ts';
import { listenToPerson } from '../deeds.ts';
import { createPhone } from '../phone.ts';
import { cleanAddress, follow, joinAgent, openLink } from '../visit.ts';
import { isOver, type LoginDesk } from './login-desk.ts';
import { createSigning } from './signing.ts';

/** The login page's story: hello, claim, then both roads until the interaction ends. */
export async function startJourney(desk: LoginDesk, boot: LinkBoot): Promise<void> {
  const claim = await openLink(desk, boot.link, {
    hello: () => desk.ask('hello', {}),
    claim: (link) => desk.ask('claim', link),
    keepClaim: (secret) => desk.api.keepClaim(secret),
  });
  if (claim === null) return;
  cleanAddress('/check', claim);
  desk.seen(claim.view);
  if (isOver(desk.model())) return;

  const { interaction } = claim.view;
  const over = () => isOver(desk.model());
  const look = follow(desk, claim, (id) => desk.ask('view', { interaction: id }), over);
  watchClock(desk, {
    until: () => (desk.model().view?.state === 'claimed' ? claim.view.expiresAt : null),
    lastMinute: boot.words.login.minuteLeft,
    past: () => void look(),
  });
  const signing = createSigning(desk);
  const phone = createPhone(desk, (id, authority) => desk.ask('mobile', { interaction: id, authority }));
  const agent = joinAgent(desk, claim.agents, signing, (nonce) => desk.ask('grant', { interaction, nonce }));
  listenToPerson(desk, agent, phone, {
    submit: () => void signing.submit(),
    cancel: (id) => desk.ask('cancel', { interaction: id }),
    redeliver: (id) => desk.ask('redeliver', { interaction: id }),
  });
  if (!desk.model().touch) void agent.connect(false);
  phone.offer();
}
