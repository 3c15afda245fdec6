import type { PageApi } from '#hosted/api.ts';
import type { HallApi, RecoveryTask, RehearseTask, RewrapTask, ShareTask } from '#hosted/hall-api.ts';
import type { CauseView, EvidenceView, NeededCertificateView } from '#hosted/hall-bids-api.ts';
import type { AskedView, HallRole, HallView } from '#hosted/hall-view-api.ts';
import type { HallWords } from '#hosted/words-hall.ts';
import type { Api } from '../api.ts';
import type { Boot } from '../boot.ts';
import { createDesk } from '../create-desk.ts';
import type { Desk } from '../desk.ts';
import type { Deed } from '../dialects/dialect.ts';
import { emptyModel, type Model, type PageView } from '../model.ts';
import type { SheetPage } from '../render/sheet.ts';
import { judgeFor } from './judge.ts';

/** The hall's part of the hub, and the greeting that all pages share. */
export type HallPageApi = HallApi & Pick<PageApi, 'hello'>;

export interface HallBoot extends Boot {
  readonly opening: string;
  readonly hall: Omit<HallWords, 'instead'>;
  /** Address of this hall for bidders' phones, and its QR code as SVG. */
  readonly url: string;
  readonly qrSvg: string;
}

/** What a key's page needs of a view, made from the hall's own. */
export type HallPageView = PageView & { readonly hall: HallView };

/** What a person's key is to do now. */
export type KeyTask =
  | { readonly kind: 'ask'; readonly what: 'seat' | 'act'; readonly asked: AskedView; readonly label: string }
  | { readonly kind: 'share'; readonly what: 'check-in' | 'release'; readonly task: ShareTask }
  | { readonly kind: 'recover'; readonly tasks: readonly RecoveryTask[] }
  | { readonly kind: 'rehearse'; readonly task: RehearseTask }
  | {
      readonly kind: 'rewrap';
      readonly tasks: readonly (RewrapTask & { readonly needed: NeededCertificateView | null })[];
    };

/** An act that wants words from its person first. */
export interface FormState {
  readonly act: FormAct;
  /** Lot, bid or proposal it is about. */
  readonly about: string;
  readonly incident: string;
  readonly minutes: string;
  readonly problem: 'tooShort' | 'notNumber' | 'notTime' | 'noTime' | null;
  readonly busy: boolean;
}
export type FormAct =
  | 'end-lot'
  | 'close-window'
  | 'extend'
  | 'remedy'
  | 'abort'
  | 'postpone'
  | 'time-override'
  | 'agree'
  | 'refuse'
  | 'ask-remedy'
  | 'confirm'
  | 'object'
  | 'answer-objection'
  | 'state-clock'
  | 'finish';

/** What stands beside the hall. */
export type Panel =
  | { readonly kind: 'form'; readonly form: FormState }
  | { readonly kind: 'key'; readonly task: KeyTask; readonly working: boolean }
  | {
      readonly kind: 'evidence';
      readonly bid: string;
      readonly bidder: string;
      readonly found: { readonly cause: CauseView; readonly evidence: readonly EvidenceView[] } | null;
    }
  | { readonly kind: 'said'; readonly tone: 'ok' | 'warn'; readonly title: string; readonly text: string };

/** Everything the hall's page knows. */
export interface HallModel extends Model<HallPageView> {
  readonly panel: Panel | null;
  /** An unsigned act is under way: its name. */
  readonly doing: string | null;
  /** Forecast of seats, by the agent's handle of a key. */
  readonly roles: Readonly<Record<string, readonly HallRole[]>>;
}

export type HallDesk = Desk<HallPageApi, HallModel> & {
  /** A hall view as the desk takes it. */
  hall(view: HallView): void;
};

const emptyHall = (touch: boolean): HallModel => ({ ...emptyModel(touch), panel: null, doing: null, roles: {} });

export function createHallDesk(
  boot: HallBoot,
  api: Api<HallPageApi>,
  page: SheetPage<HallPageView>,
  touch: boolean,
  draw: (model: HallModel) => void,
): HallDesk {
  const desk = createDesk<HallPageApi, HallModel>({
    boot,
    api,
    page,
    empty: emptyHall(touch),
    draw,
    judge: judgeFor,
    deed: (desk) => deedOf(desk.model()),
    onView: () => ({}),
    afterView: () => undefined,
  });
  return { ...desk, hall: (view) => desk.seen(pageView(view, askedOf(desk.model()))) };
}

/** What the open task wants of a key: a share must leave it wrapped for somebody else. */
function deedOf({ panel }: Pick<HallModel, 'panel'>): Deed {
  if (panel?.kind !== 'key') return 'sign';
  switch (panel.task.kind) {
    case 'ask':
      return 'sign';
    case 'rehearse':
      return 'unwrap';
    case 'share':
    case 'recover':
      return 'unwrap-to';
    case 'rewrap':
      return 'rewrap';
  }
}

export const askedOf = (model: Pick<HallModel, 'panel'>): AskedView | null =>
  model.panel?.kind === 'key' && model.panel.task.kind === 'ask' ? model.panel.task.asked : null;

/** The hall's view in the shape that the work with keys and phones knows. */
export const pageView = (hall: HallView, asked: AskedView | null): HallPageView => ({
  hall,
  interaction: asked?.interaction ?? hall.seat?.interaction ?? '',
  version: hall.version,
  state: hall.phase,
  platform: { name: hall.venue, host: '', homeUrl: '' },
  supportCode: hall.supportCode,
  now: hall.now,
  expiresAt: asked?.expiresAt ?? hall.seat?.until ?? hall.now,
  authorities: hall.authorities,
  mobile: asked?.mobile ?? null,
  error: asked?.error ?? null,
});
