import { html } from 'hono/html';
import { type DocsContext, json, listing, type Markup, name, note, type Section, table } from '../parts.ts';

export const sealsSection: Section = {
  id: 'seals',
  title: '印章',
  parts: [
    { id: 'seals-sources', title: '印章从哪里来' },
    { id: 'seals-register', title: '登记电子印章' },
    { id: 'seals-state', title: '停用、恢复、作废' },
    { id: 'seals-powers', title: '权限与用印记录' },
  ],
  render: renderSeals,
};

const BASE = '/api/ca/ext/seals';

function renderSeals({ publicUrl }: DocsContext): Markup {
  return html`<p>签章页上出现哪些印章，由印章库决定。这一组接口是枢纽自己的扩展：用<a href="#header-sign">请求头签名</a>，使用真实的 HTTP 状态码，答复 ${name('{"code","msg","data"}')}。不调用它们，只用 ${name('userSynchro')} 也能签章。</p>
<h3 id="seals-sources">印章从哪里来</h3>
${table(
  ['来源', '做法', '谁能使用'],
  [
    [
      '随证书同步',
      html`${name('userSynchro')}、${name('changeCert')} 的 ${name('signature')}：电子印章或图片的 Base64。提交另一枚即更换，提交空值即不再提供`,
      '这张签名证书；图片可再授权给同一单位的其他证书',
    ],
    ['登记', html`${name(`POST ${BASE}`)}，只接受制章机构签发的电子印章`, '印章授权名单中的证书'],
    ['证书机构保管', '用户在机构自己的页面签章时由机构带来，不需要登记', '印章授权名单中的证书'],
  ],
)}
<p>电子印章（GM/T 0031-2014、GB/T 38540-2020、GM/T 0031-2025）在登记时和每次使用前都要核对：制章机构及其签名、有效期、图案、签章人的证书是否在授权名单中。图片没有制章机构的签名，页面与验证报告如实写明“印章图片由交易系统同步，未经制章机构签名”；单位只接受电子印章时可将配置项 ${name('seal')} 设为 ${name('ses')}。</p>
${table(
  ['图片要求', ''],
  [
    ['格式', 'PNG（建议透明底）或 JPEG；GIF、BMP、SVG、OFD 不能用于签章'],
    ['大小', '长宽不超过 4096 像素，建议 600 像素左右；Base64 不超过 2 MB'],
    ['签署后的尺寸', '图片：单位 40 毫米、个人 20 毫米，长宽比不变；电子印章：印章中写明的尺寸，不超过 80 毫米'],
  ],
)}
<p>图片不能使用时，同步仍然成功，${name('data.warnings')} 说明原因，签章页也会向用户说明。</p>

<h3 id="seals-register">登记电子印章</h3>
${listing(`POST ${publicUrl}${BASE}`, json({ eseal: 'MIIK…（SESeal 的 Base64）' }))}
<p>印章授权名单中至少有一张证书已经同步，并且都属于同一单位。同一枚印章重复登记，结果相同。答复的 ${name('data')}：</p>
${table(
  ['名称', '内容'],
  [
    [name('sealId'), '印章编号'],
    [name('created'), '是否第一次登记'],
    [name('kind'), 'ses 电子印章；image 图片'],
    [name('source'), 'registered 登记；synchronised 随证书同步'],
    [name('state'), 'active 在用；suspended 已暂停；revoked 已作废；replaced 已更换'],
    [name('name、width、height'), '印章名称；毫米'],
    [name('generation、maker'), '印章规范的版本；制章机构的名称与证书尾号'],
    [name('validFrom、validTo'), '有效期（UTC）；图片为 null'],
    [name('fault'), '图案不能使用的原因；null 为可以使用'],
    [name('powers'), '权限：power、证书尾号 tail、来源 givenBy（maker、enrolment、grant）、givenAt、withdrawnAt'],
    [name('uses'), '已用印的次数'],
  ],
)}
${table(
  ['接口', '用途'],
  [
    [name(`GET ${BASE}?unitCode=…&after=…`), '本单位的印章，每页至多 100 枚；after 为上一页最后的印章编号'],
    [name(`GET ${BASE}/{sealId}`), '一枚印章'],
    [name(`POST ${BASE}/{sealId}/state`), '停用、恢复、作废'],
    [name(`POST ${BASE}/{sealId}/powers`), '授予或收回权限'],
    [name(`POST ${BASE}/{sealId}/uses`), '用印记录'],
  ],
  true,
)}

<h3 id="seals-state">停用、恢复、作废</h3>
${listing(`POST ${publicUrl}${BASE}/{sealId}/state`, json({ act: 'suspend', reason: '印章遗失，核查期间停用', certificate: 'MIIC…' }))}
<p>${name('act')} 为 ${name('suspend')}、${name('resume')}、${name('revoke')}（不能恢复）。${name('certificate')} 是办理人的签名证书：由您的系统证明正在办理的就是他，他须有这枚印章的管理权限。遗失等紧急情况可以不提交 ${name('certificate')}，由单位直接停用或作废；恢复必须由管理人办理。</p>
${note('info', '立即生效', html`<p>停用与签章同时发生时必有先后：停用在前，签章被拒绝；签章在前，用印记录中就有这一次。以后再同步同一枚印章，不会恢复它。</p>`)}

<h3 id="seals-powers">权限与用印记录</h3>
${table(
  ['权限 power', '可以做什么', '一开始属于谁'],
  [
    [
      name('manage'),
      '停用、恢复、作废，授予和收回权限；至少保留一位',
      '随证书同步的那张证书；或授权名单中已同步的证书',
    ],
    [name('use'), '签章时使用', '同上；电子印章只能授予授权名单中的证书'],
    [name('audit'), '查看用印记录', '同上'],
  ],
)}
${listing(
  `POST ${publicUrl}${BASE}/{sealId}/powers`,
  json({ act: 'grant', power: 'audit', holder: 'MIIC…（被授权人）', certificate: 'MIIC…（管理人）' }),
)}
<p>${name('act')} 为 ${name('grant')} 或 ${name('withdraw')}。被授权的证书须已同步，并与印章属于同一单位。被收回的权限不会因为再次同步而恢复。</p>
${listing(`POST ${publicUrl}${BASE}/{sealId}/uses`, json({ certificate: 'MIIC…（有审计权限的证书）', before: '2026-03-18T00:00:00+08:00' }))}
<p>答复的 ${name('data.uses')} 从新到旧，每次至多 100 条：时间 ${name('at')}、签章证书尾号 ${name('tail')}、签章后文件的 SM3 ${name('documentSm3')}、盖章处数 ${name('places')}、通过哪个接入单位 ${name('unitId')}、任务编号 ${name('interactionId')}。</p>`;
}
