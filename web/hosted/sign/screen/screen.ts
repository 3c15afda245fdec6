import type { StateName } from '#hosted/states.ts';
import { fill } from '../../boot.ts';
import type { SheetScreen } from '../../render/sheet.ts';
import { framedNotice, hubNotice } from '../../screen/hub-notices.ts';
import { keyState, tagOf } from '../../screen/key-state.ts';
import { type ScanScreen, scanScreen } from '../../screen/scan.ts';
import { brokenSignature, type SignBoot, type SignModel, signerOf } from '../sign-desk.ts';
import { type CenterScreen, centerScreen } from './center.ts';
import { type DoneScreen, doneScreen, endNotice, movedNotice } from './end.ts';
import { type LeftScreen, leftScreen } from './left.ts';
import { brokenNotice, type SignRoad, signRoad } from './road.ts';
import { awaitingFile, identifying, signing, telling, type WorkScreen } from './work.ts';

export type SignStage =
  | { readonly kind: 'key'; readonly road: SignRoad }
  | { readonly kind: 'work'; readonly work: WorkScreen }
  | { readonly kind: 'done'; readonly done: DoneScreen };

/** What the signing page shows: the right pane is a sheet like that of the other pages. */
export interface SignScreen {
  readonly sheet: SheetScreen<SignStage>;
  readonly left: LeftScreen;
  readonly center: CenterScreen;
  readonly name: string;
  /** Nothing but an end: the panes give way to it. */
  readonly lone: boolean;
}

export function screenOf(model: SignModel, boot: SignBoot): SignScreen {
  const sheet = sheetOf(model, boot);
  return {
    sheet,
    left: leftScreen(model, boot),
    center: centerScreen(model, boot),
    name: model.view?.document?.name ?? boot.sign.pageTitle,
    lone: sheet.stage.kind === 'end',
  };
}

function sheetOf(model: SignModel, boot: SignBoot): SheetScreen<SignStage> {
  const { sign } = boot;
  const over = movedNotice(model, boot) ?? endNotice(model, boot);
  if (over !== null)
    return { state: over.state, title: null, tag: null, stage: { kind: 'end', notice: over }, scan: null };
  const { view } = model;
  if (view === null) {
    const notice = hubNotice(model, boot) ?? framedNotice(model, boot);
    const stage = { kind: 'wait', text: sign.opening, notice } as const;
    return { state: notice?.state ?? 'opening', title: sign.signer.title, tag: null, stage, scan: null };
  }
  const done = doneScreen(model, boot);
  if (done !== null)
    return { state: done.notice.state, title: null, tag: null, stage: { kind: 'done', done }, scan: null };
  if (view.state === 'proved') return working(telling(model, boot), 'telling', null);
  const broken = brokenSignature(view);
  if (broken !== null && view.made.length === 0) {
    const notice = brokenNotice(broken, model, boot);
    return { state: 'broken', title: null, tag: null, stage: { kind: 'wait', text: '', notice }, scan: null };
  }
  if (view.document === null) return working(awaitingFile(model, boot), 'pick-file', null);
  if (onPhone(model)) return working(signing(model, boot), 'signing', phoneScan(model, boot));
  if (model.run !== null) return working(signing(model, boot), 'signing', null);
  if (model.work?.step === 'sign' || model.work?.step === 'judge')
    return working(identifying(model, boot), 'verifying', null);
  return choosing(model, boot);
}

/** The prepared signature waits for a phone, whether this page began it or the one before a reload. */
function onPhone({ run, view, dismissed }: SignModel): boolean {
  if (run !== null) return run.road === 'mobile';
  const prepared = view?.prepared ?? null;
  return prepared !== null && prepared.id !== dismissed && view?.mobile?.step === 'sign';
}

function working(work: WorkScreen, state: StateName, scan: ScanScreen | null): SheetScreen<SignStage> {
  return {
    state: work.notice?.state ?? state,
    title: work.title,
    tag: null,
    stage: { kind: 'work', work },
    scan,
  };
}

/** Who signs, then what and where. */
function choosing(model: SignModel, boot: SignBoot): SheetScreen<SignStage> {
  const { view } = model;
  const road = signRoad(model, boot);
  const signer = signerOf(model);
  const scan = view === null || signer !== null ? null : scanScreen(model, view, boot);
  const first = model.touch && !model.wantsKey ? boot.sign.signer.title : boot.sign.signer.choose;
  return {
    state: signer === null ? keyState(model, road) : placingState(model, road),
    title: signer === null ? first : boot.sign.signer.title,
    tag: signer === null ? tagOf(model, boot) : null,
    stage: { kind: 'key', road },
    scan,
  };
}

/** The situation of somebody who has proved himself. */
function placingState(model: SignModel, road: SignRoad): StateName {
  if (road.top !== null) return road.top.state;
  if (road.pin?.wrong) return 'pin-wrong';
  if (road.notice !== null) return road.notice.state;
  return model.view?.seals.some((seal) => seal.usable) ? 'placing' : 'no-seal';
}

/** The same code as on every page, with what it is for. */
function phoneScan(model: SignModel, boot: SignBoot): ScanScreen | null {
  const { view } = model;
  if (view === null) return null;
  const scan = scanScreen(model, view, boot);
  const name = scan.offers.find((one) => one.id === scan.authority)?.name ?? '';
  return { ...scan, canSwitch: false, hint: fill(boot.sign.phoneHint.sign, { authority: name }) };
}
