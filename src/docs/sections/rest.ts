import { html } from 'hono/html';
import { type CatalogueRow, catalogue } from '#kernel/catalogue.ts';
import { code, type Markup, name, note, type Section, table } from '../parts.ts';

export const ticket: Section = {
  id: 'ticket',
  title: '凭据与会话',
  render:
    () => html`<p>浏览器返回时带着一次性凭据 ${name('ticket')}（128 位，60 秒内有效，只能用一次）。推送的消息里是它的 SM3。两者对上，说明<b>回来的这个浏览器就是刚才证明身份的那个浏览器</b>。</p>
${note(
  'bad',
  '不核对 ticket 的风险',
  html`<p>攻击者在自己的浏览器里点击“CA 登录”，把得到的登录地址发给受害人。受害人以为是正常登录，插入 UKey、输入 PIN 码。您的系统收到推送，如果按 ${name('taskId')} 直接登录，<b>攻击者的浏览器就以受害人的身份登录了</b>。核对会话与 ticket 之后，攻击者的会话没有 ticket，受害人的浏览器没有那个会话，谁都登录不了。</p>`,
)}
<ol><li>发起时：${name('taskId')} 用安全随机数生成，存进当前会话（HttpOnly、Secure、SameSite=Lax 的 Cookie）。</li>
<li>收到推送：只暂存，不登录；登录发生在浏览器返回之时。</li>
<li>浏览器返回：会话中有这个 ${name('taskId')}，且 SM3(ticket) 等于 ${name('ticketSm3')}，才登录；随后更换会话标识，删除暂存内容。</li>
<li>轮询登录状态的页面，只能查询自己会话里的结果。</li></ol>
${listingPseudo()}
<p>忽略 ticket 的系统也能完成对接，但要自行承担上述风险。没有登记返回地址时，登录页以“请返回交易系统页面继续”结束，浏览器不会带回 ticket，同样防不住这种攻击：请登记返回地址。</p>`,
};

const listingPseudo = (): Markup =>
  code(`// 返回地址  GET /login/return?taskId=…&ticket=…
pending = session.logins[taskId]                       // 本会话发起的登录
if (pending == null || pending.result == null) → 请重新登录
if (now > pending.ticketExpires)               → 请重新登录
if (sm3hex(ticket) != pending.ticketSm3)       → 请重新登录   // 定时比较
session = 新的会话标识
session.user = pending.result                          // idNumber、unitCode …`);

const MENDER: Record<CatalogueRow['mender'], string> = {
  integrator: '交易系统',
  person: '用户',
  vendor: 'CA 机构',
  operator: '枢纽管理员',
};

export const errors: Section = {
  id: 'errors',
  title: '错误目录',
  render:
    () => html`<p>${name('code')} 不是 200 时，${name('msg')} 写给用户看：发生什么、怎么办、编号。${name('errData')} 写给您看：${name('trace=编号; code=稳定代码')}，有时带 ${name('detail=')}，只记日志，不要显示。程序判断请用 ${name('errData')} 里的稳定代码，文字可能调整。请求同样内容“可重试”的，稍后可能成功。</p>
${table(
  ['稳定代码', 'code', 'msg', '由谁处理', '可重试'],
  Object.entries<CatalogueRow>(catalogue).map(([key, row]) => [
    html`<code id="error-${key}">${key}</code>`,
    String(row.wire),
    row.zh,
    MENDER[row.mender],
    row.retry ? '是' : '',
  ]),
  true,
)}
<p>大括号内的文字在答复中会换成实际内容。</p>`,
};

export const people: Section = {
  id: 'people',
  title: '用户的电脑和手机',
  parts: [
    { id: 'agent', title: '证书助手与 UKey' },
    { id: 'mobile', title: '手机证书' },
    { id: 'iframe', title: '嵌入页面' },
  ],
  render: ({ publicUrl }) => html`<h3 id="agent">证书助手与 UKey</h3>
<p>UKey 由用户电脑上的证书助手读取，登录页通过本机地址与它通信。PIN 码只交给证书助手，不经网络传输，枢纽和交易系统都看不到。</p>
<ul><li>新版 Chrome、Edge 和国产浏览器会询问“是否允许访问本地网络”，请用户选择“允许”；误选“禁止”的，在地址栏左侧的网站设置里改回。</li>
<li>支持 Chromium 86 及以上内核的浏览器，包括 360、奇安信等的极速模式；不支持 IE。</li>
<li>环境检测：<a href="/diagnose">${publicUrl}/diagnose</a>，不需要登录任务，可以放进您的帮助页面。</li>
<li>UKey 锁定、证书过期等情况，登录页会显示该 CA 机构的 24 小时电话和办理地址；您不需要处理。</li></ul>
<h3 id="mobile">手机证书</h3>
<p>登录页显示二维码和两位数字，用户用 CA 机构的 App 扫码，核对数字一致后确认。手机上打开登录页时，优先显示手机证书。二维码 2 分钟有效，可刷新。</p>
<h3 id="iframe">嵌入页面</h3>
<p>请用整页跳转打开登录页。嵌在 iframe 中时，浏览器默认不允许页面访问本机的证书助手，需要：</p>
${code('<iframe src="Loginurl" allow="local-network-access; loopback-network"></iframe>')}
<p>并且嵌入方的域名必须是登记过的首页、返回地址、回调地址或嵌入来源。条件不满足时，登录页会请用户在新窗口中打开。</p>`,
};

export const faq: Section = {
  id: 'faq',
  title: '常见问题',
  render: () => html`<dl class="faq">
<dt>用户说“该证书尚未登记”</dt><dd>证书是有效的，但没有任何单位为它调用过 ${name('userSynchro')}。先在您的系统里完成证书绑定。</dd>
<dt>同一个用户有两把 UKey</dt><dd>各调用一次 ${name('userSynchro')}，两把都能登录。延期换发的新证书用 ${name('changeCert')}。</dd>
<dt>专线与互联网不是同一个地址</dt><dd>平台可以单独登记“用户访问枢纽的地址”（${name('platform set … --public-url')}）和每个回调的完整地址（${name('--callback-path')}）。</dd>
<dt>防火墙要放行什么</dt><dd>您的服务器访问枢纽的 443 端口；枢纽访问您的回调地址。回调不跟随重定向，不使用代理，答复上限 64 KB，10 秒内完成。</dd>
<dt>重复收到 feedbackResult</dt><dd>您的答复可能在网络中丢失。按 ${name('taskId')} 和 ${name('stateVersion')} 判断，重复的直接答复成功。</dd>
<dt>用户取消或关闭页面，会收到通知吗</dt><dd>不会。没有推送的任务 10 分钟后到期，可以<a href="#task-query">查询任务</a>。</dd>
<dt>报障时说什么</dt><dd>${name('msg')} 和页面底部的编号（如 K7Q4-2M9D），凭它可以找到完整的处理记录。</dd>
</dl>`,
};
