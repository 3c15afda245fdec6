import { setImmediate } from 'node:timers/promises';
import * as fontkit from 'fontkit';
import {
  beginText,
  endText,
  fill as fillPath,
  moveText,
  PDFDocument,
  type PDFFont,
  PDFHexString,
  type PDFName,
  type PDFPage,
  popGraphicsState,
  pushGraphicsState,
  rectangle,
  rgb,
  setFillingRgbColor,
  setFontAndSize,
  setLineWidth,
  setStrokingRgbColor,
  setTextRenderingMode,
  showText,
  stroke,
  TextRenderingMode,
} from 'pdf-lib';
import type { Bytes } from '#kernel/bytes.ts';
import { breakLines } from './lines.ts';

/** Points. */
export interface Format {
  readonly width: number;
  readonly height: number;
}
export const PORTRAIT: Format = { width: 595.28, height: 841.89 };
export const LANDSCAPE: Format = { width: 841.89, height: 595.28 };

const MARGIN = { x: 42, top: 46, bottom: 52 };
const LEADING = 1.55;

type Colour = readonly [number, number, number];
export const colours = {
  ink: [0.09, 0.13, 0.18],
  soft: [0.36, 0.42, 0.49],
  rule: [0.62, 0.67, 0.73],
  frame: [0.3, 0.35, 0.42],
  wash: [0.945, 0.953, 0.965],
  ok: [0.09, 0.41, 0.25],
  bad: [0.69, 0.15, 0.12],
} as const satisfies Record<string, Colour>;

export interface TextStyle {
  readonly size?: number;
  readonly bold?: boolean;
  readonly colour?: Colour;
  readonly align?: 'left' | 'centre' | 'right';
}

export interface Cell extends TextStyle {
  /** Paragraphs, one below the other. */
  readonly text: string | readonly string[];
}
export type CellLike = Cell | string;

export interface Column extends TextStyle {
  readonly title: string;
  /** Share of the width; shares need not add up to anything. */
  readonly share: number;
}

/** A document that fills page after page from above; what stands in every foot is drawn at the end, when the number of pages is known. */
export interface Sheet {
  readonly doc: PDFDocument;
  gap(points: number): void;
  text(text: string, style?: TextStyle): void;
  heading(text: string, aside?: string): void;
  /** Label and value side by side, `columns` pairs in a row. */
  facts(pairs: readonly (readonly [string, string])[], columns: number): void;
  /** Lets others work every few rows: a thousand bids are laid out beside a running hub. */
  table(columns: readonly Column[], rows: readonly (readonly CellLike[])[]): Promise<void>;
  /** Lines to be signed by hand. */
  signatures(labels: readonly string[]): void;
  /** `foot` at the left, the page's number at the right, on every page. Bytes of the file. */
  finish(foot: readonly string[]): Promise<Bytes>;
}

/** `font`: TrueType bytes. A character that it lacks is written as 〔U+20BB7〕: seen, never silently blank. */
export async function openSheet(format: Format, font: Bytes): Promise<Sheet> {
  const doc = await PDFDocument.create();
  doc.registerFontkit(fontkit);
  const face = await doc.embedFont(font, { subset: true });
  return createSheet(doc, face, format);
}

function createSheet(doc: PDFDocument, face: PDFFont, format: Format): Sheet {
  const known = new Set(face.getCharacterSet());
  const cache = new Map<string, number>();
  const widths = (character: string): number => {
    const stored = cache.get(character);
    if (stored !== undefined) return stored;
    const width = face.widthOfTextAtSize(character, 1000);
    cache.set(character, width);
    return width;
  };
  const encoded = new Map<string, string>();
  const glyph = (character: string): string => {
    const stored = encoded.get(character);
    if (stored !== undefined) return stored;
    const code = face.encodeText(character).asString();
    encoded.set(character, code);
    return code;
  };
  const names = new WeakMap<PDFPage, PDFName>();
  const fontName = (of: PDFPage): PDFName => {
    const name = names.get(of) ?? of.node.newFontDictionary('F', face.ref);
    names.set(of, name);
    return name;
  };
  const readable = (text: string): string =>
    [...text].map((one) => (known.has(one.codePointAt(0) ?? 0) ? one : `〔U+${codeOf(one)}〕`)).join('');
  const inner = format.width - 2 * MARGIN.x;
  let page: PDFPage = doc.addPage([format.width, format.height]);
  let y = format.height - MARGIN.top;

  const turn = (): void => {
    page = doc.addPage([format.width, format.height]);
    y = format.height - MARGIN.top;
  };
  const room = (): number => y - MARGIN.bottom;
  const ensure = (height: number): void => {
    if (room() < height) turn();
  };

  function write(line: string, x: number, baseline: number, width: number, style: TextStyle): void {
    const { size = 9.5, bold = false, colour = colours.ink, align = 'left' } = style;
    const length = ([...line].reduce((sum, one) => sum + widths(one), 0) / 1000) * size;
    const shift = { left: 0, centre: (width - length) / 2, right: width - length }[align];
    const [r, g, b] = colour;
    // Characters are encoded once: the library would shape every line anew, and a thousand bids have thirty thousand lines.
    const glyphs = PDFHexString.of([...line].map(glyph).join(''));
    // One weight is shipped; a thin outline in the same colour makes it bold.
    const outline = bold
      ? [
          setTextRenderingMode(TextRenderingMode.FillAndOutline),
          setLineWidth(size * 0.035),
          setStrokingRgbColor(r, g, b),
        ]
      : [];
    page.pushOperators(
      pushGraphicsState(),
      setFillingRgbColor(r, g, b),
      ...outline,
      beginText(),
      setFontAndSize(fontName(page), size),
      moveText(round(x + shift), round(baseline)),
      showText(glyphs),
      endText(),
      popGraphicsState(),
    );
  }

  const layOut = (cell: CellLike, width: number, base: TextStyle) => {
    const { text, ...own } = typeof cell === 'string' ? { text: cell } : cell;
    const style = { ...base, ...own };
    const size = style.size ?? 9.5;
    const paragraphs = typeof text === 'string' ? [text] : text;
    const lines = paragraphs.flatMap((one) => breakLines(readable(one), size, width, widths));
    return { style, size, lines, height: lines.length * size * LEADING };
  };

  const text: Sheet['text'] = (content, style = {}) => {
    const laid = layOut(content, inner, style);
    for (const line of laid.lines) {
      ensure(laid.size * LEADING);
      write(line, MARGIN.x, y - laid.size, inner, laid.style);
      y -= laid.size * LEADING;
    }
  };

  const fill = (x: number, top: number, width: number, height: number, [r, g, b]: Colour): void =>
    page.pushOperators(
      pushGraphicsState(),
      setFillingRgbColor(r, g, b),
      rectangle(round(x), round(top - height), round(width), round(height)),
      fillPath(),
      popGraphicsState(),
    );
  const frame = (x: number, top: number, width: number, height: number): void => {
    const [r, g, b] = colours.rule;
    page.pushOperators(
      pushGraphicsState(),
      setStrokingRgbColor(r, g, b),
      setLineWidth(0.5),
      rectangle(round(x), round(top - height), round(width), round(height)),
      stroke(),
      popGraphicsState(),
    );
  };

  /** One row of cells side by side, framed; taller than a page, it goes on overleaf line by line. */
  function row(
    cells: readonly CellLike[],
    spans: readonly number[],
    bases: readonly TextStyle[],
    wash?: readonly boolean[],
  ): void {
    const pad = { x: 5, y: 4 };
    const laid = cells.map((cell, i) => layOut(cell, (spans[i] ?? 0) - 2 * pad.x, bases[i] ?? {}));
    let from = laid.map(() => 0);
    for (;;) {
      const left = laid.map((one, i) => (one.lines.length - (from[i] ?? 0)) * one.size * LEADING);
      const wanted = Math.max(...left, 0) + 2 * pad.y;
      const whole = format.height - MARGIN.top - MARGIN.bottom;
      if (room() < Math.min(wanted, whole) && room() < whole) turn();
      const height = Math.min(wanted, room());
      let x = MARGIN.x;
      from = laid.map((one, i) => {
        const span = spans[i] ?? 0;
        if (wash?.[i]) fill(x, y, span, height, colours.wash);
        frame(x, y, span, height);
        const fits = Math.floor((height - 2 * pad.y + 0.01) / (one.size * LEADING));
        const begin = from[i] ?? 0;
        const shown = one.lines.slice(begin, begin + fits);
        shown.forEach((line, n) => {
          const baseline = y - pad.y - one.size - n * one.size * LEADING;
          write(line, x + pad.x, baseline, span - 2 * pad.x, one.style);
        });
        x += span;
        return begin + shown.length;
      });
      y -= height;
      if (laid.every((one, i) => (from[i] ?? 0) >= one.lines.length)) return;
      turn();
    }
  }

  return {
    doc,
    gap: (points) => {
      y -= points;
    },
    text,
    heading: (title, aside = '') => {
      ensure(64);
      y -= 12;
      const size = 12;
      fill(MARGIN.x, y - 1, 3, size + 2, colours.frame);
      write(readable(title), MARGIN.x + 10, y - size, inner, { size, bold: true });
      if (aside !== '')
        write(readable(aside), MARGIN.x, y - size, inner, { size: 9, colour: colours.soft, align: 'right' });
      y -= size * LEADING + 4;
    },
    facts: (pairs, columns) => {
      const span = inner / columns;
      const label = 84;
      const spans = Array.from({ length: columns }, () => [label, span - label]).flat();
      const bases: TextStyle[] = Array.from({ length: columns }, () => [
        { size: 9, colour: colours.soft },
        { size: 9.5 },
      ]).flat();
      const wash = Array.from({ length: columns }, () => [true, false]).flat();
      for (let i = 0; i < pairs.length; i += columns) {
        const cells = Array.from({ length: columns }, (_, n) => [...(pairs[i + n] ?? ['', ''])]).flat();
        row(cells, spans, bases, wash);
      }
    },
    table: async (columns, rows) => {
      const shares = columns.reduce((sum, { share }) => sum + share, 0);
      const spans = columns.map(({ share }) => (share / shares) * inner);
      const head = () =>
        row(
          columns.map(({ title }) => title),
          spans,
          columns.map(() => ({ size: 9, bold: true, align: 'centre' as const })),
          columns.map(() => true),
        );
      ensure(60);
      head();
      for (const [i, cells] of rows.entries()) {
        if (i % 20 === 19) await setImmediate();
        const before = doc.getPageCount();
        const least =
          Math.max(...cells.map((cell, i) => layOut(cell, (spans[i] ?? 0) - 10, columns[i] ?? {}).height)) + 8;
        if (room() < Math.min(least, format.height / 2)) {
          turn();
          head();
        }
        row(
          cells,
          spans,
          columns.map(({ title: _, share: __, ...style }) => style),
        );
        // A row that went on overleaf by itself: the next ones get their titles again with the next page.
        if (doc.getPageCount() > before && room() < 40) turn();
      }
    },
    signatures: (labels) => {
      ensure(70);
      y -= 26;
      const span = inner / labels.length;
      labels.forEach((label, i) => {
        const x = MARGIN.x + i * span;
        write(readable(label), x, y - 10, span, { size: 10 });
        const from = x + 10 * [...label].length + 8;
        const [r, g, b] = colours.frame;
        page.drawLine({
          start: { x: from, y: y - 12 },
          end: { x: x + span - 20, y: y - 12 },
          thickness: 0.6,
          color: rgb(r, g, b),
        });
      });
      y -= 34;
    },
    finish: async (foot) => {
      const pages = doc.getPages();
      pages.forEach((one, i) => {
        page = one;
        const [r, g, b] = colours.rule;
        const line = MARGIN.bottom - 12;
        page.drawLine({
          start: { x: MARGIN.x, y: line },
          end: { x: MARGIN.x + inner, y: line },
          thickness: 0.5,
          color: rgb(r, g, b),
        });
        foot.forEach((words, n) => {
          write(readable(words), MARGIN.x, line - 11 - n * 10, inner, { size: 7.5, colour: colours.soft });
        });
        write(`第 ${i + 1} 页，共 ${pages.length} 页`, MARGIN.x, line - 11, inner, {
          size: 8,
          colour: colours.soft,
          align: 'right',
        });
      });
      return doc.save({ useObjectStreams: true });
    },
  };
}

/** A hundredth of a point is finer than any printer. */
const round = (points: number): number => Math.round(points * 100) / 100;

const codeOf = (character: string): string =>
  (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
