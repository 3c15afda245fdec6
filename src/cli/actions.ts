import { type ParseArgsConfig, parseArgs } from 'node:util';
import { refusal, rowOf, sentence } from '#kernel/errors.ts';
import type { JsonObject } from '#kernel/json.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { AdminContext } from './admin.ts';

/** What a command has to say, for people and for scripts. */
export interface Report {
  readonly lines: readonly string[];
  readonly json: JsonObject;
  /** The command ran, and what it found is not well: exit code 1. */
  readonly unwell?: boolean;
}

export interface Input {
  /** By name, as the usage line has them. */
  readonly words: Readonly<Record<string, string>>;
  text(option: string): string | undefined;
  /** undefined where the option was not given at all. */
  list(option: string): string[] | undefined;
  flag(option: string): boolean | undefined;
}

export interface Action {
  /** Words of the action, then names of what must follow, e.g. `secret rotate <unit>`; `[x]` may be left out. */
  readonly usage: string;
  readonly says: string;
  readonly options?: NonNullable<ParseArgsConfig['options']>;
  /** One line an option, shown by --help. */
  readonly help?: Readonly<Record<string, string>>;
  run(input: Input, context: AdminContext): Promise<Result<Report>>;
}

/** A family of actions as one command. `help` needs no context: a stranger's first `--help` works before there is a configuration. */
export type AdminCommand = ((args: readonly string[], context: AdminContext) => Promise<number>) & {
  /** What to print for `--help`; undefined when it was not asked for. */
  readonly help?: (args: readonly string[]) => readonly string[] | undefined;
};

/** Exit codes: 0 done, 1 refused or unwell, 2 not understood. */
export function adminFamily(family: string, actions: readonly Action[]): AdminCommand {
  const help = (args: readonly string[]): readonly string[] | undefined => {
    if (!args.includes('--help') && !args.includes('-h')) return undefined;
    const found = findAction(actions, args);
    return usage(family, found ? [found.action] : actions);
  };
  return Object.assign((args: readonly string[], context: AdminContext) => runActions(family, actions, args, context), {
    help,
  });
}

async function runActions(
  family: string,
  actions: readonly Action[],
  args: readonly string[],
  context: AdminContext,
): Promise<number> {
  const found = findAction(actions, args);
  if (found === undefined) {
    const say = args.length === 0 ? context.out : context.err;
    for (const line of usage(family, actions)) say(line);
    return 2;
  }
  const input = readInput(found.action, found.rest);
  if (typeof input === 'string') {
    context.err(input);
    for (const line of usage(family, [found.action])) context.err(line);
    return 2;
  }
  const json = input.flag('json') === true;
  const result = await found.action.run(input, context);
  if (!result.ok) {
    const { code } = result.refusal;
    if (json)
      context.out(JSON.stringify({ ok: false, code, wire: rowOf(code).wire, message: sentence(result.refusal) }));
    else context.err(sentence(result.refusal));
    return 1;
  }
  const { lines, json: data, unwell = false } = result.value;
  if (json) context.out(JSON.stringify({ ok: !unwell, ...data }));
  else for (const line of lines) context.out(line);
  return unwell ? 1 : 0;
}

export const misused = (field: string, label: string, reason: string) =>
  refused(refusal('FIELD_INVALID', { field, label, reason }));

/** A whole number option, or undefined; FIELD_INVALID when it is none. */
export function wholeNumber(input: Input, option: string): Result<number | undefined> {
  const text = input.text(option);
  if (text === undefined) return ok(undefined);
  return /^\d{1,9}$/.test(text) ? ok(Number(text)) : misused(`--${option}`, '选项', '应为整数');
}

const wordsOf = (action: Action): { fixed: string[]; named: string[] } => {
  const parts = action.usage.split(' ');
  return { fixed: parts.filter((part) => !/^[<[]/.test(part)), named: parts.filter((part) => /^[<[]/.test(part)) };
};

/** The action whose words stand first; the longest one, so that `secret rotate` goes before `secret`. */
function findAction(
  actions: readonly Action[],
  args: readonly string[],
): { action: Action; rest: string[] } | undefined {
  const matching = actions.filter((action) => wordsOf(action).fixed.every((word, i) => args[i] === word));
  const [action] = matching.sort((a, b) => wordsOf(b).fixed.length - wordsOf(a).fixed.length);
  return action && { action, rest: args.slice(wordsOf(action).fixed.length) };
}

/** The parsed input, or what is wrong with it. */
function readInput(action: Action, rest: readonly string[]): Input | string {
  const options = { ...action.options, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const;
  try {
    const { values, positionals } = parseArgs({
      args: [...rest],
      options,
      allowPositionals: true,
      allowNegative: true,
    });
    const { named } = wordsOf(action);
    const required = named.filter((name) => name.startsWith('<'));
    if (positionals.length < required.length) return `缺少参数 ${required[positionals.length]}。`;
    if (positionals.length > named.length) return `多余的参数：${positionals.slice(named.length).join(' ')}。`;
    const words = Object.fromEntries(positionals.map((word, i) => [(named[i] ?? '').replace(/[<>[\]]/g, ''), word]));
    const value = (name: string): unknown => (values as Record<string, unknown>)[name];
    return {
      words,
      text: (name) => (typeof value(name) === 'string' ? String(value(name)) : undefined),
      list: (name) => (Array.isArray(value(name)) ? (value(name) as string[]) : undefined),
      flag: (name) => (typeof value(name) === 'boolean' ? value(name) === true : undefined),
    };
  } catch (error) {
    const code = (error as { code?: string }).code ?? '';
    if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return '有不认识的选项。';
    if (code.startsWith('ERR_PARSE_ARGS')) return '选项缺少取值，或取值有误。';
    throw error;
  }
}

function usage(family: string, actions: readonly Action[]): string[] {
  const width = Math.max(...actions.map((action) => action.usage.length)) + 2;
  const lines = actions.flatMap((action) => [
    `  ca-interop-hub ${family} ${action.usage.padEnd(width)}${action.says}`,
    ...(actions.length === 1
      ? Object.entries(action.help ?? {}).map(([name, says]) => `      ${name.padEnd(30)}${says}`)
      : []),
  ]);
  const rest = ['', '  每条命令都可加 --json（一行 JSON，供脚本使用）；单条命令的全部选项见 --help。'];
  return ['用法：', ...lines, ...rest];
}
