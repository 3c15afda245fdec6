import type { TextContent, TextItem } from 'pdfjs-dist/types/src/display/api.d.ts';
import type { PageViewport } from 'pdfjs-dist/types/src/display/display_utils.d.ts';
import { MM_PER_POINT, rounded } from './geometry.ts';
import type { KeywordHit } from './types.ts';

/** One letter of a page and where it stands, millimetres as seen. */
interface Letter {
  /** Position in the page's text as it stands there. */
  readonly at: number;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface PageText {
  /** As it stands there, lines parted by line ends. */
  readonly text: string;
  /** What is searched: one compatibility form, lower case, no spaces. One letter each in `letters`. */
  readonly folded: string;
  readonly letters: readonly Letter[];
}

/** Width, case and spaces do not count: `投 标 人:` stands in many documents where the keyword is `投标人：`. */
export const folded = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s\u200b\ufeff]+/gu, '');

const isItem = (item: TextContent['items'][number]): item is TextItem => 'str' in item;

/** The text of a page with the place of each letter. `viewport` at one pixel a point. */
export function readText(content: TextContent, viewport: Pick<PageViewport, 'transform'>): PageText {
  let text = '';
  let line = '';
  const letters: Letter[] = [];
  for (const item of content.items) {
    if (!isItem(item)) continue;
    const vertical = content.styles[item.fontName]?.vertical === true;
    const place = placer(item, viewport.transform as unknown as Matrix, vertical);
    const parts = [...item.str];
    const weights = parts.map(weightOf);
    const all = weights.reduce((a, b) => a + b, 0) || 1;
    let done = 0;
    parts.forEach((part, i) => {
      const from = done / all;
      done += weights[i] ?? 0;
      for (const letter of folded(part)) {
        letters.push({ at: text.length, ...place(from, done / all) });
        line += letter;
        // A letter outside the basic plane is two units of text; both stand where it stands.
        for (let extra = 1; extra < letter.length; extra++)
          letters.push({ at: text.length, ...place(from, done / all) });
      }
      text += part;
    });
    if (item.hasEOL) text += '\n';
  }
  return { text, folded: line, letters };
}

type Matrix = readonly [number, number, number, number, number, number];

/** East Asian letters take twice the width of others, spaces a quarter: good to a millimetre without asking the font. */
function weightOf(letter: string): number {
  if (/\s/u.test(letter)) return 0.5;
  return /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3ffff}]/u.test(
    letter,
  )
    ? 2
    : 1.1;
}

/** Where a part of an item stands, by fractions of its length along the direction of writing. */
function placer(item: TextItem, [a, b, c, d, e, f]: Matrix, vertical: boolean) {
  const [ia = 0, ib = 0, ic = 0, id = 0, ie = 0, jf = 0] = item.transform as number[];
  const turn = (x: number, y: number): readonly [number, number] => [a * x + c * y, b * x + d * y];
  const along = unit(turn(ia, ib));
  const up = unit(turn(ic, id));
  const [x0, y0] = [turn(ie, jf)[0] + e, turn(ie, jf)[1] + f];
  const size = Math.hypot(ic, id) || item.height;
  return (from: number, to: number): Omit<Letter, 'at'> => {
    const corners = vertical
      ? [from, to].flatMap((part) =>
          [-0.5, 0.5].map((side) => [
            x0 + along[0] * side * size - up[0] * part * item.height,
            y0 + along[1] * side * size - up[1] * part * item.height,
          ]),
        )
      : [from, to].flatMap((part) =>
          [-0.2, 0.8].map((side) => [
            x0 + along[0] * part * item.width + up[0] * side * size,
            y0 + along[1] * part * item.width + up[1] * side * size,
          ]),
        );
    const xs = corners.map(([x = 0]) => x * MM_PER_POINT);
    const ys = corners.map(([, y = 0]) => y * MM_PER_POINT);
    return { left: Math.min(...xs), top: Math.min(...ys), right: Math.max(...xs), bottom: Math.max(...ys) };
  };
}

function unit([x, y]: readonly [number, number]): readonly [number, number] {
  const length = Math.hypot(x, y) || 1;
  return [x / length, y / length];
}

/** Every place of the keyword on a page. */
export function hitsOn(
  page: number,
  { text, folded: line, letters }: PageText,
  keyword: string,
): readonly KeywordHit[] {
  const wanted = folded(keyword);
  if (wanted === '') return [];
  const hits: KeywordHit[] = [];
  for (let at = line.indexOf(wanted); at >= 0; at = line.indexOf(wanted, at + wanted.length)) {
    const found = letters.slice(at, at + wanted.length);
    const [first, last] = [found[0], found[found.length - 1]];
    if (first === undefined || last === undefined) continue;
    // Words that go on in the next line stand where they end: the seal belongs there.
    const line_ = found.filter((letter) => overlaps(letter, last));
    const left = Math.min(...line_.map((letter) => letter.left));
    const right = Math.max(...line_.map((letter) => letter.right));
    const top = Math.min(...line_.map((letter) => letter.top));
    const bottom = Math.max(...line_.map((letter) => letter.bottom));
    const end = last.at + [...text.slice(last.at)].slice(0, 1).join('').length;
    const hit: KeywordHit = {
      page,
      x: rounded((left + right) / 2),
      y: rounded((top + bottom) / 2),
      width: rounded(right - left),
      height: rounded(bottom - top),
      text: text.slice(first.at, end),
      before: tidy(text.slice(Math.max(0, first.at - 40), first.at)).slice(-16),
      after: tidy(text.slice(end, end + 40)).slice(0, 16),
    };
    // Bold that is made by printing the same words twice is one hit.
    if (!hits.some((other) => Math.abs(other.x - hit.x) < 1 && Math.abs(other.y - hit.y) < 1)) hits.push(hit);
  }
  return hits;
}

/** In the same line or, turned, in the same column. */
const overlaps = (a: Letter, b: Letter): boolean =>
  (a.top < b.bottom && b.top < a.bottom) || (a.left < b.right && b.left < a.right && Math.abs(a.top - b.top) < 60);

const tidy = (text: string): string => text.replace(/\s+/gu, ' ').trim();
