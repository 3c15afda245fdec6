import { type Bytes, fromUtf8Strict } from '#kernel/bytes.ts';
import { OfdFault } from './fault.ts';

const LONGEST = 512;
const DEEPEST = 32;
/** Control characters, those that turn the line around or are not seen, what Windows reads as another path or stream. */
const STRANGE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\\:*?"<>|]/u;

/**
 * An entry's name as every reader must understand it: UTF-8, or the Chinese code page that older tools write. Throws OfdFault for names that
 * are absolute, leave the package, or that one reader takes for another path than the next. A folder's ends with a solidus.
 */
export function entryName(bytes: Bytes): string {
  const name = fromUtf8Strict(bytes) ?? chinese(bytes);
  if (name === undefined) throw new OfdFault('broken', 'an entry whose name is in no known encoding');
  const segments = (name.endsWith('/') ? name.slice(0, -1) : name).split('/');
  const plain = segments.every((one) => one !== '' && one !== '.' && one !== '..' && !/[. ]$/.test(one));
  if (name.length > LONGEST || segments.length > DEEPEST || STRANGE.test(name) || !plain)
    throw new OfdFault('broken', 'an entry whose name is no plain path inside the package');
  return name;
}

function chinese(bytes: Bytes): string | undefined {
  try {
    return new TextDecoder('gb18030', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** One key for all names that some file system holds to be the same. */
export const nameKey = (name: string): string => name.normalize('NFC').toLowerCase();

/**
 * ST_Loc (GB/T 33190 table 3) as a path from the package's root: absolute with a leading solidus, else from the folder of the part that names it.
 * undefined: it leads out of the package.
 */
export function resolveLoc(loc: string, from: string): string | undefined {
  const text = loc.trim();
  const folder = text.startsWith('/') ? [] : from.split('/').slice(0, -1);
  for (const segment of text.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') folder.push(segment);
    else if (folder.pop() === undefined) return undefined;
  }
  return folder.length === 0 ? undefined : folder.join('/');
}

/** What a report shows of a name that a file brought along. */
export function shownText(text: string, longest = 120): string {
  const seen = [...text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '')];
  return seen.length > longest ? `${seen.slice(0, longest).join('')}…` : seen.join('');
}
