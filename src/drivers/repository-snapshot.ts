import type { Gm } from '#crypto/gm.ts';
import { fromBase64 } from '#kernel/bytes.ts';
import { parseCertificate, spkiFingerprint } from '#pki/certificate.ts';
import { prepared } from '#store/prepared.ts';
import type { AuthorityTable } from '#store/schema.ts';
import type { Handle } from '#store/store.ts';
import { type Authority, type AuthorityCertificate, manifestSchema } from './authority.ts';

/** Everything trust decisions read, as of one version of the tables. */
export interface AuthoritySnapshot {
  readonly version: number;
  readonly authorities: readonly Authority[];
  certificatesOf(id: string): readonly AuthorityCertificate[];
}

/** The snapshot as of now: cached while the stamp of the newest change stays the same. */
export function createSnapshots(gm: Gm): (h: Handle) => Promise<AuthoritySnapshot> {
  let cached: AuthoritySnapshot | undefined;
  return async (h) => {
    const version = await versionOf(h);
    if (cached?.version === version) return cached; // stamps only grow: a transaction's own change has another one
    const fresh = await readSnapshot(gm, h, version);
    if (!('tx' in h)) cached = fresh; // what a transaction sees may be rolled back
    return fresh;
  };
}

const newestStamp = prepared((db) => db.selectFrom('authority').select((e) => e.fn.max('updated_at').as('version')));

export const versionOf = async (h: Handle): Promise<number> => Number((await newestStamp.first(h, {}))?.version ?? 0);

async function readSnapshot(gm: Gm, h: Handle, version: number): Promise<AuthoritySnapshot> {
  const authorities = (await h.db.selectFrom('authority').selectAll().orderBy('id').execute()).map(toAuthority);
  const byAuthority = new Map<string, AuthorityCertificate[]>(authorities.map(({ id }) => [id, []]));
  for (const row of await h.db.selectFrom('authority_certificate').selectAll().orderBy('fingerprint').execute()) {
    const certificate = parseCertificate(gm, fromBase64(row.der) ?? new Uint8Array());
    if (certificate === undefined) continue; // was parsed before it was written; a spoilt row must not stop the others
    byAuthority.get(row.authority_id)?.push({ role: row.role, certificate, spki: spkiFingerprint(gm, certificate) });
  }
  return { version, authorities, certificatesOf: (id) => byAuthority.get(id) ?? [] };
}

export const toAuthority = (row: AuthorityTable): Authority => ({
  id: row.id,
  name: row.name,
  driver: row.driver,
  status: row.status,
  manifest: manifestSchema.parse(JSON.parse(row.manifest)),
  updatedAt: Number(row.updated_at),
});
