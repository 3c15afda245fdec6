import type { TroubleState } from '#hosted/states.ts';
import type { Boot } from '../boot.ts';
import { errorParams, faultNotice } from '../screen/hub-notices.ts';
import { go, type NoticeScreen, notice } from '../screen/notices.ts';
import { type DecryptModel, isOpen } from './decrypt-desk.ts';

/** The decryption is over on this page; null: it is not. */
export function endNotice(model: DecryptModel, boot: Boot): NoticeScreen | null {
  const { view } = model;
  const { act: labels } = boot.words;
  const fault = faultNotice(model, boot);
  if (fault !== null) return fault;
  if (view === null) return null;
  const home = view.next?.kind === 'redirect' ? view.next.url : view.platform.homeUrl;
  const close = (state: TroubleState, label: string): NoticeScreen =>
    notice(
      boot,
      state,
      { ...errorParams(model, boot, view.error), n: String(model.items.length) },
      { actions: go(label, home, 'primary'), support: view.supportCode },
    );
  switch (view.state) {
    case 'claimed':
      return model.ended ? close('closed', labels.leave) : null;
    case 'proved':
      return null;
    case 'succeeded':
      // Sibling tasks may still be closed: those are told of beside the files.
      return model.items.every(isOpen) ? close('all-open', labels.leave) : null;
    case 'refused':
      return close(view.error === null ? 'refused' : (boot.stateOfCode[view.error.code] ?? 'refused'), labels.leave);
    case 'undelivered':
      return close('undelivered', labels.relogin);
    case 'cancelled':
      return close('cancelled', labels.leave);
    case 'expired':
      return close('closed', labels.leave);
  }
}
