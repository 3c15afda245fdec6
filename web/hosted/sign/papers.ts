import type { DocumentView } from '#hosted/sign-api.ts';
import { straddleWishes } from './plan.ts';
import type { SignBoot, SignDesk } from './sign-desk.ts';
import type { PlacingSeal, PreviewMode } from './viewer/types.ts';
import { createViewer, type Viewer } from './viewer/viewer.ts';

/** The document on the page, and the seals on it: one viewer for as long as the page lives. */
export interface Papers {
  readonly viewer: Viewer;
  /** Shows the document of the last view, where it is not shown already. While seals are being signed it waits for the last of them. */
  look(): void;
  /** Once more, after a fault. */
  again(): void;
  /** A seal's places are printed in the newest version: they go in the frame that shows it. */
  forget(seal: string): void;
  /** The strips as the model has them. */
  straddled(): void;
}

/** `stands`: a version of the document can be seen now. */
export function createPapers(desk: SignDesk, boot: SignBoot, host: HTMLElement, stands: () => void): Papers {
  let shown = '';
  const printed = new Set<string>();
  const viewer = createViewer(host, {
    engine: boot.engine,
    words: boot.viewer,
    onFirstPage: () => {
      desk.change({ paper: { at: 'shown' }, hint: null });
      stands();
    },
    onPage: (page) => desk.change({ page }),
    onZoom: (scale) => desk.change({ scale }),
    onFault: (kind) => desk.change({ paper: { at: 'fault', kind } }),
    onPlaces: (placed) => {
      const { kept } = desk.model();
      desk.change({ placed, hint: null, kept: kept?.at === 'elsewhere' ? kept : null });
    },
  });

  function look(): void {
    const { view, run } = desk.model();
    const document = view?.document ?? null;
    viewer.setPreview(previewOf(view?.state === 'claimed', run !== null));
    if (view === null || document === null || run !== null) return;
    const name = `${view.interaction} ${document.version} ${document.sm3}`;
    if (name === shown) return;
    shown = name;
    void open(view.interaction, document);
  }

  function previewOf(open: boolean, signing: boolean): PreviewMode {
    if (signing) return 'locked';
    return open ? 'place' : 'plain';
  }

  async function open(interaction: string, document: DocumentView): Promise<void> {
    // Version after version the old pages stay in sight until the new ones stand.
    desk.change({ paper: { at: 'loading', again: desk.model().paper.at === 'shown' } });
    const { straddle } = desk.model();
    const seals = [...printed];
    printed.clear();
    const opened = viewer.open(
      {
        url: `${boot.documents}/${encodeURIComponent(interaction)}?v=${document.version}`,
        headers: desk.api.headers(),
        sizes: document.pages,
      },
      seals,
    );
    if (straddle !== null && seals.includes(straddle.seal.id)) desk.change({ straddle: null });
    if (seals.length > 0) {
      // The words that led to a seal's place have done their service.
      viewer.highlight([]);
      desk.change({ keyword: { text: '', busy: false, hits: null } });
    }
    await opened;
  }

  return {
    viewer,
    look,
    again: () => {
      shown = '';
      look();
    },
    forget: (seal) => {
      printed.add(seal);
    },
    straddled,
  };

  function straddled(): void {
    const { straddle } = desk.model();
    const nobody: PlacingSeal = { id: '', name: '', picture: '', width: 1, height: 1 };
    viewer.straddle(straddle?.seal ?? nobody, straddle === null ? null : straddleWishes(straddle));
  }
}
