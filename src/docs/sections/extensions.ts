import { html } from 'hono/html';
import {
  QUERY_WINDOW_MS,
  TASK_PATH,
  TICKET_PATH,
  taskQueryFields,
  taskStates,
  ticketFields,
} from '#wire/extensions.ts';
import { type DocsContext, EXAMPLE, json, listing, type Markup, name, note, type Section, table } from '../parts.ts';

export const extensions: Section = {
  id: 'extensions',
  title: '扩展',
  parts: [
    { id: 'standby', title: '扩展参数 standBy.hub' },
    { id: 'feedback-standby', title: '推送中的 standBy' },
    { id: 'headers', title: '推送的请求头' },
    { id: 'task-query', title: '查询任务' },
    { id: 'ticket-redeem', title: '兑换凭据' },
  ],
  render: renderExtensions,
};

function renderExtensions({ publicUrl }: DocsContext): Markup {
  return html`<p>扩展都放在规范允许的位置，不用它们，按规范原文也能完整对接。</p>
<h3 id="standby">扩展参数 standBy.hub</h3>
<p>${name('standBy')} 是您的备用参数，枢纽加密保存、原样带回。只有当它是一个 JSON 对象，并且含有 ${name('hub')} 时，枢纽才读取 ${name('hub')} 里的内容：</p>
${table(
  ['名称', '内容'],
  [
    [name('hub.returnUrl'), '本次登录返回的地址，须与登记的某个返回地址逐字相同；不提交时用登记的第一个'],
    [name('hub.timestamp'), '毫秒或秒时间戳，或带时区的 ISO 8601 时间；单位要求防重放时必填'],
    [name('hub.nonce'), '8 至 128 个可见字符，每次不同；单位要求防重放时必填'],
  ],
)}
${listing('startCheck 的 standBy（JSON 文本）', JSON.stringify({ mine: '任意内容', hub: { returnUrl: 'https://trade.example/login/return' } }))}
<p>${name('hub')} 里出现其他名称会被拒绝，以免拼写错误被悄悄忽略。</p>

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

<h3 id="task-query">查询任务</h3>
${listing('请求', `GET ${publicUrl}${TASK_PATH}${EXAMPLE.taskId}\nX-Ca-Unit-Id: ${EXAMPLE.caUnitId}\nX-Ca-Timestamp: 1773797400000\nX-Ca-Sign: …`)}
<p>签名方法与接口相同，参与签名的是 ${taskQueryFields.filter((field) => field.name !== 'sign').map((field, i) => html`${i > 0 ? '、' : ''}${name(field.name)}`)}；时间相差不超过 ${QUERY_WINDOW_MS / 60_000} 分钟。</p>
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
${note('info', '幂等', html`<p>网络中断后重新提交同一请求总是安全的：${name('userSynchro')}、${name('changeCert')} 按内容、${name('startCheck')} 按 ${name('taskId')} 识别重复。</p>`)}`;
}
