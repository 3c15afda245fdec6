import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { copyFile, open, rm } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { openSoftwareKey } from '#agent/software-key.ts';
import type { OpenKey } from '#agent/token.ts';
import type { Gm } from '#crypto/gm.ts';
import { createGm } from '#crypto/provider.ts';
import { systemClock } from '#kernel/clock.ts';
import { Secret } from '#kernel/secret.ts';
import { type Certificate, parseCertificate } from '#pki/certificate.ts';
import { readPicture } from '#pki/picture.ts';
import { parseSeal } from '#pki/ses.ts';
import { MOST_SIGNED, type SignedFile, signFile } from '#signature/offline/sign-file.ts';
import { PdfFault } from '#signature/pdf/objects.ts';
import { fileSource } from '#signature/pdf/source.ts';
import type { SigningWish } from '#signature/sign/prepare.ts';
import { documentFaults } from './verify-document.ts';

export const signOptions = {
  'software-key': { type: 'string' },
  'pin-file': { type: 'string' },
  picture: { type: 'string' },
  seal: { type: 'string' },
  width: { type: 'string' },
  at: { type: 'string', multiple: true },
  out: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

export const signHelp = `  --software-key FILE --pin-file FILE   签署所用的软件证书与 PIN
  --picture FILE         印章图片（PNG 或 JPEG）；或
  --seal FILE            电子印章（GB/T 38540，DER）
  --width 毫米           图片的宽度，默认 40；电子印章取其自身尺寸
  --at 页,左,上          加盖的位置，页从 1 起，毫米，从页面左上角到印章左上角；可重复；不写则不显示图形`;

const usage = `sign 文件.pdf --software-key FILE --pin-file FILE --out FILE …
    在本机为 PDF 签名或签章，文件不离开本机，最大 200 MB；原有签名保持有效
${signHelp}
  --out FILE             写到哪里；已存在时不覆盖`;

/** Signs one file on this computer. Exit codes: 0 done, 1 not done, 2 not understood. */
export async function runSign(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: signOptions });
  if (values.help === true) return say(usage, 0);
  const [file] = positionals;
  const { out } = values;
  if (file === undefined || out === undefined) return complain(usage, 2);
  if (existsSync(out)) return complain(`文件 ${out} 已存在，没有覆盖。请换一个文件名。`, 1);
  const signed = await signWithKey(createGm(), file, values, null);
  if (typeof signed === 'string') return complain(signed, signed === usage ? 2 : 1);
  await append(file, out, signed.revision);
  if (values.json === true) return say(JSON.stringify({ ok: true, out, sm3: signed.sm3 }), 0);
  return say(`已签署：${out}\n文件指纹 SM3：${signed.sm3}`, 0);
}

export interface SignValues {
  readonly 'software-key'?: string | undefined;
  readonly 'pin-file'?: string | undefined;
  readonly picture?: string | undefined;
  readonly seal?: string | undefined;
  readonly width?: string | undefined;
  readonly at?: string[] | undefined;
}

/** The revision, or the sentence that says why there is none. `mayBe`: SM3 of the only certificate that may sign, hex. */
export async function signWithKey(
  gm: Gm,
  file: string,
  values: SignValues,
  about: { readonly reason: string; readonly isAllowed: (certificate: Certificate) => boolean } | null,
): Promise<Extract<SignedFile, { ok: true }> | string> {
  const opened = await openKey(gm, values);
  if (typeof opened === 'string') return opened;
  const { certificate, key } = opened;
  if (about !== null && !about.isAllowed(certificate)) return '这张证书不是任务指定的证书，没有签署。';
  const seal = readLook(gm, values);
  if (typeof seal === 'string') return seal;
  const placements = readPlaces(values.at ?? [], seal);
  if (placements === undefined) return '--at 应为“页,左,上”，例如 --at 1,120,200。';
  const wish: SigningWish = {
    ...{ certificate, at: systemClock.now(), timestamped: false, placements, picture: seal.picture },
    signer: certificate.subject.get('CN') ?? certificate.subject.get('O') ?? '',
    container: seal.container,
    ...(about !== null && { reason: about.reason }),
  };
  const handle = await open(file, 'r');
  try {
    const source = await fileSource(handle);
    if (source.size > MOST_SIGNED) return '文件超过 200 MB，没有签署。';
    const signed = await signFile(gm, source, wish, (toSign) => key.sign(toSign));
    return signed.ok ? signed : '签署没有成功：证书与密钥不符，或印章不能由这张证书使用。';
  } catch (error) {
    if (error instanceof PdfFault) return `没有签署：文件${documentFaults[error.fault]}`;
    throw error;
  } finally {
    await handle.close();
  }
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

interface Look {
  readonly container: SigningWish['container'];
  readonly picture: SigningWish['picture'];
  /** Millimetres. */
  readonly width: number;
  readonly height: number;
}

function readLook(gm: Gm, { picture, seal, width = '40' }: SignValues): Look | string {
  const container = { form: 'cms', profile: 'gbt35275Attributes' } as const;
  if (seal !== undefined) {
    const parsed = parseSeal(gm, readFileSync(seal));
    const image = parsed && readPicture(parsed.picture.data);
    if (parsed === undefined || image === undefined || typeof image === 'string')
      return `文件 ${seal} 不是可用的电子印章。`;
    const { width: wide, height } = parsed.picture;
    return { container: { form: 'seal', seal: parsed }, picture: image, width: wide, height };
  }
  if (picture === undefined) return { container, picture: null, width: 0, height: 0 };
  const image = readPicture(readFileSync(picture));
  const wide = Number(width);
  if (typeof image === 'string' || !(wide >= 5 && wide <= 100)) return `文件 ${picture} 不是可用的印章图片。`;
  return { container, picture: image, width: wide, height: (wide * image.height) / image.width };
}

function readPlaces(at: readonly string[], { width, height }: Look): SigningWish['placements'] | undefined {
  const places = at.map((text) => {
    const [, page, x, y] = /^(\d{1,4}),(\d{1,4}(?:\.\d{1,2})?),(\d{1,4}(?:\.\d{1,2})?)$/.exec(text) ?? [];
    return page === undefined ? undefined : { page: Number(page) - 1, x: Number(x), y: Number(y), width, height };
  });
  return places.every((place) => place !== undefined && place.page >= 0)
    ? (places as SigningWish['placements'])
    : undefined;
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
