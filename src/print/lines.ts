/** Width of one character in thousandths of the type size. */
export type Widths = (character: string) => number;

/** No line begins with these, and none ends with those below. */
const NOT_FIRST = new Set('，。、；：？！）》〉」』】〕”’…—·％%,.;:?!)]}');
const NOT_LAST = new Set('（《〈「『【〔“‘([{');

/**
 * Breaks a text into lines of at most `width` points: between Chinese characters, at spaces, and inside a word only where it is longer than a whole line
 * (digests). Never empty: a text without characters is one empty line.
 */
export function breakLines(text: string, size: number, width: number, widths: Widths): string[] {
  const most = (width / size) * 1000;
  const lines: string[] = [];
  let line: string[] = [];
  let used = 0;
  for (const unit of unitsOf(text)) {
    const length = lengthOf(unit, widths);
    if (used + length > most && line.length > 0) {
      const carried = carry(line);
      lines.push(line.join('').trimEnd());
      line = carried;
      used = line.reduce((sum, one) => sum + lengthOf(one, widths), 0);
    }
    if (used === 0 && unit === ' ') continue;
    if (length <= most) {
      line.push(unit);
      used += length;
      continue;
    }
    for (const piece of chop(unit, most, widths)) {
      if (line.length > 0) lines.push(line.join('').trimEnd());
      line = [piece];
      used = lengthOf(piece, widths);
    }
  }
  lines.push(line.join('').trimEnd());
  return lines;
}

const lengthOf = (unit: string, widths: Widths): number => [...unit].reduce((sum, one) => sum + widths(one), 0);

/** Words stay whole, everything else stands alone; what may not begin a line is glued to what stands before it. */
function unitsOf(text: string): string[] {
  const units: string[] = [];
  for (const [unit] of text.matchAll(/[A-Za-z0-9_./:+@#&=~-]+|[\s\S]/gu)) {
    const last = units.at(-1);
    if (last !== undefined && last !== ' ' && NOT_FIRST.has(unit) && last.length < 40)
      units[units.length - 1] = last + unit;
    else units.push(/[\t\r\n ]/.test(unit) ? ' ' : unit);
  }
  return units;
}

/** What may not end a line goes on to the next one. */
function carry(line: string[]): string[] {
  let from = line.length;
  while (from > 1 && NOT_LAST.has(line[from - 1] ?? '')) from -= 1;
  return line.splice(from);
}

function chop(unit: string, most: number, widths: Widths): string[] {
  const pieces: string[] = [];
  let piece = '';
  let used = 0;
  for (const one of unit) {
    const length = widths(one);
    if (used + length > most && piece !== '') {
      pieces.push(piece);
      piece = '';
      used = 0;
    }
    piece += one;
    used += length;
  }
  return [...pieces, piece];
}
