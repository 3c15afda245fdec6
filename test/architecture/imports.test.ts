import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Left never imports right; rooms on one line are not each other's business (design 2). */
const ORDER: readonly (readonly string[])[] = [
  ['kernel'],
  ['crypto'],
  ['print'],
  ['pki'],
  ['store'],
  ['audit'],
  ['delivery'],
  ['drivers'],
  ['relying-party'],
  ['subscriber'],
  ['interaction'],
  ['identity', 'envelope', 'signature'],
  ['opening'],
  ['control'],
  ['http'],
  ['wire'],
  ['broker', 'hosted', 'docs'],
  ['config'],
  ['app'],
  ['app.ts'],
  ['cli'],
  ['main.ts'],
];
/** The agent sees the kernel and the crypto room only; types of its protocol may be read by the edges and the pages. */
const AGENT_MAY_SEE = ['kernel', 'crypto', 'pki', 'agent'];
const HONO_MAY_LIVE_IN = ['http', 'broker', 'hosted', 'docs', 'app', 'app.ts'];

interface Import {
  readonly file: string;
  readonly from: string;
  readonly typeOnly: boolean;
}

const root = resolve(import.meta.dirname, '../..');

function filesUnder(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|mjs)$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

/** Import statements of a file; room imports are resolved to paths below the root. */
function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  const found: Import[] = [];
  for (const match of text.matchAll(/(?:import|export)\s+(type\s+)?(?:[\w*{}\s,$]+?\s+from\s+)?'([^']+)'/g)) {
    found.push({ file, from: resolveImport(file, match[2] as string), typeOnly: match[1] !== undefined });
  }
  for (const match of text.matchAll(/(?<!typeof )\bimport\('([^']+)'\)/g)) {
    found.push({ file, from: resolveImport(file, match[1] as string), typeOnly: false });
  }
  return found;
}

function resolveImport(file: string, from: string): string {
  if (from.startsWith('#fixtures/') || from.startsWith('#test/') || from.startsWith('#web/')) return from.slice(1);
  if (from.startsWith('#')) return `src/${from.slice(1)}`;
  if (from.startsWith('.')) return relative(root, resolve(root, dirname(file), from));
  return from;
}

const roomOf = (path: string): string | undefined => /^src\/([^/]+)/.exec(path)?.[1];
const rank = (room: string): number => ORDER.findIndex((line) => line.includes(room));
const sources = filesUnder('src');
const imports = sources.flatMap(importsOf);
const say = (wrong: readonly Import[]): string[] => wrong.map((one) => `${one.file} → ${one.from}`);

describe('the import rules', () => {
  it('know every room', () => {
    const rooms = new Set(sources.map((file) => roomOf(file) as string));
    expect([...rooms].filter((room) => rank(room) < 0 && room !== 'agent')).toEqual([]);
  });

  it('let no room import one to its right, or its neighbour', () => {
    const wrong = imports.filter((one) => {
      const [here, there] = [roomOf(one.file), roomOf(one.from)];
      if (here === undefined || there === undefined || here === there) return false;
      if (here === 'agent') return !AGENT_MAY_SEE.includes(there);
      if (there === 'agent') return !(one.typeOnly || one.from === 'src/agent/protocol.ts' || here === 'cli');
      return rank(there) >= rank(here);
    });
    expect(say(wrong)).toEqual([]);
  });

  it('show a driver folder the kernel, crypto, pki, the contract and the kit only, and the kit no driver', () => {
    const wrong = imports.filter((one) => {
      const folder = /^src\/drivers\/([^/]+)\//.exec(one.file)?.[1];
      const there = roomOf(one.from);
      if (folder === undefined || there === undefined || ['kernel', 'crypto', 'pki'].includes(there)) return false;
      const shared = one.from === 'src/drivers/contract.ts' || one.from.startsWith('src/drivers/kit/');
      return !shared && !one.from.startsWith(`src/drivers/${folder}/`);
    });
    expect(say(wrong)).toEqual([]);
  });

  it('keep Hono at the edges', () => {
    const wrong = imports.filter(
      (one) => /^(@hono\/|hono(\/|$))/.test(one.from) && !HONO_MAY_LIVE_IN.includes(roomOf(one.file) ?? ''),
    );
    expect(say(wrong)).toEqual([]);
  });

  it('keep Kysely in the store, the repositories, the outbox and the journal', () => {
    const wrong = imports.filter(
      (one) => one.from === 'kysely' && !/^src\/(store|audit|delivery)\/|\/[\w-]*repository[\w-]*\.ts$/.test(one.file),
    );
    expect(say(wrong)).toEqual([]);
  });

  it('keep cryptographic libraries behind the crypto seam', () => {
    const wrong = imports.filter(
      (one) => /^(sm-crypto|jsrsasign|@noble)/.test(one.from) && !['crypto', 'pki'].includes(roomOf(one.file) ?? ''),
    );
    expect(say(wrong)).toEqual([]);
  });

  it('name fixtures and tests nowhere in src', () => {
    const wrong = imports.filter((one) => /^(fixtures|test)\//.test(one.from));
    expect(say(wrong)).toEqual([]);
  });

  it('let web take only types from src', () => {
    const wrong = filesUnder('web')
      .flatMap(importsOf)
      .filter((one) => one.from.startsWith('src/') && !one.typeOnly && one.from !== 'src/agent/protocol.ts');
    expect(say(wrong)).toEqual([]);
  });

  it('import no barrel', () => {
    expect(sources.filter((file) => /(^|\/)index\.ts$/.test(file) && !file.startsWith('src/cli/'))).toEqual([]);
  });
});

describe('every room', () => {
  it('introduces itself in a README', () => {
    const rooms = [...new Set(sources.map(roomOf))].filter((room) => room !== undefined && !room.includes('.'));
    const silent = rooms.filter((room) => !readdirSync(join(root, 'src', room as string)).includes('README.md'));
    expect(silent).toEqual([]);
  });

  it('reads the environment in config only', () => {
    const allowed = /^src\/(config\/|cli\/run\.mjs)/;
    const wrong = sources.filter(
      (file) => !allowed.test(file) && /process\.env\b/.test(readFileSync(join(root, file), 'utf8')),
    );
    expect(wrong).toEqual([]);
  });

  it('takes time and chance from outside', () => {
    const allowed = /^src\/(kernel\/(clock|random)\.ts|cli\/)/;
    const wrong = sources.filter(
      (file) =>
        !allowed.test(file) && /Math\.random\(|Date\.now\(|new Date\(\)/.test(readFileSync(join(root, file), 'utf8')),
    );
    expect(wrong).toEqual([]);
  });
});

describe('the crypto bans (calls that look right and are not SM2)', () => {
  const banned: readonly [string, RegExp, RegExp?][] = [
    [
      'one-shot crypto.sign/verify with SM keys (empty id)',
      /\bcrypto\.(sign|verify)\(|import \{[^}]*\b(sign|verify)\b[^}]*\} from 'node:crypto'/,
    ],
    ['X509Certificate.verify (empty id)', /\bX509Certificate\b/],
    ['ECDH.computeSecret (throws on Node 24)', /\bcomputeSecret\(/],
    ["export({type:'sec1'}) (kills Node 20)", /export\(\{[^}]*type:\s*'sec1'/],
    ['dsaEncoding (silently ignored)', /\bdsaEncoding\b/],
  ];
  for (const [name, pattern] of banned) {
    it(`find no ${name}`, () => {
      const wrong = sources.filter((file) =>
        pattern.test(readFileSync(join(root, file), 'utf8').replace(/^\s*(\/\/|\*|\/\*).*$/gm, '')),
      );
      expect(wrong).toEqual([]);
    });
  }
});
