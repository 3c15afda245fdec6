// Node.js 20 及以上，无需安装任何依赖。运行：node sign.cjs
const { createHash, createHmac, timingSafeEqual } = require('node:crypto');

/** 签名原文：去掉 sign 和空值，按参数名排序，以 & 连接。 */
function canonical(members) {
  return Object.keys(members)
    .filter((name) => name !== 'sign' && members[name] !== null && members[name] !== undefined && members[name] !== '')
    .sort()
    .map((name) => `${name}=${members[name]}`)
    .join('&');
}

/** 默认算法：HMAC-SM3，小写十六进制。 */
function sign(members, secret) {
  return createHmac('sm3', Buffer.from(secret, 'utf8')).update(canonical(members), 'utf8').digest('hex');
}

/** 另一种算法（单位设为 sm3 时）：SM3(签名原文 + "&key=" + 密钥)。 */
function signWithKey(members, secret) {
  return createHash('sm3')
    .update(`${canonical(members)}&key=${secret}`, 'utf8')
    .digest('hex');
}

/** 收到互认平台的消息时核对签名，比较用时与内容无关。printed 为接口文档列出的参数名。 */
function verify(message, printed, secret) {
  const members = Object.fromEntries(printed.filter((name) => name in message).map((name) => [name, message[name]]));
  const expected = Buffer.from(sign(members, secret), 'hex');
  const given = Buffer.from(String(message.sign ?? ''), 'hex');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

module.exports = { canonical, sign, signWithKey, verify };

const secret = '0123456789abcdef';
const startCheck = { caUnitId: 'LN-BIZ-0001', taskId: 'T20250301000001', orgcode: '210000', standBy: '' };
console.log(canonical(startCheck));
console.log(sign(startCheck, secret));
console.log(signWithKey(startCheck, secret));
console.log(sign({ unitName: '辽宁示例建设有限公司', caUnitId: 'LN-BIZ-0001' }, secret));
console.log(
  verify({ ...startCheck, sign: sign(startCheck, secret) }, ['caUnitId', 'taskId', 'orgcode', 'standBy'], secret),
);
