import type { AdminContext } from './admin.ts';

/** Configuration and database as the hub would find them: both were opened and migrated when this runs. Exit code 0 when all is well. */
export async function runCheck(_: readonly string[], context: AdminContext): Promise<number> {
  const { store, journal, relyingParties, authorities } = context;
  await store.ping();
  const damage = await store.inspect();
  const chain = await journal.verify(store.read);
  const units = await relyingParties.units(store.read);
  const vendors = await authorities.list(store.read);
  context.out(`配置有效：${context.publicUrl}（${context.mode === 'development' ? '开发' : '正式'}）`);
  context.out(`数据库：${store.dialect}，读写正常；接入单位 ${units.length} 个，CA 机构 ${vendors.length} 家`);
  if (damage !== undefined) context.err(`数据库文件已损坏，请从备份恢复：${damage}`);
  context.out(
    chain.ok ? `日志链完整，共 ${chain.rows} 条` : `日志链自第 ${chain.firstBad} 条起不完整：${chain.reason}`,
  );
  for (const vendor of vendors) {
    const certificates = await authorities.certificates(store.read, vendor.id);
    if (!certificates.some(({ role }) => role === 'root'))
      context.err(`${vendor.name} 还没有登记根证书：authority add-cert ${vendor.id}`);
  }
  return chain.ok && damage === undefined ? 0 : 1;
}
