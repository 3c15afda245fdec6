import { html } from 'hono/html';
import { hex } from '#kernel/bytes.ts';
import { Secret } from '#kernel/secret.ts';
import { canonicalString, signatureOf } from '#wire/sign.ts';
import { code, type DocsContext, EXAMPLE, type Markup, name, note, type Section, table } from '../parts.ts';

export const sign: Section = {
  id: 'sign',
  title: '签名 sign',
  parts: [
    { id: 'sign-rule', title: '算法' },
    { id: 'sign-vector', title: '样例结果' },
    { id: 'sign-samples', title: '示例代码' },
    { id: 'sign-wrong', title: '签名总是不对' },
    { id: 'sign-secrets', title: '更换密钥' },
  ],
  render: renderSign,
};

function renderSign({ gm, files }: DocsContext): Markup {
  const members = { caUnitId: EXAMPLE.caUnitId, taskId: EXAMPLE.taskId, orgcode: EXAMPLE.orgcode };
  const canonical = canonicalString(Object.entries(members));
  const secret = new Secret(EXAMPLE.secret);
  return html`<h3 id="sign-rule">算法</h3>
<ol><li>取该接口列出的参数，去掉 ${name('sign')}，去掉空值（空字符串、null、没有提交的）；</li>
<li>按参数名的字符编码从小到大排序（大写字母在小写字母之前）；</li>
<li>写成 ${name('参数名=参数值')}，用 ${name('&')} 连接，得到签名原文，UTF-8 编码，不做 URL 编码；</li>
<li>用密钥（UTF-8）计算 HMAC-SM3，写成 64 位小写十六进制。</li></ol>
<p>枢纽也接受大写十六进制和 Base64。参数都是字符串，只有 ${name('paType')} 可以是整数，按十进制文本参与签名。没有列入接口的参数不参与签名，也不会被读取。枢纽推送给您的消息用同一方法签名。</p>
${table(
  ['单位设置', '签名'],
  [
    [name('hmac-sm3（默认）'), 'HMAC-SM3(密钥, 签名原文)'],
    [name('sm3'), 'SM3(签名原文 + "&key=" + 密钥)'],
    [
      name('sm2'),
      'Base64(SM2 签名值)：用单位的 SM2 签名证书私钥对签名原文签名，签名者标识为默认值；枢纽发出的消息仍用 hmac-sm3',
    ],
    [name('all-members'), '未列入接口的参数也参与签名；参数值中不能出现“&”后接“=”'],
  ],
)}
${note('warn', '有歧义的签名原文会被拒绝', html`<p>参数值里如果含有“${name('&')} + 本接口的参数名 + ${name('=')}”，签名原文就能被读成另一条消息，枢纽答复 ${name('SIGN_AMBIGUOUS')}。标识、代码、序列号类参数不能含 ${name('&')}、${name('=')} 和控制字符。一个接口的签名不能用于另一个接口。</p>`)}

<h3 id="sign-vector">样例结果</h3>
${table(
  ['项目', '值'],
  [
    ['密钥', name(EXAMPLE.secret)],
    ['签名原文', name(canonical)],
    ['HMAC-SM3', html`<code class="hash">${hex(signatureOf(gm, 'hmac-sm3', secret, canonical))}</code>`],
    ['SM3 + &key=', html`<code class="hash">${hex(signatureOf(gm, 'sm3', secret, canonical))}</code>`],
  ],
)}

<h3 id="sign-samples">示例代码</h3>
<p>每个文件都能直接运行，依次打印签名原文、两种签名、一个含中文的签名和校验结果；前三行应与上表一致。</p>
${files.samples.map(
  ({ language, needs, file, text }) =>
    html`<section class="sample" id="sample-${file.split('.').at(-1)}"><h4>${language}<span>${needs}</span><a href="/docs/samples/${file}">下载 ${file}</a></h4>${code(text)}</section>`,
)}

<h3 id="sign-wrong">签名总是不对</h3>
<ul><li>用沙箱单位试：答复的 ${name('errData')} 里有 ${name('canonical=')}，即枢纽使用的签名原文，与您的逐字比较；</li>
<li>原文相同而签名不同：检查密钥前后是否多了空格或换行，是否把密钥当成了十六进制，中文是否按 UTF-8 编码；</li>
<li>原文不同：常见的是漏掉了 ${name('standBy')}，没有去掉空值，证书里的换行被改动，或按字典顺序而不是字符编码排序。</li></ul>

<h3 id="sign-secrets">更换密钥</h3>
<p>一个单位最多同时有两个有效密钥，更换不会中断业务：</p>
${code('npm run cli -- unit secret rotate 接入单位标识     # 签发新密钥，只显示一次\n# 交易系统换成新密钥，并在一段时间内两个密钥都接受\nnpm run cli -- unit secret retire 接入单位标识     # 停用旧密钥')}
<p>两个密钥都有效期间，枢纽推送的消息用<b>较早</b>的密钥签名，旧密钥停用后改用新密钥。</p>`;
}
