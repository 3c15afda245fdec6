import type { DecryptView } from '#hosted/decrypt-api.ts';
import { type Boot, fill } from '../boot.ts';
import { byId, h, icon, slot, spin } from '../dom.ts';
import { drawCards } from '../render/cards.ts';
import { keyStage } from '../render/key-form.ts';
import { listHead, noKeys } from '../render/key-list.ts';
import { drawNotice } from '../render/notice.ts';
import { createSheet, drawDeadline, type Sheet } from '../render/sheet.ts';
import { sizeText } from '../size.ts';
import type { FileScreen, ProgressScreen } from './files.ts';
import type { DecryptRoad, NeededScreen, Part, PluggedScreen } from './road.ts';
import type { DecryptScreen, DecryptStage, ProgressStage } from './screen.ts';

/** The decryption page: the key that is needed and its PIN, then the files and how far they are. */
export function createDecryptPage(boot: Boot): Sheet<DecryptView, DecryptScreen> {
  const files = h('div', { class: 'stage', id: 'files-stage' });
  const drawFiles = slot<ProgressStage>(files, (stage) => drawProgress(boot, stage));
  return createSheet<DecryptView, DecryptStage>({
    boot,
    stages: {
      key: keyStage(
        boot,
        (road: DecryptRoad) => drawRoad(boot, road),
        (road) => [fileList(road.files, road.filesHead)],
      ),
      files: { element: files, draw: (stage) => drawFiles(stage.progress) },
    },
    pinStage: 'key',
    focusOn: { files: '#stage .progress__head' },
    drawView: (view) => drawRequest(boot, view),
  });
}

/** The left half: how much, and until when. */
function drawRequest(boot: Boot, view: DecryptView): void {
  drawDeadline(boot, view.state === 'claimed' ? view.expiresAt : null);
  if (view.state !== 'claimed') return;
  const size = view.items.reduce((sum, item) => sum + item.bytes, 0);
  const n = String(view.items.length);
  byId('what').textContent = fill(boot.words.decrypt.whatFiles, { n, size: sizeText(size) });
  byId('what-line').hidden = view.items.length === 0;
}

function drawRoad(boot: Boot, road: DecryptRoad): readonly (Node | null)[] {
  const { decrypt: words } = boot.words;
  const needed = road.needed.length === 0 ? null : needBlock(road.neededHead, road.needed);
  const instead = noKeys(boot, road);
  if (road.closed) return instead ?? [];
  if (instead !== null) return [needed, ...instead];
  const others =
    road.others === '' ? null : h('p', { class: 'field__hint' }, icon('info', 's'), h('span', {}, road.others));
  if (road.versus !== null) return [versusBlock(boot, road), others];
  if (road.head === null) return [needed, others];
  const hint = road.unknown
    ? h('p', { class: 'field__hint' }, icon('info', 's'), h('span', {}, words.neededUnknown))
    : null;
  return [needed, listHead(boot, road.head), drawCards(boot.words, road), others, hint];
}

const needBlock = (head: string, needed: readonly NeededScreen[]): Node =>
  h('div', { class: 'needs' }, h('p', { class: 'needs__t' }, head), needed.map(neededCard));

const neededCard = (one: NeededScreen): Node =>
  flatCard(h('span', { class: 'cert__holder' }, one.holder), metaOf(one), one);

const metaOf = (one: NeededScreen): Node =>
  h(
    'span',
    { class: 'cert__meta' },
    one.meta.map((part) => h('span', {}, part)),
  );

const flatCard = (holder: Node, meta: Node, side: Pick<NeededScreen, 'word' | 'date' | 'tone'>, off = false): Node =>
  h(
    'div',
    { class: `cert cert--flat${off ? ' is-off' : ''}` },
    h(
      'span',
      { class: 'cert__body' },
      h('span', { class: 'cert__medium' }, icon('usb', 'l')),
      h('span', { class: 'cert__main' }, holder, h('br'), meta),
      h(
        'span',
        { class: `cert__days${side.tone === '' ? '' : ` is-${side.tone}`}` },
        side.word === '' ? null : h('span', {}, side.word),
        side.word === '' ? null : h('br'),
        side.date,
      ),
    ),
  );

/** Needed above, plugged below, what differs marked. */
function versusBlock(boot: Boot, road: DecryptRoad): Node {
  const { decrypt: words } = boot.words;
  return h(
    'div',
    { class: 'versus' },
    h('div', {}, h('h4', {}, icon('ok', 's'), words.need), road.needed.map(neededCard)),
    h(
      'div',
      {},
      h('h4', {}, icon('bad', 's'), words.plugged),
      (road.versus ?? []).map((one) => pluggedCard(one)),
    ),
  );
}

const pluggedCard = (one: PluggedScreen): Node =>
  flatCard(
    h('span', { class: 'cert__holder' }, marked(one.holder)),
    h('span', { class: 'cert__meta' }, h('span', {}, marked(one.authority)), h('span', {}, marked(one.tail))),
    { word: '', date: one.date, tone: '' },
    true,
  );

const marked = (part: Part): Node => h('span', { class: part.differs ? 'diff' : '' }, part.text);

const fileList = (files: readonly FileScreen[], head: string): Node | null =>
  files.length === 0
    ? null
    : h(
        'div',
        { class: 'filebox' },
        h('p', { class: 'needs__t' }, head),
        h('ul', { class: 'files', tabindex: files.length > 5 ? '0' : null, 'aria-label': head }, files.map(drawFile)),
      );

const drawFile = (file: FileScreen): Node =>
  h(
    'li',
    { class: `file${file.now ? ' is-now' : ''}`, 'data-file': file.id },
    icon('file'),
    h('span', { class: 'file__n' }, file.name),
    h('span', { class: 'file__m' }, file.meta),
    h('span', { class: `tag is-${file.tone}` }, file.icon === 'spin' ? spin() : icon(file.icon), file.word),
  );

function drawProgress(boot: Boot, stage: ProgressStage): readonly (Node | null)[] {
  const { decrypt: words } = boot.words;
  const notice = stage.notice === null ? null : drawNotice(boot.words, stage.notice, false);
  const hint =
    stage.running || (!stage.over && stage.progress.done < stage.progress.n)
      ? h('p', { class: 'field__hint' }, icon('info', 's'), h('span', {}, words.once))
      : null;
  const key = stage.key === null ? null : needBlock(words.neededIn, [stage.key]);
  return [
    stage.over ? notice : key,
    h('div', { class: 'progress__box' }, progressHead(stage.progress), bar(boot, stage.progress)),
    h(
      'ul',
      { class: 'files', 'aria-label': words.what, tabindex: stage.files.length > 5 ? '0' : null },
      stage.files.map(drawFile),
    ),
    stage.over ? null : notice,
    hint,
  ];
}

const progressHead = (progress: ProgressScreen): Node =>
  h(
    'p',
    { class: 'progress__head', tabindex: '-1', 'data-focus': 'progress', role: 'status' },
    h('b', { class: 'num' }, progress.text),
    progress.eta === '' ? null : h('span', { class: 'dim small num push' }, progress.eta),
  );

function bar(boot: Boot, progress: ProgressScreen): Node {
  const part = (name: string, of: number): HTMLElement | null => {
    if (of === 0) return null;
    const piece = h('i', { class: `is-${name}` });
    piece.style.width = `${(of / Math.max(1, progress.n)) * 100}%`;
    return piece;
  };
  return h(
    'div',
    {
      class: 'progress',
      role: 'progressbar',
      'aria-valuenow': String(progress.done),
      'aria-valuemin': '0',
      'aria-valuemax': String(progress.n),
      'aria-label': boot.words.decrypt.progressLabel,
    },
    part('ok', progress.done),
    part('run', progress.running),
    part('bad', progress.failed),
  );
}
