import { html } from 'hono/html';
import type { Markup } from './parts.ts';

const LANES = [
  { x: 120, title: '用户浏览器' },
  { x: 450, title: '交易系统' },
  { x: 780, title: 'CA 互认枢纽' },
] as const;

type Lane = 0 | 1 | 2;
export interface Arrow {
  readonly from: Lane;
  readonly to: Lane;
  readonly says: string;
  readonly note?: string;
  readonly answer?: true;
}
export interface Act {
  readonly at: Lane;
  readonly says: string;
  readonly note?: string;
}

const STEP = 56;
const TOP = 92;

/** One story: who calls whom, in order. `title` tells it in one sentence to those who cannot see the picture. */
export interface Flow {
  readonly id: string;
  readonly title: string;
  readonly steps: readonly (Arrow | Act)[];
}

/** The story as three lanes; every step also stands as text in a list below. */
export function diagram({ id, title, steps }: Flow): Markup {
  const height = TOP + steps.length * STEP + 16;
  return html`<svg class="flow" viewBox="0 0 916 ${height}" role="img" aria-labelledby="${id}-title">
<title id="${id}-title">${title}</title>
<defs><marker id="${id}-tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto-start-reverse"><path d="M0 0 8 4 0 8z"/></marker></defs>
${LANES.map(({ x, title }, i) => html`<rect class="lane${i === 2 ? ' lane--hub' : ''}" x="${x - 90}" y="8" width="180" height="44" rx="6"/><text class="lane__t${i === 2 ? ' lane__t--hub' : ''}" x="${x}" y="36">${title}</text><line class="life" x1="${x}" y1="52" x2="${x}" y2="${height - 6}"/>`)}
${steps.map((step, i) => drawStep(step, i + 1, TOP + i * STEP, `${id}-tip`))}
</svg>
<ol class="flow-text">${steps.map((step) => html`<li>${inWords(step)}</li>`)}</ol>`;
}

function drawStep(step: Arrow | Act, number: number, y: number, tip: string): Markup {
  if ('at' in step) {
    const { x } = LANES[step.at];
    const line = step.note === undefined ? y + 18 : y + 10;
    return html`<rect class="act" x="${x - 124}" y="${y - 8}" width="248" height="44" rx="4"/>${badge(x - 124, y + 14, number)}<text class="step" x="${x + 6}" y="${line}">${step.says}</text><text class="aside" x="${x + 6}" y="${y + 27}">${step.note ?? ''}</text>`;
  }
  const [from, to] = [LANES[step.from].x, LANES[step.to].x];
  // A little off the badge, which stands where the arrow begins.
  const middle = (from + to) / 2 + (to > from ? 8 : -8);
  const inset = to > from ? -3 : 3;
  return html`<text class="step" x="${middle}" y="${y + 4}">${step.says}</text><line class="arrow${step.answer ? ' arrow--answer' : ''}" x1="${from}" y1="${y + 14}" x2="${to + inset}" y2="${y + 14}" marker-end="url(#${tip})"/>${badge(from, y + 14, number)}<text class="aside" x="${middle}" y="${y + 30}">${step.note ?? ''}</text>`;
}

const badge = (x: number, y: number, number: number): Markup =>
  html`<circle class="badge" cx="${x}" cy="${y}" r="11"/><text class="badge__t" x="${x}" y="${y + 4}">${number}</text>`;

function inWords(step: Arrow | Act): string {
  const tail = step.note === undefined ? '' : `（${step.note}）`;
  if ('at' in step) return `${LANES[step.at].title}：${step.says}${tail}`;
  return `${LANES[step.from].title} → ${LANES[step.to].title}：${step.says}${tail}`;
}
