import { html } from 'hono/html';
import { base64, concat, utf8 } from '#kernel/bytes.ts';
import { Secret } from '#kernel/secret.ts';
import { signMembers } from '#wire/sign.ts';
import { diagram } from '../diagram.ts';
import { signFlow } from '../flows.ts';
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

/** Nos. 8 to 10: documents that are signed and sealed on the hub's page. */
export const signing: Section = {
  id: 'signing',
  title: '在线签章的流程',
  parts: [
    { id: 'signing-file', title: '文件 attFile' },
    { id: 'signing-start', title: '发起与指定位置' },
    { id: 'signing-back', title: '接收签章后的文件' },
    { id: 'signing-local', title: '本地文件签章' },
  ],
  render: renderSigning,
};

/** A file, a key and an IV of which the page shows what becomes. */
const SAMPLE = { file: '%PDF-1.7 example', fileKey: '0123456789abcdef', iv: '000102030405060708090a0b0c0d0e0f' };

function renderSigning({ gm, publicUrl, files }: DocsContext): Markup {
  const iv = Buffer.from(SAMPLE.iv, 'hex');
  const attFile = base64(concat(iv, gm.sm4Encrypt('cbc', utf8(SAMPLE.fileKey), iv, utf8(SAMPLE.file))));
  const hub = { fileName: '投标函.pdf', keyword: '（盖章）', unitCode: '91210100MA0XXXXX0W' };
  const members = {
    caUnitId: EXAMPLE.caUnitId,
    orgcode: EXAMPLE.orgcode,
    taskId: EXAMPLE.taskId,
    attFile,
    standBy: JSON.stringify({ hub }),
  };
  const profile = { sign: 'hmac-sm3', allMembers: false } as const;
  const sign = signMembers(gm, profile, new Secret(EXAMPLE.secret), Object.entries(members));
  return html`${diagram(signFlow)}
<p>页面上展示的就是将被签名的字节。一份文件可以连续盖多枚印章，也可以把签好的文件再发起一次，由另一方继续签章；每次签章只在文件末尾追加，前面的签名保持有效。</p>

<h3 id="signing-file">文件 attFile</h3>
<p>${name('attFile')} 是 Base64(IV ‖ SM4-CBC(文件))：文件用附件密钥（16 个字符）以 SM4-CBC 加密，PKCS#7 填充，16 字节的 IV 放在密文前面，每次更换。文件须是 PDF，不超过 50 MB；整个请求不超过 96 MB，可以用 gzip 压缩。单位可以约定其他形式：</p>
${table(
  ['单位设置', '形式'],
  [
    [name('att-file sm4-cbc（默认）'), 'Base64(IV ‖ SM4-CBC(文件))'],
    [name('att-file sm4-ecb'), 'Base64(SM4-ECB(文件))'],
    [name('att-file plain'), 'Base64(文件)，不加密'],
    [name('plain-files'), '前两种形式之外，也接受未加密的 PDF'],
    [name('signed-file mirror（默认）'), 'onSignature 中的文件与发起时形式相同'],
    [name('signed-file plain、sm4'), 'onSignature 中的文件总是不加密、总是加密'],
  ],
)}
${listing(`样例：文件内容 ${SAMPLE.file}，附件密钥 ${SAMPLE.fileKey}，IV ${SAMPLE.iv}`, attFile)}
<section class="sample" id="sample-attfile"><h4>Node.js<span>Node.js 20 及以上，无需依赖</span><a href="/docs/samples/attfile.cjs">下载 attfile.cjs</a></h4>${code(files.attFileSample)}</section>
${listing('命令行（OpenSSL 3）', `(printf '\\0\\1\\2\\3\\4\\5\\6\\7\\10\\11\\12\\13\\14\\15\\16\\17'; openssl enc -sm4-cbc -K ${Buffer.from(SAMPLE.fileKey).toString('hex')} -iv ${SAMPLE.iv} -in file.pdf) | base64 -w0`)}

<h3 id="signing-start">发起与指定位置</h3>
${listing(`POST ${publicUrl}/api/ca/startSignature`, json({ ...members, sign }))}
${listing('答复（HTTP 200）', json({ taskId: EXAMPLE.taskId, signurl: `${publicUrl}/sign/…`, code: 200, msg: '成功' }))}
<p>让浏览器打开 ${name('signurl')}，有效 60 分钟。用 ${name('standBy.hub')} 可以预先指定印章的位置和由谁签章，用户仍可移动印章：</p>
${table(
  ['名称', '内容'],
  [
    [name('hub.fileName'), '文件名称，页面上这样称呼它，1 至 255 个字符'],
    [name('hub.keyword'), '关键字：印章放在文件中这段文字处，例如“（盖章）”，1 至 100 个字符'],
    [name('hub.page'), '页码，从 1 开始'],
    [name('hub.x、hub.y'), '印章中心到页面左上角的距离，毫米，按看到的方向；两个一起提交'],
    [name('hub.unitCode'), '只允许这个单位（统一社会信用代码）的证书签章'],
    [name('hub.returnUrl'), '完成后返回的地址，须与登记的某个返回地址逐字相同'],
  ],
)}
<p>文件的指纹是任务内容的一部分：同一 ${name('taskId')} 再次提交同一文件（IV 不同也算同一文件）得到新的地址，提交另一份文件答复 409。</p>
${table(
  ['稳定代码', '原因'],
  (
    [
      ['FIELD_INVALID', 'attFile 不是 Base64，或 standBy.hub 中有不认识的名称'],
      ['FILE_NOT_ENCRYPTED', '约定加密，收到的却是明文'],
      ['FILE_KEY_WRONG', '解密后不是 PDF：附件密钥、加密方式或 IV 的位置不对'],
      ['DOCUMENT_FORMAT', 'OFD 或办公文档，请先转换为 PDF（已签署的 OFD 可以校验，不能在此签章）'],
      ['DOCUMENT_ENCRYPTED', 'PDF 设有密码或权限加密'],
      ['DOCUMENT_BROKEN', 'PDF 不完整或结构有误'],
      ['BODY_TOO_LARGE', '超过 50 MB（HTTP 413）'],
      ['SIGN_OTHER_PATH', '同样的签名已用于另一个接口，请更换 taskId'],
    ] as const
  ).map(([id, reason]) => [html`<a href="#error-${id}">${name(id)}</a>`, reason]),
)}

<h3 id="signing-back">接收签章后的文件</h3>
<p>用户完成签章后，枢纽把文件推送到 ${name('POST {回调地址}/api/ca/onSignature')}。请依次：校验 ${name('sign')}；${name('hub.test')} 为 ${name('true')} 的测试消息直接答复成功；按 ${name('taskId')} 找到任务，解开 ${name('attFile')}，<b>作为新版本保存</b>（不要覆盖原文件）；答复 ${name('{"code":200,"msg":"成功"}')}。同一结果可能到达多次，每次的 IV 不同，请按 ${name('taskId')} 只处理一次。</p>
<p>请求体最大约 67 MB，请调高您的网关上限；枢纽等待答复最多 2 分钟。没有得到答复时按 5 秒、30 秒、2 分钟、10 分钟、30 分钟、2 小时……重试，72 小时后停止，由管理员重发。文件里每个签名是否有效，可以用<a href="#document-validate">验证接口</a>核对。</p>
${note('info', '先推送，后返回', html`<p>浏览器返回您的地址时只带 ${name('taskId')}，没有凭据：签章不是登录。页面请按 ${name('taskId')} 显示已经收到的文件，没有收到时<a href="#task-query">查询任务</a>。</p>`)}

<h3 id="signing-local">本地文件签章</h3>
<p>${name('startiframesign')} 没有文件参数：用户在页面上打开自己的文件，签章后下载，再到您的系统上传。可以整页打开，也可以<a href="#embedding">嵌入自己的页面</a>；用 SDK 时，签章后的文件还可以直接交给您的页面。</p>
<p>默认不推送任何文件。平台单独登记了 ${name('onSignature')} 的回调地址（${name('platform set … --callback-path=onSignature=…')}）时，下载之外也会推送，没有 ${name('standBy')}。${name('startCheck')} 不带 ${name('standBy')} 时，签名原文与它相同：两个接口请使用不同的 ${name('taskId')}，否则后一个答复 ${name('SIGN_OTHER_PATH')}。这个接口没有 ${name('standBy')}，单位的防重放要求对它不起作用。</p>`;
}
