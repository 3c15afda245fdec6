import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Assets, loadAssets } from '#hosted/assets.ts';
import { buildWeb } from '#web/build.mjs';

/** The pages as `npm start` builds them, in a folder that goes away; all, or the files of these logical names. */
export async function builtPages(
  only?: readonly string[],
): Promise<{ readonly assets: Assets; readonly dir: string; remove(): void }> {
  const dir = mkdtempSync(join(tmpdir(), 'pages-'));
  await buildWeb({ outDir: dir, ...(only && { only }) });
  return { dir, assets: loadAssets(dir), remove: () => rmSync(dir, { recursive: true, force: true }) };
}
