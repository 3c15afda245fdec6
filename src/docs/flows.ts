import type { Flow } from './diagram.ts';

/** Lanes: 0 the person's browser, 1 the trading system, 2 the hub. */

export const loginFlow: Flow = {
  id: 'flow',
  title: '一次登录的流程：交易系统发起，用户在枢纽的页面用证书证明身份，枢纽先推送结果，再让浏览器带着一次性凭据返回。',
  steps: [
    { from: 0, to: 1, says: '点击“CA 登录”' },
    { from: 1, to: 2, says: 'startCheck：caUnitId、taskId、orgcode、sign', note: '记下 taskId 属于哪个会话' },
    { from: 2, to: 1, says: 'Loginurl', answer: true },
    { from: 1, to: 0, says: '302 跳转到 Loginurl', answer: true },
    { from: 0, to: 2, says: '打开登录页，选择证书，UKey 或手机签名' },
    { at: 2, says: '核验证书链、有效期、吊销、登记', note: '枢纽自己判断，不采信驱动的结论' },
    { from: 2, to: 1, says: 'feedbackResult：身份、证书、ticketSm3、sign', note: '校验 sign，暂存结果' },
    { from: 1, to: 2, says: '{"code":200,"msg":"成功"}', answer: true },
    { from: 2, to: 0, says: '跳回已登记的返回地址：taskId、ticket', answer: true },
    { from: 0, to: 1, says: '带着 ticket 回来' },
    { at: 1, says: '核对会话与 ticket，完成登录' },
  ],
};

export const decryptFlow: Flow = {
  id: 'flow-decrypt',
  title:
    '一次加密与解密的流程：交易系统请枢纽用投标人的加密证书加密，到时发起解密，投标人在枢纽的页面用 UKey 打开，枢纽把明文推送给交易系统。',
  steps: [
    { from: 1, to: 2, says: 'encrypt：明文、加密证书序列号、证件号码', note: '大的内容先用 SM4 加密，只交 SM4 密钥' },
    { from: 2, to: 1, says: 'encdata（密文）、taskId', note: '枢纽只记密文的指纹，不留内容', answer: true },
    { at: 1, says: '保存密文，直到需要解密', note: '密文不透明，请逐字保存' },
    { from: 0, to: 1, says: '点击“解密”' },
    { from: 1, to: 2, says: 'startdecrypt：taskId、密文' },
    { from: 2, to: 1, says: 'decrypturl', answer: true },
    { from: 1, to: 0, says: '302 跳转到 decrypturl', answer: true },
    { from: 0, to: 2, says: '打开解密页，插入加密时的那一把 UKey', note: '枢纽认出需要哪张证书，插错时告诉用户' },
    { from: 0, to: 2, says: '只交回 16 字节的内容密钥', note: 'UKey 不接触文件，PIN 码不离开本机' },
    { at: 2, says: '用内容密钥打开密文', note: '同一把证书的其他任务可一并解密' },
    { from: 2, to: 1, says: 'decrypt：明文、加密证书、sign', note: '校验 sign，按 taskId 只处理一次' },
    { from: 1, to: 2, says: '{"data":"明文","taskId":"…"}', note: '枢纽比对后丢弃', answer: true },
    { from: 2, to: 0, says: '跳回已登记的返回地址', answer: true },
  ],
};

export const signFlow: Flow = {
  id: 'flow-sign',
  title:
    '一次在线签章的流程：交易系统把加密的文件交给枢纽，用户在枢纽的页面证明身份、盖章，UKey 签名，枢纽把签章后的文件推送给交易系统。',
  steps: [
    { from: 0, to: 1, says: '点击“签章”' },
    { from: 1, to: 2, says: 'startSignature：taskId、attFile、sign', note: '文件用附件密钥以 SM4 加密' },
    { from: 2, to: 1, says: 'taskId、signurl', answer: true },
    { from: 1, to: 0, says: '302 跳转到 signurl', answer: true },
    { from: 0, to: 2, says: '阅读文件，选择证书，证明身份', note: 'UKey、手机或 CA 机构的页面' },
    { at: 2, says: '显示这张证书可用的印章', note: '印章状态与授权逐项核对' },
    { from: 0, to: 2, says: '放置印章：拖动、关键字、坐标、骑缝' },
    { from: 2, to: 0, says: '待签名的内容（不是裸摘要）', answer: true },
    { from: 0, to: 2, says: 'UKey 的签名', note: 'PIN 码不离开本机' },
    { at: 2, says: '验签、加盖时间戳、追加到文件末尾' },
    { from: 2, to: 1, says: 'onSignature：attFile、standBy、sign', note: '校验 sign，保存为新版本' },
    { from: 1, to: 2, says: '{"code":200,"msg":"成功"}', answer: true },
    { from: 2, to: 0, says: '跳回已登记的返回地址：taskId', answer: true },
  ],
};
