import type { SignView } from '#hosted/sign-api.ts';
import { byId, h, icon, slot, spin } from '../dom.ts';
import { keyStage } from '../render/key-form.ts';
import { drawKeys } from '../render/key-list.ts';
import { drawNotice } from '../render/notice.ts';
import { createSheet, drawDeadline, type SheetPage, steps } from '../render/sheet.ts';
import { createCenter } from './render/center.ts';
import { createLeft } from './render/left.ts';
import type { StraddleFields } from './render/tools.ts';
import type { DoneScreen } from './screen/end.ts';
import type { SignerScreen, SignRoad } from './screen/road.ts';
import type { SignScreen, SignStage } from './screen/screen.ts';
import type { VersionScreen } from './screen/versions.ts';
import type { WorkScreen } from './screen/work.ts';
import type { SignBoot } from './sign-desk.ts';

export interface SignPage extends SheetPage<SignView> {
  draw(screen: SignScreen): void;
  keyword(): string;
  straddle(): StraddleFields;
}

/** Three panes: seals, the document, who signs. On a small screen one below the other. */
export function createSignPage(boot: SignBoot): SignPage {
  const [desk, name] = [byId('desk'), byId('name')];
  const left = createLeft(boot, byId('left-pane'));
  const center = createCenter(boot);
  const [work, done] = [h('div'), h('div')];
  const drawWork = slot<WorkScreen>(work, (shown) => workPart(boot, shown));
  const drawDone = slot<DoneScreen>(done, (shown) => donePart(boot, shown));
  const sheet = createSheet<SignView, SignStage>({
    boot,
    stages: {
      key: keyStage(
        boot,
        (road: SignRoad) => roadPart(boot, road),
        (road) => below(boot, road),
      ),
      work: { element: work, draw: (stage) => drawWork(stage.work) },
      done: { element: done, draw: (stage) => drawDone(stage.done) },
    },
    pinStage: 'key',
    focusOn: { work: '#stage .checks', done: '#stage .notice' },
    drawView: (view) => drawDeadline(boot, view.state === 'claimed' ? view.expiresAt : null),
  });
  return {
    ...sheet,
    draw: (screen) => {
      if (name.textContent !== screen.name) name.textContent = screen.name;
      name.hidden = screen.lone;
      desk.classList.toggle('is-lone', screen.lone);
      desk.classList.toggle('has-seals', screen.left.seals !== null);
      left.draw(screen.left);
      center.draw(screen.center);
      sheet.draw(screen.sheet);
    },
    keyword: left.keyword,
    straddle: left.straddle,
  };
}

function roadPart(boot: SignBoot, road: SignRoad): readonly (Node | null)[] {
  const keys = road.signer === null || road.wait !== null || road.closed ? drawKeys(boot, road) : [];
  return [road.signer === null ? null : signerCard(boot, road.signer), ...keys, versionsPart(boot, road)];
}

const signerCard = (boot: SignBoot, signer: SignerScreen): Node =>
  h(
    'div',
    { class: 'cert cert--flat cert--signer' },
    h(
      'span',
      { class: 'cert__body' },
      h('span', { class: 'cert__medium' }, icon(signer.medium)),
      h(
        'span',
        { class: 'cert__main' },
        h('span', { class: 'cert__holder' }, signer.holder),
        h('br'),
        h(
          'span',
          { class: 'cert__meta' },
          signer.meta.map((part) => h('span', {}, part)),
        ),
        h('span', { class: 'cert__until num' }, signer.date),
        signer.canChange
          ? h(
              'button',
              { class: 'link', type: 'button', 'data-act': 'change', 'data-focus': 'change' },
              boot.sign.signer.change,
            )
          : null,
      ),
    ),
  );

function versionsPart(boot: SignBoot, road: SignRoad): Node | null {
  const { versions: words } = boot.sign;
  if (!road.safe && road.signer === null) return null;
  if (road.versions.length === 0) return null;
  return h(
    'div',
    { class: 'versions' },
    h('h2', { class: 'pane__t' }, words.title, ' ', h('small', {}, road.safe ? words.safe : '')),
    h(
      'ol',
      { class: 'timeline', tabindex: road.versions.length > 6 ? '0' : null, 'aria-label': words.title },
      road.versions.map(versionLine),
    ),
  );
}

const versionLine = (one: VersionScreen): Node =>
  h(
    'li',
    { class: one.tone === 'now' ? '' : `is-${one.tone}` },
    h('time', {}, one.time),
    h('span', { class: 'timeline__p' }),
    h(
      'div',
      {},
      h('b', {}, one.title),
      one.who,
      one.said === '' ? null : h('span', { class: `timeline__said is-${one.tone}` }, one.said),
    ),
  );

/** Below the button: what it does, what is missing, and the second way on. */
function below(boot: SignBoot, road: SignRoad): readonly (Node | null)[] {
  const hint =
    road.hint === ''
      ? null
      : h(
          'p',
          { class: 'field__hint is-bad', id: 'sign-hint', role: 'alert' },
          icon('warn', 's'),
          h('span', {}, road.hint),
        );
  const keep =
    road.keep === ''
      ? null
      : h('button', { class: 'btn btn--wide', type: 'button', 'data-act': 'keep', 'data-focus': 'keep' }, road.keep);
  const after = road.after === '' ? null : h('p', { class: 'road__after' }, road.after);
  const why =
    road.why === '' ? null : h('p', { class: 'field__hint' }, icon('seal', 's'), h('span', {}, boot.sign.signer.why));
  return [hint, keep, after, why];
}

const workPart = (boot: SignBoot, shown: WorkScreen): readonly (Node | null)[] => [
  h(
    'div',
    { class: 'stage' },
    shown.steps.length === 0 ? null : steps(shown.steps),
    shown.notice === null ? null : drawNotice(boot.words, shown.notice, false),
    shown.hint === '' ? null : h('p', { class: 'field__hint' }, icon('info', 's'), h('span', {}, shown.hint)),
    shown.stop === ''
      ? null
      : h(
          'p',
          { class: 'stage__out' },
          h('button', { class: 'link', type: 'button', 'data-act': shown.stopAct, 'data-focus': 'stop' }, shown.stop),
        ),
  ),
];

const donePart = (boot: SignBoot, shown: DoneScreen): readonly (Node | null)[] => [
  h(
    'div',
    { class: 'stage' },
    drawNotice(boot.words, shown.notice, false),
    h(
      'dl',
      { class: 'paperwork' },
      h('div', {}, h('dt', {}, boot.sign.end.digest), h('dd', { class: 'hash' }, shown.digest)),
    ),
    shown.back === null
      ? null
      : h(
          'p',
          { class: 'row small' },
          h('span', {
            class: 'num',
            'aria-live': 'off',
            'data-timer': shown.back.text,
            'data-until': String(shown.back.until),
          }),
          h('button', { class: 'link', type: 'button', 'data-act': 'stay', 'data-focus': 'stay' }, shown.stay),
        ),
    shown.busy ? h('p', { class: 'cover__wait', role: 'status' }, spin(), boot.sign.end.downloading) : null,
  ),
];
