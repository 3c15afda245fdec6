import type { Icon } from '#hosted/states.ts';
import type { ValidationReport } from '#hosted/validate-api.ts';
import type { ValidateWords } from '#hosted/words-validate.ts';
import { fill } from '../boot.ts';
import { h, icon } from '../dom.ts';
import { sizeText } from '../size.ts';
import { isHarmless, toneOf } from './marks.ts';

type Signature = ValidationReport['signatures'][number];
type Tone = 'ok' | 'warn' | 'bad' | 'info';

export interface ReportActions {
  readonly name: string;
  readonly lang: 'zh' | 'en';
  /** Pages stand beside the report. */
  readonly pagesShown: boolean;
  onDownload(button: HTMLButtonElement): void;
  onAnother(): void;
  /** Brings a place of the document into view; without one, its page. */
  onShow(page: number, at: { readonly x: number; readonly y: number } | null): void;
}

const VERDICTS: Readonly<Record<ValidationReport['verdict'], { readonly tone: Tone; readonly icon: Icon }>> = {
  unsigned: { tone: 'info', icon: 'info' },
  valid: { tone: 'ok', icon: 'ok' },
  'valid-changed': { tone: 'warn', icon: 'warn' },
  invalid: { tone: 'bad', icon: 'bad' },
  indeterminate: { tone: 'info', icon: 'info' },
};

const MOST_PLACES = 20;

/** Three layers: the verdict, then each signature with its checks and changes, then what experts need. */
export function renderReport(report: ValidationReport, words: ValidateWords, actions: ReportActions): readonly Node[] {
  const { tone, icon: picture } = VERDICTS[report.verdict];
  const download = h('button', { type: 'button', class: 'btn' }, icon('down', 's'), words.download);
  download.addEventListener('click', () => actions.onDownload(download));
  const another = h('button', { type: 'button', class: 'btn btn--quiet', id: 'another' }, words.another);
  another.addEventListener('click', actions.onAnother);
  return [
    h(
      'div',
      { class: `notice is-${tone} verdict`, id: 'verdict', tabindex: '-1' },
      icon(picture),
      h('h1', { class: 'notice__t' }, words.verdict[report.verdict]),
      h(
        'p',
        {},
        report.format === 'ofd' && report.verdict === 'valid-changed' ? words.meansBeside : words.means[report.verdict],
      ),
      h('div', { class: 'notice__do' }, download, another),
      h('p', { class: 'field__hint is-bad', id: 'download-said', role: 'status' }),
    ),
    h(
      'div',
      { class: 'about' },
      h('p', { class: 'about__name' }, icon('file', 's'), h('span', {}, actions.name)),
      h(
        'p',
        { class: 'dim small' },
        fill(words.facts, { pages: String(report.pages), size: sizeText(report.size) }),
        h('i', { class: 'sep' }),
        fill(words.checkedAt, { at: minuteText(report.checkedAt) }),
      ),
      h('p', { class: 'dim small' }, words.digest),
      h('p', { class: 'hash small' }, report.documentSm3.match(/.{8}/g)?.join(' ') ?? ''),
      actions.pagesShown ? null : h('p', { class: 'field__hint' }, icon('file', 's'), h('span', {}, words.noPages)),
      ...report.notes.map((note) => h('p', { class: 'field__hint' }, icon('info', 's'), words.notes[note])),
    ),
    ...report.signatures.map((signature, index) => renderSignature(signature, index, words, actions)),
  ];
}

function renderSignature(one: Signature, index: number, words: ValidateWords, actions: ReportActions): Node {
  const tone = toneOf(one);
  const verdict = one.verdict === 'valid' && one.standing === 'changed' ? 'valid-changed' : one.verdict;
  const title = fill(one.kind === 'timestamp' ? words.timestamp : words.signature, { n: String(index + 1) });
  const [place] = one.places;
  const show = h('button', { type: 'button', class: 'link small' }, words.show);
  if (place !== undefined)
    show.addEventListener('click', () =>
      actions.onShow(place.page, { x: place.x + place.width / 2, y: place.y + place.height / 2 }),
    );
  return h(
    'article',
    { class: 'signed', 'data-verdict': verdict },
    h(
      'header',
      { class: 'signed__head' },
      h('p', { class: 'dim small' }, title),
      h('h2', {}, one.signer?.name ?? words.nobody),
      h('span', { class: `tag is-${tone}` }, icon(VERDICTS[verdict].icon, 's'), words.verdict[verdict]),
    ),
    facts(one, words),
    place === undefined || !actions.pagesShown ? null : h('p', { class: 'signed__show' }, show),
    changes(one, words, actions),
    h(
      'details',
      { class: 'layer', open: one.verdict !== 'valid' },
      h('summary', {}, words.why),
      h(
        'ul',
        { class: 'checklist' },
        ...one.checks.map(({ id, result, detail }) =>
          h(
            'li',
            { class: `is-${result}` },
            icon(result === 'passed' ? 'ok' : result === 'failed' ? 'bad' : 'info', 's'),
            h('b', {}, words.check[id]),
            h('span', { class: 'checklist__r' }, words.result[result]),
            h('span', { class: 'checklist__d' }, actions.lang === 'zh' ? detail : words.detail[result]),
          ),
        ),
      ),
    ),
    h(
      'details',
      { class: 'layer' },
      h('summary', {}, words.more),
      h(
        'dl',
        { class: 'expert' },
        ...Object.entries({ field: one.field, ...one.diagnostic }).map(([key, value]) =>
          h('div', {}, h('dt', {}, key), h('dd', { class: 'hash' }, value)),
        ),
      ),
    ),
  );
}

function facts({ signer, time, coverage, seal, certification, places }: Signature, words: ValidateWords): Node {
  const rows: [string, string][] = [];
  if (signer !== null) {
    const authority = signer.authority ?? words.issuerUnknown;
    const issuer = fill(words.issuerText, { authority, tail: signer.tail });
    rows.push([words.issuer, signer.gm ? issuer : `${issuer}，${words.foreign}`]);
    rows.push([words.until, minuteText(signer.notAfter).slice(0, 10)]);
  }
  rows.push([
    words.time,
    time === null
      ? words.timeNone
      : fill(time.source === 'timestamp' ? words.timeStamped : words.timeClaimed, { at: minuteText(time.at) }),
  ]);
  const covers =
    coverage.fault !== null ? words.coverageNone : coverage.whole ? words.coverageWhole : words.coveragePart;
  const { parts } = coverage;
  const files = parts && fill(words.coverageFiles, { covered: String(parts.covered), of: String(parts.of) });
  rows.push([words.coverage, files === undefined || coverage.whole ? covers : files]);
  // On a PDF's pages the places are seen.
  if (parts !== undefined)
    for (const { page, x, y, width, height } of places.slice(0, MOST_PLACES)) {
      const numbers = { x: String(x), y: String(y), width: String(width), height: String(height) };
      rows.push([words.stampedAt, fill(words.stamped, { page: String(page + 1), ...numbers })]);
    }
  if (seal !== null)
    rows.push([words.seal, seal.generation === 'image' ? words.sealImage : fill(words.sealMade, { name: seal.name })]);
  if (certification !== null)
    rows.push([words.certification, words.level[certification === 1 ? 'one' : certification === 2 ? 'two' : 'three']]);
  return h('dl', { class: 'pairs' }, ...rows.map(([term, text]) => h('div', {}, h('dt', {}, term), h('dd', {}, text))));
}

/** Changes that matter first; a page is a link to where it is shown. */
function changes(one: Signature, words: ValidateWords, actions: ReportActions): Node | null {
  if (one.changes.length === 0) return null;
  const sorted = [...one.changes].sort((a, b) => Number(isHarmless(a)) - Number(isHarmless(b)));
  const item = (change: Signature['changes'][number]): Node => {
    const text = actions.lang === 'zh' ? change.detail : words.change[change.kind];
    const { page, area } = change;
    const quiet = isHarmless(change) ? 'is-quiet' : 'is-change';
    const where = page === null ? words.whole : fill(words.onPage, { page: String(page + 1) });
    if (page === null || !actions.pagesShown)
      return h('li', { class: page === null ? '' : quiet }, h('span', { class: 'dim' }, where), h('span', {}, text));
    const go = h('button', { type: 'button', class: 'link' }, where);
    go.addEventListener('click', () =>
      actions.onShow(page, area === null ? null : { x: area.x + area.width / 2, y: area.y + area.height / 2 }),
    );
    return h('li', { class: quiet }, go, h('span', {}, text));
  };
  return h(
    'details',
    { class: 'layer', open: one.standing === 'changed' },
    h('summary', {}, words.changes),
    h('ul', { class: 'changes' }, ...sorted.map(item)),
  );
}

/** `2026-03-18 09:30`, Beijing, wherever this computer is. */
const minuteText = (at: number): string => new Date(at + 8 * 3_600_000).toISOString().slice(0, 16).replace('T', ' ');
