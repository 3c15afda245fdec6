import { html } from 'hono/html';
import type { Markup } from './parts.ts';

const LANES = [
  { x: 120, title: '用户浏览器' },
  { x: 450, title: '交易系统' },
  { x: 780, title: 'CA 互认枢纽' },
] as const;

type Lane = 0 | 1 | 2;
interface Arrow {
  readonly from: Lane;
  readonly to: Lane;
  readonly says: string;
  readonly note?: string;
  readonly answer?: true;
}
interface Act {
  readonly at: Lane;
  readonly says: string;
  readonly note?: string;
}

const STEPS: readonly (Arrow | Act)[] = [
  { from: 0, to: 1, says: '点击“CA 登录”' },
  { from: 1, to: 2, says: 'startCheck：caUnitId、taskId、orgcode、sign', note: '记下 taskId 属于哪个会话' },
  { from: 2, to: 1, says: 'Loginurl', answer: true },
  { from: 1, to: 0, says: '302 跳转到 Loginurl', answer: true },
  { from: 0, to: 2, says: '打开登录页，选择证书，UKey 或手机签名' },
  { at: 2, says: '核验证书链、有效期、吊销、登记', note: '枢纽自己判断，不采信驱动的结论' },
  { from: 2, to: 1, says: 'feedbackResult：身份、证书、ticketSm3、sign', note: '校验 sign，暂存结果' },
  { from: 1, to: 2, says: '{"code":200,"msg":"成功"}', answer: true },
  { from: 2, to: 0, says: '跳回已登记的返回地址：taskId、ticket', answer: true },
  { from: 0, to: 1, says: '带着 ticket 回来' },
  { at: 1, says: '核对会话与 ticket，完成登录' },
];

const STEP = 56;
const TOP = 92;
const HEIGHT = TOP + STEPS.length * STEP + 16;

/** Who calls whom during a login, as three lanes; every step also stands as text in a list below. */
export function diagram(): Markup {
  return html`<svg class="flow" viewBox="0 0 916 ${HEIGHT}" role="img" aria-labelledby="flow-title">
<title id="flow-title">一次登录的流程：交易系统发起，用户在枢纽的页面用证书证明身份，枢纽先推送结果，再让浏览器带着一次性凭据返回。</title>
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto-start-reverse"><path d="M0 0 8 4 0 8z"/></marker></defs>
${LANES.map(({ x, title }, i) => html`<rect class="lane${i === 2 ? ' lane--hub' : ''}" x="${x - 90}" y="8" width="180" height="44" rx="6"/><text class="lane__t${i === 2 ? ' lane__t--hub' : ''}" x="${x}" y="36">${title}</text><line class="life" x1="${x}" y1="52" x2="${x}" y2="${HEIGHT - 6}"/>`)}
${STEPS.map((step, i) => drawStep(step, i + 1, TOP + i * STEP))}
</svg>
<ol class="flow-text">${STEPS.map((step) => html`<li>${inWords(step)}</li>`)}</ol>`;
}

function drawStep(step: Arrow | Act, number: number, y: number): Markup {
  if ('at' in step) {
    const { x } = LANES[step.at];
    const line = step.note === undefined ? y + 18 : y + 10;
    return html`<rect class="act" x="${x - 124}" y="${y - 8}" width="248" height="44" rx="4"/>${badge(x - 124, y + 14, number)}<text class="step" x="${x + 6}" y="${line}">${step.says}</text><text class="aside" x="${x + 6}" y="${y + 27}">${step.note ?? ''}</text>`;
  }
  const [from, to] = [LANES[step.from].x, LANES[step.to].x];
  // A little off the badge, which stands where the arrow begins.
  const middle = (from + to) / 2 + (to > from ? 8 : -8);
  const inset = to > from ? -3 : 3;
  return html`<text class="step" x="${middle}" y="${y + 4}">${step.says}</text><line class="arrow${step.answer ? ' arrow--answer' : ''}" x1="${from}" y1="${y + 14}" x2="${to + inset}" y2="${y + 14}" marker-end="url(#tip)"/>${badge(from, y + 14, number)}<text class="aside" x="${middle}" y="${y + 30}">${step.note ?? ''}</text>`;
}

const badge = (x: number, y: number, number: number): Markup =>
  html`<circle class="badge" cx="${x}" cy="${y}" r="11"/><text class="badge__t" x="${x}" y="${y + 4}">${number}</text>`;

function inWords(step: Arrow | Act): string {
  const tail = step.note === undefined ? '' : `（${step.note}）`;
  if ('at' in step) return `${LANES[step.at].title}：${step.says}${tail}`;
  return `${LANES[step.from].title} → ${LANES[step.to].title}：${step.says}${tail}`;
}
