import type { MobileView } from '#hosted/api.ts';
import { type Boot, fill } from '../boot.ts';
import type { Model, PageView } from '../model.ts';
import { sentenceOf } from './notices.ts';

/** The road by phone. */
export interface ScanScreen {
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
  readonly offers: readonly { readonly id: string; readonly name: string }[];
  readonly authority: string | null;
  /** Another vendor may be chosen instead. */
  readonly canSwitch: boolean;
  /** On the phone itself: opens the vendor's app. */
  readonly openUrl: string | null;
  readonly touch: boolean;
  readonly support: string | null;
}

export function scanScreen(
  model: Pick<Model, 'mobile' | 'touch'>,
  view: Pick<PageView, 'authorities' | 'mobile' | 'error' | 'supportCode'>,
  boot: Boot,
): ScanScreen {
  const { mobile: words } = boot.words;
  const offers = view.authorities.filter((one) => one.media.includes('mobile')).map(({ id, name }) => ({ id, name }));
  const base: ScanScreen = {
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
    touch: model.touch,
    support: null,
  };
  if (offers.length === 0) return base;
  const name = offers.find((one) => one.id === model.mobile.authority)?.name ?? '';
  const hint = name === '' ? words.hint : fill(words.hintOf, { authority: name });
  if (model.mobile.error !== null) {
    const overHint = sentenceOf(boot, model.mobile.error);
    return { ...base, status: 'failed', hint, over: words.failed, overHint, support: model.mobile.error.supportCode };
  }
  if (model.mobile.busy) return { ...base, status: 'loading', hint: words.loading };
  const { mobile } = view;
  if (mobile === null || model.mobile.authority !== mobile.authority)
    return { ...base, status: 'choose', hint: words.choose };
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
