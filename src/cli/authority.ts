import type { AuthorityManifestInput } from '#drivers/authority.ts';
import { fromUtf8Strict } from '#kernel/bytes.ts';
import { beijingDate } from '#kernel/clock.ts';
import { isObject, type JsonObject, readJsonObject } from '#kernel/json.ts';
import { ok, type Result } from '#kernel/result.ts';
import { parseCertificate, readCertificateText, tailOf } from '#pki/certificate.ts';
import { type Action, type AdminCommand, adminFamily, type Input, misused, type Report } from './actions.ts';
import { type AdminContext, recorded } from './admin.ts';

const actions: readonly Action[] = [
  { usage: 'list', says: '列出 CA 机构', run: list },
  { usage: 'show <authority>', says: '查看一家机构的配置与证书', run: show },
  {
    usage: 'add <authority>',
    says: '登记 CA 机构',
    options: {
      name: { type: 'string' },
      driver: { type: 'string' },
      manifest: { type: 'string' },
      secrets: { type: 'string' },
    },
    help: {
      '--name NAME': '机构名称（必填）',
      '--driver NAME': '主驱动，如 standard-key、mobile-scan（必填）',
      '--manifest FILE': '机构配置 JSON：media、support、revocation、egress 等（必填）',
      '--secrets FILE': '驱动所需的密钥 JSON，加密保存',
    },
    run: add,
  },
  {
    usage: 'add-cert <authority>',
    says: '登记根证书或中间证书',
    options: { role: { type: 'string' }, file: { type: 'string' } },
    help: { '--role root|intermediate': '证书角色（必填）', '--file FILE': 'PEM、Base64 或 DER 文件（必填）' },
    run: addCertificate,
  },
  {
    usage: 'suspend <authority>',
    says: '暂停互认服务，立即生效',
    run: (input, context) => setStatus(input, context, 'suspend'),
  },
  { usage: 'resume <authority>', says: '恢复互认服务', run: (input, context) => setStatus(input, context, 'resume') },
];

async function list(_: Input, { store, authorities }: AdminContext): Promise<Result<Report>> {
  const all = await authorities.list(store.read);
  const lines = all.map(
    (one) => `${one.id}  ${one.status === 'active' ? '使用中' : '已暂停'}  ${one.name}  驱动 ${one.driver}`,
  );
  const json = all.map(({ id, name, driver, status }) => ({ id, name, driver, status }));
  return ok({ lines: lines.length > 0 ? lines : ['还没有 CA 机构。'], json: { authorities: json } });
}

async function show({ words }: Input, { store, authorities }: AdminContext): Promise<Result<Report>> {
  const authority = await authorities.find(store.read, words['authority'] ?? '');
  if (authority === undefined) return misused('authority', '机构标识', '没有这家机构');
  const certificates = (await authorities.certificates(store.read, authority.id)).map(({ role, certificate }) => ({
    role,
    subject: certificate.subject.get('CN') ?? '',
    tail: tailOf(certificate),
    notAfter: beijingDate(certificate.notAfter),
    fingerprint: certificate.fingerprint,
  }));
  return ok({
    lines: [
      `${authority.id}  ${authority.name}  ${authority.status === 'active' ? '使用中' : '已暂停'}  驱动 ${authority.driver}`,
      ...certificates.map(
        (one) =>
          `  ${one.role === 'root' ? '根证书　' : '中间证书'}  ${one.subject}  尾号 ${one.tail}  有效至 ${one.notAfter}`,
      ),
      ...JSON.stringify(authority.manifest, null, 2)
        .split('\n')
        .map((line) => `  ${line}`),
    ],
    json: { authority: { ...authority } as unknown as JsonObject, certificates },
  });
}

async function add(input: Input, context: AdminContext): Promise<Result<Report>> {
  const id = input.words['authority'] ?? '';
  const [name, driver, manifestFile] = [input.text('name'), input.text('driver'), input.text('manifest')];
  if (name === undefined) return misused('--name', '机构名称', '请填写机构名称');
  if (driver === undefined) return misused('--driver', '驱动', '请填写驱动名称');
  if (manifestFile === undefined) return misused('--manifest', '机构配置', '请指定配置文件');
  const manifest = readJsonFile(context, '--manifest', manifestFile);
  if (!manifest.ok) return manifest;
  const secretsFile = input.text('secrets');
  const secrets = secretsFile === undefined ? ok(undefined) : readJsonFile(context, '--secrets', secretsFile);
  if (!secrets.ok) return secrets;
  const added = await recorded(
    context,
    () => ({ kind: 'admin.authority-added', body: { authority: id } }),
    (tx) =>
      context.authorities.add(tx, {
        id,
        name,
        driver,
        // Parsed strictly by the repository; its refusal names the member.
        manifest: manifest.value as unknown as AuthorityManifestInput,
        ...(secrets.value !== undefined && { secrets: secrets.value }),
      }),
  );
  if (!added.ok) return added;
  const lines = [`已登记 ${name}。下一步：authority add-cert ${id} --role root --file 根证书文件`];
  return ok({ lines, json: { authority: { id, name, driver, status: added.value.status } } });
}

async function addCertificate(input: Input, context: AdminContext): Promise<Result<Report>> {
  const id = input.words['authority'] ?? '';
  const role = input.text('role');
  const file = input.text('file');
  if (role !== 'root' && role !== 'intermediate') return misused('--role', '证书角色', '应为 root 或 intermediate');
  if (file === undefined) return misused('--file', '证书文件', '请指定证书文件');
  const bytes = readBytes(context, '--file', file);
  if (!bytes.ok) return bytes;
  const text = fromUtf8Strict(bytes.value);
  const certificate =
    (text === undefined ? undefined : readCertificateText(context.gm, text)) ??
    parseCertificate(context.gm, bytes.value);
  if (certificate === undefined) return misused('--file', '证书文件', '不是可识别的数字证书');
  const body = { authority: id, role, tail: tailOf(certificate) };
  const added = await recorded(
    context,
    () => ({ kind: 'admin.authority-certificate-added', body }),
    (tx) => context.authorities.addCertificate(tx, id, role, certificate.der),
  );
  if (!added.ok) return added;
  return ok({
    lines: [`已登记证书，尾号 ${tailOf(certificate)}，有效至 ${beijingDate(certificate.notAfter)}。`],
    json: body,
  });
}

async function setStatus({ words }: Input, context: AdminContext, verb: 'suspend' | 'resume'): Promise<Result<Report>> {
  const id = words['authority'] ?? '';
  const changed = await recorded(
    context,
    () => ({ kind: `admin.authority-${verb}`, body: { authority: id } }),
    (tx) => context.authorities[verb](tx, id),
  );
  if (!changed.ok) return changed;
  const line = verb === 'suspend' ? `${id} 已暂停互认服务，立即生效。` : `${id} 已恢复互认服务。`;
  return ok({ lines: [line], json: { authority: id, status: verb === 'suspend' ? 'suspended' : 'active' } });
}

function readJsonFile(context: AdminContext, option: string, name: string): Result<JsonObject> {
  const bytes = readBytes(context, option, name);
  if (!bytes.ok) return bytes;
  const parsed = readJsonObject(bytes.value);
  return parsed.ok && isObject(parsed.value)
    ? ok(parsed.value)
    : misused(option, '文件', `${name} 不是规范的 JSON 对象`);
}

function readBytes(context: AdminContext, option: string, name: string): Result<Uint8Array> {
  try {
    return ok(context.readFile(name));
  } catch {
    return misused(option, '文件', `${name} 不存在或无法读取`);
  }
}

/** CA vendors as parties. */
export const runAuthorityCommand: AdminCommand = adminFamily('authority', actions);
