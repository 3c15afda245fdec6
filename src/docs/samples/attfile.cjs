// Node.js 20 及以上，无需安装任何依赖。运行：node attfile.cjs
const { createCipheriv, createDecipheriv, randomBytes } = require('node:crypto');

/** 文件 → attFile：Base64(IV ‖ SM4-CBC(文件))，PKCS#7 填充，每次换一个 IV。fileKey 是 16 个字符，按 UTF-8 取 16 字节。 */
function toAttFile(file, fileKey, iv = randomBytes(16)) {
  const cipher = createCipheriv('sm4-cbc', Buffer.from(fileKey, 'utf8'), iv);
  return Buffer.concat([iv, cipher.update(file), cipher.final()]).toString('base64');
}

/** attFile → 文件。密钥不对或内容不完整时抛出异常。 */
function fromAttFile(attFile, fileKey) {
  const bytes = Buffer.from(attFile, 'base64');
  const decipher = createDecipheriv('sm4-cbc', Buffer.from(fileKey, 'utf8'), bytes.subarray(0, 16));
  return Buffer.concat([decipher.update(bytes.subarray(16)), decipher.final()]);
}

module.exports = { toAttFile, fromAttFile };

const fileKey = '0123456789abcdef';
const file = Buffer.from('%PDF-1.7 example', 'utf8');
console.log(toAttFile(file, fileKey, Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex')));
console.log(fromAttFile(toAttFile(file, fileKey), fileKey).toString('utf8'));
