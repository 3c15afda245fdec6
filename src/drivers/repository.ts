import type { Gm } from '#crypto/gm.ts';
import { type Bytes, base64 } from '#kernel/bytes.ts';
import type { Clock } from '#kernel/clock.ts';
import { refusal } from '#kernel/errors.ts';
import type { JsonObject } from '#kernel/json.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { Secret } from '#kernel/secret.ts';
import { parseCertificate, spkiFingerprint } from '#pki/certificate.ts';
import type { FieldCipher, Place } from '#store/field-cipher.ts';
import type { AuthorityTable } from '#store/schema.ts';
import type { Handle, Store, Tx } from '#store/store.ts';
import {
  AUTHORITY_ID,
  type Authority,
  type AuthorityCertificate,
  type AuthorityManifestInput,
  manifestSchema,
  type NewAuthority,
} from './authority.ts';
import { type AuthoritySnapshot, createSnapshots, toAuthority, versionOf } from './repository-snapshot.ts';

export interface Authorities {
  /** Cached; one cheap query tells whether a command beside the hub has changed anything. */
  snapshot(h: Handle): Promise<AuthoritySnapshot>;
  list(h: Handle): Promise<readonly Authority[]>;
  find(h: Handle, id: string): Promise<Authority | undefined>;
  certificates(h: Handle, id: string): Promise<readonly AuthorityCertificate[]>;
  /** Refuses a taken or malformed id and a faulty manifest (FIELD_INVALID names the member). */
  add(tx: Tx, authority: NewAuthority): Promise<Result<Authority>>;
  changeManifest(tx: Tx, id: string, manifest: AuthorityManifestInput): Promise<Result<Authority>>;
  changeSecrets(tx: Tx, id: string, secrets: JsonObject): Promise<Result<void>>;
  /** Refuses what is no CA certificate and a key that stands under another authority (T26). */
  addCertificate(tx: Tx, id: string, role: AuthorityCertificate['role'], der: Bytes): Promise<Result<void>>;
  suspend(tx: Tx, id: string): Promise<Result<void>>;
  resume(tx: Tx, id: string): Promise<Result<void>>;
  /** driverConfig with the secrets laid over it: for the driver's `open` message only. */
  driverConfig(authority: Authority): Promise<Secret<JsonObject>>;
  readonly store: Store;
}

const secretsPlace = (id: string): Place => ({ table: 'authority', row: id, column: 'secrets_sealed' });

export function createAuthorities(deps: { store: Store; cipher: FieldCipher; gm: Gm; clock: Clock }): Authorities {
  const { store, cipher, gm, clock } = deps;
  const snapshot = createSnapshots(gm);

  /** Strictly greater than any stamp in the table, so that a change within one millisecond or after a clock step back is still seen. */
  const nextStamp = async (tx: Tx): Promise<number> => Math.max(clock.now(), (await versionOf(tx)) + 1);

  async function change(tx: Tx, id: string, set: Partial<AuthorityTable>): Promise<Result<void>> {
    const updated_at = await nextStamp(tx);
    const { numUpdatedRows } = await tx.db
      .updateTable('authority')
      .set({ ...set, updated_at })
      .where('id', '=', id)
      .executeTakeFirst();
    return numUpdatedRows > 0n ? ok(undefined) : invalid('id', '机构标识', '没有这家机构');
  }

  const find = async (h: Handle, id: string): Promise<Authority | undefined> =>
    (await snapshot(h)).authorities.find((authority) => authority.id === id);

  return {
    store,
    snapshot,
    find,
    list: async (h) => (await snapshot(h)).authorities,
    certificates: async (h, id) => (await snapshot(h)).certificatesOf(id),

    async add(tx, { id, name, driver, manifest, secrets }) {
      if (!AUTHORITY_ID.test(id)) return invalid('id', '机构标识', '应为小写字母开头的字母、数字和连字符');
      if (name.trim() === '' || name.length > 60) return invalid('name', '机构名称', '应为 1 至 60 个字');
      if (await find(tx, id)) return invalid('id', '机构标识', '已经登记');
      const parsed = parseManifest(manifest);
      if (!parsed.ok) return parsed;
      const now = await nextStamp(tx);
      const row: AuthorityTable = {
        id,
        name,
        driver,
        status: 'active',
        manifest: JSON.stringify(parsed.value),
        secrets_sealed: secrets ? cipher.seal(secretsPlace(id), JSON.stringify(secrets)) : '',
        created_at: now,
        updated_at: now,
      };
      await tx.db.insertInto('authority').values(row).execute();
      return ok(toAuthority(row));
    },

    async changeManifest(tx, id, manifest) {
      const parsed = parseManifest(manifest);
      if (!parsed.ok) return parsed;
      const changed = await change(tx, id, { manifest: JSON.stringify(parsed.value) });
      if (!changed.ok) return changed;
      const authority = await find(tx, id);
      return authority ? ok(authority) : invalid('id', '机构标识', '没有这家机构');
    },

    changeSecrets: (tx, id, secrets) =>
      change(tx, id, { secrets_sealed: cipher.seal(secretsPlace(id), JSON.stringify(secrets)) }),

    async addCertificate(tx, id, role, der) {
      const certificate = parseCertificate(gm, der);
      if (certificate === undefined) return invalid('certificate', '机构证书', '不是可识别的数字证书');
      if (certificate.basicConstraints?.ca !== true) return invalid('certificate', '机构证书', '不是 CA 证书');
      const spki = spkiFingerprint(gm, certificate);
      const { authorities, certificatesOf } = await snapshot(tx);
      for (const other of authorities) {
        const known = certificatesOf(other.id).find((entry) => entry.spki === spki);
        if (known && other.id !== id) return invalid('certificate', '机构证书', `该密钥已登记在 ${other.name} 名下`);
        if (known?.certificate.fingerprint === certificate.fingerprint) return ok(undefined);
      }
      const stamped = await change(tx, id, {});
      if (!stamped.ok) return stamped;
      await tx.db
        .insertInto('authority_certificate')
        .values({
          fingerprint: certificate.fingerprint,
          authority_id: id,
          role,
          der: base64(certificate.der),
          created_at: clock.now(),
        })
        .execute();
      return ok(undefined);
    },

    suspend: (tx, id) => change(tx, id, { status: 'suspended' }),
    resume: (tx, id) => change(tx, id, { status: 'active' }),

    async driverConfig(authority) {
      const row = await store.read.db
        .selectFrom('authority')
        .select('secrets_sealed')
        .where('id', '=', authority.id)
        .executeTakeFirst();
      const sealed = row?.secrets_sealed ?? '';
      const secrets =
        sealed === '' ? {} : (JSON.parse(cipher.openText(secretsPlace(authority.id), sealed)) as JsonObject);
      return new Secret({ ...authority.manifest.driverConfig, ...secrets } as JsonObject);
    },
  };
}

const invalid = (field: string, label: string, reason: string) =>
  refused(refusal('FIELD_INVALID', { field, label, reason }));

function parseManifest(input: AuthorityManifestInput): Result<Authority['manifest']> {
  const parsed = manifestSchema.safeParse(input);
  if (parsed.success) return ok(parsed.data);
  const [issue] = parsed.error.issues;
  return invalid(issue?.path.join('.') || 'manifest', '机构配置', issue?.message ?? '不符合要求');
}
