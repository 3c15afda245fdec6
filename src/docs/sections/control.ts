import { html } from 'hono/html';
import { type DocsContext, json, listing, type Markup, name, note, type Section, table } from '../parts.ts';

export const controlSection: Section = {
  id: 'control',
  title: '证书控件与验签服务',
  parts: [
    { id: 'control-verify', title: '验签服务' },
    { id: 'control-open', title: '打开证书控件' },
    { id: 'control-sdk', title: 'SDK' },
    { id: 'control-functions', title: '函数' },
    { id: 'control-errors', title: '失败' },
  ],
  render: renderControl,
};

function renderControl({ publicUrl }: DocsContext): Markup {
  return html`<p>统一的客户端控件与服务端验签（总则）：不必为每家 CA 机构各装一个控件、各写一套验签。两者都是枢纽自己的扩展，用<a href="#header-sign">请求头签名</a>，使用真实的 HTTP 状态码。</p>
<h3 id="control-verify">验签服务</h3>
<p>手里有原文（或杂凑值）、签名值、证书，想知道这是不是有效的签名、谁签的、证书可不可信：</p>
${listing(
  `POST ${publicUrl}/api/ca/ext/verify`,
  json({ text: '投标总报价：人民币 12,345,678.90 元', signature: 'MEUCIQ…', certificate: 'MIIC…' }),
)}
${table(
  ['名称', '内容'],
  [
    [name('text'), '原文，按 UTF-8 计算。text、content、digest 三选一；签名消息自带原文时都可以不提交'],
    [name('content'), '原文是任意字节时：Base64'],
    [
      name('digest'),
      html`只有杂凑值时：${name('{"algorithm":"sm3","value":"十六进制","of":"content"}')}。algorithm 为 sm3、sha256、sha384、sha512；裸 SM2 签名须用 ${name('"of":"e"')}，即 SM3(Z ‖ 原文)`,
    ],
    [
      name('signature'),
      'Base64、十六进制或 PEM：SM2 签名值（DER、64 字节 r‖s、128 字节 SKF 结构）、RSA、ECDSA、GB/T 35275 或 RFC 5652 签名消息、GB/T 38540 电子签章',
    ],
    [name('certificate'), '签名证书，PEM、Base64 或十六进制；签名消息与签章自带证书，可以不提交'],
    [name('signerId'), '裸 SM2 签名的签名者标识；默认 1234567812345678，空文本表示签名时没有计算 Z'],
  ],
)}
${listing(
  '答复（节选）',
  json({
    code: 200,
    msg: '签名有效',
    data: {
      v: 1,
      result: 'valid',
      sentence: '签名有效',
      reason: '',
      form: 'sm2-der',
      signers: [
        {
          result: 'valid',
          reason: '',
          algorithm: 'SM2-SM3',
          certificate: {
            holder: '辽宁******公司',
            authority: '示例电子认证',
            tail: '91A4',
            fingerprint: '3f7a…',
            gm: true,
          },
          chain: [{ subject: '示例电子认证 运营 CA', tail: '0002' }],
          time: null,
          checks: [{ id: 'value', result: 'passed', detail: '签名值由证书的私钥产生' }],
        },
      ],
      checkedAt: '2026-03-18T01:30:00.000Z',
    },
  }),
)}
<p>${name('result')} 为 ${name('valid')}、${name('invalid')}、${name('indeterminate')}；后两者 ${name('reason')} 是第一条原因，${name('checks')} 逐项列出。签名不成立也是 200：那是答案，不是错误。多个签名人时，以最差的一位为准。${name('time.source')} 为 ${name('timestamp')} 的是可信时间，${name('claimed')} 只是签名人自己的说法。主体名称与号码是遮蔽的，用 ${name('fingerprint')}（证书 SM3）确认是哪一张。请求不超过 8 MB，内容不留存。</p>

<h3 id="control-open">打开证书控件</h3>
<p>您自己的页面需要直接使用证书时（读取证书办理绑定、签署报价、加解密一段内容），由您的服务器为这个页面申请一次：</p>
${listing(
  `POST ${publicUrl}/api/ca/ext/control`,
  json({ orgcode: '210000', origin: 'https://trade.example', operations: ['sign', 'verify'] }),
)}
${table(
  ['名称', '内容'],
  [
    [name('origin'), '页面的来源（协议、域名、端口），须是平台登记的首页、返回地址、回调地址或嵌入来源之一'],
    [name('operations'), 'sign、verify、encrypt、decrypt；不提交为全部。列出证书总是可以'],
    [name('taskId'), '可选，您自己的任务号；同一任务号再次申请得到新的地址，旧地址作废'],
  ],
)}
<p>答复的 ${name('data')} 有 ${name('frame')}（交给页面）、${name('sdk')}、${name('expiresAt')}（30 分钟）。${name('frame')} 只能在这个来源的页面中打开，只归第一个打开它的页面；<b>页面刷新后请重新申请</b>。</p>

<h3 id="control-sdk">SDK</h3>
${listing(
  'ES 模块',
  `import { openControl } from '${publicUrl}/sdk/v1/ca-hub.mjs';

const ca = await openControl({ frame });               // frame 来自您的服务器
const [user] = (await ca.SOF_GetUserList()).filter((one) => one.usable);
const message = await ca.SOF_SignMessage(user.certId, '投标总报价：…', { detached: true });
// 把 message 交给您的服务器，用验签服务核对`,
)}
${listing('一个 script 标签', `<script src="${publicUrl}/sdk/v1/ca-hub.js"></script>\n<script>CaHub.openControl({ frame }).then(…)</script>`)}
<p>类型声明：<a href="/sdk/v1/ca-hub.d.ts">${publicUrl}/sdk/v1/ca-hub.d.ts</a>。地址中的 v1 在函数不变时不变；浏览器按 ETag 核对新版本。页面有内容安全策略的，请允许 ${name(`script-src ${publicUrl}; frame-src ${publicUrl}`)}。</p>
${note(
  'info',
  '用户看到什么',
  html`<p>签名和解密都由枢纽的窗口请用户确认：窗口写明是哪个平台、哪个域名、签什么内容、用哪张证书。PIN 码只在这个窗口或证书助手自己的窗口中输入，您的页面和枢纽的服务器都得不到。页面用其他内容遮住窗口时，确认不起作用。</p>`,
)}

<h3 id="control-functions">函数</h3>
<p>名称取自 GM/T 0020（GB/T 43694），全部返回 Promise。数据是文字（UTF-8）或 ${name('Uint8Array')}，不超过 1 MB。</p>
${table(
  ['函数', '结果'],
  [
    [name('SOF_GetUserList()'), '当前插入的证书：certId、持有人、机构、尾号、有效期、能否使用与原因'],
    [name('SOF_ExportUserCert(certId)'), '签名证书，Base64 DER'],
    [name('SOF_ExportExChangeUserCert(certId)'), '加密证书，Base64 DER'],
    [name('SOF_GetPinRetryCount(certId)'), 'PIN 码剩余次数'],
    [name('SOF_Login(certId)'), '请用户输入 PIN 码，10 分钟内有效；不经过您的页面，因此没有 PIN 参数'],
    [name('SOF_Logout()'), '结束所有已输入的 PIN 码'],
    [name('SOF_SignMessage(certId, data, { detached })'), '签名消息（GB/T 35275；RSA 证书为 RFC 5652），Base64'],
    [name('SOF_SignData(certId, data)'), '同上，不携带原文。证书助手不签裸数据，因此结果也是签名消息'],
    [name('SOF_VerifySignedMessage(message, data)'), '同验签服务'],
    [name('SOF_VerifySignedData(certificate, data, signature)'), '同验签服务，任何形式的签名值'],
    [name('SOF_EncryptData(recipients, data)'), '数字信封（GB/T 35275），收件人为 certId 或加密证书，可以多个'],
    [name('SOF_DecryptData(certId, envelope)'), '打开数字信封：密钥由 UKey 解开，内容在浏览器中解密，枢纽看不到'],
    [name('SOF_GetVersion()、SOF_GetLastError()'), '版本；最近一次失败的代码'],
    [name("on('keys' | 'closed', …)、close()"), '插拔与结束的通知；结束使用'],
  ],
)}

<h3 id="control-errors">失败</h3>
<p>每个调用恰有一个结果。失败是 ${name('CaHubError')}：${name('message')} 可以直接显示，${name('code')} 供程序判断，另有 ${name('sar')}（GM/T 0016 返回码）、${name('remaining')}、${name('hubCode')}、${name('supportCode')}。</p>
${table(
  ['code', '含义'],
  [
    [name('BAD_ARGUMENT、TOO_LARGE'), '参数不对；内容超过 1 MB'],
    [name('FRAME_BLOCKED'), '框架没有连通：页面来源与申请的不同，或地址已被别的页面使用'],
    [name('CANCELLED'), '用户取消'],
    [
      name('AGENT_NOT_FOUND、AGENT_DENIED、AGENT_NOT_PAIRED、AGENT_FAILED'),
      '证书助手没有找到、被浏览器禁止、没有配对、出错',
    ],
    [name('KEY_NOT_FOUND、KEY_REMOVED、PIN_LOCKED'), '没有这张证书；中途拔出；已锁定'],
    [name('SIGN_REFUSED、DECRYPT_FAILED'), '证书助手没有签名；解密未成功'],
    [name('NOT_GRANTED、SESSION_ENDED'), '没有申请这项操作；已到期或已结束'],
    [name('HUB_REFUSED、HUB_UNREACHABLE'), html`枢纽拒绝（hubCode 见<a href="#errors">错误目录</a>）；连接不上`],
    [name('TIMEOUT、CLOSED'), '没有答复；控件已关闭'],
  ],
)}`;
}
