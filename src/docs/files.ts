import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The page's own files, read once at start. */
export interface DocsFiles {
  readonly css: string;
  readonly samples: readonly Sample[];
  /** How an attFile is written and read, `samples/attfile.cjs`. */
  readonly attFileSample: string;
  /** The capsule format: the page that a second implementation is written from. */
  readonly capsuleFormat: string;
}

export interface Sample {
  readonly file: string;
  readonly language: string;
  readonly needs: string;
  readonly text: string;
}

const SAMPLES = [
  { file: 'Sign.java', language: 'Java', needs: 'JDK 11 及以上，无需依赖' },
  { file: 'Sign.cs', language: 'C#', needs: '.NET 6 及以上，无需依赖' },
  { file: 'sign.py', language: 'Python', needs: 'Python 3.9 及以上，无需依赖' },
  { file: 'sign.cjs', language: 'Node.js', needs: 'Node.js 20 及以上，无需依赖' },
] as const;

/** `dir` holds docs.css and samples/, and in a package capsule.md; in the tree that file is the README of the format's own room. */
export function loadDocsFiles(dir: string): DocsFiles {
  const packed = join(dir, 'capsule.md');
  return {
    capsuleFormat: readFileSync(existsSync(packed) ? packed : join(dir, '../opening/capsule/README.md'), 'utf8'),
    css: readFileSync(join(dir, 'docs.css'), 'utf8'),
    attFileSample: readFileSync(join(dir, 'samples', 'attfile.cjs'), 'utf8'),
    samples: SAMPLES.map((sample) => ({ ...sample, text: readFileSync(join(dir, 'samples', sample.file), 'utf8') })),
  };
}
