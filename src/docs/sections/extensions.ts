import { html } from 'hono/html';
import type { Gm } from '#crypto/gm.ts';
import { hex, utf8 } from '#kernel/bytes.ts';
import { Secret } from '#kernel/secret.ts';
import {
  QUERY_WINDOW_MS,
  TASK_PATH,
  TICKET_PATH,
  taskQueryFields,
  taskStates,
  ticketFields,
} from '#wire/extensions.ts';
import { HEADER_WINDOW_MS, headerText, proofHeaders, type SignedRequest, signHeaders } from '#wire/header-sign.ts';
import { type DocsContext, EXAMPLE, json, listing, type Markup, name, note, type Section, table } from '../parts.ts';

export const extensions: Section = {
  id: 'extensions',
  title: '扩展',
  parts: [
    { id: 'standby', title: '扩展参数 standBy.hub' },
    { id: 'feedback-standby', title: '推送中的 standBy' },
    { id: 'headers', title: '推送的请求头' },
    { id: 'header-sign', title: '请求头签名' },
    { id: 'task-query', title: '查询任务' },
    { id: 'ticket-redeem', title: '兑换凭据' },
    { id: 'document-validate', title: '验证已签署的文件' },
    { id: 'offline-sign', title: '离线签署' },
  ],
  render: renderExtensions,
};

/** A request whose string and signature the page shows. */
const headerExample = (gm: Gm): SignedRequest => ({
  method: 'POST',
  target: '/api/ca/ext/openings',
  timestamp: '1773797400000',
  nonce: 'f3b1c2d4e5a69788',
  bodySm3: hex(gm.sm3(utf8('{}'))),
});

function renderExtensions({ gm, publicUrl }: DocsContext): Markup {
  return html`<p>扩展都放在规范允许的位置，不用它们，按规范原文也能完整对接。</p>
<h3 id="standby">扩展参数 standBy.hub</h3>
<p>${name('standBy')} 是您的备用参数，枢纽加密保存、原样带回。只有当它是一个 JSON 对象，并且含有 ${name('hub')} 时，枢纽才读取 ${name('hub')} 里的内容：</p>
${table(
  ['名称', '接口', '内容'],
  [
    [name('hub.timestamp'), '1、2、3、5、6、8', '毫秒或秒时间戳，或带时区的 ISO 8601 时间；单位要求防重放时必填'],
    [name('hub.nonce'), '1、2、3、5、6、8', '8 至 128 个可见字符，每次不同；单位要求防重放时必填'],
    [name('hub.returnUrl'), '3、6、8', '返回的地址，须与登记的某个返回地址逐字相同；不提交时用登记的第一个'],
    [name('hub.fileName'), '5、6、8', '文件名称，解密页、签章页上这样称呼它'],
    [
      name('hub.recipients'),
      '5',
      '同一密文的其他收件人，至多 20 个 {"idNumber","unitCode","encCertSn"}，其中任何一位都能打开',
    ],
    [name('hub.openingId'), '5', '开标标识：encdata 是整个密封文件，到开标时间才能打开；不能与 recipients 同时提交'],
    [name('hub.lot'), '5', '标段编号，与 openingId 一起提交'],
    [
      name('hub.keyword、page、x、y、unitCode'),
      '8',
      html`印章放在哪里、由哪个单位签章，见<a href="#signing-start">发起与指定位置</a>`,
    ],
  ],
)}
${listing('startCheck 的 standBy（JSON 文本）', JSON.stringify({ mine: '任意内容', hub: { returnUrl: 'https://trade.example/login/return' } }))}
<p>每个接口只接受自己的名称，${name('hub')} 里出现其他名称会被拒绝，以免拼写错误被悄悄忽略。</p>

<h3 id="feedback-standby">推送中的 standBy</h3>
<p>${name('feedbackResult')} 在规范列出的参数之后多一个字符串参数 ${name('standBy')}，内容是 JSON：${name('{"hub":{…},"standBy":"您提交的原文"}')}，您没有提交时没有里面的 ${name('standBy')}。只认规范的系统可以忽略它。</p>
${table(
  ['名称', '内容'],
  [
    [name('hub.ticketSm3'), '浏览器将带回的 ticket（ASCII）的 SM3，小写十六进制'],
    [name('hub.ticketExpires'), 'ticket 失效的时间（UTC）'],
    [name('hub.stateVersion'), '任务状态的版本号，只增不减；较小的晚到时忽略'],
    [name('hub.userName'), '用户名称'],
    [name('hub.certEndTime'), '签名证书到期时间，北京时间'],
    [name('hub.caVendor'), 'CA 机构名称'],
    [name('hub.test'), '仅测试消息为 true：校验签名并答复成功，不登录任何人'],
  ],
)}

<h3 id="headers">推送的请求头</h3>
<p>${name('sign')} 只覆盖规范列出的参数。要让 ${name('standBy')} 也不可篡改，请校验请求头：</p>
${table(
  ['请求头', '内容'],
  [
    [name('X-Ca-Delivery'), '本条消息的编号，重试时不变'],
    [name('X-Ca-State-Version'), '同 hub.stateVersion'],
    [name('X-Ca-Timestamp'), '本次发送的毫秒时间戳'],
    [name('X-Ca-Signature'), 'HMAC-SM3(密钥, 编号 + "." + 版本 + "." + 时间戳 + "." + 请求体原文)，小写十六进制'],
  ],
)}

<h3 id="header-sign">请求头签名</h3>
<p>开标接口（${name('/api/ca/ext/openings…')}）不在内容里签名，而是用请求头证明整个请求：</p>
${table(
  ['请求头', '内容'],
  [
    [name(proofHeaders.unit), '接入单位标识'],
    [name(proofHeaders.timestamp), `毫秒时间戳，与枢纽相差不超过 ${HEADER_WINDOW_MS / 60_000} 分钟`],
    [name(proofHeaders.nonce), '8 至 128 个可见字符，每个请求不同；用过的再次出现答复 REQUEST_REPLAYED'],
    [name(proofHeaders.contentSm3), '只在上传文件时：文件内容的 SM3，64 位小写十六进制'],
    [name(proofHeaders.sign), 'HMAC-SM3(密钥, 签名原文)，64 位小写十六进制'],
  ],
)}
<p>签名原文是五行，用换行（LF）连接，末尾没有换行：请求方式、路径与查询（与发出的完全一样）、时间戳、随机串、内容的 SM3（没有内容时是空内容的 SM3；上传文件时是 ${name(proofHeaders.contentSm3)} 的值）。</p>
${listing('签名原文（密钥 0123456789abcdef）', headerText(headerExample(gm)))}
${listing(`${proofHeaders.sign}`, signHeaders(gm, new Secret(EXAMPLE.secret), headerExample(gm)))}

<h3 id="task-query">查询任务</h3>
${listing('请求', `GET ${publicUrl}${TASK_PATH}${EXAMPLE.taskId}\nX-Ca-Unit-Id: ${EXAMPLE.caUnitId}\nX-Ca-Timestamp: 1773797400000\nX-Ca-Sign: …`)}
<p>不同接口可以使用同一个 taskId：查询解密、签章任务时在地址后加 ${name('?interface=startdecrypt')}（或 startSignature、startiframesign），并把 interface 也放进签名。签名方法与接口相同，参与签名的是 ${taskQueryFields.filter((field) => field.name !== 'sign').map((field, i) => html`${i > 0 ? '、' : ''}${name(field.name)}`)}；时间相差不超过 ${QUERY_WINDOW_MS / 60_000} 分钟。</p>
${table(
  ['名称', '位置', '内容'],
  taskQueryFields.map((field) => [
    name(field.name),
    field.header === null ? '地址' : `请求头 ${field.header}`,
    field.zh,
  ]),
)}
<p>答复的 ${name('data.state')}：</p>
${table(
  ['state', '含义'],
  Object.entries(taskStates).map(([state, meaning]) => [name(state), meaning]),
)}
<p>查询只告诉您任务的状态，从不包含用户身份。别的单位的任务与不存在的任务，答复相同。这个地址和下一个使用真实的 HTTP 状态码。</p>

<h3 id="ticket-redeem">兑换凭据</h3>
<p>不想自己比较 SM3 的系统，可以把浏览器带回的 ${name('ticket')} 交给枢纽核对，只能兑换一次：</p>
${listing(`POST ${publicUrl}${TICKET_PATH}`, json({ caUnitId: EXAMPLE.caUnitId, taskId: EXAMPLE.taskId, ticket: '…', sign: '…' }))}
${table(
  ['名称', '内容'],
  ticketFields.map((field) => [name(field.name), field.zh]),
)}
${note('info', '幂等', html`<p>网络中断后重新提交同一请求总是安全的：${name('userSynchro')}、${name('changeCert')} 按内容、${name('startCheck')} 按 ${name('taskId')} 识别重复。</p>`)}

<h3 id="document-validate">验证已签署的文件</h3>
<p>离线签章（规范第 11 项）由各机构的工具完成，文件随后交到交易系统。把它原样提交给 ${name('POST /api/ca/ext/documents/validate')}（请求体为 PDF 或 OFD，不超过 50 MB；按上文的请求头签名，另带 ${name('X-Ca-Content-Sm3')}），就能知道其中每个签名的情况。文件只在判断时经过枢纽，不留存。</p>
${table(
  ['层次', '内容'],
  [
    [
      name('verdict'),
      'valid、valid-changed、invalid、indeterminate、unsigned；msg 是对应的一句话：签名有效 / 签名有效，但签署后文件有改动 / 签名无效 / 无法判定',
    ],
    [
      name('signatures[].checks'),
      '逐项结论与依据：签名范围、内容、签名值、证书链、有效期、吊销、算法、时间戳、印章、认证级别',
    ],
    [name('signatures[].changes'), '签署之后的每一处改动，指明页码与位置（area，毫米，从页面左上角起）'],
    [name('format'), 'pdf 或 ofd，按文件开头的字节判断'],
    [name('signatures[].places'), '签名域或签章显示的位置：页码（从 0 起）与毫米'],
    [name('notes'), '文件含有的表单、脚本、图层、附件、认证签名；OFD 还有多份文档、多个版本'],
    [name('signatures[].diagnostic'), '供技术人员查看的原始参数'],
  ],
)}
<p>支持国密与 RSA 的 CMS 签名（GB/T 35275 与 RFC 5652 两种写法）、GB/T 38540 电子签章以及文档时间戳。OFD（GB/T 33190）支持电子签章（Type 为 Seal）与数字签名（Type 为 Sign）。任何一项不成立即为无效；缺少吊销信息或签发机构未接入时为无法判定，不做猜测。</p>
${table(
  ['OFD 的判断', '结论'],
  [
    ['受保护列表（References）中的文件与签署时不一致或不存在，签名描述文件、签名值、印章文件不符', '签名无效'],
    ['摘要算法为 MD5、SHA-1（没有写明时按标准为 MD5）', '签名无效，指明算法'],
    [
      '文件包内有不在受保护列表中的文件：页面、注释、资源、附件、主入口等',
      html`签名有效，但签署后文件有改动；逐个列出（${name('part-added')}）。只有签名列表、其他签名自己的文件不计入`,
    ],
    ['依次签署的多个签名，后一个保护前一个的文件', '各自有效；前一个签名注明另有签名'],
    [
      '压缩包有重名、两处记载不符、夹带数据、加密，XML 有文档类型声明，或解开后过大',
      html`不予校验：${name('DOCUMENT_OFD_BROKEN')}、${name('DOCUMENT_OFD_ENCRYPTED')}、${name('DOCUMENT_OFD_COMPLEX')}`,
    ],
    ['办公文档等其他压缩包', html`不予校验：${name('DOCUMENT_FORMAT')}`],
  ],
)}
<p>签章（规范第 8 至 10 项）只支持 PDF：${name('startSignature')} 与签章页面收到 OFD 时答复 ${name('DOCUMENT_FORMAT')}。枢纽不显示、不改写、不重新打包 OFD 文件。</p>
<p>请求头 ${name('Accept: application/pdf')} 换取校验报告（PDF，带平台签名，可用 ${name('ca-interop-hub verify')} 离线核对）。个人可在 ${name('/validate')} 页面自行校验，无须登录；没有枢纽时用 ${name('ca-interop-hub verify 文件.pdf 文件.ofd --trust 根证书 --crl 吊销列表 --seal-makers 制章机构证书')}。</p>

<h3 id="offline-sign">离线签署</h3>
<p>签署的机器不能联网、或文件超过 50 MB（上限 200 MB）时，用离线签署任务。文件始终不经过枢纽，直到签署完成：</p>
${table(
  ['步骤', '做法'],
  [
    [
      '生成任务',
      html`${name('POST /api/ca/ext/offline/jobs')}，JSON：${name('documentSm3')}、${name('bytes')}，可选 ${name('name')}、${name('certificateSm3')}（只许这张证书签署）、${name('hours')}（1 至 720，默认 72）；答复的 data 即任务包，带枢纽签名`,
    ],
    [
      '带到离线机器',
      html`${name('ca-interop-hub sign-job sign 任务.json --document 文件.pdf --hub-key 公钥 …')}：核对枢纽签名、文件指纹与期限，签署，写出结果`,
    ],
    [
      '带回',
      html`${name('ca-interop-hub sign-job import 结果.json --document 文件.pdf --out 签署后.pdf')}：把签名附在原文件之后，原有签名保持有效`,
    ],
    [
      '提交',
      html`${name('POST /api/ca/ext/offline/jobs/{id}/result')}，请求体为签署后的 PDF，另带 ${name('X-Ca-Content-Sm3')}；枢纽核对它就是任务所指的文件、其后恰有一个写明本任务的有效签名，任务随即用完，不能再次提交`,
    ],
    ['查询', html`${name('GET /api/ca/ext/offline/jobs/{id}')}：open、used、expired`],
  ],
)}`;
}
