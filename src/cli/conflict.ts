import { beijingDateTime } from '#kernel/clock.ts';
import type { JsonObject } from '#kernel/json.ts';
import { ok, type Result } from '#kernel/result.ts';
import { type ConflictSummary, resolutions } from '#subscriber/conflicts.ts';
import { printedNameOf } from '#wire/requests.ts';
import { type Action, type AdminCommand, adminFamily, type Input, misused, type Report } from './actions.ts';
import type { AdminContext } from './admin.ts';

const MEANING = {
  'unit-right': '以后提交的单位为准',
  'other-right': '以先登记的单位为准',
  'both-stand': '两者都保留',
} as const;

const actions: readonly Action[] = [
  {
    usage: 'list',
    says: '列出待处理的信息冲突',
    options: { all: { type: 'boolean' } },
    help: { '--all': '连同已处理的一起列出' },
    run: list,
  },
  { usage: 'show <conflict>', says: '查看两边的说法（已脱敏）', run: show },
  {
    usage: 'resolve <conflict>',
    says: '记录处理结论',
    options: { as: { type: 'string' } },
    help: Object.fromEntries(resolutions.map((one) => [`--as ${one}`, MEANING[one]])),
    run: resolve,
  },
];

async function list(input: Input, { store, subscribers }: AdminContext): Promise<Result<Report>> {
  const found = await subscribers.conflicts(store.read, input.flag('all') ? undefined : 'open');
  const lines = found.flatMap(linesOf);
  return ok({ lines: lines.length > 0 ? lines : ['没有待处理的冲突。'], json: { conflicts: found.map(jsonOf) } });
}

async function show({ words }: Input, { store, subscribers }: AdminContext): Promise<Result<Report>> {
  const found = await subscribers.showConflict(store.read, words['conflict'] ?? '');
  if (found === undefined) return misused('conflict', '冲突编号', '没有这条冲突');
  const values = Object.entries(found.values).map(
    ([field, { unit, other }]) =>
      `  ${printedNameOf[field] ?? field}：${found.unitId} 为 ${unit}，${found.otherUnitId} 为 ${other}`,
  );
  const json = {
    ...jsonOf(found),
    values: Object.fromEntries(Object.entries(found.values).map(([field, both]) => [field, { ...both }])),
  };
  return ok({ lines: [...linesOf(found), ...values], json: { conflict: json } });
}

async function resolve(input: Input, { store, subscribers }: AdminContext): Promise<Result<Report>> {
  const id = input.words['conflict'] ?? '';
  const resolution = resolutions.find((one) => one === input.text('as'));
  if (resolution === undefined) return misused('--as', '处理结论', `应为 ${resolutions.join('、')}`);
  // Writes its own journal line.
  const resolved = await store.tx((tx) => subscribers.resolveConflict(tx, id, resolution));
  if (!resolved) return misused('conflict', '冲突编号', '没有这条待处理的冲突');
  return ok({ lines: [`已记录：${MEANING[resolution]}。`], json: { conflict: id, resolution } });
}

const linesOf = (one: ConflictSummary): string[] => [
  `${one.id}  ${one.status === 'open' ? '待处理' : `已处理（${one.resolution ?? ''}）`}  ${beijingDateTime(one.createdAt)}`,
  `  证书尾号 ${one.tail}（${one.authorityId}）  ${one.unitId} 与 ${one.otherUnitId} 的说法不同：${one.fields.map((field) => printedNameOf[field] ?? field).join('、')}`,
];

const jsonOf = (one: ConflictSummary): JsonObject => ({ ...one, fields: [...one.fields] });

/** The conflict desk: what two units say differently of one certificate. */
export const runConflictCommand: AdminCommand = adminFamily('conflict', actions);
