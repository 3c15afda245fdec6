import type { JsonObject } from '#kernel/json.ts';
import { ok, type Result } from '#kernel/result.ts';
import type { Platform } from '#relying-party/party.ts';
import type { PlatformInput } from '#relying-party/platform-input.ts';
import type { PlatformChange } from '#relying-party/relying-parties.ts';
import { type Action, type AdminCommand, adminFamily, type Input, misused, type Report } from './actions.ts';
import { type AdminContext, recorded } from './admin.ts';

export const platformOptions = {
  callback: { type: 'string' },
  return: { type: 'string', multiple: true },
  home: { type: 'string' },
  'public-url': { type: 'string' },
  origin: { type: 'string', multiple: true },
  'callback-path': { type: 'string', multiple: true },
  'private-range': { type: 'string', multiple: true },
} as const;

export const platformHelp = {
  '--callback URL': '回调地址，其后接 /api/ca/feedbackResult 等路径；http://localhost 只在开发模式可用',
  '--return URL': '登录后浏览器返回的地址，可多次，第一个为默认',
  '--home URL': '平台首页（默认为回调地址的域名）',
  '--public-url URL': '本平台的用户访问互认平台所用的地址（默认为互认平台自己的地址）',
  '--origin URL': '允许嵌入签章页面的来源，可多次',
  '--callback-path NAME=URL': '单独指定一个回调的完整地址，NAME 为 feedbackResult、decrypt、onSignature',
  '--private-range CIDR': '回调经专线到达的私网网段，可多次',
};

const CLEARABLE = ['return', 'origin', 'callback-path', 'private-range', 'public-url'] as const;

const actions: readonly Action[] = [
  { usage: 'list <unit>', says: '列出一个单位的平台', run: list },
  {
    usage: 'add <unit> <orgcode>',
    says: '登记平台',
    options: { name: { type: 'string' }, ...platformOptions },
    help: { '--name NAME': '平台名称，显示给登录的用户（必填）', ...platformHelp },
    run: add,
  },
  {
    usage: 'set <unit> <orgcode>',
    says: '修改平台，立即生效；列表类选项整体替换',
    options: { name: { type: 'string' }, clear: { type: 'string', multiple: true }, ...platformOptions },
    help: { '--name NAME': '平台名称', ...platformHelp, '--clear OPTION': `清空一项：${CLEARABLE.join('、')}` },
    run: set,
  },
  {
    usage: 'suspend <unit> <orgcode>',
    says: '停用，立即生效',
    run: (input, context) => status(input, context, 'suspended'),
  },
  { usage: 'resume <unit> <orgcode>', says: '恢复使用', run: (input, context) => status(input, context, 'active') },
];

async function list({ words }: Input, { store, relyingParties }: AdminContext): Promise<Result<Report>> {
  const platforms = await relyingParties.platforms(store.read, words['unit'] ?? '');
  const lines = platforms.flatMap((platform, i) => [...(i > 0 ? [''] : []), ...platformLines(platform)]);
  return ok({ lines: lines.length > 0 ? lines : ['还没有平台。'], json: { platforms: platforms.map(platformJson) } });
}

async function add(input: Input, context: AdminContext): Promise<Result<Report>> {
  const { unit: unitId = '', orgcode = '' } = input.words;
  const callbackBase = input.text('callback');
  const name = input.text('name');
  if (name === undefined) return misused('--name', '平台名称', '请填写平台名称');
  if (callbackBase === undefined) return misused('--callback', '回调地址', '请填写回调地址');
  const details = platformInput(input);
  if (!details.ok) return details;
  const added = await recorded(
    context,
    () => ({ kind: 'admin.platform-added', unitId, body: { orgcode } }),
    (tx) => context.relyingParties.addPlatform(tx, { ...details.value, unitId, orgcode, name, callbackBase }),
  );
  if (!added.ok) return added;
  return ok({ lines: ['已登记平台', ...platformLines(added.value)], json: { platform: platformJson(added.value) } });
}

async function set(input: Input, context: AdminContext): Promise<Result<Report>> {
  const details = platformInput(input);
  if (!details.ok) return details;
  const cleared = clearedBy(input);
  if (!cleared.ok) return cleared;
  const name = input.text('name');
  const callbackBase = input.text('callback');
  return change(input, context, 'admin.platform-changed', {
    ...cleared.value,
    ...details.value,
    ...(name !== undefined && { name }),
    ...(callbackBase !== undefined && { callbackBase }),
  });
}

const status = (input: Input, context: AdminContext, to: Platform['status']): Promise<Result<Report>> =>
  change(input, context, to === 'active' ? 'admin.platform-resumed' : 'admin.platform-suspended', { status: to });

async function change(
  { words }: Input,
  context: AdminContext,
  kind: string,
  to: PlatformChange,
): Promise<Result<Report>> {
  const { unit: unitId = '', orgcode = '' } = words;
  const changed = await recorded(
    context,
    () => ({ kind, unitId, body: { orgcode, members: Object.keys(to) } }),
    (tx) => context.relyingParties.setPlatform(tx, unitId, orgcode, to),
  );
  if (!changed.ok) return changed;
  const lines = ['已修改，下一次请求起生效。', ...platformLines(changed.value)];
  return ok({ lines, json: { platform: platformJson(changed.value) } });
}

type Details = Omit<PlatformInput, 'unitId' | 'orgcode' | 'name' | 'callbackBase'>;

/** What the options say, members not given left out. */
export function platformInput(input: Input): Result<Details> {
  const callbackPaths: Record<string, string> = {};
  for (const pair of input.list('callback-path') ?? []) {
    const at = pair.indexOf('=');
    if (at < 1) return misused('--callback-path', '回调路径', '应写成 名称=完整地址');
    callbackPaths[pair.slice(0, at)] = pair.slice(at + 1);
  }
  const returnUrls = input.list('return');
  const origins = input.list('origin');
  const privateRanges = input.list('private-range');
  const homeUrl = input.text('home');
  const publicUrl = input.text('public-url');
  return ok({
    ...(Object.keys(callbackPaths).length > 0 && { callbackPaths }),
    ...(returnUrls !== undefined && { returnUrls }),
    ...(origins !== undefined && { origins }),
    ...(privateRanges !== undefined && { privateRanges }),
    ...(homeUrl !== undefined && { homeUrl }),
    ...(publicUrl !== undefined && { publicUrl }),
  });
}

function clearedBy(input: Input): Result<PlatformChange> {
  const nothing: Record<(typeof CLEARABLE)[number], PlatformChange> = {
    return: { returnUrls: [] },
    origin: { origins: [] },
    'callback-path': { callbackPaths: {} },
    'private-range': { privateRanges: [] },
    'public-url': { publicUrl: null },
  };
  let cleared: PlatformChange = {};
  for (const name of input.list('clear') ?? []) {
    const known = CLEARABLE.find((one) => one === name);
    if (known === undefined) return misused('--clear', '选项', `可清空：${CLEARABLE.join('、')}`);
    cleared = { ...cleared, ...nothing[known] };
  }
  return ok(cleared);
}

export const platformJson = (platform: Platform): JsonObject => ({ ...platform }) as JsonObject;

export function platformLines(platform: Platform): string[] {
  const many = (values: readonly string[]): string => (values.length > 0 ? values.join('  ') : '（无）');
  const paths = Object.entries(platform.callbackPaths).map(([name, url]) => `${name}=${url}`);
  return [
    `平台 ${platform.orgcode}  ${platform.name}  ${platform.status === 'active' ? '使用中' : '已停用'}`,
    `  回调地址      ${platform.callbackBase}`,
    ...(paths.length > 0 ? [`  单独的回调    ${many(paths)}`] : []),
    `  返回地址      ${many(platform.returnUrls)}`,
    `  平台首页      ${platform.homeUrl}`,
    ...(platform.publicUrl === null ? [] : [`  互认页面地址  ${platform.publicUrl}`]),
    ...(platform.origins.length > 0 ? [`  嵌入来源      ${many(platform.origins)}`] : []),
    ...(platform.privateRanges.length > 0 ? [`  私网网段      ${many(platform.privateRanges)}`] : []),
  ];
}

/** Platforms of a unit: callbacks, return URLs, origins. */
export const runPlatformCommand: AdminCommand = adminFamily('platform', actions);
