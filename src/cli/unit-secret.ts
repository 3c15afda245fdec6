import { beijingDateTime } from '#kernel/clock.ts';
import { refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Secret } from '#kernel/secret.ts';
import type { Action, Input, Report } from './actions.ts';
import { type AdminContext, recorded } from './admin.ts';

/** A unit's signing secrets: two may be live, so that a roll-over has no gap. */
export const secretActions: readonly Action[] = [
  { usage: 'secret list <unit>', says: '密钥的编号与状态（从不显示密钥本身）', run: listSecrets },
  { usage: 'secret rotate <unit>', says: '签发第二个有效密钥，只显示这一次', run: rotateSecret },
  { usage: 'secret retire <unit> [secret]', says: '停用旧密钥（默认较早的一个）', run: retireSecret },
];

export const secretLines = (secret: Secret<string>): string[] => [`  签名密钥 secret         ${secret.reveal()}`];

async function listSecrets({ words }: Input, { store, relyingParties }: AdminContext): Promise<Result<Report>> {
  const unit = await relyingParties.unit(store.read, words['unit'] ?? '');
  if (unit === undefined) return refused(refusal('UNIT_UNKNOWN'));
  const secrets = await relyingParties.secrets(store.read, unit.id);
  const lines = secrets.map(
    (secret) =>
      `${secret.id}  ${secret.status === 'live' ? '有效' : '已停用'}  签发于 ${beijingDateTime(secret.createdAt)}`,
  );
  return ok({ lines, json: { secrets: secrets.map((secret) => ({ ...secret })) } });
}

async function rotateSecret({ words }: Input, context: AdminContext): Promise<Result<Report>> {
  const id = words['unit'] ?? '';
  const issued = await recorded(
    context,
    () => ({ kind: 'admin.secret-issued', unitId: id }),
    (tx) => context.relyingParties.rotateSecret(tx, id),
  );
  if (!issued.ok) return issued;
  const { secret, id: secretId } = issued.value;
  return ok({
    lines: [
      `已为 ${id} 签发新密钥 ${secretId}`,
      ...secretLines(secret),
      '  只显示这一次。新旧两个密钥现在都能验签；互认平台发出的消息仍用旧密钥签名。',
      `  交易系统换好之后，运行 unit secret retire ${id} 停用旧密钥。`,
    ],
    json: { id: secretId, secret: secret.reveal() },
  });
}

async function retireSecret({ words }: Input, context: AdminContext): Promise<Result<Report>> {
  const id = words['unit'] ?? '';
  const retired = await recorded(
    context,
    () => ({ kind: 'admin.secret-retired', unitId: id }),
    (tx) => context.relyingParties.retireSecret(tx, id, words['secret']),
  );
  if (!retired.ok) return retired;
  return ok({
    lines: [`密钥 ${retired.value.id} 已停用，下一次请求起不再接受。`],
    json: { secret: { ...retired.value } },
  });
}
