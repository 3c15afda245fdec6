import { beijingDateTime, isoUtc } from '#kernel/clock.ts';
import { ok, type Result } from '#kernel/result.ts';
import { openingsInState } from '#opening/repository.ts';
import { lastWord } from '#opening/repository-time.ts';
import { type Action, type AdminCommand, adminFamily, type Input, type Report } from './actions.ts';
import type { AdminContext } from './admin.ts';

const STATES = {
  announced: '已公告',
  releasing: '等待托管人',
  released: '解密中',
} as const;

const actions: readonly Action[] = [
  { usage: 'list', says: '列出未结束的开标（不显示投标人，也不显示家数）', run: list },
  { usage: 'clock', says: '枢纽的时钟是否可信；不可信时开标不会打开，退出码为 1', run: clock },
];

async function list(_: Input, { store }: AdminContext): Promise<Result<Report>> {
  const states = Object.keys(STATES) as (keyof typeof STATES)[];
  const found = (await Promise.all(states.map((state) => openingsInState(store.read, state)))).flat();
  const openings = found
    .sort((a, b) => a.opens_at - b.opens_at)
    .map((row) => ({
      id: row.id,
      unit: row.unit_id,
      orgcode: row.orgcode,
      state: row.state as keyof typeof STATES,
      opensAt: isoUtc(row.opens_at),
      windowEndsAt: row.window_ends_at === null ? null : isoUtc(row.window_ends_at),
    }));
  const lines = openings.map(
    ({ id, state, opensAt, unit, orgcode }) =>
      `${id}  ${STATES[state]}  北京时间 ${beijingDateTime(Date.parse(opensAt))}  ${unit}  ${orgcode}`,
  );
  return ok({ lines: lines.length > 0 ? lines : ['没有未结束的开标。'], json: { openings } });
}

const REASONS: Readonly<Record<string, string>> = {
  jump: '运行中时钟被改动',
  'behind-journal': '启动时早于日志的最后一条',
  'far-ahead': '启动时比日志的最后一条晚一天以上',
  contradicted: '时间戳服务说的是另一个时间',
  witness: '时间戳服务已确认',
  custodians: '两位托管人已声明',
  override: '两人决定照用',
};

/** What stands in the database: of a doubt that a running hub had this very second, its own log speaks first. */
async function clock(_: Input, { store }: AdminContext): Promise<Result<Report>> {
  const word = await lastWord(store.read);
  if (word === undefined) return ok({ lines: ['时钟可信：从未有过疑问。'], json: { trusted: true, reason: null } });
  const trusted = word.state === 'trusted';
  const why = `${REASONS[word.reason] ?? word.reason}，北京时间 ${beijingDateTime(word.at)}`;
  const lines = trusted
    ? [`时钟可信：${why}。`]
    : [`时钟不可信：${why}。`, '开标不会打开。请先校准本机时钟，再由时间戳服务、两位托管人的时间声明或两人决定确认。'];
  return ok({ lines, json: { trusted, reason: word.reason, at: isoUtc(word.at) }, unwell: !trusted });
}

/** For the operator around an opening day. Deciding anything is the hall's, with persons and their certificates. */
export const runOpeningCommand: AdminCommand = adminFamily('opening', actions);
