import { byId } from '../dom.ts';
import { download } from './download.ts';
import type { Keeping } from './keeping.ts';
import type { LocalFile } from './local-file.ts';
import type { SignPage } from './page.ts';
import type { Papers } from './papers.ts';
import type { Placing } from './placing.ts';
import type { SignBoot, SignDesk } from './sign-desk.ts';
import type { Signing } from './signing.ts';

export interface Hands {
  readonly desk: SignDesk;
  readonly boot: SignBoot;
  readonly page: SignPage;
  readonly papers: Papers;
  readonly placing: Placing;
  readonly signing: Signing;
  readonly keeping: Keeping;
  readonly file: LocalFile;
}

const [LEAST_SCALE, MOST_SCALE, BY] = [0.25, 4, 1.25];

/** What the buttons of this page alone do. */
export function deedsOf(hands: Hands): Readonly<Record<string, (value: string) => void>> {
  const { desk, boot, page, papers, placing, signing, keeping, file } = hands;
  const { viewer } = papers;
  const zoom = (to: number | null): void => {
    viewer.zoom(to ?? 'width');
    desk.change({ zoom: to });
  };
  return {
    seal: placing.choose,
    way: placing.turnTo,
    here: placing.here,
    find: () => void placing.find(page.keyword()),
    hit: (nth) => placing.toggle(Number(nth)),
    'place-hits': placing.placeHits,
    'clear-hits': placing.clearHits,
    straddle: () => placing.straddle(page.straddle()),
    show: placing.show,
    remove: placing.remove,
    'plan-theirs': () => void keeping.takeTheirs(),
    'plan-mine': () => void keeping.takeMine(),
    keep: () => void signing.press(true),
    stop: signing.stop,
    change: () => {
      desk.change({ changing: true, pulled: null, chosen: null, shown: null, trouble: null, hint: null });
      void desk.refreshKeys();
    },
    previous: () => viewer.goTo(Math.max(0, viewer.page - 1)),
    next: () => viewer.goTo(Math.min(viewer.pages.length - 1, viewer.page + 1)),
    'zoom-in': () => zoom(Math.min(MOST_SCALE, viewer.scale * BY)),
    'zoom-out': () => zoom(Math.max(LEAST_SCALE, viewer.scale / BY)),
    fit: () => zoom(null),
    reshow: papers.again,
    'choose-file': () => byId('file').click(),
    'stop-upload': file.stop,
    download: () => void download(desk, boot),
    stay: () => desk.change({ stays: true }),
  };
}

/** Drags, fields and dropped files: what is no press of a button. */
export function listenToHands({ desk, page, papers, placing, file }: Hands): void {
  document.addEventListener('pointerdown', (event) => {
    // By finger the list is scrolled; there a seal is pressed, then the page.
    if (event.pointerType === 'touch' || !(event.target instanceof Element)) return;
    const seal = event.target.closest<HTMLElement>('.seal[data-value]');
    if (seal !== null) placing.drag(seal.dataset['value'] ?? '', event);
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !(event.target instanceof HTMLInputElement)) return;
    if (event.target.id === 'keyword') void placing.find(page.keyword());
    if (event.target.id.startsWith('edge-')) placing.straddle(page.straddle());
  });
  document.addEventListener('change', (event) => {
    const { target } = event;
    if (!(target instanceof HTMLInputElement)) return;
    if (target.id === 'goto') papers.viewer.goTo(Math.max(0, Math.round(Number(target.value) || 1) - 1));
    if (target.id === 'invisible') placing.invisible(target.checked);
    if (target.id.startsWith('edge-')) placing.restraddle(page.straddle());
    if (target.id === 'file') {
      file.take(target.files ?? []);
      target.value = '';
    }
  });
  takeDrops(desk, file);
}

/** A file dropped beside its place would otherwise replace the page. */
function takeDrops(desk: SignDesk, file: LocalFile): void {
  const cover = byId('cover');
  const withFile = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;
  const open = (): boolean => desk.model().view?.mode === 'local' && desk.model().view?.document === null;
  window.addEventListener('dragover', (event) => {
    if (!withFile(event)) return;
    event.preventDefault();
    cover.classList.toggle('is-over', open());
  });
  window.addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) cover.classList.remove('is-over');
  });
  window.addEventListener('drop', (event) => {
    if (!withFile(event)) return;
    event.preventDefault();
    cover.classList.remove('is-over');
    if (open()) file.take(event.dataTransfer?.files ?? []);
  });
}
