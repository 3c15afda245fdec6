import type { Change } from './changes.ts';
import { type Comparison, without, written } from './compare.ts';
import { type FormField, numberedFields } from './form-fields.ts';
import { isArray, isDict, type PdfDict, type PdfObject } from './objects.ts';

/** Nodes of the field tree that are no annotations of a page (those have been compared there), and the form's own settings. */
export async function compareForm(
  comparison: Comparison,
  fields: { readonly before: readonly FormField[]; readonly after: readonly FormField[] },
  onPages: ReadonlySet<number>,
  note: (change: Change) => void,
): Promise<void> {
  const old = numberedFields(fields.before);
  for (const field of fields.after) {
    const { number } = field;
    if (number === undefined) {
      // Without a number it can only have been rewritten with its parent.
      continue;
    }
    const was = old.get(number);
    old.delete(number);
    if (onPages.has(number)) continue;
    if (was === undefined) await noteNew(comparison, field, note);
    else await compareField(comparison, was, field, note);
  }
  for (const [number, gone] of old)
    if (!onPages.has(number)) note(documentChange(`表单域 ${gone.name} 在签署后被移除`));
  await compareSettings(comparison, note);
}

const documentChange = (detail: string): Change => ({ kind: 'document-changed', page: null, area: null, detail });

async function noteNew({ after }: Comparison, field: FormField, note: (change: Change) => void): Promise<void> {
  if (field.dict.get('Subtype') === undefined && field.dict.has('Kids')) return; // its kids are judged
  if (field.type === 'Sig' && (await after.dictOf(field.value)) !== undefined)
    note({ kind: 'signature-added', page: null, area: null, detail: '增加了不显示图形的签名' });
  else note(documentChange(`表单域 ${field.name} 是签署后加入的`));
}

const FILLED = ['V', 'RV', 'I', 'M', 'AP', 'AS'];

async function compareField(
  { before, after, same }: Comparison,
  was: FormField,
  is: FormField,
  note: (change: Change) => void,
): Promise<void> {
  const lists = [await before.resolve(was.dict.get('Kids')), await after.resolve(is.dict.get('Kids'))];
  const apart = lists.every((list) => list === null || isArray(list)) ? ['Kids'] : [];
  const bare = (field: FormField): PdfDict => without(field.dict, apart);
  if (await same(bare(was), bare(is))) return;
  const keys = new Set([...was.dict.keys(), ...is.dict.keys()]);
  const others = [...keys].filter((key) => ![...apart, ...FILLED].includes(key));
  for (const key of others)
    if (!(await same(was.dict.get(key), is.dict.get(key)))) {
      note(documentChange(`表单域 ${is.name} 的设置在签署后改变`));
      return;
    }
  if (is.type !== 'Sig')
    note({ kind: 'form-filled', page: null, area: null, detail: `表单项 ${is.name} 在签署后填写` });
  else if (!was.dict.has('V'))
    note({ kind: 'signature-added', page: null, area: null, detail: `空白签名域 ${is.name} 已签署` });
  else note(documentChange(`签名域 ${is.name} 在签署后改变`));
}

/** Fonts may be added to a form's resources, none may be changed: viewers draw filled fields with them. */
async function compareSettings(comparison: Comparison, note: (change: Change) => void): Promise<void> {
  const { before, after, same } = comparison;
  const [was, is] = [
    (await before.dictOf(before.catalog.dict.get('AcroForm'))) ?? new Map<string, PdfObject>(),
    (await after.dictOf(after.catalog.dict.get('AcroForm'))) ?? new Map<string, PdfObject>(),
  ];
  const own = ['Fields', 'SigFlags', 'DR', 'DA'];
  const first = was.size === 0;
  const rest = (form: PdfDict): PdfDict => without(form, own);
  const quiet = first ? rest(is).size === 0 : await same(rest(was), rest(is));
  const kept =
    (first || was.get('DA') === undefined || written(was.get('DA')) === written(is.get('DA'))) &&
    (await isKept(comparison, was.get('DR'), is.get('DR'), 2));
  if (!quiet || !kept) note(documentChange('表单设置在签署后改变'));
}

async function isKept(
  comparison: Comparison,
  a: PdfObject | undefined,
  b: PdfObject | undefined,
  depth: number,
): Promise<boolean> {
  const [x, y] = [await comparison.before.resolve(a), await comparison.after.resolve(b)];
  if (x === null) return true;
  if (!isDict(x) || !isDict(y) || depth === 0 || isArray(x)) return comparison.same(a, b);
  for (const [key, value] of x) if (!(await isKept(comparison, value, y.get(key), depth - 1))) return false;
  return true;
}
