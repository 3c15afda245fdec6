import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { exportJournal, verifyExport } from '#audit/export.ts';
import { createGm } from '#crypto/provider.ts';
import type { AdminContext } from './admin.ts';

const usage = `journal export --config FILE > 文件    导出全部日志，每行一个 JSON
journal verify 文件 [--key 编号=公钥]    离线校验导出文件；--key 为另行取得的日志公钥（十六进制）`;

/** Export needs the database; verification needs nothing but the file, and may run on another machine. */
export async function runJournal(args: readonly string[]): Promise<number> {
  const [verb, ...rest] = args;
  if (verb === 'export') return (await import('./beside.ts')).runBeside(rest, printJournal);
  if (verb === 'verify') return verifyFile(rest);
  process.stderr.write(`${usage}\n`);
  return verb === '--help' || verb === 'help' ? 0 : 2;
}

async function printJournal(_: readonly string[], { journal, store }: AdminContext): Promise<number> {
  for await (const line of exportJournal(journal, store.read)) process.stdout.write(line);
  return 0;
}

async function verifyFile(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { key: { type: 'string', multiple: true } },
  });
  const [file] = positionals;
  if (file === undefined) {
    process.stderr.write(`${usage}\n`);
    return 2;
  }
  const keys = values.key && new Map(values.key.map((pair) => splitOnce(pair)));
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY });
  const verdict = await verifyExport(createGm(), lines, keys === undefined ? {} : { keys });
  if (!verdict.ok) {
    process.stdout.write(`日志自第 ${verdict.firstBad} 条起不可信：${verdict.reason}\n`);
    return 1;
  }
  const pinned = verdict.pinned ? '已用另行取得的公钥核对' : '公钥取自文件本身，请另行核对公钥';
  process.stdout.write(`日志完整：${verdict.rows} 条，签名检查点 ${verdict.checkpoints} 个（${pinned}）\n`);
  return 0;
}

function splitOnce(pair: string): readonly [string, string] {
  const at = pair.indexOf('=');
  return [pair.slice(0, at), pair.slice(at + 1)];
}
