import { execFile } from 'node:child_process';
import { createWriteStream, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSoftwareKeyFile } from '#agent/software-key.ts';
import { createGm } from '#crypto/provider.ts';
import { companies } from '#fixtures/pki/identities.ts';
import { buildWorldPki } from '#fixtures/pki/world.ts';
import { systemRandom } from '#kernel/random.ts';
import { judgedElsewhere } from '#test/signature/openssl-judge.ts';
import { largePdf } from '#test/signature/pdf/large.ts';
import { ringSeal } from '#test/signature/pdf/seal-picture.ts';

const MB = 1024 * 1024;
const gm = createGm();
const folder = mkdtempSync(join(tmpdir(), 'sign-large-'));
const at = (name: string): string => join(folder, name);
let trust: string[];
const withKey = ['--software-key', at('key'), '--pin-file', at('pin')];
beforeAll(async () => {
  const pki = await buildWorldPki(gm, { now: Date.now, crlBase: () => 'http://127.0.0.1:9/crl' });
  const pair = await pki.issueKeyPair({ authority: 'beichen', holder: companies.liaoning });
  const sign = { key: pair.signKey, certificate: pair.signCertificate };
  createSoftwareKeyFile(
    { file: at('key'), label: '示例', pin: '123456', pinEntry: 'page', iterations: 1000, sign, encrypt: null },
    { gm, random: systemRandom },
  );
  writeFileSync(at('pin'), '123456');
  const { root, intermediate, crls } = pki.authority('beichen');
  const files = { '--trust': [root, intermediate], '--crl': Object.values(await crls()) };
  trust = Object.entries(files).flatMap(([option, contents]) =>
    contents.flatMap((content, i) => {
      const name = at(`${option}${i}`);
      writeFileSync(name, content);
      return [option, name];
    }),
  );
  writeFileSync(at('seal.png'), ringSeal().bytes);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The most memory that the command had at a time (VmHWM: of the command alone, not of what started it). */
const AT_EXIT =
  "import{readFileSync}from'node:fs';process.on('exit',()=>console.error(/VmHWM.*/.exec(readFileSync('/proc/self/status','latin1'))[0]))";

async function cli(...args: string[]): Promise<number> {
  const main = join(import.meta.dirname, '../../src/main.ts');
  const watched = ['--import', `data:text/javascript,${encodeURIComponent(AT_EXIT)}`, main, ...args];
  const { stderr } = await promisify(execFile)(process.execPath, watched);
  return Number(/VmHWM:\s+(\d+) kB/.exec(stderr)?.[1]) * 1024;
}

describe('a document of 200 MB', () => {
  it('is signed and verified in a file, in as much memory as a small one but 128 MB', async () => {
    // The limit is for the whole document, structure and all.
    for (const [name, bytes] of Object.entries({ small: MB, large: 200 * MB - 10_000 }))
      await pipeline(Readable.from(largePdf(bytes)), createWriteStream(at(`${name}.pdf`)));
    const look = ['--picture', at('seal.png'), '--at', '1,120,200', ...withKey];
    const idle = await cli('sign', at('small.pdf'), '--out', at('small-signed.pdf'), ...look);
    const most = await cli('sign', at('large.pdf'), '--out', at('large-signed.pdf'), ...look);
    expect(statSync(at('large-signed.pdf')).size).toBeGreaterThan(statSync(at('large.pdf')).size);
    expect((most - idle) / MB).toBeLessThan(128);
    expect(judgedElsewhere(readFileSync(at('large-signed.pdf')))[0]).toMatchObject({ form: 'cms', signature: true });
    expect((await cli('verify', at('large-signed.pdf'), ...trust)) - idle).toBeLessThan(128 * MB);
  });
});
