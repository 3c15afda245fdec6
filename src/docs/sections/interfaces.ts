import { html } from 'hono/html';
import { Secret } from '#kernel/secret.ts';
import { decryptBody } from '#wire/decrypt.ts';
import { feedbackBody } from '#wire/feedback.ts';
import {
  type InterfaceName,
  interfaces,
  offlineSigning,
  type PrintedField,
  type PrintedInterface,
} from '#wire/interfaces.ts';
import { signedMessage } from '#wire/message.ts';
import { type DocsContext, EXAMPLE, json, listing, type Markup, name, type Section, table } from '../parts.ts';

const entries = Object.entries(interfaces) as [InterfaceName, PrintedInterface][];

/** What the printed table leaves open, said for each interface. */
const remarks: Partial<Record<InterfaceName, readonly string[]>> = {
  userSynchro: [
    '证书接受 PEM、Base64（可换行）、十六进制；序列号接受十六进制（大小写、冒号、空格、前导零均可）或十进制，须与证书一致。',
    'certEndTime 接受 yyyy-MM-dd、yyyy-MM-dd HH:mm:ss、yyyy/MM/dd、yyyyMMdd[HHmmss]、ISO 8601、毫秒时间戳；北京时间，只有日期时按 23:59:59。以证书为准，晚于证书到期 24 小时以上会被拒绝。',
    '签名证书与加密证书须属于同一主体、同一 CA 机构；两张证书相同时，必须同时具有两种用途。',
    'signature 是电子印章或印章图片的 Base64，个人证书没有印章时提交空字符串。',
    '同样的内容重复提交，结果相同。过期或已吊销的证书会按其状态登记，并在 data.warnings 中说明。',
    '各单位填写的姓名、法人等信息分别保存；只有与证书记载矛盾的内容才会被拒绝。',
    '答复的 data：status（active 有效、expired 已过期、revoked 已吊销）、created（是否新登记）、warnings（提示列表）、warning（同样内容的一句话）。',
  ],
  changeCert: [
    'paType：0 延期、1 变更、2 注销，字符串或整数均可。提交的是新证书；注销时提交要注销的证书。',
    '延期、变更时，旧证书停止登录，其加密证书保留，用于解密此前加密的文件。不能确定替换哪一张时，旧证书保持有效，并在 data.warnings 中说明。',
    '要注销的证书不存在时，答复会列出该主体名下证书的尾号。',
  ],
  startCheck: [
    'taskId 为 1 至 128 个可见字符，不含“&”“=”；在本单位的登录任务中唯一。同一请求重复发起得到新地址；内容不同答复 409；失败、超时、取消之后可以用同一 taskId 再次发起。',
    '登录有效 10 分钟。Loginurl 只能在一个浏览器中使用，且不含 taskId 和身份信息。',
    'standBy 可以携带扩展参数，见“扩展参数 standBy.hub”。',
  ],
  feedbackResult: [
    '规范把 signCertSn 印了两次，JSON 中只出现一次。',
    '证书为单行 Base64（DER），序列号为大写十六进制。身份信息以证书为准，证书没有记载的取发起单位登记的内容。',
    '成功：HTTP 2xx 且 code 为 200（数字或字符串）。其他 code 为拒绝，不再推送。看不懂的答复、超时、连接失败会重试，直到登录到期。',
    '同一结果可能因重试到达多次，按 taskId 与 stateVersion 只处理一次。',
  ],
  encrypt: [
    '规范没有 caUnitId：请在请求头 X-Ca-Unit-Id 中填写接入单位标识。不填时，枢纽用各单位的密钥逐一核对 sign；请求超过 64 KB 时必须填写（本单位用过的 taskId 或同步过的主体除外）。',
    'decData 是任意文本，可以是空字符串，上限 1 MB（UTF-8）。更大的内容请先用 SM4 加密，本接口只加密 SM4 密钥；投标文件和保函请密封，见“开标”。',
    '按 encCertSn、unitCode、idNumber 找到加密证书，三者须是同一主体；该主体由哪个单位同步都可以。序列号的写法与 userSynchro 相同。',
    'encdata 是 Base64（GB/T 35275 数字信封），对您不透明，请逐字保存。同样的请求再次提交得到新的密文，两份都能解密；同一 taskId 内容不同答复 409。',
    '成功的答复在 encdata、taskId 之后多 code、msg；单位设置 answers exact 时没有。失败的答复是 code、msg、errData 和 taskId，没有 encdata。',
    'standBy.hub 可以写明更多收件人 recipients、文件名称 fileName，或开标 openingId 与标段 lot（得到密封文件），见“扩展参数 standBy.hub”。',
  ],
  startdecrypt: [
    '没有证书参数：枢纽按密文自己认出需要哪张加密证书，用户插错 UKey 时，解密页说明需要的是哪一张。',
    'encData 是 encrypt 返回的 encdata，也接受其他国密客户端生成的数字信封；开标的密封文件提交 encData（密封文件的引用）。未到开标时间答复 451。',
    'taskId 的规则与 startCheck 相同。同一证书的几个任务，用户可以在一个页面里一并解密。',
  ],
  decrypt: [
    '明文在 decData，与加密时逐字相同；encCert、encCertSn 是打开它的加密证书，无法得知时为空字符串；standBy 是 startdecrypt 时您提交的原文。',
    '不是文本的内容多一个参数 decDataEncoding：base64 表示 decData 是 Base64；file 表示 decData 是 JSON {"capsuleId","sm3","size","url"}，请在 1 小时内用 GET 下载 url（只能用一次），并核对 SM3。单位设置 no-capsule-files 时不推送 file。',
    '成功：HTTP 2xx，答复 {"data":"明文","taskId":"…"}，带不带 code 均可。data 只用于比对，不同或缺少时仍算送达并记录在案；单位设置 echo strict 时再推送一次。',
    'code 不是 200 为拒绝，msg 显示给用户。看不懂的答复、超时、连接失败会重试，直到解密任务到期。',
  ],
  startSignature: [
    'attFile 是用附件密钥以 SM4 加密的 PDF 的 Base64，形式与样例见“文件 attFile”；可以换行，可以转义，参数的先后不限。文件不超过 50 MB。',
    '没有证书或用户参数：页面上谁用自己的证书证明身份，就由谁签章；要限定单位时提交 standBy.hub.unitCode。',
    'taskId 的规则与 startCheck 相同，文件的指纹也是内容的一部分。签章任务有效 60 分钟。',
    '成功的答复在 taskId、signurl 之后多 code、msg；单位设置 answers exact 时没有。失败的答复是 code、msg、errData 和 taskId，没有 signurl。',
    '用户取消或超时不推送任何消息；没有签章的文件在任务结束时删除，签章后的文件在推送成功后保留 72 小时。',
  ],
  onSignature: [
    'attFile 的形式与发起时相同（单位设置 signed-file 可以改变），每次推送换一个 IV；standBy 是 startSignature 时您提交的原文。',
    '成功：HTTP 2xx 且 code 为 200（数字或字符串）。code 不是 200 的答复连续四次后停止，由管理员处理后重发。',
    '没有答复、看不懂的答复、5xx 会重试 72 小时；请求体最大约 67 MB，等待答复最多 2 分钟。同一结果可能到达多次，按 taskId 只处理一次。',
  ],
  startiframesign: [
    'taskId 的规则与 startCheck 相同，与 startSignature 的任务互不影响；不能与不带 standBy 的 startCheck 使用同一个 taskId（签名原文相同，答复 SIGN_OTHER_PATH）。',
    '页面由用户打开本地文件、签章、下载；默认不推送文件，见“本地文件签章”。',
    'signurl 可以放进 iframe：嵌入方的域名须是登记过的首页、返回地址、回调地址或嵌入来源。',
  ],
};

const callerOf = (entry: PrintedInterface): string =>
  entry.caller === 'hub' ? '互认枢纽 → 交易系统' : '交易系统 → 互认枢纽';

const fieldTable = (fields: readonly PrintedField[]): Markup =>
  table(
    ['字段名称', '字段内容', '字段类型', '是否必须'],
    fields.map((field) => [name(field.name), field.zh, field.type, field.required ? '是' : '否']),
  );

export const interfacesSection: Section = {
  id: 'interfaces',
  title: '接口',
  parts: [
    ...entries.map(([id, entry]) => ({ id, title: `${entry.no} ${entry.title}` })),
    { id: 'offline', title: `${offlineSigning.no} ${offlineSigning.title}` },
  ],
  render: (
    context,
  ) => html`<p>全部为 POST，JSON，UTF-8（带不带 BOM 均可，Content-Type 不限），请求内容不超过 8 MB（startSignature 为 96 MB）。有 ${name('code')} 的答复 HTTP 状态一律为 200，只有 413、429、5xx 例外。“必须”的参数不能缺少，也不能为空字符串（${name('signature')}、${name('decData')} 除外）。下列表格与规范原文逐字一致。</p>
${entries.map(([id, entry]) => renderInterface(id, entry, context))}
<section class="api" id="offline"><h3>${offlineSigning.no} ${offlineSigning.title}<span class="tag is-mute">不经过枢纽</span></h3><p>${offlineSigning.summary}</p></section>`,
};

function renderInterface(id: InterfaceName, entry: PrintedInterface, context: DocsContext): Markup {
  const offered = entry.offered
    ? html`<span class="tag is-ok">已开放</span>`
    : html`<span class="tag is-mute">后续版本</span>`;
  const path = entry.caller === 'hub' ? `{回调地址}${entry.path}` : `${context.publicUrl}${entry.path}`;
  return html`<section class="api" id="${id}"><h3>${entry.no} ${entry.title}${offered}</h3>
<p class="api__line"><span class="tag is-info">${callerOf(entry)}</span><code>POST ${path}</code></p>
<p>${entry.summary}</p>
<h4>请求参数</h4>${fieldTable(entry.request)}
<h4>响应参数</h4>${fieldTable(entry.response)}
${remarks[id] === undefined ? '' : html`<h4>说明</h4><ul>${remarks[id].map((remark) => html`<li>${remark}</li>`)}</ul>`}
${id === 'feedbackResult' ? feedbackExample(context) : ''}${id === 'decrypt' ? decryptExample(context) : ''}${id === 'onSignature' ? onSignatureExample(context) : ''}
</section>`;
}

function feedbackExample({ gm }: DocsContext): Markup {
  const profile = { sign: 'hmac-sm3', allMembers: false } as const;
  const result = {
    orgcode: EXAMPLE.orgcode,
    caUnitId: EXAMPLE.caUnitId,
    taskId: EXAMPLE.taskId,
    signCertSn: '5A0F91A4',
    idNumber: '210102190001010014',
    signCert: 'MIIC…',
    encCert: 'MIIC…',
    encCertSn: '5A0F91A5',
    unitName: '辽宁示例建设有限公司',
    unitCode: '91210100MA0XXXXX0W',
  };
  const hub = {
    ticketSm3: '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0',
    ticketExpires: '2026-03-18T01:31:00.000Z',
    stateVersion: 4,
    userName: '张三',
    certEndTime: '2026-10-17 23:59:59',
    caVendor: '北辰数字认证',
  };
  const body = feedbackBody(gm, profile, new Secret(EXAMPLE.secret), result, hub, '您在 startCheck 中提交的内容');
  return listing('消息示例（密钥 0123456789abcdef；证书内容从略，签名按所示文字计算）', json(body));
}

function decryptExample({ gm }: DocsContext): Markup {
  const profile = { sign: 'hmac-sm3', allMembers: false } as const;
  const body = decryptBody(gm, profile, new Secret(EXAMPLE.secret), {
    taskId: EXAMPLE.taskId,
    decData: '保函密钥 6F1C…',
    encoding: 'text',
    encCert: 'MIIC…',
    encCertSn: '5A0F91A5',
    standBy: '您在 startdecrypt 中提交的内容',
  });
  return listing('消息示例（密钥 0123456789abcdef；证书内容从略，签名按所示文字计算）', json(body));
}

function onSignatureExample({ gm }: DocsContext): Markup {
  const profile = { sign: 'hmac-sm3', allMembers: false } as const;
  const values = {
    caUnitId: EXAMPLE.caUnitId,
    taskId: EXAMPLE.taskId,
    orgcode: EXAMPLE.orgcode,
    attFile: 'AAECAwQF…',
    standBy: '您在 startSignature 中提交的内容',
  };
  const body = signedMessage(gm, profile, new Secret(EXAMPLE.secret), 'onSignature', values);
  return listing('消息示例（密钥 0123456789abcdef；文件内容从略，签名按所示文字计算）', json(body));
}
