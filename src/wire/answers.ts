import { type Refusal, rowOf, sentence } from '#kernel/errors.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { PrintedField, PrintedInterface } from './interfaces.ts';
import { readMembers } from './members.ts';
import { printedNameOf } from './requests.ts';

/**
 * Answers: members in printed order, `code` the number 200, then whatever the interface does not print (readings L14, L49).
 * `values` may leave out optional members. `exact`: an interface printed without code and msg answers without them (L10).
 */
export function successAnswer(response: readonly PrintedField[], values: JsonObject, exact = false): JsonObject {
  const bare = exact && !response.some(({ name }) => name === 'code');
  const all: JsonObject = bare ? values : { code: 200, msg: '成功', ...values };
  const printed = response.flatMap(({ name }) => (Object.hasOwn(all, name) ? [[name, all[name]] as const] : []));
  return Object.fromEntries([...printed, ...Object.entries(all)]) as JsonObject;
}

/**
 * A refusal on the wire. `msg`: what happened, what to do, the number to read to the help desk. `errData`: that number, the stable code and,
 * where it is safe, a detail for the integrator; never a stack (readings L17). `echo` stands behind them.
 */
export function refusalAnswer(
  refusal: Refusal,
  supportCode: string,
  labels: readonly PrintedField[] = [],
  echo: JsonObject = {},
): JsonObject {
  const spoken = inPrintedNames(refusal, labels);
  const detail = refusal.detail === undefined ? '' : `; detail=${refusal.detail}`;
  return {
    code: rowOf(refusal.code).wire,
    msg: `${sentence(spoken)}（编号 ${supportCode}）`,
    errData: `trace=${supportCode}; code=${refusal.code}${detail}`,
    ...echo,
  };
}

/** The caller's own taskId where the answer is printed with one, so that a refusal can be matched too (readings L10); nothing that is not in form. */
export function echoOf(entry: PrintedInterface | undefined, request: JsonObject | undefined): JsonObject {
  const fields = entry?.response.filter(({ name }) => name === 'taskId') ?? [];
  const read = request === undefined || fields.length === 0 ? undefined : readMembers(fields, request);
  const taskId = read?.ok ? read.value.values.get('taskId') : undefined;
  return taskId === undefined ? {} : { taskId };
}

/** A domain refusal names fields in domain words; the caller reads printed names and labels. */
export function inPrintedNames(refusal: Refusal, fields: readonly PrintedField[]): Refusal {
  const { field } = refusal.params;
  if (field === undefined) return refusal;
  const name = printedNameOf[field] ?? field;
  const label = fields.find((printed) => printed.name === name)?.zh ?? refusal.params['label'] ?? name;
  return { ...refusal, params: { ...refusal.params, field: name, label } };
}
