import { beijingDate, beijingDateTime, isoUtc } from '#kernel/clock.ts';
import { refusal } from '#kernel/errors.ts';
import type { JsonObject } from '#kernel/json.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { maskName } from '#subscriber/mask.ts';
import type { SealFile } from '#subscriber/seals/seal-file.ts';
import type { StateAct } from '#subscriber/seals/state.ts';
import { type Action, type AdminCommand, adminFamily, type Input, misused, type Report } from './actions.ts';
import type { AdminContext } from './admin.ts';

const STATES = { active: '在用', suspended: '已暂停', revoked: '已作废', replaced: '已更换' } as const;
const KINDS = { ses: '电子印章', image: '印章图片（未经制章机构签名）' } as const;
const POWERS = { manage: '管理', use: '使用', audit: '审计' } as const;

const because = {
  options: { reason: { type: 'string' } },
  help: { '--reason 文字': '原因，供以后查看（必填）' },
} as const;

const actions: readonly Action[] = [
  {
    usage: 'list [unit]',
    says: '列出印章，每次至多一百枚',
    options: { code: { type: 'string' }, after: { type: 'string' } },
    help: { '--code 代码': '只列这个单位代码的印章', '--after 编号': '接着上一页最后一枚' },
    run: list,
  },
  { usage: 'show <seal>', says: '查看一枚印章与它的权限', run: show },
  { usage: 'uses <seal>', says: '查看用印记录，最近一百次', run: uses },
  { usage: 'suspend <seal>', says: '暂停使用，立即生效', ...because, run: (...all) => change('suspend', ...all) },
  { usage: 'resume <seal>', says: '恢复使用', ...because, run: (...all) => change('resume', ...all) },
  { usage: 'revoke <seal>', says: '作废，不能恢复', ...because, run: (...all) => change('revoke', ...all) },
];

const OPERATOR = { kind: 'operator' } as const;

async function list(input: Input, { store, seals, relyingParties }: AdminContext): Promise<Result<Report>> {
  const [unitId, code, after] = [input.words['unit'], input.text('code'), input.text('after')];
  const unit = unitId === undefined ? null : await relyingParties.unit(store.read, unitId);
  if (unit === undefined) return refused(refusal('UNIT_UNKNOWN'));
  const found = await seals.list(store.read, unit, {
    ...(code !== undefined && { unitCode: code }),
    ...(after !== undefined && { after }),
  });
  const lines = found.map(lineOf);
  return ok({ lines: lines.length > 0 ? lines : ['没有印章。'], json: { seals: found.map(jsonOf) } });
}

async function show({ words }: Input, { store, seals }: AdminContext): Promise<Result<Report>> {
  const found = await seals.show(store.read, null, words['seal'] ?? '');
  return found.ok ? ok({ lines: detail(found.value), json: { seal: jsonOf(found.value) } }) : found;
}

async function uses({ words }: Input, { store, seals }: AdminContext): Promise<Result<Report>> {
  const found = await seals.uses(store.read, OPERATOR, words['seal'] ?? '');
  if (!found.ok) return found;
  const lines = found.value.map(
    ({ at, tail, places, documentSm3, unitId }) =>
      `${beijingDateTime(at)}  证书尾号 ${tail}  ${places} 处  文件 ${documentSm3.slice(0, 16)}…  ${unitId}`,
  );
  const json = { uses: found.value.map(({ at, ...use }) => ({ ...use, at: isoUtc(at) })) };
  return ok({ lines: lines.length > 0 ? lines : ['还没有用印记录。'], json });
}

/** Writes its own journal line. */
async function change(act: StateAct['act'], input: Input, { seals }: AdminContext): Promise<Result<Report>> {
  const reason = input.text('reason') ?? '';
  if (reason === '') return misused('--reason', '原因', '必须填写');
  const done = await seals.setState(OPERATOR, input.words['seal'] ?? '', { act, reason });
  return done.ok ? ok({ lines: [lineOf(done.value)], json: { seal: jsonOf(done.value) } }) : done;
}

const lineOf = (seal: SealFile): string =>
  `${seal.id}  ${STATES[seal.state]}  ${KINDS[seal.kind]}  ${maskName(seal.name)}  ${
    seal.validTo === null ? '无期限' : `至 ${beijingDate(seal.validTo)}`
  }  用印 ${seal.uses} 次  ${seal.unitId}`;

function detail(seal: SealFile): string[] {
  const made = seal.ses === null ? [] : [`  制章：${seal.ses.makerName}（尾号 ${seal.ses.makerTail}）`];
  return [
    lineOf(seal),
    `  尺寸：${seal.width}×${seal.height} 毫米`,
    ...made,
    ...(seal.reason === '' ? [] : [`  原因：${seal.reason}`]),
    ...(seal.fault === null ? [] : [`  ${seal.fault}`]),
    ...seal.powers.map(
      ({ power, tail, withdrawnAt }) =>
        `  ${POWERS[power]}：证书尾号 ${tail === '' ? '未知' : tail}${withdrawnAt === null ? '' : '（已收回）'}`,
    ),
  ];
}

const jsonOf = ({ powers, ses, validFrom, validTo, createdAt, updatedAt, ...seal }: SealFile): JsonObject => ({
  ...{ ...seal, name: maskName(seal.name), ses: ses && { ...ses } },
  validFrom: validFrom === null ? null : isoUtc(validFrom),
  validTo: validTo === null ? null : isoUtc(validTo),
  createdAt: isoUtc(createdAt),
  updatedAt: isoUtc(updatedAt),
  powers: powers.map(({ givenAt, withdrawnAt, ...power }) => ({
    ...power,
    givenAt: isoUtc(givenAt),
    withdrawnAt: withdrawnAt === null ? null : isoUtc(withdrawnAt),
  })),
});

/** The operator's hand on the seal library: he may stop any seal; giving powers is their holders' own affair. */
export const runSealsCommand: AdminCommand = adminFamily('seals', actions);
