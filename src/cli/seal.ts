import { createReadStream, createWriteStream, existsSync, readFileSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { openSoftwareKey } from '#agent/software-key.ts';
import { createGm } from '#crypto/provider.ts';
import { base64 } from '#kernel/bytes.ts';
import { Secret } from '#kernel/secret.ts';
import { type CapsuleSigner, certificateSigner, sealForOpening, sm3Of, unitSigner } from '#opening/capsule/sdk.ts';

const usage = `seal 文件 --ticket 票据.json --hub-key 公钥 --task 标识 --bidder 统一社会信用代码 --out 密封文件 …
    在本机密封投标文件或保函，明文不离开本机；不需要数据库和网络
  --ticket FILE          枢纽签发的密封票据
  --hub-key HEX          枢纽签名公钥（130 位十六进制，可重复），须另行取得
  --certificate FILE     投标人加密证书（可重复；用软件证书签名时可省略）
  --task 标识            交易系统对这份投标的标识
  --bidder 代码          投标人统一社会信用代码
  --unit 标识 --secret-file FILE           由交易系统以接入密钥担保内容
  --software-key FILE --pin-file FILE      由投标人以软件证书签名
  --name 名称            写入密封文件的文件名，默认取原文件名
  --out FILE             写到哪里；已存在时不覆盖`;

/** Seals one file. Exit codes: 0 done, 1 not done, 2 not understood. */
export async function runSeal(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ticket: { type: 'string' },
      'hub-key': { type: 'string', multiple: true },
      certificate: { type: 'string', multiple: true },
      task: { type: 'string' },
      bidder: { type: 'string' },
      unit: { type: 'string' },
      'secret-file': { type: 'string' },
      'software-key': { type: 'string' },
      'pin-file': { type: 'string' },
      name: { type: 'string' },
      out: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true) return say(usage, 0);
  const [file] = positionals;
  const { ticket, task, bidder, out, 'hub-key': hubKeys = [] } = values;
  if (!file || !ticket || !task || !bidder || !out || hubKeys.length === 0) return complain(usage, 2);
  const voucher = await voucherOf(values);
  if (typeof voucher === 'string') return complain(voucher, voucher === usage ? 2 : 1);
  const certificates = [
    ...(values.certificate ?? []).map((path) => readFileSync(path, 'utf8')),
    ...voucher.certificates,
  ];
  const [first, ...others] = certificates;
  if (first === undefined) return complain(usage, 2);
  for (const path of [file, ticket]) if (!existsSync(path)) return complain(`文件 ${path} 不存在。`, 1);
  if (existsSync(out)) return complain(`文件 ${out} 已存在，没有覆盖。请换一个文件名。`, 1);
  try {
    const capsule = await sealForOpening({
      ticket: readFileSync(ticket, 'utf8'),
      hubKeys,
      certificates: [first, ...others],
      task,
      bidder,
      content: { file, name: values.name ?? basename(file) },
      signer: voucher.signer,
    });
    await pipeline(capsule.stream(), createWriteStream(out, { flags: 'wx', mode: 0o600 }));
    const sm3 = await sm3Of(createReadStream(out, { highWaterMark: 1024 * 1024 }));
    if (values.json === true) return say(JSON.stringify({ ok: true, out, bytes: capsule.bytes, sm3 }), 0);
    return say(`已密封：${out}（${capsule.bytes} 字节）\n指纹 SM3：${sm3}\n请上传到互认平台并保存回执。`, 0);
  } catch (error) {
    rmSync(out, { force: true });
    if (error instanceof TypeError) return complain('密封票据或证书不可用：请核对票据、枢纽公钥与投标人加密证书。', 1);
    throw error;
  }
}

/** Who vouches for the content; a sentence when he cannot. */
async function voucherOf(values: {
  readonly unit?: string | undefined;
  readonly 'secret-file'?: string | undefined;
  readonly 'software-key'?: string | undefined;
  readonly 'pin-file'?: string | undefined;
}): Promise<{ signer: CapsuleSigner; certificates: string[] } | string> {
  const { unit, 'secret-file': secretFile, 'software-key': keyFile, 'pin-file': pinFile } = values;
  if (unit !== undefined && secretFile !== undefined && keyFile === undefined) {
    return { signer: unitSigner(unit, readFileSync(secretFile, 'utf8').trim()), certificates: [] };
  }
  if (keyFile === undefined || pinFile === undefined || unit !== undefined) return usage;
  const token = openSoftwareKey(createGm(), keyFile);
  if (token === undefined || token.certificates.encrypt.length === 0) return `文件 ${keyFile} 不是可用的软件证书。`;
  const login = await token.login(new Secret(readFileSync(pinFile, 'utf8').trim()));
  if (login.outcome !== 'open') return 'PIN 码不正确或软件证书已锁定，没有密封。';
  const signer = certificateSigner('bidder', base64(token.certificates.sign), (text) => login.key.sign(text));
  return { signer, certificates: [base64(token.certificates.encrypt)] };
}

function say(line: string, code: number): number {
  process.stdout.write(`${line}\n`);
  return code;
}

function complain(line: string, code: number): number {
  process.stderr.write(`${line}\n`);
  return code;
}
