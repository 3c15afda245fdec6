import type { SignView } from '#hosted/sign-api.ts';
import { watchClock } from '../countdown.ts';
import { listenToPerson } from '../deeds.ts';
import type { Answered } from '../desk.ts';
import { inFrame } from '../permission.ts';
import { createPhone } from '../phone.ts';
import { cleanAddress, follow, joinAgent, openLink } from '../visit.ts';
import type { Embedder } from './embedder.ts';
import { deedsOf, listenToHands } from './hands.ts';
import { createKeeping, type Keeping } from './keeping.ts';
import { createLocalFile } from './local-file.ts';
import { moveOut, takeBack } from './move.ts';
import type { SignPage } from './page.ts';
import type { Papers } from './papers.ts';
import { createPlacing, type Placing } from './placing.ts';
import { isOver, type SignBoot, type SignDesk } from './sign-desk.ts';
import { createSigning, type Signing } from './signing.ts';

/** What the desk's news needs once the story has begun. */
export interface Parts {
  papers: Papers | null;
  signing: Signing | null;
  placing: Placing | null;
  keeping: Keeping | null;
  embedder: Embedder | null;
}

/** The signing page's story: hello, claim, the document at once, then who signs, where, and the end. */
export async function startJourney(desk: SignDesk, boot: SignBoot, page: SignPage, parts: Parts): Promise<void> {
  const claim = await openLink(desk, boot.link, {
    hello: () => (inFrame() ? greetInFrame(desk) : desk.ask('hello', {})),
    claim: (link) => desk.ask('claim', link),
    keepClaim: (secret) => desk.api.keepClaim(secret),
    moved: () => 'token' in boot.link && parts.embedder?.moved(boot.link.token),
    stayed: () => parts.embedder?.stayed(),
  });
  if (claim === null) return;
  cleanAddress('/sign', claim);
  const { papers } = parts;
  if (papers === null) return;
  const { interaction } = claim.view;
  const over = () => isOver(desk.model());
  const phone = createPhone(desk, (id, authority) =>
    desk.ask('mobile', { interaction: id, authority, ...lastOf(desk) }),
  );
  const keeping = createKeeping(desk, papers, (run) => void signing.resume(run));
  const signing = createSigning(desk, papers, (authority) => phone.begin(authority), keeping.flush);
  const placing = createPlacing(desk, papers);
  Object.assign(parts, { signing, placing, keeping });
  desk.seen(claim.view);
  goBackInTime(desk);
  if (over()) return;

  const look = follow(desk, claim, (id) => desk.ask('view', { interaction: id }), over);
  watchClock(desk, {
    until: () => (desk.model().view?.state === 'claimed' ? claim.view.expiresAt : null),
    lastMinute: boot.sign.minuteLeft,
    past: () => void look(),
  });
  const file = createLocalFile(desk, boot);
  const hands = { desk, boot, page, papers, signing, placing, keeping, file };
  const deeds = deedsOf(hands);
  const agent = joinAgent(desk, claim.agents, signing, (nonce) => desk.ask('grant', { interaction, nonce }));
  listenToPerson(desk, agent, phone, {
    submit: () => void signing.press(false),
    cancel: (id) => desk.ask('cancel', { interaction: id }),
    redeliver: (id) => desk.ask('redeliver', { interaction: id }),
    other: (name, value) => deeds[name]?.(value),
    stays: inFrame,
    more: {
      window: () => void moveOut(desk, keeping, parts.embedder),
      scan: () => (desk.model().moved === null ? phone.turnTo() : takeBack()),
    },
  });
  listenToHands(hands);
  if (desk.model().touch) phone.offer();
  else void agent.connect(false);
}

/**
 * Chromium before 114 takes a partitioned cookie for one of all sites: there the claim is kept in memory alone. It is told by an element attribute that came
 * with the same version (Firefox and Safari, which learnt it later, keep other sites' cookies apart or away anyhow).
 */
const greetInFrame = async (desk: SignDesk): Promise<Answered<unknown>> =>
  'popover' in HTMLElement.prototype ? desk.ask('hello', { framed: true }) : { ok: true, value: null };

/** Whether the signature that the phone is asked for ends the page's work. */
const lastOf = (desk: SignDesk): { last?: boolean } => {
  const { run } = desk.model();
  return run?.road === 'mobile' ? { last: run.last && run.done === run.jobs.length - 1 } : {};
};

/** How long the good end can be read before the browser goes back by itself. */
const READ_MS = 5000;
const LOOK_MS = 250;

function goBackInTime(desk: SignDesk): void {
  const timer = setInterval(() => {
    const { view, leavesAt, stays, leaving } = desk.model();
    if (stays || leaving) {
      clearInterval(timer);
      return;
    }
    if (leavesAt === null || desk.now() < leavesAt || view?.next?.kind !== 'redirect') return;
    desk.change({ leaving: true });
    // Replaced, not pushed: the way back must not lead into a used link.
    location.replace(view.next.url);
  }, LOOK_MS);
}

/** Seals and pages are there: what was kept stands again; else what the trading system wishes. */
export function settle({ keeping, placing }: Parts): void {
  if (keeping?.restore() === 'nothing') void placing?.asWished();
}

/** What a newer view sets going. */
export function afterView(desk: SignDesk, view: SignView, parts: Parts): void {
  parts.keeping?.seen(view);
  parts.signing?.heard(view);
  parts.papers?.look();
  settle(parts);
  const { leavesAt } = desk.model();
  const held = parts.embedder?.connected() === true;
  const leaves = !held && view.state === 'succeeded' && view.mode === 'document' && view.next?.kind === 'redirect';
  if (leaves && leavesAt === null) desk.change({ leavesAt: desk.now() + READ_MS });
}
