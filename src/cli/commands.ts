import { ConfigFault } from '#config/config.ts';
import { boundHeap } from '#config/heap.ts';
import { StoreStartError } from '#store/faults.ts';
import type { AdminContext } from './admin.ts';

/** One word of the command line. Modules are loaded when named, so that `agent` never loads a database. */
interface Command {
  readonly usage: string;
  run(args: readonly string[]): Promise<number>;
}

const beside = async (
  args: readonly string[],
  load: () => Promise<(args: readonly string[], context: AdminContext) => Promise<number>>,
): Promise<number> => (await import('./beside.ts')).runBeside(args, await load());

const commands: Readonly<Record<string, Command>> = {
  serve: {
    usage: 'serve --config FILE          启动枢纽，直到收到 SIGTERM',
    run: async (args) => {
      boundHeap();
      return (await import('./serve.ts')).runServe(args);
    },
  },
  check: {
    usage: 'check --config FILE          检查配置与数据库，不启动',
    run: async (args) => beside(args, async () => (await import('./check.ts')).runCheck),
  },
  unit: {
    usage: 'unit …                       接入单位、密钥、回调测试（unit --help）',
    run: async (args) => beside(args, async () => (await import('./unit.ts')).runUnitCommand),
  },
  platform: {
    usage: 'platform …                   平台、回调与返回地址（platform --help）',
    run: async (args) => beside(args, async () => (await import('./platform.ts')).runPlatformCommand),
  },
  authority: {
    usage: 'authority …                  CA 机构（authority --help）',
    run: async (args) => beside(args, async () => (await import('./authority.ts')).runAuthorityCommand),
  },
  conflict: {
    usage: 'conflict …                   各单位登记不一致的处理（conflict --help）',
    run: async (args) => beside(args, async () => (await import('./conflict.ts')).runConflictCommand),
  },
  seals: {
    usage: 'seals …                      印章：列出、停用、用印记录（seals --help）',
    run: async (args) => beside(args, async () => (await import('./seals.ts')).runSealsCommand),
  },
  opening: {
    usage: 'opening …                    未结束的开标、时钟是否可信（opening --help）',
    run: async (args) => beside(args, async () => (await import('./opening.ts')).runOpeningCommand),
  },
  journal: {
    usage: 'journal export|verify        导出日志；离线校验导出文件（不需要数据库）',
    run: async (args) => (await import('./journal.ts')).runJournal(args),
  },
  seal: {
    usage: 'seal 文件 --ticket …          在本机密封投标文件或保函（seal --help；不需要数据库和网络）',
    run: async (args) => (await import('./seal.ts')).runSeal(args),
  },
  sign: {
    usage: 'sign 文件.pdf …              在本机为 PDF 签名或签章（sign --help；不需要数据库和网络）',
    run: async (args) => (await import('./sign.ts')).runSign(args),
  },
  'sign-job': {
    usage: 'sign-job create|sign|import  离线签署：任务带到离线机器，结果带回（sign-job --help）',
    run: async (args) => (await import('./sign-job.ts')).runSignJob(args),
  },
  verify: {
    usage:
      'verify 文件…                 离线校验回执、开标记录、校验报告，或 PDF 中的电子签名（verify --help；不需要数据库和网络）',
    run: async (args) => (await import('./verify.ts')).runVerify(args),
  },
  agent: {
    usage: 'agent …                      证书助手：UKey 与网页之间的桥（agent --help）',
    run: async (args) => (await import('./agent.ts')).runAgent(args),
  },
};

const EXIT_USAGE = 2;
/** sysexits: configuration error. */
const EXIT_CONFIG = 78;

/** Runs one command and returns its exit code: 0 done, 1 refused or failed, 2 wrong usage, 78 wrong configuration. */
export async function runCommand(argv: readonly string[]): Promise<number> {
  const [word = 'help', ...args] = argv;
  if (word === 'help' || word === '--help' || word === '-h') return help();
  const command = Object.hasOwn(commands, word) ? commands[word] : undefined;
  if (command === undefined) {
    console.error(`没有命令 ${word}。`);
    help(console.error);
    return EXIT_USAGE;
  }
  try {
    return await command.run(args);
  } catch (error) {
    return explain(error);
  }
}

function help(print: (line: string) => void = console.log): number {
  print('CA 互认枢纽 ca-interop-hub\n');
  for (const { usage } of Object.values(commands)) print(`  ca-interop-hub ${usage}`);
  return 0;
}

/** What the operator did not foresee, in a sentence; a stack only for our own mistakes. */
function explain(error: unknown): number {
  if (error instanceof ConfigFault) {
    console.error(error.message);
    return EXIT_CONFIG;
  }
  if (error instanceof StoreStartError || isUsageFault(error)) {
    console.error(error.message);
    return error instanceof StoreStartError ? 1 : EXIT_USAGE;
  }
  console.error(error);
  return 1;
}

const isUsageFault = (error: unknown): error is Error =>
  error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
