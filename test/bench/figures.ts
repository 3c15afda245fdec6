/** Small numbers to the screen: medians of rounds with their smallest and largest, and one plain table a part. */

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  return { median: quantile(sorted, 0.5), min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN };
}

/** `sorted` ascending; nearest rank with linear steps between. NaN when empty. */
export function quantile(sorted: readonly number[], q: number): number {
  const at = (sorted.length - 1) * q;
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}

/** Round by round, so that a neighbour's load falls on both sides of a ratio alike. */
export const ratios = (ours: readonly number[], theirs: readonly number[]): number[] =>
  ours.flatMap((value, round) => (theirs[round] === undefined ? [] : [value / theirs[round]]));

export function number(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US').replaceAll(',', ' ');
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

/** `12.3 (11.9–12.8)` with an optional unit behind. */
export const shown = ({ median, min, max }: Spread, unit = ''): string =>
  `${number(median)}${unit} (${number(min)}–${number(max)})`;

export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** What was compared with what, and what a figure does not say. */
  readonly notes: readonly string[];
}

/** What a part gives back; `figures` names each median, for the smoke test and for scripts (`--json`). */
export interface Report {
  readonly tables: readonly Table[];
  readonly figures: Readonly<Record<string, number>>;
}

export function printed({ title, head, rows, notes }: Table): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => wide(row[column] ?? ''))));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - wide(cell)))
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return [`## ${title}`, line(head), rule, ...rows.map(line), ...notes.map((note) => `  · ${note}`), ''].join('\n');
}

const wide = (text: string): number => [...text].length;

/** An aim beside its figure. */
export const against = (value: number, aim: number, better: 'more' | 'less' = 'more'): string => {
  if (!Number.isFinite(value)) return 'not measured';
  return (better === 'more' ? value >= aim : value <= aim) ? 'met' : 'MISSED';
};
