import { createReadStream, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import type { Gm } from '#crypto/gm.ts';
import { createGm } from '#crypto/provider.ts';
import { hex, utf8 } from '#kernel/bytes.ts';
import { beijingDateTime, systemClock } from '#kernel/clock.ts';
import { systemRandom } from '#kernel/random.ts';
import { Secret } from '#kernel/secret.ts';
import { openJob, readResult, reasonOf, type SignResult } from '#signature/offline/job.ts';
import { proofHeaders, signHeaders } from '#wire/header-sign.ts';
import { append, complain, say, signHelp, signOptions, signWithKey, sm3OfFile } from './sign.ts';

const usage = `sign-job create 文件.pdf --hub 网址 --unit 标识 --secret-file FILE --out 任务.json [--certificate-sm3 HEX] [--hours 72]
    在联网的机器上生成离线签署任务；文件本身不上传
sign-job sign 任务.json --document 文件.pdf --hub-key 公钥 --software-key FILE --pin-file FILE --out 结果.json …
    在离线的机器上核对任务并签署；不需要数据库和网络
${signHelp}
sign-job import 结果.json --document 文件.pdf --out 签署后.pdf [--hub 网址 --unit 标识 --secret-file FILE]
    把结果合并为签署后的文件；给出 --hub 时提交枢纽校验并完成任务（一个任务只能完成一次）`;

const options = {
  ...signOptions,
  hub: { type: 'string' },
  unit: { type: 'string' },
  'secret-file': { type: 'string' },
  document: { type: 'string' },
  'hub-key': { type: 'string', multiple: true },
  'certificate-sm3': { type: 'string' },
  hours: { type: 'string' },
} as const;

type Values = ReturnType<typeof read>['values'];
const read = (args: readonly string[]) => parseArgs({ args: [...args], allowPositionals: true, options });

const PATH = '/api/ca/ext/offline/jobs';

/** Exit codes: 0 done, 1 not done, 2 not understood. */
export async function runSignJob(args: readonly string[]): Promise<number> {
  const { values, positionals } = read(args);
  const [act, file] = positionals;
  if (values.help === true) return say(usage, 0);
  if (file === undefined || values.out === undefined) return complain(usage, 2);
  if (!existsSync(file)) return complain(`文件 ${file} 不存在。`, 1);
  if (existsSync(values.out)) return complain(`文件 ${values.out} 已存在，没有覆盖。请换一个文件名。`, 1);
  const gm = createGm();
  switch (act) {
    case 'create':
      return create(gm, file, values.out, values);
    case 'sign':
      return sign(gm, file, values.out, values);
    case 'import':
      return bringBack(gm, file, values.out, values);
    default:
      return complain(usage, 2);
  }
}

async function create(gm: Gm, file: string, out: string, values: Values): Promise<number> {
  const hub = hubOf(values);
  if (hub === undefined) return complain(usage, 2);
  const wish = {
    ...{ documentSm3: await sm3OfFile(gm, file), bytes: statSync(file).size, name: basename(file) },
    ...(values['certificate-sm3'] !== undefined && { certificateSm3: values['certificate-sm3'] }),
    ...(values.hours !== undefined && { hours: Number(values.hours) }),
  };
  const body = Buffer.from(utf8(JSON.stringify(wish)));
  const reply = await ask(gm, hub, PATH, { body, sm3: hex(gm.sm3(body)), type: 'application/json' });
  if (reply.code !== 200) return complain(`没有生成任务：${reply.msg}`, 1);
  writeFileSync(out, `${JSON.stringify(reply.data)}\n`, { flag: 'wx', mode: 0o600 });
  return say(`任务已写入 ${out}。请与文件 ${file} 一并带到离线机器。`, 0);
}

async function sign(gm: Gm, file: string, out: string, values: Values): Promise<number> {
  const { document, 'hub-key': keys = [] } = values;
  if (document === undefined || keys.length === 0) return complain(usage, 2);
  const job = openJob(
    gm,
    readFileSync(file),
    keys.map((key) => key.toLowerCase()),
  );
  if (job === undefined) return complain('任务文件不是给出公钥的枢纽签发的，或已被改动，没有签署。', 1);
  if (Date.parse(job.expiresAt) <= systemClock.now()) return complain('任务已超过有效时间，没有签署。', 1);
  if (statSync(document).size !== job.document.bytes || (await sm3OfFile(gm, document)) !== job.document.sm3)
    return complain(`文件 ${document} 不是任务所指的文件，没有签署。`, 1);
  const signed = await signWithKey(gm, document, values, {
    job: {
      reason: reasonOf(job),
      isAllowed: ({ der }) => job.certificate === null || hex(gm.sm3(der)) === job.certificate,
    },
  });
  if (typeof signed === 'string') return complain(signed, 1);
  const result: SignResult = {
    ...{ v: 1, type: 'sign-result', job: job.id, baseSm3: job.document.sm3, baseBytes: job.document.bytes },
    ...{ signedSm3: signed.sm3, revision: signed.revision.toString('base64') },
  };
  writeFileSync(out, `${JSON.stringify(result)}\n`, { flag: 'wx', mode: 0o600 });
  return say(`已签署，结果写入 ${out}。请在 ${beijingDateTime(Date.parse(job.expiresAt))} 之前带回提交。`, 0);
}

async function bringBack(gm: Gm, file: string, out: string, values: Values): Promise<number> {
  const { document } = values;
  const result = readResult(readFileSync(file));
  if (document === undefined) return complain(usage, 2);
  if (result === undefined) return complain(`文件 ${file} 不是离线签署的结果。`, 1);
  if (statSync(document).size !== result.baseBytes || (await sm3OfFile(gm, document)) !== result.baseSm3)
    return complain(`文件 ${document} 不是结果所属的文件。`, 1);
  await append(document, out, Buffer.from(result.revision, 'base64'));
  const sm3 = await sm3OfFile(gm, out);
  if (sm3 !== result.signedSm3) {
    rmSync(out, { force: true });
    return complain(`结果不完整：合并后的指纹与结果所记的不一致。`, 1);
  }
  say(`签署后的文件：${out}\n文件指纹 SM3：${sm3}`, 0);
  const hub = hubOf(values);
  if (hub === undefined) return 0;
  const body = Readable.toWeb(createReadStream(out, { highWaterMark: 1024 * 1024 })) as ReadableStream;
  const size = statSync(out).size;
  const reply = await ask(gm, hub, `${PATH}/${result.job}/result`, { body, sm3, type: 'application/pdf', size });
  return reply.code === 200 ? say('枢纽已校验，任务完成。', 0) : complain(`枢纽没有接受：${reply.msg}`, 1);
}

interface Hub {
  readonly url: string;
  readonly unit: string;
  readonly secret: Secret<string>;
}

function hubOf({ hub, unit, 'secret-file': file }: Values): Hub | undefined {
  if (hub === undefined || unit === undefined || file === undefined) return undefined;
  return { url: hub, unit, secret: new Secret(readFileSync(file, 'utf8').trim()) };
}

interface Reply {
  readonly code: number;
  readonly msg: string;
  readonly data?: unknown;
}

/** One header-signed request (docs: extensions). */
async function ask(
  gm: Gm,
  { url, unit, secret }: Hub,
  target: string,
  sent: { body: Buffer | ReadableStream; sm3: string; type: string; size?: number },
): Promise<Reply> {
  const request = {
    ...{ method: 'POST', target, bodySm3: sent.sm3 },
    ...{ timestamp: String(systemClock.now()), nonce: hex(systemRandom.bytes(16)) },
  };
  try {
    const reply = await fetch(new URL(target, url), {
      ...{ method: 'POST', redirect: 'error', body: sent.body as BodyInit },
      // Node asks for it where a body is a stream; the types of the web do not know it.
      ...({ duplex: 'half' } as object),
      headers: {
        'content-type': sent.type,
        ...(sent.size !== undefined && { 'content-length': String(sent.size) }),
        [proofHeaders.unit]: unit,
        [proofHeaders.timestamp]: request.timestamp,
        [proofHeaders.nonce]: request.nonce,
        [proofHeaders.contentSm3]: sent.sm3,
        [proofHeaders.sign]: signHeaders(gm, secret, request),
      },
    });
    return (await reply.json()) as Reply;
  } catch {
    return { code: 0, msg: `无法连接 ${url}，请检查网络后重试。` };
  }
}
