import type { ViewerEngine } from '#hosted/pages/viewer.ts';
import type { ValidationReport } from '#hosted/validate-api.ts';
import type { ValidateWords } from '#hosted/words-validate.ts';
import type { ViewerWords } from '#hosted/words-viewer.ts';
import { fill, readBoot } from './boot.ts';
import { byId, h, icon, spin } from './dom.ts';
import { createReader } from './sign/viewer/reader.ts';
import { marksOf } from './validate/marks.ts';
import { renderReport } from './validate/render.ts';
import { fetchPaper, sendFile } from './validate/send.ts';

const boot = readBoot<{
  lang: 'zh' | 'en';
  words: ValidateWords;
  viewer: ViewerWords;
  engine: ViewerEngine;
  path: string;
  support: string;
}>();
const { words } = boot;
const MOST = 50 * 1024 * 1024;
const PAPER_URL_MS = 60_000;

const root = document.documentElement;
const input = byId('file') as HTMLInputElement;
const dropping = byId('dropping');
const idle = [...dropping.childNodes];
root.dataset['island'] = 'validate';

input.addEventListener('change', () => {
  const file = input.files?.[0];
  if (file !== undefined) void check(file);
});
for (const kind of ['dragenter', 'dragover'])
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    dropping.classList.add('is-over');
  });
document.addEventListener('dragleave', (event) => {
  if (event.relatedTarget === null) dropping.classList.remove('is-over');
});
document.addEventListener('drop', (event) => {
  event.preventDefault();
  dropping.classList.remove('is-over');
  const file = event.dataTransfer?.files[0];
  if (file !== undefined && root.dataset['state'] !== 'checking') void check(file);
});

/** Sends the file, shows what came back. The pages are drawn from the file here, never from the hub. */
async function check(file: File): Promise<void> {
  byId('trouble').replaceChildren();
  if (file.size > MOST) return trouble(words.troubleLarge, '');
  state('checking');
  const said = h('p', { class: 'dropping__said', role: 'status' }, spin(), h('span', {}, words.checking));
  dropping.replaceChildren(said);
  const sent = await sendFile(boot.path, file, (percent) => {
    const text = percent >= 100 ? words.checking : fill(words.sending, { percent: String(percent) });
    said.lastElementChild?.replaceChildren(text);
  });
  dropping.replaceChildren(...idle);
  input.value = '';
  switch (sent.kind) {
    case 'report':
      return show(file, sent.report);
    case 'refused':
      return trouble(sent.error.message, sent.error.supportCode);
    case 'line':
      return trouble(words.troubleLine, '');
  }
}

function state(name: 'idle' | 'checking' | 'refused' | ValidationReport['verdict']): void {
  root.dataset['state'] = name;
}

function trouble(message: string, supportCode: string): void {
  state('refused');
  byId('trouble').replaceChildren(
    h(
      'div',
      { class: 'notice is-warn' },
      icon('warn'),
      h('p', { class: 'notice__t' }, words.troubleTitle),
      h('p', {}, message),
      supportCode === '' ? null : h('p', { class: 'support' }, boot.support, ' ', h('b', {}, supportCode)),
    ),
  );
  input.focus();
}

function show(file: File, report: ValidationReport): void {
  const [intake, checked, pages] = [byId('intake'), byId('checked'), byId('pages')];
  intake.toggleAttribute('hidden', true);
  checked.toggleAttribute('hidden', false);
  pages.replaceChildren();
  const pagesShown = report.format === 'pdf';
  pages.toggleAttribute('hidden', !pagesShown);
  checked.classList.toggle('checked--alone', !pagesShown);
  const reader = !pagesShown
    ? null
    : createReader(pages, {
        engine: boot.engine,
        words: boot.viewer,
        onPages: (sizes) => reader?.highlight(marksOf(report, words, sizes)),
        onFault: () => pages.replaceChildren(h('p', { class: 'empty' }, icon('file', 'l'), words.viewFault)),
      });
  const actions = {
    name: file.name,
    lang: boot.lang,
    pagesShown,
    onDownload: (button: HTMLButtonElement) => void download(file, button),
    onAnother: () => {
      reader?.close();
      checked.toggleAttribute('hidden', true);
      intake.toggleAttribute('hidden', false);
      state('idle');
      input.focus();
    },
    onShow: (page: number, at: { readonly x: number; readonly y: number } | null) => {
      if (at === null) reader?.goTo(page);
      else reader?.reveal({ page, ...at });
    },
  };
  byId('report').replaceChildren(...renderReport(report, words, actions));
  state(report.verdict);
  byId('verdict').focus({ preventScroll: true });
  scrollTo({ top: 0 });
  void reader?.open({ file }).then(() => {
    const first = report.signatures.flatMap(({ changes }) => changes).find(({ page }) => page !== null && page > 0);
    if (first?.page !== undefined && first.page !== null) reader?.goTo(first.page);
  });
}

async function download(file: File, button: HTMLButtonElement): Promise<void> {
  const before = [...button.childNodes];
  const said = byId('download-said');
  said.textContent = '';
  button.toggleAttribute('disabled', true);
  button.replaceChildren(spin(), words.preparing);
  const paper = await fetchPaper(boot.path, file);
  button.toggleAttribute('disabled', false);
  button.replaceChildren(...before);
  if (paper === null) {
    said.textContent = words.noDownload;
    return;
  }
  const url = URL.createObjectURL(paper);
  const link = h('a', { href: url, download: `${file.name.replace(/\.(pdf|ofd)$/i, '')}-校验报告.pdf` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), PAPER_URL_MS);
}
