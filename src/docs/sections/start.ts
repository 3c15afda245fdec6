import { html } from 'hono/html';
import { Secret } from '#kernel/secret.ts';
import { canonicalString, signMembers } from '#wire/sign.ts';
import { diagram } from '../diagram.ts';
import { decryptFlow, loginFlow } from '../flows.ts';
import {
  code,
  type DocsContext,
  EXAMPLE,
  json,
  listing,
  type Markup,
  name,
  note,
  type Section,
  table,
} from '../parts.ts';

export const what: Section = {
  id: 'what',
  title: '它是什么',
  render:
    () => html`<p>CA 互认枢纽让交易系统只对接一次，就能接受全部已接入 CA 机构的证书：实体证书（UKey）和移动证书（扫码）。用户到枢纽的页面上选择自己的证书、证明身份，枢纽核验之后把结果推送给交易系统。</p>
${table(
  ['谁', '做什么'],
  [
    [
      '交易系统（您）',
      html`调用 ${name('userSynchro')}、${name('changeCert')}、${name('startCheck')}、${name('encrypt')}、${name('startdecrypt')}、${name('startSignature')}、${name('startiframesign')}；接收 ${name('feedbackResult')}、${name('decrypt')}、${name('onSignature')}；在返回地址核对一次性凭据`,
    ],
    ['枢纽', '提供登录页、解密页和签章页，逐项核验证书，推送结果，直到交易系统答复；保管密封文件，到开标时间才能打开'],
    ['CA 机构', '由枢纽通过驱动接入，您不需要分别对接'],
    ['用户', '插入 UKey 或用手机扫码，其余与平时一样'],
  ],
)}
<p>接口名称、参数名称和大小写完全按照《辽宁省公共资源交易数字证书（CA）互认共享》接口规范。规范没有写明的地方，本页给出确定的说法。</p>`,
};

export const flow: Section = {
  id: 'flow',
  title: '一次登录的流程',
  render: () => html`${diagram(loginFlow)}
<p>先推送、后跳转：浏览器回到交易系统时，结果一定已经被您接收。推送没有得到答复时，枢纽在登录有效期（10 分钟）内按 0、1、2、4、8 秒……重试，过期后不再推送。</p>`,
};

export const decryption: Section = {
  id: 'decryption',
  title: '加密与解密的流程',
  render: () => html`${diagram(decryptFlow)}
<p>解密任务保持到它的期限；明文推送按 0、1、2、4、8……30 秒重试，期限一过不再推送。推送之前，明文在枢纽中只以加密形式存放，推送成功的同时删除；单位设置 ${name('plaintext memory-only')} 时连加密形式也不存放，枢纽重启后由用户重新解密。</p>
<p>加密证书过期不影响解密。证书换发之后，旧证书加密的内容只能用旧证书打开：${name('changeCert')} 会立即提示还有几份这样的文件。</p>
${note('warn', '核对推送的签名', html`<p>${name('decrypt')} 带来的是明文。不校验 ${name('sign')} 的系统，任何人都可以替别人“解密”出任意内容。${name('unit test')} 会发一条签名错误的 ${name('decrypt')}，必须被拒绝。</p>`)}`,
};

export const day: Section = {
  id: 'day',
  title: '一天接入',
  parts: [
    { id: 'day-credentials', title: '1 领取密钥' },
    { id: 'day-sign', title: '2 算对签名' },
    { id: 'day-start', title: '3 发起登录' },
    { id: 'day-feedback', title: '4 接收结果' },
    { id: 'day-return', title: '5 返回与登录' },
    { id: 'day-sync', title: '6 同步主体' },
    { id: 'day-check', title: '7 上线检查' },
  ],
  render: renderDay,
};

function renderDay({ gm, publicUrl }: DocsContext): Markup {
  const members = { caUnitId: EXAMPLE.caUnitId, taskId: EXAMPLE.taskId, orgcode: EXAMPLE.orgcode };
  const profile = { sign: 'hmac-sm3', allMembers: false } as const;
  const sign = signMembers(gm, profile, new Secret(EXAMPLE.secret), Object.entries(members));
  return html`<h3 id="day-credentials">1 领取密钥（10 分钟）</h3>
<p>演示环境（npm start）运行时，在同一目录执行一条命令，您自己电脑上的系统就能加入（http://localhost 的回调只在开发模式可用）：</p>
${code('npm run cli -- unit add --callback http://localhost:8080/app --return http://localhost:8080/app/login/return')}
<p>命令会显示接入单位标识 ${name('caUnitId')}、签名密钥和附件密钥，只显示这一次。开发模式下新单位是<b>沙箱单位</b>：签名算错时，答复会告诉您枢纽使用的签名原文。正式环境由管理员用 ${name('ca-interop-hub unit add --config 配置文件')} 登记，回调必须是 https，或登记过网段的专线地址。</p>

<h3 id="day-sign">2 算对签名（30 分钟）</h3>
<p>从 <a href="#sign">签名</a> 一节复制您所用语言的示例，先让它算出样例的结果，再换成自己的密钥。</p>

<h3 id="day-start">3 发起登录（1 小时）</h3>
<p>用户点击“CA 登录”时，在服务器上生成一个不重复的 ${name('taskId')}，<b>存进这位用户的会话</b>，然后调用：</p>
${listing(`POST ${publicUrl}/api/ca/startCheck`, json({ ...members, sign }))}
<p>这里的签名原文是 ${name(canonicalString(Object.entries(members)))}，密钥是 ${name(EXAMPLE.secret)}。答复：</p>
${listing('答复（HTTP 200）', json({ code: 200, msg: '成功', Loginurl: `${publicUrl}/check/…` }))}
<p>让浏览器跳转到 ${name('Loginurl')}（注意首字母大写）。同一个 ${name('taskId')} 可以重复发起，每次得到新的地址，旧地址作废。${name('code')} 不是 200 时，把 ${name('msg')} 原样显示给用户，它写明了发生什么、该怎么办和编号。</p>

<h3 id="day-feedback">4 接收结果（1 小时）</h3>
<p>提供 ${name('POST {回调地址}/api/ca/feedbackResult')}，依次做四件事：</p>
<ol><li>用密钥校验 ${name('sign')}，不对就答复 ${name('{"code":401,"msg":"签名校验未通过"}')}；</li>
<li>${name('standBy')} 中 ${name('hub.test')} 为 ${name('true')} 的是测试消息，答复成功，不登录任何人；</li>
<li>按 ${name('taskId')} 找到发起登录的那个会话，把 ${name('idNumber')}、${name('unitCode')} 等<b>暂存</b>在会话上，连同 ${name('ticketSm3')}；同一 ${name('taskId')} 重复到达时只生效一次；</li>
<li>答复 ${name('{"code":200,"msg":"成功"}')}。</li></ol>
<p>答复其他 ${name('code')} 表示拒绝，${name('msg')} 会显示给用户（200 字以内），这次登录到此结束。没有答复、超过 10 秒或答复看不懂，枢纽会重试。</p>

<h3 id="day-return">5 返回与登录（1 小时）</h3>
<p>浏览器回到您登记的返回地址，只多两个参数：${name('taskId')} 和 ${name('ticket')}。此时：会话里有没有这个 ${name('taskId')}？SM3(ticket) 是否等于暂存的 ${name('ticketSm3')}？两个都对，才把暂存的身份登录进<b>这个会话</b>。为什么，见 <a href="#ticket">凭据与会话</a>。</p>

<h3 id="day-sync">6 同步主体（2 小时）</h3>
<p>用户在您的系统绑定证书时调用 <a href="#userSynchro">userSynchro</a>；证书延期、变更、注销时调用 <a href="#changeCert">changeCert</a>。一个单位同步过的证书，在所有单位都能登录。</p>

<h3 id="day-check">7 上线检查（30 分钟）</h3>
${code('npm run cli -- unit test 接入单位标识')}
<p>命令向您的三个回调地址各发一条带标记的测试消息（${name('taskId')} 以 ${name('caihub-test-')} 开头），再故意发两条签名错误的，用白话告诉您结果。然后核对：</p>
<ul class="checklist"><li>签名密钥只在服务器上，不在网页、日志和代码库里</li><li>${name('feedbackResult')}、${name('decrypt')}、${name('onSignature')} 校验签名，错误签名被拒绝</li><li>返回地址核对会话与 ${name('ticket')}</li><li>${name('code')} 不是 200 时，${name('msg')} 显示给用户，${name('errData')} 只记日志</li><li>服务器时间与标准时间相差不超过 1 分钟</li></ul>
${note('info', '规范的其他接口', html`<p>加密、解密见<a href="#decryption">加密与解密的流程</a>，签章见<a href="#signing">在线签章的流程</a>，开标见<a href="#openings">开标</a>。</p>`)}`;
}
