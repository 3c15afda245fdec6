import { html } from 'hono/html';
import { code, type DocsContext, listing, type Markup, name, note, type Section, table } from '../parts.ts';

/** The signing page inside a trading system's own page. */
export const embeddingSection: Section = {
  id: 'embedding',
  title: '把签章页嵌入自己的页面',
  parts: [
    { id: 'embedding-sdk', title: '用 SDK' },
    { id: 'embedding-events', title: '事件与结果' },
    { id: 'embedding-iframe', title: '不用 SDK' },
    { id: 'embedding-safety', title: '安全要求' },
  ],
  render: renderEmbedding,
};

function renderEmbedding({ publicUrl }: DocsContext): Markup {
  return html`<p>${name('startSignature')} 与 ${name('startiframesign')} 返回的 ${name('signurl')} 可以整页打开，也可以放进您自己的页面。能放进去的只有登记过的来源：平台的首页、返回地址、回调地址的来源，以及管理员用 ${name('platform set … --origin=')} 另外登记的来源；其他页面中框架不显示。</p>

<h3 id="embedding-sdk">用 SDK</h3>
${listing(
  'ES 模块',
  `import { openSigning } from '${publicUrl}/sdk/v1/ca-hub.mjs';

const signing = openSigning({
  signurl,                                  // 您的服务器刚取得的地址，原样传入
  host: document.getElementById('sign'),    // 高度不小于 640 像素为宜
  takeDocument: true,                       // 仅 startiframesign：完成后把文件交给本页
  onEvent: (event) => console.log(event.type),
});

const end = await signing.ended;            // 恰好一次，从不抛出
if (end.type === 'signed' && end.document !== null)
  await fetch('/documents/upload', { method: 'POST', body: end.document });`,
)}
${listing(
  '一个 script 标签',
  `<div id="sign"></div>   <!-- 在样式表中给它高度 -->
<script src="${publicUrl}/sdk/v1/ca-hub.js"></script>
<script>CaHub.openSigning({ signurl, host: document.getElementById('sign') }).ended.then((end) => { … })</script>`,
)}
<p>SDK 替您写好框架的授权（浏览器要求访问本机的证书助手必须由外层页面授权）、核对消息的来源，并把结果整理成一个。类型声明：<a href="/sdk/v1/ca-hub.d.ts">${publicUrl}/sdk/v1/ca-hub.d.ts</a>。页面有内容安全策略的，请允许 ${name(`script-src ${publicUrl}; frame-src ${publicUrl}`)}；有 ${name('Permissions-Policy')} 响应头的，请不要关闭 ${name('loopback-network')} 与 ${name('local-network-access')}。</p>

<h3 id="embedding-events">事件与结果</h3>
${table(
  ['事件', '含义'],
  [
    [name('opened'), '签章页已打开；框架刷新后会再来一次'],
    [name('shown'), html`文件已显示：${name('name')}、${name('pages')}`],
    [name('identified'), '用户已用证书证明身份'],
    [name('sealed'), html`已加盖 ${name('signatures')} 次，尚未提交`],
    [name('delivering'), '已签署，正在推送 onSignature'],
    [name('moved'), '用户改在新窗口中办理；结果仍然由 ended 给出'],
  ],
)}
<p>事件只反映进展，可能没有，也可能重复。结果恰有一个，是以下四种之一：</p>
${table(
  ['结果', '含义'],
  [
    [
      name('signed'),
      html`已完成：${name('name')}、${name('sm3')}（在新窗口中办理的为 null）、${name('document')}（仅 takeDocument 且为用户自选文件，是一个 PDF 的 Blob）`,
    ],
    [name('cancelled'), '用户取消，文件没有改动'],
    [name('expired'), '超过 60 分钟'],
    [
      name('failed'),
      html`没有完成：${name('message')} 可以直接显示，${name('code')} 供程序判断，枢纽拒绝时另有 ${name('hubCode')}（见<a href="#errors">错误目录</a>）与 ${name('supportCode')}`,
    ],
  ],
)}
${table(
  ['failed 的 code', '原因'],
  [
    [name('BAD_ARGUMENT'), 'signurl 不是签章地址，或 host 不是页面元素'],
    [name('FRAME_BLOCKED'), '20 秒内没有连通：本页的来源没有登记，或框架被拦截、被换成了别的页面'],
    [name('CLOSED'), '框架被移除，或调用了 close()；任务本身不受影响'],
    [name('HUB_REFUSED'), '枢纽的答复：地址已用过、已有新的地址、结果没有送达等，见 hubCode'],
  ],
)}
${note(
  'warn',
  '结果只用于界面',
  html`<p>浏览器里的事件由用户的电脑产生，不能作为业务依据。startSignature 的文件以 <a href="#signing-back">onSignature</a> 推送的为准；takeDocument 交来的文件请像用户上传的一样，由您的服务器用<a href="#document-validate">验证接口</a>核对签名，并确认它由您的文件追加而来。</p>`,
)}

<h3 id="embedding-iframe">不用 SDK</h3>
${code('<iframe src="signurl" allow="loopback-network; local-network-access" title="文件签章"></iframe>')}
<p>两个名称分别属于新旧浏览器，请都写上。没有事件；完成后框架自己打开您的返回地址。框架中由其他网站带来的请求没有您的登录状态（SameSite），返回地址请指向一个不需要登录的小页面，由它请用户回到外层页面。</p>
<p>没有写 ${name('allow')} 的框架不能连接证书助手。签章页会发现这一点，先不占用地址，请用户选择<b>在新窗口中打开</b>（UKey 在那里可用）或<b>改用手机扫码</b>（在框架内继续）。请不要给框架加 ${name('sandbox')}：至少需要脚本、同源、弹出窗口和下载，少一样都有功能失效。</p>

<h3 id="embedding-safety">安全要求</h3>
${table(
  ['事项', '枢纽怎样做'],
  [
    [
      '谁能嵌入',
      html`响应头 ${name('frame-ancestors')} 只列登记的来源，逐级检查；没有来源的框架（sandbox、data:）不在其内`,
    ],
    [
      '谁能听到',
      '消息只发给登记的、确切的来源；此后走一条私有通道，其他窗口、其他框架读不到也写不进。第二个连接不被理会',
    ],
    [
      'Cookie',
      html`框架内只有 ${name('__Host-caihub-framed')}：Secure、HttpOnly、Partitioned，只在您的网站之内有效，不能跨网站跟踪。不支持 Partitioned 的浏览器不设 Cookie，框架刷新后须重新发起`,
    ],
    ['PIN 码', '只在签章页或证书助手自己的窗口中输入，您的页面得不到'],
    ['地址', '一个 signurl 只归第一个打开它的浏览器，60 分钟有效；请不要写入日志'],
  ],
)}`;
}
