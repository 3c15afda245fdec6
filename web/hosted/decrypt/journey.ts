import type { LinkBoot } from '../boot.ts';
import { watchClock } from '../countdown.ts';
import { listenToPerson } from '../deeds.ts';
import { createPhone } from '../phone.ts';
import { cleanAddress, follow, joinAgent, openLink } from '../visit.ts';
import { type DecryptDesk, isOver, tooEarly } from './decrypt-desk.ts';
import { createOpening } from './opening.ts';
import { reportTroubles } from './reports.ts';

/** The decryption page's story: hello, claim, wait for the time where it has not come, then both roads until everything is open. */
export async function startJourney(desk: DecryptDesk, boot: LinkBoot): Promise<void> {
  const claim = await openLink(desk, boot.link, {
    hello: () => desk.ask('hello', {}),
    claim: (link) => desk.ask('claim', link),
    keepClaim: (secret) => desk.api.keepClaim(secret),
  });
  if (claim === null) return;
  cleanAddress('/decrypt', claim);
  desk.seen(claim.view);
  if (isOver(desk.model())) return;

  const { interaction } = claim.view;
  const over = () => isOver(desk.model());
  const look = follow(desk, claim, (id) => desk.ask('view', { interaction: id }), over);
  const opening = createOpening(desk);
  watchClock(desk, {
    until: () => (desk.model().view?.state === 'claimed' ? (desk.model().view?.expiresAt ?? null) : null),
    lastMinute: boot.words.decrypt.minuteLeft,
    past: () => void look(),
  });
  beginInTime(desk, look, () => opening.begin());
  reportTroubles(desk, over);
  const phone = createPhone(desk, (id, authority) => desk.ask('mobile', { interaction: id, authority }));
  const agent = joinAgent(desk, claim.agents, opening, (nonce) => desk.ask('grant', { interaction, nonce }));
  listenToPerson(desk, agent, phone, {
    submit: () => void opening.submit(),
    cancel: (id) => desk.ask('cancel', { interaction: id }),
    redeliver: (id) => desk.ask('redeliver', { interaction: id }),
    more: {
      retry: () => {
        desk.change({ again: true, trouble: null });
        void opening.submit();
      },
      'retry-other': () => desk.change({ again: true, trouble: null }),
    },
  });
  if (desk.model().touch) phone.offer();
  else void agent.connect(false);
}

const LOOK_MS = 250;

/** The opening time is the hub's: at it the page looks, reads what the keys open now, and begins where the key is ready. */
function beginInTime(desk: DecryptDesk, look: () => Promise<void>, begin: () => Promise<void>): void {
  const timer = setInterval(() => {
    const model = desk.model();
    const opensAt = model.view?.opensAt ?? null;
    if (isOver(model)) clearInterval(timer);
    if (opensAt === null || !tooEarly(model) || desk.now() < opensAt) return;
    desk.change({ due: true });
    void look().then(async () => {
      await desk.refreshKeys();
      await begin();
    });
  }, LOOK_MS);
}
