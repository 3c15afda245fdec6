import type { MobileView } from '#hosted/api.ts';
import { type Boot, fill } from '../boot.ts';
import type { Model, PageView } from '../model.ts';
import { mediumOf, type RemoteMedium } from './medium.ts';
import { sentenceOf } from './notices.ts';

/** The road over a vendor's own service: its phone app, or its own page. */
export interface ScanScreen {
  readonly title: string;
  /** Of the vendor chosen; before that of what may be chosen. */
  readonly medium: RemoteMedium;
  readonly status: 'none' | 'choose' | 'loading' | MobileView['status'];
  readonly hint: string;
  readonly qrSvg: string;
  readonly digits: string;
  /** Counts down; hub's UTC ms. */
  readonly until: number | null;
  /** Word over the faded code, and what to do. */
  readonly over: string;
  readonly overHint: string;
  /** Vendors to choose from. */
  readonly offers: readonly {
    readonly id: string;
    readonly name: string;
    /** What its button says. */
    readonly label: string;
    readonly medium: RemoteMedium;
  }[];
  readonly authority: string | null;
  /** Another vendor may be chosen instead. */
  readonly canSwitch: boolean;
  /** On the phone itself: opens the vendor's app. Elsewhere: the vendor's own page, with what the button says. */
  readonly openUrl: string | null;
  readonly openLabel: string;
  readonly touch: boolean;
  readonly support: string | null;
}

export function scanScreen(
  model: Pick<Model, 'mobile' | 'touch'>,
  view: Pick<PageView, 'authorities' | 'mobile' | 'error' | 'supportCode'>,
  boot: Boot,
): ScanScreen {
  const { mobile: words } = boot.words;
  const offers = offersOf(view.authorities, boot);
  const chosen = view.authorities.find((one) => one.id === model.mobile.authority);
  const medium =
    chosen === undefined ? (offers.every((one) => one.medium === 'page') ? 'page' : 'mobile') : mediumOf(chosen);
  const base: ScanScreen = {
    title: titleOf(model, offers, boot),
    medium: medium ?? 'mobile',
    status: 'none',
    hint: words.none,
    qrSvg: '',
    digits: '',
    until: null,
    over: '',
    overHint: '',
    offers,
    authority: model.mobile.authority,
    canSwitch: offers.length > 1,
    openUrl: null,
    openLabel: words.open,
    touch: model.touch,
    support: null,
  };
  if (offers.length === 0) return base;
  if (base.medium === 'page' && chosen !== undefined) return pageScreen(base, chosen.name, model, view, boot);
  const name = chosen?.name ?? '';
  const hint = name === '' ? words.hint : fill(words.hintOf, { authority: name });
  if (model.mobile.error !== null) {
    const overHint = sentenceOf(boot, model.mobile.error);
    return { ...base, status: 'failed', hint, over: words.failed, overHint, support: model.mobile.error.supportCode };
  }
  if (model.mobile.busy) return { ...base, status: 'loading', hint: words.loading };
  const { mobile } = view;
  if (mobile === null || model.mobile.authority !== mobile.authority)
    return { ...base, status: 'choose', hint: chooseHint(offers, boot) };
  const code = { qrSvg: mobile.qrSvg, digits: mobile.digits, openUrl: mobile.openUrl ?? null };
  const status = mobile.status === 'waiting' && model.mobile.overdue ? 'expired' : mobile.status;
  switch (status) {
    case 'waiting':
      return { ...base, ...code, status, hint, until: mobile.expiresAt };
    case 'scanned':
      return {
        ...base,
        ...code,
        status,
        hint,
        over: words.scanned,
        overHint: words.scannedHint,
        until: mobile.expiresAt,
      };
    case 'expired':
      return { ...base, ...code, status, hint, over: words.expired, openUrl: null };
    case 'cancelled':
      return { ...base, ...code, status, hint, over: words.cancelled, openUrl: null };
    case 'failed':
      return {
        ...base,
        ...code,
        status,
        hint,
        over: words.failed,
        overHint: sentenceOf(boot, view.error),
        openUrl: null,
        support: view.supportCode,
      };
  }
}

/** On the vendor's own page: where it is, which digits it must show, and how it ended. */
function pageScreen(
  plain: ScanScreen,
  authority: string,
  model: Pick<Model, 'mobile'>,
  view: Pick<PageView, 'mobile' | 'error' | 'supportCode'>,
  boot: Boot,
): ScanScreen {
  const { page } = boot.words.mobile;
  const named = (text: string): string => fill(text, { authority });
  const base = { ...plain, title: page.title, hint: named(page.hint), openLabel: named(page.go) };
  if (model.mobile.error !== null) {
    const { error } = model.mobile;
    return {
      ...base,
      status: 'failed',
      over: page.failed,
      overHint: sentenceOf(boot, error),
      support: error.supportCode,
    };
  }
  if (model.mobile.busy) return { ...base, status: 'loading', hint: named(page.loading) };
  const { mobile } = view;
  if (mobile === null || model.mobile.authority !== mobile.authority)
    return { ...plain, status: 'choose', hint: chooseHint(plain.offers, boot) };
  const status = mobile.status === 'waiting' && model.mobile.overdue ? 'expired' : mobile.status;
  const shown = { ...base, digits: mobile.digits };
  switch (status) {
    case 'waiting':
    case 'scanned':
      return { ...shown, status, openUrl: mobile.openUrl ?? null, until: mobile.expiresAt };
    case 'expired':
      return { ...shown, status, over: page.expired };
    case 'cancelled':
      return { ...shown, status, over: page.cancelled };
    case 'failed':
      return { ...shown, status, over: page.failed, overHint: sentenceOf(boot, view.error), support: view.supportCode };
  }
}

type Offers = ScanScreen['offers'];

const offersOf = (authorities: PageView['authorities'], boot: Boot): Offers =>
  authorities.flatMap((one) => {
    const medium = mediumOf(one);
    if (medium === null) return [];
    const label = medium === 'page' ? fill(boot.words.mobile.page.offer, { authority: one.name }) : one.name;
    return [{ id: one.id, name: one.name, label, medium }];
  });

function titleOf({ touch }: Pick<Model, 'touch'>, offers: Offers, { words: { mobile } }: Boot): string {
  const pages = offers.filter((one) => one.medium === 'page').length;
  if (offers.length > 0 && pages === offers.length) return mobile.page.title;
  if (touch) return mobile.titleTouch;
  return pages > 0 ? mobile.titleOnline : mobile.title;
}

function chooseHint(offers: Offers, { words: { mobile } }: Boot): string {
  const pages = offers.filter((one) => one.medium === 'page').length;
  if (pages === 0) return mobile.choose;
  return pages === offers.length ? mobile.page.choose : mobile.chooseOnline;
}
