import type { PageApi } from '#hosted/api.ts';
import type { DecryptCertificateView, DecryptItemView, DecryptPageApi, DecryptView } from '#hosted/decrypt-api.ts';
import type { Api } from '../api.ts';
import type { Boot } from '../boot.ts';
import { createDesk } from '../create-desk.ts';
import type { Desk } from '../desk.ts';
import type { Judged } from '../keys.ts';
import { emptyModel, type Model } from '../model.ts';
import type { Sheet } from '../render/sheet.ts';
import { type DecryptScreen, screenOf } from './screen.ts';

/** The page's part of the hub: its own routes, and the greeting that all pages share. */
export type DecryptApi = DecryptPageApi & Pick<PageApi, 'hello'>;

/** Everything the decryption page knows. */
export interface DecryptModel extends Model<DecryptView> {
  /** All that this visit is about. Sibling tasks leave the hub's view once they are open; here they stay. */
  readonly items: readonly DecryptItemView[];
  /** Items whose content key the hub has been given. */
  readonly sent: readonly string[];
  /** Under way: the key opens one item after another. */
  readonly run: Run | null;
  /** Before the opening time: the key is open already, and the page begins by itself. */
  readonly armed: boolean;
  /** Something failed, and the person goes back to the keys for the rest. */
  readonly again: boolean;
  /** The opening time has come by the hub's clock, whatever the last view said. */
  readonly due: boolean;
}

export interface Run {
  /** Items of this run, in their order. */
  readonly items: readonly string[];
  /** Its wrap is at the token. */
  readonly now: string | null;
  /** The key did not open them; the hub will say the same. */
  readonly failed: readonly string[];
  /** Monotonic ms. */
  readonly began: number;
}

export type DecryptDesk = Desk<DecryptApi, DecryptModel>;

export const emptyDecrypt = (touch: boolean): DecryptModel => ({
  ...emptyModel(touch),
  items: [],
  sent: [],
  run: null,
  armed: false,
  again: false,
  due: false,
});

export function createDecryptDesk(
  boot: Boot,
  api: Api<DecryptApi>,
  sheet: Sheet<DecryptView, DecryptScreen>,
  touch: boolean,
): DecryptDesk {
  return createDesk<DecryptApi, DecryptModel>({
    boot,
    api,
    page: sheet,
    empty: emptyDecrypt(touch),
    draw: (model) => sheet.draw(screenOf(model, boot, performance.now())),
    judge: async (desk, certificates) => {
      const interaction = desk.model().view?.interaction ?? '';
      const answer = await desk.ask('certificates', { interaction, certificates });
      if (answer.ok) return answer.value.certificates.map(judged);
      desk.refused(answer.error);
      return null;
    },
    deed: () => 'unwrap',
    onView: (desk, view) => ({
      due: desk.model().due && view.opensAt !== null,
      items: remembered(desk.model(), view),
    }),
    afterView: (desk) => {
      if (isOver(desk.model()) && desk.model().items.every((item) => isOpen(item))) {
        desk.session()?.close();
        desk.holdSession(null);
      }
    },
  });
}

/** An expired certificate is as good as any here; what counts is what its key opens. */
const judged = (view: DecryptCertificateView): Judged => ({
  ...view,
  status: view.expired ? 'expired' : 'ready',
  error: null,
  opens: [...view.opens, ...view.tries],
});

export const isOpen = (item: Pick<DecryptItemView, 'state'>): boolean =>
  item.state === 'opened' || item.state === 'delivered';

/** What a key still has to open. */
export const unopened = (model: Pick<DecryptModel, 'items'>): readonly DecryptItemView[] =>
  model.items.filter((item) => item.state === 'waiting' || item.state === 'failed');

/** The view's items, and those of siblings that have left it because this page has opened them. */
function remembered(model: DecryptModel, view: DecryptView): readonly DecryptItemView[] {
  const known = new Set(view.items.map((item) => item.id));
  const gone = model.items
    .filter((item) => !known.has(item.id) && (isOpen(item) || model.sent.includes(item.id)))
    .map((item): DecryptItemView => ({ ...item, state: isOpen(item) ? item.state : 'opened', wraps: [], needed: [] }));
  return [...view.items, ...gone];
}

/** The opening time is still ahead by the last word of the hub and by its clock. */
export const tooEarly = (model: DecryptModel): boolean => (model.view?.opensAt ?? null) !== null && !model.due;

/** Nothing more can happen on this page. */
export const isOver = (model: DecryptModel): boolean => {
  const { fault, view } = model;
  if (fault !== null) return true;
  return view !== null && view.state !== 'claimed' && view.state !== 'proved';
};
