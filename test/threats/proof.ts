import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

/** What vitest's JSON reporter writes, as far as it is read here. */
export interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly { readonly title: string; readonly status: string }[];
  }[];
}

function partsOf(test: string): { file: string; title: string } {
  const at = test.indexOf(' > ');
  return { file: `test/${test.slice(0, at)}.test.ts`, title: test.slice(at + 3) };
}

/** Why this test does not exist in the tree; undefined when it does. */
export function missing(test: string): string | undefined {
  const { file, title } = partsOf(test);
  const path = join(root, file);
  if (!existsSync(path)) return `${file} does not exist`;
  const source = readFileSync(path, 'utf8').replaceAll("\\'", "'");
  const declared = new RegExp(`\\(\\s*['"\`]${escaped(title)}['"\`],`).test(source);
  return declared ? undefined : `${file} declares no test “${title}”`;
}

/** Why this test is not green in a run's report; undefined when it is: it ran, and every form of it passed. */
export function notGreen(report: Report, test: string): string | undefined {
  const { file, title } = partsOf(test);
  const ran = report.testResults.find(({ name }) => name.replaceAll('\\', '/').endsWith(`/${file}`));
  if (ran === undefined) return `${file} did not run`;
  // `%s` and the like, `$member` and `${…}` are filled in by the runner
  const shape = title
    .split(/%[sdifjo#]|\$\{[^}]*\}|\$\w+/)
    .map(escaped)
    .join('[\\s\\S]*');
  const forms = ran.assertionResults.filter((one) => new RegExp(`^${shape}$`).test(one.title));
  if (forms.length === 0) return `${file}: “${title}” did not run`;
  const bad = forms.find(({ status }) => status !== 'passed');
  return bad && `${file}: “${bad.title}” is ${bad.status}`;
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
