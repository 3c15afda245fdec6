import { fileURLToPath } from 'node:url';

/** Files that travel with the program: in the tree where they are made, in the package beside the bundled program. */
export function folderOf(what: 'web' | 'docs' | 'fonts'): string {
  const inTree = { web: '../../dist/web/', docs: '../docs/', fonts: '../print/fonts/' };
  return fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? inTree[what] : `./${what}/`, import.meta.url));
}
