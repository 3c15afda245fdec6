import { equalBytes } from '#kernel/bytes.ts';
import type { Change } from '../pdf/changes.ts';
import type { Description, OfdSignature } from './description.ts';
import type { PartDigests } from './digests.ts';
import { shownText } from './entry-name.ts';
import type { OfdPackage } from './package.ts';
import type { Part } from './zip.ts';

/** What one signature protects of the package as it is now. */
export interface Coverage {
  /** Parts that it lists; those of them whose digests are as they were signed. */
  readonly listed: ReadonlySet<Part>;
  readonly covered: ReadonlySet<Part>;
  /** Listed parts that are another now, or gone; as the signature names them. */
  readonly differing: readonly string[];
  readonly missing: readonly string[];
  /** It does not list the root of a document that has signatures. */
  readonly withoutRoot: boolean;
}

export function coverageOf(ofd: OfdPackage, described: Description, digests: PartDigests): Coverage {
  const covered = new Set<Part>();
  const differing = new Set<string>();
  const missing = new Set<string>();
  const { check } = described;
  const failed = new Set<Part>();
  for (const { ref, part, digest } of described.references) {
    const found = part === undefined || check.name === null ? undefined : digests.get(part)?.[check.name];
    if (part === undefined) missing.add(shownText(ref));
    else if (digest !== undefined && found !== undefined && equalBytes(found, digest)) covered.add(part);
    else {
      failed.add(part);
      differing.add(shownText(part.name));
    }
  }
  const listed = new Set([...covered, ...failed]);
  // Named twice with two digests: it is not what was signed, whatever the other says.
  for (const part of failed) covered.delete(part);
  return {
    listed,
    covered,
    differing: [...differing],
    missing: [...missing],
    withoutRoot: ofd.documents.some(({ root, signatures }) => signatures !== undefined && !listed.has(root)),
  };
}

/** What is a signature's own and cannot be listed by it: description, value, and a seal that is the one inside the value (`sealBound`). */
export function ownParts({ part, described }: OfdSignature, sealBound: boolean): readonly Part[] {
  const seal = sealBound ? (described?.seal ?? undefined) : undefined;
  return [part, described?.value, seal].filter((one) => one !== undefined);
}

const MOST_CHANGES = 500;

/**
 * What stands in the package beside what a signature covers. Only the list of signatures may grow later, and further signatures with their own parts (clause 18);
 * everything else was put there afterwards, or left out when it was signed: nobody can tell which, and it is not signed.
 */
export function changesOf(
  ofd: OfdPackage,
  owned: readonly (readonly Part[])[],
  coverages: readonly (Coverage | undefined)[],
  index: number,
): readonly Change[] {
  const listed = coverages[index]?.listed ?? new Set<Part>();
  const owner = new Map<Part, number>();
  for (const [at, parts] of owned.entries()) for (const part of parts) owner.set(part, owner.get(part) ?? at);
  for (const part of owned[index] ?? []) owner.set(part, index);
  const lists = new Set(ofd.documents.map((document) => document.signatures));
  const others = new Set<number>();
  const changes: Change[] = [];
  for (const part of ofd.archive.parts) {
    const by = owner.get(part);
    if (listed.has(part)) {
      if (by === undefined && /(^|\/)signature\.xml$/i.test(part.name)) changes.push(withdrawn(part));
      continue;
    }
    if (by === index || lists.has(part)) continue;
    if (by === undefined)
      changes.push(
        uncovered(
          ofd,
          part,
          coverages.findIndex((one) => one?.covered.has(part)),
        ),
      );
    else others.add(by);
  }
  const told = changes.length > MOST_CHANGES ? [...changes.slice(0, MOST_CHANGES), more(changes.length)] : changes;
  return [...told, ...[...others].sort((a, b) => a - b).map(further)];
}

const whole = { page: null, area: null } as const;

const further = (index: number): Change => ({
  ...whole,
  kind: 'signature-added',
  detail: `另有签名 ${index + 1}，不在本签名的保护范围内`,
});

const more = (count: number): Change => ({
  ...whole,
  kind: 'part-added',
  detail: `未受保护的文件共 ${count} 个，其余从略`,
});

/** It was there when this signature was made, and the list no longer names it. */
const withdrawn = (part: Part): Change => ({
  ...whole,
  kind: 'document-changed',
  detail: `签署时已有的签名从签名列表中去掉了：${shownText(part.name)}`,
});

/** `by`: another signature that covers it; -1: none does. */
function uncovered(ofd: OfdPackage, part: Part, by: number): Change {
  const page = ofd.documents.flatMap(({ pages }) => pages).findIndex(({ content }) => content === part);
  const kind = page >= 0 ? `第 ${page + 1} 页的内容` : kindOf(ofd, part);
  const other = by < 0 ? '' : `（由签名 ${by + 1} 保护）`;
  const detail = `${kind}不在本签名的保护范围内${other}：${shownText(part.name)}`;
  return { kind: 'part-added', page: page >= 0 ? page : null, area: null, detail };
}

/** By what the package says of it, else by the folder where writers put such parts. */
function kindOf({ attached, documents }: OfdPackage, part: Part): string {
  if (attached.has(part)) return '附件';
  if (documents.some(({ root }) => root === part)) return '文档的根文件';
  if (part.name.toLowerCase() === 'ofd.xml') return '主入口文件';
  const kinds: readonly (readonly [RegExp, string])[] = [
    [/annot/i, '注释'],
    [/tpl|templ/i, '页面模板'],
    [/res(\/|\.xml$|ource)|\.(png|jpe?g|bmp|jb2|tiff?|gif|[ot]tf|ttc)$/i, '资源'],
    [/attach/i, '附件'],
    [/tag/i, '标引'],
    [/sign/i, '签名目录中的文件'],
    [/page/i, '页面文件'],
  ];
  return kinds.find(([pattern]) => pattern.test(part.name))?.[1] ?? '文件';
}
