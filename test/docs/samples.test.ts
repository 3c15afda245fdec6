import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createGm } from '#crypto/provider.ts';
import { concat, fromUtf8, utf8 } from '#kernel/bytes.ts';
import { Secret } from '#kernel/secret.ts';
import { readAttFile } from '#wire/att-file.ts';
import { canonicalString, signMembers } from '#wire/sign.ts';

const gm = createGm();
const folder = new URL('../../src/docs/samples/', import.meta.url).pathname;
const secret = new Secret('0123456789abcdef');
const vector = Object.entries({ caUnitId: 'LN-BIZ-0001', taskId: 'T20250301000001', orgcode: '210000', standBy: '' });
const chinese = Object.entries({ unitName: '辽宁示例建设有限公司', caUnitId: 'LN-BIZ-0001' });
const by = (sign: 'hmac-sm3' | 'sm3', members: [string, string][]) =>
  signMembers(gm, { sign, allMembers: false }, secret, members);
const expected = [canonicalString(vector), by('hmac-sm3', vector), by('sm3', vector), by('hmac-sm3', chinese), 'true'];

const scratch = mkdtempSync(join(tmpdir(), 'caihub-samples-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const linesOf = (command: string, args: readonly string[], cwd = folder): string[] =>
  execFileSync(command, args, { cwd, encoding: 'utf8', timeout: 120_000 }).trim().split(/\r?\n/);

/** Whether this machine has the runtime, and it can do what the sample asks of it. */
const has = (command: string, args: readonly string[]): boolean =>
  spawnSync(command, args, { timeout: 60_000 }).status === 0;

/** dotnet wants a project around the file. */
function runCSharp(): string[] {
  const major = linesOf('dotnet', ['--version'])[0]?.split('.')[0] ?? '6';
  const project = `<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net${major}.0</TargetFramework></PropertyGroup></Project>`;
  writeFileSync(join(scratch, 'sign.csproj'), project);
  copyFileSync(join(folder, 'Sign.cs'), join(scratch, 'Sign.cs'));
  return linesOf('dotnet', ['run'], scratch);
}

const runtimes = [
  { language: 'Node.js', present: true, run: () => linesOf(process.execPath, ['sign.cjs']) },
  {
    language: 'Python',
    present: has('python3', ['-c', 'import hashlib; hashlib.new("sm3")']),
    run: () => linesOf('python3', ['-B', 'sign.py']),
  },
  {
    language: 'Java',
    present: has('java', ['-version']) && has('javac', ['-version']),
    run: () => linesOf('java', ['-Dfile.encoding=UTF-8', 'Sign.java']),
  },
  { language: 'C#', present: has('dotnet', ['--version']), run: runCSharp },
];
const missing = runtimes.filter((one) => !one.present).map((one) => one.language);
if (missing.length > 0) console.info(`签名示例未运行（本机没有相应的运行环境）：${missing.join('、')}`);

describe('the samples of the docs page', () => {
  it.each(runtimes.filter((one) => one.present))('in $language signs as the hub does', ({ run }) => {
    expect(run()).toEqual(expected);
  });

  it('write and read a file as the hub does', async () => {
    const [attFile = '', file] = linesOf(process.execPath, ['attfile.cjs']);
    expect(file).toBe('%PDF-1.7 example');
    // printf '%PDF-1.7 example' | openssl enc -sm4-cbc -K <hex of 0123456789abcdef> -iv 000102…0f, behind the IV
    expect(attFile).toBe('AAECAwQFBgcICQoLDA0ODzXebOl7kTe/ZXNaTkYGRf5IFBpXZqhrxY6KsswSf780');
    const text = (async function* () {
      yield utf8(attFile);
    })();
    const profile = { attFile: 'sm4-cbc', plainFiles: false } as const;
    const { form, content } = await readAttFile(gm, profile, secret, text);
    const parts: Uint8Array[] = [];
    for await (const part of content) parts.push(part);
    expect([form, fromUtf8(concat(...parts))]).toEqual(['sm4-cbc', file]);
  });

  it('reproduce the published vector', () => {
    expect(expected.slice(0, 3)).toEqual([
      'caUnitId=LN-BIZ-0001&orgcode=210000&taskId=T20250301000001',
      '50ae0d871b8f0b671bb6d583f7188a224a08fdca4513351a659b3ee2c1931ad4',
      '470ca7095fd1fc6460279e7cf23644d3b17632ceede590953e0197b54c30ff15',
    ]);
  });
});
