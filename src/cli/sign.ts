import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { copyFile, open, rm } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { openSoftwareKey } from '#agent/software-key.ts';
import type { OpenKey } from '#agent/token.ts';
import type { Gm } from '#crypto/gm.ts';
import { createGm } from '#crypto/provider.ts';
import { createEgress } from '#delivery/egress.ts';
import type { Bytes } from '#kernel/bytes.ts';
import { systemClock } from '#kernel/clock.ts';
import { createLog } from '#kernel/log.ts';
import { systemRandom } from '#kernel/random.ts';
import { Secret } from '#kernel/secret.ts';
import { type Certificate, parseCertificate } from '#pki/certificate.ts';
import { MOST_SIGNED, type SignedFile, signFile } from '#signature/offline/sign-file.ts';
import { PdfFault } from '#signature/pdf/objects.ts';
import { fileSource } from '#signature/pdf/source.ts';
import type { SigningWish } from '#signature/sign/prepare.ts';
import { NoStamp, stampOf } from '#signature/stamp.ts';
import { type LookValues, readLook, readPlaces } from './sign-look.ts';
import { documentFaults, readCertificates } from './verify-document.ts';

export const signOptions = {
  'software-key': { type: 'string' },
  'pin-file': { type: 'string' },
  picture: { type: 'string' },
  seal: { type: 'string' },
  width: { type: 'string' },
  at: { type: 'string', multiple: true },
  straddle: { type: 'string' },
  out: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

export const signHelp = `  --software-key FILE --pin-file FILE   签署所用的软件证书与 PIN
  --picture FILE         印章图片（PNG 或 JPEG）；或
  --seal FILE            电子印章（GB/T 38540，DER）
  --width 毫米           图片的宽度，默认 40；电子印章取其自身尺寸
  --at 页,左,上          加盖的位置，页从 1 起，毫米，从页面左上角到印章左上角；可重复；不写则不显示图形
  --straddle 毫米[,页数]  骑缝章：在全部页的右边缘各盖一条，印章中心到页面上边的毫米数；页数为一枚印章最多跨的页数`;

const usage = `sign 文件.pdf --software-key FILE --pin-file FILE --out FILE …
    在本机为 PDF 签名或签章，文件不离开本机，最大 200 MB；原有签名保持有效
${signHelp}
  --tsa 网址 --tsa-trust FILE   向时间戳机构索取时间戳（RFC 3161，只发送签名值的摘要），以其根证书与中间证书核对；可重复 --tsa-trust
  --out FILE             写到哪里；已存在时不覆盖`;

const stampOptions = { tsa: { type: 'string' }, 'tsa-trust': { type: 'string', multiple: true } } as const;

/** Signs one file on this computer. Exit codes: 0 done, 1 not done, 2 not understood. */
export async function runSign(args: readonly string[]): Promise<number> {
  const options = { ...signOptions, ...stampOptions };
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
  if (values.help === true) return say(usage, 0);
  const [file] = positionals;
  const { out } = values;
  if (file === undefined || out === undefined) return complain(usage, 2);
  if (existsSync(out)) return complain(`文件 ${out} 已存在，没有覆盖。请换一个文件名。`, 1);
  if (!existsSync(file)) return complain(`文件 ${file} 不存在。`, 1);
  const gm = createGm();
  const stamp = values.tsa === undefined ? null : readStamp(gm, values.tsa, values['tsa-trust'] ?? []);
  if (typeof stamp === 'string') return complain(stamp, 2);
  const signed = await signWithKey(gm, file, values, { stamp });
  if (typeof signed === 'string') return complain(signed, 1);
  await append(file, out, signed.revision);
  if (values.json === true) return say(JSON.stringify({ ok: true, out, sm3: signed.sm3 }), 0);
  return say(`已签署：${out}\n文件指纹 SM3：${signed.sm3}`, 0);
}

export interface SignValues extends LookValues {
  readonly 'software-key'?: string | undefined;
  readonly 'pin-file'?: string | undefined;
}

/** The revision, or the sentence that says why there is none. */
export async function signWithKey(
  gm: Gm,
  file: string,
  values: SignValues,
  more: {
    readonly job?: { readonly reason: string; readonly isAllowed: (certificate: Certificate) => boolean };
    readonly stamp?: Stamp | null;
  },
): Promise<Extract<SignedFile, { ok: true }> | string> {
  const opened = await openKey(gm, values);
  if (typeof opened === 'string') return opened;
  const { certificate, key } = opened;
  const { job, stamp = null } = more;
  if (job?.isAllowed(certificate) === false) return '这张证书不是任务指定的证书，没有签署。';
  const now = systemClock.now();
  if (now < certificate.notBefore || now > certificate.notAfter) return '证书不在有效期内，没有签署。';
  const look = readLook(gm, certificate, values, now);
  if (typeof look === 'string') return look;
  const handle = await open(file, 'r');
  try {
    const source = await fileSource(handle);
    if (source.size > MOST_SIGNED) return '文件超过 200 MB，没有签署。';
    const placements = await readPlaces(source, look, values);
    if (typeof placements === 'string') return placements;
    const wish: SigningWish = {
      ...{ certificate, at: now, timestamped: stamp !== null, placements, picture: look.picture },
      signer: certificate.subject.get('CN') ?? certificate.subject.get('O') ?? '',
      container: look.container,
      ...(job !== undefined && { reason: job.reason }),
    };
    const hash = certificate.key.kind === 'sm2' ? 'sm3' : 'sha256';
    const signed = await signFile(gm, source, wish, {
      sign: (toSign) => key.sign(toSign),
      ...(stamp !== null && { stamp: (value: Bytes) => stamp(value, hash) }),
    });
    return signed.ok ? signed : '签署没有成功：证书与密钥不符，或算法不受支持。';
  } catch (error) {
    if (error instanceof PdfFault) return `没有签署：文件${documentFaults[error.fault]}`;
    if (error instanceof NoStamp) return '没有签署：时间戳机构没有给出可信的时间戳。';
    throw error;
  } finally {
    await handle.close();
  }
}

/** Who runs the command names the address: it may be in his own network. */
const OWN_NETWORK = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '127.0.0.0/8', '::1/128', 'fc00::/7'];

type Stamp = (signature: Bytes, hash: 'sm3' | 'sha256') => Promise<Bytes>;

/** Asks the authority that was named on the command line, and believes it by the certificates that were. */
function readStamp(gm: Gm, url: string, trusted: readonly string[]): Stamp | string {
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) return '--tsa 应为 http 或 https 网址。';
  const certificates = trusted.flatMap((file) => (existsSync(file) ? readCertificates(gm, readFileSync(file)) : []));
  if (certificates.length === 0) return '请用 --tsa-trust 给出时间戳机构的根证书。';
  const authority = { url, certificates, privateRanges: OWN_NETWORK, whenDown: 'refuse' } as const;
  return async (signature, hash) => {
    const egress = createEgress({ log: createLog('fatal') });
    try {
      return await stampOf({ gm, egress, clock: systemClock, random: systemRandom }, authority, signature, hash);
    } finally {
      egress.close();
    }
  };
}

async function openKey(gm: Gm, values: SignValues): Promise<{ certificate: Certificate; key: OpenKey } | string> {
  const { 'software-key': keyFile, 'pin-file': pinFile } = values;
  if (keyFile === undefined || pinFile === undefined) return '请用 --software-key 与 --pin-file 指定签署所用的证书。';
  const token = openSoftwareKey(gm, keyFile);
  const certificate = token && parseCertificate(gm, token.certificates.sign);
  if (token === undefined || certificate === undefined) return `文件 ${keyFile} 不是软件证书。`;
  const login = await token.login(new Secret(readFileSync(pinFile, 'utf8').trim()));
  return login.outcome === 'open' ? { certificate, key: login.key } : 'PIN 码不正确或软件证书已锁定，没有签署。';
}

/** Copies the document and puts the revision behind it; half a file is no file. */
export async function append(file: string, out: string, revision: Uint8Array): Promise<void> {
  await copyFile(file, out);
  try {
    const handle = await open(out, 'a');
    try {
      await handle.write(revision);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    await rm(out, { force: true });
    throw error;
  }
}

/** Lower hex. */
export async function sm3OfFile(gm: Gm, file: string): Promise<string> {
  const hash = gm.sm3Stream();
  for await (const part of createReadStream(file, { highWaterMark: 1024 * 1024 })) hash.update(part as Buffer);
  return Buffer.from(hash.digest()).toString('hex');
}

export function say(text: string, code: number): number {
  process.stdout.write(`${text}\n`);
  return code;
}

export function complain(text: string, code: number): number {
  process.stderr.write(`${text}\n`);
  return code;
}
