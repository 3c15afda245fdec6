import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bytes } from '#kernel/bytes.ts';

/** The signer id of GB/T practice, which the command line does not assume by itself. */
export const VERIFY_ID = ['-vfyopt', 'distid:1234567812345678'];
export const SIGN_ID = ['-sigopt', 'distid:1234567812345678'];

/** A folder of files and the openssl command line working in it. */
export function openssl() {
  const folder = mkdtempSync(join(tmpdir(), 'pki-openssl-'));
  return {
    file(name: string, content: string | Bytes): string {
      const path = join(folder, name);
      writeFileSync(path, content);
      return path;
    },
    path: (name: string): string => join(folder, name),
    /** Standard output; a refusal throws with what openssl said. */
    run: (...args: readonly string[]): string =>
      execFileSync('openssl', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }),
    close: (): void => rmSync(folder, { recursive: true }),
  };
}
