import { listenToPerson } from '../deeds.ts';
import { listen } from '../live.ts';
import { createLookout } from '../lookout.ts';
import { createPhone } from '../phone.ts';
import { createHallActs } from './acts.ts';
import { drawHallClocks } from './clocks.ts';
import { type HallBoot, type HallDesk, pageView } from './hall-desk.ts';
import type { HallPage } from './page.ts';
import { createKeyTasks } from './tasks.ts';

const TICK_MS = 250;
const ASK_MS = 2000;

/** The hall's story: who sits here, then the board as it changes, and beside it whatever this person is asked for. */
export async function startHall(desk: HallDesk, boot: HallBoot, page: HallPage): Promise<void> {
  const hello = await desk.ask('hello', {});
  const answer = hello.ok ? await desk.ask('open', { opening: boot.opening }) : hello;
  if (!answer.ok) {
    desk.change({ fault: answer.error });
    return;
  }
  desk.hall(answer.value.view);

  const tasks = createKeyTasks(desk, boot, answer.value.agents);
  const acts = createHallActs(desk, boot, tasks);
  const phone = createPhone(desk, async (interaction, authority) => {
    const begun = await desk.ask('mobile', { interaction, authority });
    if (!begun.ok) return begun;
    tasks.asked(begun.value.asked);
    const hall = desk.model().view?.hall ?? answer.value.view;
    return { ok: true, value: { view: pageView(hall, begun.value.asked) } };
  });
  listenToPerson(desk, tasks.agent, phone, {
    submit: () => {
      if (desk.model().panel?.kind === 'form') acts.submitForm(page.fields());
      else void tasks.submit();
    },
    more: { cancel: () => tasks.end() },
    other: (name, value) => acts.press(name, value),
  });
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && desk.model().panel !== null) tasks.end();
  });

  const known = (): number => desk.model().view?.version ?? 0;
  const { hear, look } = createLookout(known, async () => {
    const seat = (): string | null => desk.model().view?.hall.seat?.interaction ?? null;
    const interaction = seat();
    const seen = await desk.ask('view', { opening: boot.opening, interaction });
    // Asked before this person sat down: the answer is for somebody without a seat and must not take his away.
    if (seat() !== interaction) void look();
    else if (seen.ok) desk.hall(seen.value.view);
    else desk.refused(seen.error);
  });
  listen(`/hosted/hall/live?o=${encodeURIComponent(boot.opening)}`, true, hear);
  setInterval(() => drawHallClocks(boot.words, desk.now()), TICK_MS);
  setInterval(() => {
    if (desk.model().view?.mobile != null) void tasks.look();
  }, ASK_MS);
  watchMoments(desk, look);
}

/** At the opening time and at the window's end the hub is asked at once: the hall does not wait for news of its own clock. */
function watchMoments(desk: HallDesk, look: () => Promise<void>): void {
  const told = new Set<number>();
  setInterval(() => {
    const view = desk.model().view?.hall;
    if (view === undefined) return;
    for (const at of [view.opensAt, view.window?.endsAt ?? 0]) {
      if (at === 0 || told.has(at) || desk.now() < at || desk.now() > at + 10_000) continue;
      told.add(at);
      void look();
    }
  }, TICK_MS);
}
