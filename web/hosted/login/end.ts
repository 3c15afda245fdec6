import type { TroubleState } from '#hosted/states.ts';
import type { Boot } from '../boot.ts';
import { errorParams, faultNotice } from '../screen/hub-notices.ts';
import { go, type NoticeScreen, notice } from '../screen/notices.ts';
import type { LoginModel } from './login-desk.ts';

/** The login is over on this page; null: it is not. */
export function endNotice(model: LoginModel, boot: Boot): NoticeScreen | null {
  const { view } = model;
  const { act: labels } = boot.words;
  const fault = faultNotice(model, boot);
  if (fault !== null) return fault;
  if (view === null || model.leaving) return null;
  const close = (state: TroubleState, label: string): NoticeScreen =>
    notice(boot, state, errorParams(model, boot, view.error), {
      actions: go(label, view.platform.homeUrl, 'primary'),
      support: view.supportCode,
    });
  switch (view.state) {
    case 'claimed':
      return model.ended ? close('task-expired', labels.relogin) : null;
    case 'proved':
      return null;
    case 'succeeded':
      return view.next?.kind === 'stay' ? close('done', labels.leave) : close('already-done', labels.leave);
    case 'refused':
      return close(view.error === null ? 'refused' : (boot.stateOfCode[view.error.code] ?? 'refused'), labels.leave);
    case 'undelivered':
      return close('undelivered', labels.relogin);
    case 'cancelled':
      return close('cancelled', labels.leave);
    case 'expired':
      return close('task-expired', labels.relogin);
  }
}
