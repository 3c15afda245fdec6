import type { TroubleState } from '#hosted/states.ts';
import { fill } from '../../boot.ts';
import { errorParams, faultNotice } from '../../screen/hub-notices.ts';
import { act, go, type NoticeScreen, notice } from '../../screen/notices.ts';
import { hourText } from '../../time.ts';
import { placesMade, type SignBoot, type SignModel } from '../sign-desk.ts';
import { grouped } from './file.ts';

/** The document is signed and where it belongs: what it is known by, and the ways from here. */
export interface DoneScreen {
  readonly notice: NoticeScreen;
  readonly digest: string;
  /** A line that counts down to the way back. */
  readonly back: { readonly text: string; readonly until: number } | null;
  readonly stay: string;
  readonly busy: boolean;
}

/** An end with nothing but a way out; null: the page goes on, or ends well. */
export function endNotice(model: SignModel, boot: SignBoot): NoticeScreen | null {
  const fault = faultNotice(model, boot);
  if (fault !== null) return fault;
  const { view } = model;
  if (view === null) return null;
  const { act: labels } = boot.words;
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
      return view.document === null || view.made.length === 0 ? close('already-done', labels.leave) : null;
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

/** The person went on in a window of its own; nobody is asked twice, so the phone is offered here only while nobody has come there. */
export function movedNotice(model: SignModel, boot: SignBoot): NoticeScreen | null {
  const { moved } = model;
  const { act: labels, state: words } = boot.words;
  switch (moved) {
    case null:
      return null;
    case 'open':
    case 'claimed':
    case 'proved': {
      const again = act('window', words.moved.again, 'plain', { icon: 'window' });
      const scan = act('scan', labels.scan, 'quiet');
      const actions = moved === 'open' ? [again, scan] : moved === 'claimed' ? [again] : [];
      return notice(boot, 'moved', {}, { actions });
    }
    case 'succeeded':
      return notice(boot, 'already-done', {}, { title: words.moved.done.title, text: [words.moved.done.text] });
    case 'expired':
      return notice(boot, 'task-expired', {});
    case 'refused':
      return notice(boot, 'refused', errorParams(model, boot, null));
    case 'undelivered':
    case 'cancelled':
      return notice(boot, moved, errorParams(model, boot, null));
  }
}

export function doneScreen(model: SignModel, boot: SignBoot): DoneScreen | null {
  const { view } = model;
  if (view === null || view.state !== 'succeeded' || view.document === null) return null;
  const { end } = boot.sign;
  const local = view.mode === 'local';
  const state = local ? (model.handed ? 'signed-handed' : 'signed-local') : 'signed';
  const n = String(placesMade(view.made));
  const home = view.next?.kind === 'redirect' ? view.next.url : view.platform.homeUrl;
  const { timed, back } = boot.words.state.signed;
  const stamped = view.made.filter((one) => one.timestamped).at(-1);
  const download = {
    label: end.download,
    style: local ? 'primary' : 'plain',
    act: 'download',
    icon: 'down',
  } as const;
  const leave = go(boot.words.act.leave, home, local ? 'plain' : 'primary');
  const leaves = model.leavesAt !== null && !model.stays;
  return {
    notice: notice(
      boot,
      state,
      { n },
      {
        ...(stamped !== undefined && !local && { text: [fill(timed, { at: hourText(stamped.at, true) })] }),
        actions: local ? [download, ...leave] : [...leave, download],
      },
    ),
    digest: grouped(view.document.sm3),
    back: leaves ? { text: back, until: model.leavesAt ?? 0 } : null,
    stay: leaves ? end.stay : '',
    busy: model.downloading,
  };
}
