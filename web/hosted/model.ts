import type { CertificateView, LoginView, PageError } from '#hosted/api.ts';
import type { TroubleState } from '#hosted/states.ts';
import type { ServiceState } from './services.ts';

/** What every page of an interaction learns from the hub, whatever it is for. */
export type PageView = Pick<
  LoginView,
  'interaction' | 'version' | 'platform' | 'supportCode' | 'now' | 'expiresAt' | 'authorities' | 'mobile' | 'error'
> & { readonly state: string };

/** Everything a page knows that a person came to with a key. Only the desk changes it; screens turn it into what is shown; render/ draws that. */
export interface Model<V extends PageView = PageView> {
  readonly hub: HubLink;
  readonly view: V | null;
  /** The hub refused the link itself. */
  readonly fault: PageError | null;
  /** The deadline has passed by the hub's clock. */
  readonly ended: boolean;
  /** The browser is leaving for the trading system. */
  readonly leaving: boolean;
  readonly agent: AgentStatus;
  /** Every service that this page looks for, in the hub's order; `agent` is how the best of them stands. */
  readonly services: readonly ServiceState[];
  /** false until the keys have been listed once on this connection. */
  readonly keysRead: boolean;
  readonly cards: readonly Card[];
  readonly chosen: string | null;
  /** The card that cannot be used and whose reason is shown. */
  readonly shown: string | null;
  /** A long list of keys stands open to its end. */
  readonly unfolded: boolean;
  readonly pin: PinStep;
  readonly work: Work | null;
  readonly pulled: { readonly card: Card; readonly since: number } | null;
  readonly mobile: MobileRoad;
  /** A phone or tablet: the mobile certificate comes first. */
  readonly touch: boolean;
  /** In another site's frame: what it has claimed cannot be taken along into a window of its own. */
  readonly framed: boolean;
  /** On a touch device: the person asked for the UKey road. */
  readonly wantsKey: boolean;
  /** Last refusal of this page's own that belongs to no card. */
  readonly trouble: { readonly state: TroubleState; readonly error: PageError | null } | null;
}

export type HubLink =
  | { readonly kind: 'opening' | 'open' }
  | { readonly kind: 'lost'; readonly tries: number }
  | { readonly kind: 'busy'; readonly error: PageError };

export type AgentStatus =
  /** Not tried. */
  | 'idle'
  /** The browser wants the person's consent, and that wants a click first. */
  | 'ask'
  | 'asking'
  | 'searching'
  | 'connected'
  | 'none'
  | 'denied'
  | 'framed'
  | 'not-paired'
  | 'lost';

export interface Card {
  /** The signing certificate itself (base64 DER): it stays the same when the key is pulled and plugged again. */
  readonly id: string;
  /** The agent's handle of the key. */
  readonly handle: string;
  readonly label: string;
  readonly pinEntry: 'page' | 'agent';
  readonly pinRemaining: number;
  readonly loggedIn: boolean;
  /** Its service can do what this page is for. */
  readonly able: boolean;
  readonly reading: 'reading' | 'read' | 'unreadable';
  readonly view: CertificateView | null;
  /** On a page with files: which of them its encryption key opens. null: any valid certificate will do here. */
  readonly opens: readonly string[] | null;
  /** What the hub said when this certificate was used here. */
  readonly verdict: { readonly state: TroubleState; readonly error: PageError; readonly final: boolean } | null;
}

export type PinStep =
  | { readonly at: 'asked' }
  | { readonly at: 'missing' }
  | { readonly at: 'wrong'; readonly remaining: number }
  /** One try left and the person has not said yes to it. */
  | { readonly at: 'last' }
  /** One try left, and the person wants it. */
  | { readonly at: 'dared' }
  | { readonly at: 'cancelled' }
  | { readonly at: 'failed' };

export type Work =
  | { readonly step: 'pin' }
  | { readonly step: 'frame'; readonly url: string }
  | { readonly step: 'sign' }
  | { readonly step: 'judge' }
  /** The key opens one file after another. */
  | { readonly step: 'open' };

export interface MobileRoad {
  /** Authority whose QR code is shown or being made. */
  readonly authority: string | null;
  readonly busy: boolean;
  readonly error: PageError | null;
  /** The code's time is over by the hub's clock, whatever the hub has said so far. */
  readonly overdue: boolean;
}

export const emptyModel = (touch: boolean): Model<never> => ({
  hub: { kind: 'opening' },
  view: null,
  fault: null,
  ended: false,
  leaving: false,
  agent: 'idle',
  services: [],
  keysRead: false,
  cards: [],
  chosen: null,
  shown: null,
  unfolded: false,
  pin: { at: 'asked' },
  work: null,
  pulled: null,
  mobile: { authority: null, busy: false, error: null, overdue: false },
  touch,
  framed: false,
  wantsKey: false,
  trouble: null,
});

const stateOfStatus = {
  ready: null,
  expired: 'expired',
  'not-yet-valid': 'not-yet-valid',
  revoked: 'revoked',
  superseded: 'superseded',
  cancelled: 'cert-cancelled',
  'not-enrolled': 'denied',
  'unknown-issuer': 'unknown-issuer',
  suspended: 'suspended',
  invalid: 'cert-invalid',
  'status-unavailable': 'status-down',
} as const satisfies Record<CertificateView['status'], TroubleState | null>;

/** Why a card cannot be chosen; null: it can, or is still being read. */
export function offState(card: Card): TroubleState | null {
  if (card.verdict?.final) return card.verdict.state;
  if (card.opens !== null) {
    if (card.opens.length === 0) return 'wrong-key';
  } else if (card.view !== null && card.view.status !== 'ready') return stateOfStatus[card.view.status];
  if (!card.able) return 'key-unable';
  return card.pinRemaining === 0 ? 'locked' : null;
}

export const isReady = (card: Card): boolean => card.view !== null && offState(card) === null;

export const chosenCard = (model: Pick<Model, 'cards' | 'chosen'>): Card | null =>
  model.cards.find((card) => card.id === model.chosen) ?? null;

/** The pulled key waits for its return; otherwise the chosen one if it still can be used, else the first that can. */
export function choose<M extends Model>(model: M): M {
  if (model.pulled !== null) return model;
  const keep = chosenCard(model);
  // A key whose refusal is being read stays in view until the person chooses another.
  if (keep !== null && (isReady(keep) || model.shown === keep.id)) return model;
  const next = model.cards.find(isReady) ?? null;
  if (next?.id === model.chosen) return model;
  return { ...model, chosen: next?.id ?? null, pin: firstPinStep(next) };
}

/** A key with one try left is never tried without a second word from its person. */
export const firstPinStep = (card: Card | null): PinStep => ({
  at: card?.pinRemaining === 1 && !card.loggedIn ? 'last' : 'asked',
});
