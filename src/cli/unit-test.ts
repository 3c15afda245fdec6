import { fromUtf8 } from '#kernel/bytes.ts';
import { refusal } from '#kernel/errors.ts';
import { newId } from '#kernel/ids.ts';
import type { JsonObject } from '#kernel/json.ts';
import { limits } from '#kernel/limits.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { Secret } from '#kernel/secret.ts';
import { callbackUrl, type Platform, type Unit } from '#relying-party/party.ts';
import { deliveryHeaders } from '#wire/feedback.ts';
import { type InterfaceName, interfaces } from '#wire/interfaces.ts';
import { type PeerVerdict, readDecryptAnswer, readPeerAnswer } from '#wire/peer-answer.ts';
import { TEST_PREFIX, type TestParty, testDecrypt, testFeedback, testOnSignature } from '#wire/test-messages.ts';
import type { Input, Report } from './actions.ts';
import type { AdminContext } from './admin.ts';

const DEC_DATA = '联通测试：中文、"引号"、换行\n与 emoji 😀 应原样返回';

/** One message of the test and what came of it. */
interface Finding {
  readonly name: string;
  readonly url: string;
  readonly status: number | null;
  readonly good: boolean;
  readonly says: string;
}

/**
 * `unit test`: calls feedbackResult, decrypt and onSignature of each platform with marked messages (`standBy.hub.test`, taskId
 * `caihub-test-…`), feedbackResult and decrypt once more with a `sign` that must be refused. Nothing is stored, nobody is logged in.
 */
export async function testUnit(input: Input, context: AdminContext): Promise<Result<Report>> {
  const { store, relyingParties } = context;
  const unit = await relyingParties.unit(store.read, input.words['unit'] ?? '');
  if (unit === undefined) return refused(refusal('UNIT_UNKNOWN'));
  const orgcode = input.text('orgcode');
  const platforms = (await relyingParties.platforms(store.read, unit.id)).filter(
    (one) => orgcode === undefined || one.orgcode === orgcode,
  );
  if (platforms.length === 0) return refused(refusal('PLATFORM_UNKNOWN', { orgcode: orgcode ?? '（无）' }));
  const [secret] = await relyingParties.liveSecrets(store.read, unit.id);
  const fileKey = await relyingParties.fileKey(store.read, unit.id);
  if (secret === undefined || fileKey === undefined) return refused(refusal('INTERNAL'));
  const lines: string[] = [];
  const reports: JsonObject[] = [];
  let good = true;
  for (const platform of platforms) {
    const findings = await testPlatform(context, unit, platform, { secret, fileKey });
    good &&= findings.every((finding) => finding.good);
    lines.push(`平台 ${platform.orgcode}  ${platform.name}`, ...findings.flatMap(linesOf));
    reports.push({ orgcode: platform.orgcode, findings: findings.map((finding) => ({ ...finding })) });
  }
  lines.push('', good ? '全部通过。' : '有问题需要处理，见上面的说明。');
  return ok({ lines, json: { unit: unit.id, platforms: reports }, unwell: !good });
}

const linesOf = (finding: Finding): string[] => [
  `  ${finding.good ? '通过' : '不通过'}  ${finding.name}`,
  `        ${finding.url}${finding.status === null ? '' : `  HTTP ${finding.status}`}`,
  `        ${finding.says}`,
];

async function testPlatform(
  context: AdminContext,
  unit: Unit,
  platform: Platform,
  keys: Pick<TestParty, 'secret' | 'fileKey'>,
): Promise<Finding[]> {
  const { gm, clock, random } = context;
  const party: TestParty = { caUnitId: unit.id, orgcode: platform.orgcode, profile: unit.profile, ...keys };
  const task = (): string => TEST_PREFIX + newId('int', random).slice(4);
  const now = clock.now();
  const [decryptTask, forgedTask] = [task(), task()];
  const send = (name: InterfaceName, body: JsonObject) => post(context, platform, name, body, keys.secret);

  const feedback = await send('feedbackResult', testFeedback(gm, party, task(), now));
  const nobody = new Secret(newId('sec', random));
  const forged = await send('feedbackResult', testFeedback(gm, party, task(), now, nobody));
  const decrypt = await send('decrypt', testDecrypt(gm, party, decryptTask, DEC_DATA));
  const forgedDecrypt = await send('decrypt', testDecrypt(gm, { ...party, secret: nobody }, forgedTask, DEC_DATA));
  const signature = await send('onSignature', testOnSignature(gm, party, task(), random));
  return [
    finding('feedbackResult（登录结果）', feedback, (status, body) => spoken(readPeerAnswer(status, body))),
    finding('feedbackResult（故意用错误签名）', forged, (status, body) =>
      spokenForged(readPeerAnswer(status, body), '登录结果'),
    ),
    finding('decrypt（解密结果）', decrypt, (status, body) => {
      const { verdict, echo } = readDecryptAnswer(status, body, { taskId: decryptTask, decData: DEC_DATA });
      const told = spoken(verdict);
      return told.good && echo !== 'same'
        ? { ...told, says: `${told.says}但 data 没有原样返回明文，请检查编码。` }
        : told;
    }),
    finding('decrypt（故意用错误签名）', forgedDecrypt, (status, body) =>
      spokenForged(readDecryptAnswer(status, body, { taskId: forgedTask, decData: DEC_DATA }).verdict, '解密结果'),
    ),
    finding('onSignature（签章文件）', signature, (status, body) => spoken(readPeerAnswer(status, body))),
  ];
}

type Sent =
  | { readonly url: string; readonly status: number; readonly body: string }
  | { readonly url: string; readonly fault: string };
type Spoken = Pick<Finding, 'good' | 'says'>;

async function post(
  context: AdminContext,
  platform: Platform,
  name: InterfaceName,
  message: JsonObject,
  secret: Secret<string>,
): Promise<Sent> {
  const url = callbackUrl(platform, interfaces[name].path);
  const body = JSON.stringify(message);
  const delivery = { id: newId('out', context.random), stateVersion: 0, timestamp: context.clock.now(), body };
  const reply = await context.egress.request({
    method: 'POST',
    url,
    headers: deliveryHeaders(context.gm, secret, delivery),
    body,
    timeoutMs: limits.callbackTimeout,
    maxBytes: limits.replyBody,
    allow: { origins: [new URL(url).origin], privateRanges: platform.privateRanges, plainHttp: 'registered' },
  });
  if (reply.ok) return { url, status: reply.status, body: fromUtf8(reply.body) };
  return { url, fault: FAULTS[reply.reason] };
}

const FAULTS = {
  forbidden: '互认平台不允许连接该地址：请核对回调地址与登记的私网网段。',
  timeout: `${limits.callbackTimeout / 1000} 秒内没有答复：请检查网络、防火墙，以及处理是否过慢。`,
  unreachable: '连接不上：请检查地址、端口、证书，以及服务是否已启动。',
  'too-large': '答复内容过大（上限 64 KB）。',
} as const;

function finding(name: string, sent: Sent, read: (status: number, body: string) => Spoken): Finding {
  if ('fault' in sent) return { name, url: sent.url, status: null, good: false, says: sent.fault };
  return { name, url: sent.url, status: sent.status, ...read(sent.status, sent.body) };
}

function spoken(verdict: PeerVerdict): Spoken {
  if (verdict === 'delivered') return { good: true, says: '已送达，答复成功。' };
  if ('refused' in verdict)
    return { good: false, says: `交易系统拒绝了消息，提示：${verdict.refused || '（无 msg）'}` };
  return { good: false, says: `答复看不懂（${verdict.retry}）：应为 {"code":200,"msg":"成功"} 这样的 JSON。` };
}

function spokenForged(verdict: PeerVerdict, what: string): Spoken {
  if (verdict === 'delivered')
    return { good: false, says: `签名是错的，交易系统却答复成功：请务必校验 sign，否则任何人都能伪造${what}。` };
  if ('refused' in verdict) return { good: true, says: '交易系统正确地拒绝了错误签名。' };
  return { good: true, says: '交易系统没有接受错误签名；建议答复 {"code":401,"msg":"…"}。' };
}
