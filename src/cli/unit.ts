import { beijingDateTime } from '#kernel/clock.ts';
import { refusal } from '#kernel/errors.ts';
import type { JsonObject } from '#kernel/json.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Platform, Unit } from '#relying-party/party.ts';
import type { NewUnit } from '#relying-party/relying-parties.ts';
import { type Action, type AdminCommand, adminFamily, type Input, misused, type Report } from './actions.ts';
import { type AdminContext, recorded } from './admin.ts';
import { platformHelp, platformInput, platformJson, platformLines, platformOptions } from './platform.ts';
import { profileHelp, profileOptions, readProfile } from './unit-profile.ts';
import { secretActions, secretLines } from './unit-secret.ts';
import { testUnit } from './unit-test.ts';

const actions: readonly Action[] = [
  { usage: 'list', says: '列出接入单位', run: listUnits },
  {
    usage: 'add',
    says: '登记接入单位；带 --callback 时同时登记一个平台',
    options: {
      name: { type: 'string' },
      id: { type: 'string' },
      ...profileOptions,
      ...platformOptions,
      orgcode: { type: 'string' },
      'platform-name': { type: 'string' },
    },
    help: {
      '--name NAME': '单位名称（必填，带 --callback 时可省略）',
      '--id ID': '接入单位标识 caUnitId（默认自动生成）',
      ...profileHelp,
      '--orgcode CODE': '随 --callback 登记的平台代码（默认 000001）',
      '--platform-name NAME': '随 --callback 登记的平台名称（默认与单位同名）',
      ...platformHelp,
    },
    run: addUnit,
  },
  { usage: 'show <unit>', says: '查看一个单位、它的平台和密钥状态', run: showUnit },
  {
    usage: 'set <unit>',
    says: '修改名称或对接方式，立即生效',
    options: { name: { type: 'string' }, ...profileOptions },
    help: { '--name NAME': '单位名称', ...profileHelp },
    run: setUnit,
  },
  { usage: 'suspend <unit>', says: '停用，立即生效', run: (input, context) => setStatus(input, context, 'suspended') },
  { usage: 'resume <unit>', says: '恢复使用', run: (input, context) => setStatus(input, context, 'active') },
  ...secretActions,
  {
    usage: 'test <unit>',
    says: '向平台的三个回调地址各发一条带标记的测试消息，并用白话说明结果',
    options: { orgcode: { type: 'string' } },
    help: { '--orgcode CODE': '只测试这个平台（默认全部）' },
    run: testUnit,
  },
];

async function listUnits(_: Input, { store, relyingParties }: AdminContext): Promise<Result<Report>> {
  const units = await relyingParties.units(store.read);
  const lines = units.map(
    (unit) => `${unit.id}  ${statusZh(unit.status)}  ${unit.name}${unit.profile.sandbox ? '（沙箱）' : ''}`,
  );
  return ok({
    lines: lines.length > 0 ? lines : ['还没有接入单位。用 unit add --name 名称 登记第一个。'],
    json: { units: units.map(unitJson) },
  });
}

async function addUnit(input: Input, context: AdminContext): Promise<Result<Report>> {
  const callback = input.text('callback');
  const name = input.text('name') ?? (callback === undefined ? undefined : '我的交易系统');
  if (name === undefined) return misused('--name', '接入单位名称', '请填写单位名称');
  const profile = readProfile(input, { sandbox: context.mode === 'development' }, context);
  if (!profile.ok) return profile;
  const id = input.text('id');
  const added = await recorded<AddedUnit>(
    context,
    ({ unit }) => ({ kind: 'admin.unit-added', unitId: unit.id }),
    async (tx) => {
      const unit = await context.relyingParties.addUnit(tx, {
        ...(id !== undefined && { id }),
        name,
        profile: profile.value,
      });
      if (!unit.ok || callback === undefined) return unit.ok ? ok({ ...unit.value, platform: null }) : unit;
      const details = platformInput(input);
      if (!details.ok) return details;
      const platform = await context.relyingParties.addPlatform(tx, {
        ...details.value,
        callbackBase: callback,
        unitId: unit.value.unit.id,
        orgcode: input.text('orgcode') ?? '000001',
        name: input.text('platform-name') ?? name,
      });
      return platform.ok ? ok({ ...unit.value, platform: platform.value }) : platform;
    },
  );
  if (!added.ok) return added;
  const { unit, secret, fileKey, platform } = added.value;
  const json = { unit: unitJson(unit), secret: secret.reveal(), fileKey: fileKey.reveal() };
  return ok({
    lines: [
      `已登记接入单位 ${unit.name}`,
      `  接入单位标识 caUnitId   ${unit.id}`,
      ...secretLines(secret),
      `  附件密钥 fileKey        ${fileKey.reveal()}`,
      '  以上密钥只显示这一次，请立即妥善保存。',
      ...(platform === null ? [] : ['', ...platformLines(platform)]),
      '',
      ...nextSteps(unit, platform, context),
    ],
    json: platform === null ? json : { ...json, platform: platformJson(platform) },
  });
}

async function showUnit({ words }: Input, { store, relyingParties }: AdminContext): Promise<Result<Report>> {
  const unit = await relyingParties.unit(store.read, words['unit'] ?? '');
  if (unit === undefined) return refused(refusal('UNIT_UNKNOWN'));
  const platforms = await relyingParties.platforms(store.read, unit.id);
  const secrets = await relyingParties.secrets(store.read, unit.id);
  const profile = Object.entries(unit.profile).map(([key, value]) => `${key}=${value}`);
  return ok({
    lines: [
      `${unit.id}  ${unit.name}  ${statusZh(unit.status)}`,
      `  对接方式  ${profile.join('  ')}`,
      ...secrets.map(
        (secret) =>
          `  密钥 ${secret.id}  ${secret.status === 'live' ? '有效' : '已停用'}  ${beijingDateTime(secret.createdAt)}`,
      ),
      ...platforms.flatMap((platform) => ['', ...platformLines(platform)]),
    ],
    json: {
      unit: unitJson(unit),
      secrets: secrets.map((secret) => ({ ...secret })),
      platforms: platforms.map(platformJson),
    },
  });
}

async function setUnit(input: Input, context: AdminContext): Promise<Result<Report>> {
  const id = input.words['unit'] ?? '';
  const profile = readProfile(input, {}, context);
  if (!profile.ok) return profile;
  const name = input.text('name');
  const changed = await recorded(
    context,
    () => ({ kind: 'admin.unit-changed', unitId: id }),
    (tx) => context.relyingParties.setUnit(tx, id, { ...(name !== undefined && { name }), profile: profile.value }),
  );
  return changed.ok
    ? ok({ lines: [`已修改 ${changed.value.id}，下一次请求起生效。`], json: { unit: unitJson(changed.value) } })
    : changed;
}

async function setStatus({ words }: Input, context: AdminContext, status: Unit['status']): Promise<Result<Report>> {
  const id = words['unit'] ?? '';
  const kind = status === 'active' ? 'admin.unit-resumed' : 'admin.unit-suspended';
  const changed = await recorded(
    context,
    () => ({ kind, unitId: id }),
    (tx) => context.relyingParties.setUnitStatus(tx, id, status),
  );
  if (!changed.ok) return changed;
  const line = status === 'active' ? `${id} 已恢复使用。` : `${id} 已停用，下一次请求起生效。`;
  return ok({ lines: [line], json: { unit: unitJson(changed.value) } });
}

export const statusZh = (status: 'active' | 'suspended'): string => (status === 'active' ? '使用中' : '已停用');
const unitJson = (unit: Unit): JsonObject => ({ ...unit, profile: { ...unit.profile } });

function nextSteps(unit: Unit, platform: Platform | null, { publicUrl }: AdminContext): string[] {
  if (platform === null) return [`下一步：platform add ${unit.id} 平台代码 --name 平台名称 --callback 回调地址`];
  return [
    '下一步：',
    `  1 按 ${publicUrl}/docs#sign 的示例计算签名，向 ${publicUrl}/api/ca/startCheck 发起登录`,
    `  2 接收 ${platform.callbackBase}/api/ca/feedbackResult，校验签名后答复 {"code":200,"msg":"成功"}`,
    `  3 运行 unit test ${unit.id}，检查回调是否畅通`,
  ];
}

type AddedUnit = NewUnit & { readonly platform: Platform | null };

/** Connecting units and their secrets. */
export const runUnitCommand: AdminCommand = adminFamily('unit', actions);
