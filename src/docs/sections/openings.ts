import { html } from 'hono/html';
import { type DocsContext, json, listing, type Markup, name, note, type Section, table } from '../parts.ts';

export const openingsSection: Section = {
  id: 'openings',
  title: '开标',
  parts: [
    { id: 'openings-why', title: '密封是什么' },
    { id: 'openings-create', title: '建立开标' },
    { id: 'openings-seal', title: '密封与上传' },
    { id: 'openings-before', title: '开标之前' },
    { id: 'openings-day', title: '开标当天' },
    { id: 'openings-verify', title: '离线校验' },
  ],
  render: renderOpenings,
};

const BASE = '/api/ca/ext/openings';

function renderOpenings({ publicUrl }: DocsContext): Markup {
  return html`<p>投标文件、密文保函这类到开标时间才能打开的内容，用这一组接口。它们是枢纽自己的扩展：用<a href="#header-sign">请求头签名</a>，使用真实的 HTTP 状态码，答复 ${name('{"code","msg","data"}')}。</p>
<h3 id="openings-why">密封是什么</h3>
${table(
  ['密钥方式 keyModel', '谁能打开', '开标前由什么保证不被打开'],
  [
    [
      name('joint（默认）'),
      '投标人的 UKey 与开标密钥共同打开；开标密钥由托管人分别保管，够人数才能合成',
      '密码学：包括枢纽在内，任何一方单独都打不开',
    ],
    [name('quorum'), '同上；投标人的 UKey 不能使用时，可由达到人数的恢复托管人恢复投标人那一半', '密码学'],
    [name('bidder'), '投标人的 UKey', '枢纽的时间控制；回执上写明这一点'],
  ],
)}
<p>回执写明密钥方式、由谁密封、内容指纹。在开标之前，枢纽不向任何人透露谁投了标、投了几家：没有列表，也没有数量。</p>

<h3 id="openings-create">建立开标</h3>
${listing(
  `POST ${publicUrl}${BASE}`,
  json({
    taskId: 'OPEN-2026-0318-001',
    orgcode: '210000',
    title: '沿海高速公路改扩建工程施工招标',
    number: 'LN-2026-0318-001',
    tenderer: '示例省高速公路建设集团有限公司',
    lots: [{ code: 'L1', name: '第一标段' }],
    opensAt: '2026-03-18T09:30:00+08:00',
    windowMinutes: 30,
    keyModel: 'joint',
    hosts: [{ name: '王五', signCertificate: 'MIIC…' }],
    supervisors: [{ name: '赵六', signCertificate: 'MIIC…' }],
    custodians: {
      needed: 2,
      persons: [
        { name: '托管人甲', signCertificate: 'MIIC…', encryptionCertificate: 'MIIC…', deputies: [] },
        { name: '托管人乙', signCertificate: 'MIIC…', encryptionCertificate: 'MIIC…', deputies: [] },
        { name: '托管人丙', signCertificate: 'MIIC…', encryptionCertificate: 'MIIC…', deputies: [] },
      ],
    },
    rules: { minimumBidders: 3, whenBidder: '因投标人原因未解密的，视为撤销其投标文件。', whenOthers: null },
  }),
)}
<p>${name('rules')} 照抄招标文件的原文：没有提交的，开标记录就不作法律后果的认定。答复的 ${name('data')} 有 ${name('openingId')}、开标大厅地址 ${name('hall')}、开标公钥和枢纽签名的公告 ${name('announcements')}。同一 ${name('taskId')} 同样内容重复提交，结果相同。</p>
${table(
  ['接口', '用途'],
  [
    [name(`GET ${BASE}/{openingId}`), '开标的现状与全部公告'],
    [
      name(`POST ${BASE}/{openingId}/amendments`),
      '变更：opensAt、closesAt、windowMinutes 与 reason；开标时间可以推迟，不能早于任何已密封文件上写明的时间',
    ],
    [name(`GET ${BASE}/{openingId}/ticket?lot=L1`), '密封票据：枢纽签名，密封时必须有它'],
    [
      name(`PUT ${BASE}/{openingId}/capsules?lot=L1&taskId=…&label=…`),
      '上传密封文件（流式，上限 1 GB）；同一 taskId 再次上传即替换',
    ],
    [name(`GET ${BASE}/{openingId}/capsules/{capsuleId}`), '本单位的一份密封文件：回执、需要的证书、结果、encData'],
    [
      name(`GET ${BASE}/{openingId}/capsules?lot=L1&taskId=…`),
      '同上，按自己的任务号查询最后一版：上传的答复没有收到、或由 encrypt 密封时用它取得回执',
    ],
    [name(`DELETE ${BASE}/{openingId}/capsules/{capsuleId}`), '截止之前撤回'],
    [
      name(`POST ${BASE}/{openingId}/capsules/{capsuleId}/rehearsals`),
      '开标前自检：同一把 UKey 到时能不能打开，不接触内容',
    ],
    [
      name(`POST ${BASE}/{openingId}/capsules/{capsuleId}/rewraps`),
      '证书换发后，在投标人的证书助手中为新证书重新封装密钥',
    ],
    [name(`POST ${BASE}/{openingId}/capsules/{capsuleId}/content`), '打开之后：内容的一次性下载地址'],
  ],
  true,
)}

<h3 id="openings-seal">密封与上传</h3>
<p>推荐在投标人一侧密封，枢纽只收到密文、只检查结构，不需要网络和数据库：</p>
${listing('命令', 'ca-interop-hub seal 投标文件.pdf --ticket 票据.json --hub-key 公钥 --task T1 --bidder 统一社会信用代码 --certificate 加密证书.cer --unit 接入单位标识 --secret-file 密钥文件 --out 投标文件.capsule')}
<p>Node.js 系统可以直接调用同一个函数：${name("import { sealForOpening } from 'ca-interop-hub/sdk'")}。然后用 ${name('PUT')} 上传，内容的 SM3 写在 ${name('X-Ca-Content-Sm3')}。答复的 ${name('data')}：</p>
${table(
  ['名称', '内容'],
  [
    [name('capsuleId'), '密封文件标识'],
    [name('version'), '第几版；只有最后一版会打开'],
    [name('encData'), '密封文件的引用，开标时作为 startdecrypt 的 encData 提交'],
    [name('receipt'), '密封回执，枢纽签名，请交给投标人保存'],
  ],
)}
<p>不能在投标人一侧密封时，${name('encrypt')} 的 ${name('standBy.hub')} 写上 ${name('openingId')} 和 ${name('lot')}，由枢纽的一次性进程密封，${name('encdata')} 就是整个密封文件，请逐字保存；开标时作为 ${name('encData')} 提交，或提交按任务号查到的引用。回执会写明平台在密封时接触过明文。</p>
<p>文件的逐字节格式公开：<a href="/docs/capsule">密封文件格式</a>，足以写出第二个实现；任何人都可以据此核对枢纽说的话。</p>

<h3 id="openings-before">开标之前</h3>
<ul><li>截止之前可以替换和撤回，每一步都有回执。</li>
<li>证书换发时，${name('changeCert')} 的答复 ${name('data.warnings')} 说明还有几份文件只能用旧证书解密；可以重新封装，或保留旧 UKey。</li>
<li>托管人从开标前 60 分钟起在开标大厅签到，用测试份额试一次，不触及真正的份额。</li></ul>
${note('info', '没有到时间', html`<p>开标时间之前的 ${name('startdecrypt')} 答复 ${name('code 451')}（${name('NOT_YET_OPEN')}）。枢纽不信任自己的时钟时（例如被人调快），到点也不会打开，须由时间戳服务或两位托管人的时间声明确认。</p>`)}

<h3 id="openings-day">开标当天</h3>
<ol><li>主持人、监督人员、托管人在 ${name('hall')} 用证书登录；到时间后主持人首先看到家数，不足三家可以终止，文件不打开、原封退回。</li>
<li>托管人释放份额，够人数时解密窗口开始。</li>
<li>投标人从您的系统（${name('startdecrypt')}，encData 为引用）或在开标大厅打开解密页，用自己的 UKey 解密。</li>
<li>每打开一份，枢纽推送一条 ${name('decrypt')}：文本不超过 1 MB 时 decData 就是内容；否则 ${name('decDataEncoding')} 为 file。</li>
<li>窗口结束，投标人确认或提出异议，主持人签发开标记录。没有打开的文件逐份说明原因和依据；没有证据时写“原因待查”，不推定投标人的责任。</li></ol>

<h3 id="openings-verify">离线校验</h3>
${listing('命令', 'ca-interop-hub verify 开标记录.pdf 回执.json --key 平台公布的指纹 --capsule 投标文件.capsule --content 解密后的文件.pdf')}
<p>回执、开标记录（JSON 或 PDF）、每份投标文件的情况说明都可以在不连接枢纽的电脑上校验，文件有任何改动都不会通过。退出码：0 有效，公钥已核对；3 有效，公钥未核对；1 无效；2 用法不对。</p>`;
}
