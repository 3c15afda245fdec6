import { openWindow } from '../deeds.ts';
import { inFrame } from '../permission.ts';
import type { Embedder } from './embedder.ts';
import type { Keeping } from './keeping.ts';
import type { SignDesk } from './sign-desk.ts';

let link: string | null = null;

/**
 * On in a window of its own. Out of a frame the claim goes along under a fresh link, since that window has other cookies; this page then only tells how it
 * stands there. What is placed is kept first.
 */
export async function moveOut(desk: SignDesk, keeping: Keeping, embedder: Embedder | null): Promise<void> {
  if (!inFrame()) {
    openWindow();
    await keeping.flush();
    return;
  }
  if (link !== null) {
    openLink(link);
    return;
  }
  const { view, run, work } = desk.model();
  if (view?.state !== 'claimed' || run !== null || work !== null) return;
  await keeping.flush();
  const answer = await desk.ask('move', { interaction: view.interaction });
  if (!answer.ok) {
    desk.refused(answer.error);
    return;
  }
  const { token } = answer.value;
  link = `/sign/${token}${location.search}`;
  desk.session()?.close();
  desk.holdSession(null);
  embedder?.moved(token);
  openLink(link);
}

/** Nobody has come in the new window: on in this one after all. */
export function takeBack(): void {
  if (link !== null) location.replace(link);
}

const openLink = (to: string): void => {
  window.open(to, '_blank', 'noopener');
};
