import { html } from 'hono/html';
import { json, listing, type Markup, name, note, type Section, table } from '../parts.ts';

export const vendorsSection: Section = {
  id: 'vendors',
  title: 'CA 机构的 UKey',
  parts: [
    { id: 'vendor-program', title: '三种接法' },
    { id: 'vendor-sof', title: '机构自己的证书服务' },
    { id: 'vendor-dialect', title: '自己的方言' },
  ],
  render: renderVendors,
};

/** For a vendor's engineers: how their keys come onto the pages. */
function renderVendors(): Markup {
  return html`<p>写给 CA 机构。一家机构的 UKey 在枢纽的页面上能用，需要两半：服务器一侧的驱动，和浏览器一侧的<b>方言</b>，即怎样与这家机构装在用户电脑上的程序说话。登录、解密、签章、开标大厅和证书控件都经过方言；同时插着几家机构的 UKey，页面上是同一个列表。</p>
<h3 id="vendor-program">三种接法</h3>
${table(
  ['您有什么', '怎么接', '要写程序吗'],
  [
    ['符合 GM/T 0016 的 UKey，没有自己的证书服务', html`驱动 ${name('standard-key')}，经枢纽的证书助手`, '不要'],
    [
      '自己的证书服务，本机 WebSocket，SOF 函数（GM/T 0020、GB/T 43694）',
      html`驱动 ${name('sof-service')}，登记端口即可`,
      '不要',
    ],
    ['别的本机协议', '一个方言模块，一个驱动', '要，见下'],
  ],
)}
<h3 id="vendor-sof">机构自己的证书服务</h3>
${listing(
  '机构配置（节选）',
  json({
    media: ['key'],
    drivers: { key: 'sof-service' },
    agent: { endpoints: ['ws://127.0.0.1:21051/sofapp/', 'wss://127.0.0.1:21061/sofapp/'] },
    support: {
      hotline: '400-000-0000',
      install: 'https://ca.example/install',
      renew: 'https://ca.example/renew',
      unlock: 'https://ca.example/unlock',
    },
  }),
)}
<p>地址只能是 ${name('127.0.0.1')} 或 ${name('localhost')}，写明端口；页面只被允许连接登记过的这些地址。服务没有运行时，页面显示您的热线和下载地址；环境检测按机构名称逐个说明。</p>
${listing('页面 → 证书服务', json({ xtx_func_name: 'SOF_GetUserList', call_cmd_id: 'i_2', param: [] }))}
${listing('证书服务 → 页面', json({ call_cmd_id: 'i_2', retVal: '某某公司||CERT0001&&&' }))}
${table(
  ['函数', '参数', 'retVal'],
  [
    [name('SOF_GetVersion'), '', '版本。最先答复的端口被选用；空闲时每 10 秒问一次，5 秒没有答复即视为已退出'],
    [name('SOF_GetUserList'), '', html`${name('名称||certId&&&')} 的重复；不合格式的整个列表不采信`],
    [name('SOF_ExportUserCert'), 'certId', '签名证书，Base64（可有换行）或 PEM'],
    [name('SOF_ExportExChangeUserCert'), 'certId', '加密证书；没有为空'],
    [name('SOF_GetPinRetryCount'), 'certId', '剩余次数，数字或文本'],
    [name('SOF_Login'), 'certId，PIN', 'true 或 false，布尔或文本'],
    [name('SOF_Logout'), 'certId', '页面离开时发出：UKey 不为别的网页继续开着'],
    [
      name('SOF_SignData'),
      'certId，原文的 Base64',
      '签名值的 Base64：DER、r‖s 或 SKF 结构；RSA 为 PKCS#1 v1.5 SHA-256',
    ],
    [name('SOF_PriKeyDecrypt'), 'certId，GM/T 0009 密文的 Base64', '明文的 Base64，不超过 64 字节'],
    [name('SOF_GetLastError'), '', '失败后紧接着问。0x0A 开头按 GM/T 0016，0x0B000501 为 PIN 错误；十进制或十六进制'],
    [html`事件 ${name('onUsbkeyChange')}`, '', '不说是哪一把：页面重读列表，自己比较'],
  ],
  true,
)}
${note(
  'info',
  '证书服务不知道枢纽的授权',
  html`<p>方言自己守住：先用随机数向枢纽换取授权，没有授权不列 UKey；授权里没有的操作不做；只送签登录质询和文件的签名属性，不送杂凑值。PIN 只在 ${name('SOF_Login')} 这一条消息里，不经过枢纽。</p>`,
)}
${note(
  'warn',
  '这样的服务做不到的',
  html`<p>解开密钥后直接转给另一把公钥，而网页看不到：开标的托管人份额、延期后的密钥转移需要它。这两件事页面不会提供给这些 UKey，请改用经证书助手的 UKey 或手机证书。</p>`,
)}
<h3 id="vendor-dialect">自己的方言</h3>
<p>一个 ES 模块，只有一个出口 ${name('connect(options)')}，类型在 ${name('web/hosted/dialects/dialect.ts')}；由枢纽构建，带完整性校验下发，随驱动的 ${name('manifest.dialect')} 选用。</p>
<ol>
<li>所有端口同时试，在 ${name('patienceMs')} 之内答复；没有人应答不是异常，是 ${name("{ok: false, reason: 'unreachable'}")}。</li>
<li>用随机数调 ${name('options.grant(nonce)')}；得到空就关闭连接，答 ${name('no-grant')}。授权只对这个随机数和本页的来源有效。</li>
<li>每把 UKey 的 ${name('can')} 如实写明能做什么；做不到的一律答 ${name('NOT_SUPPORTED')}，不要近似。</li>
<li>失败是值，不抛异常；剩余次数以服务的答复为准，绝不自己重试 PIN。</li>
<li>服务的答复逐项检查格式；不合格式答 ${name('BAD_REQUEST')}，不猜。</li>
<li>离开页面时把自己打开的 UKey 关上。</li>
</ol>
<p>驱动与方言一起由符合性检查（conformance kit）逐条证明；${name('fixtures/world/key-service')} 是一个完整的对端，可以照着试。</p>`;
}
