import type { Clock } from '#kernel/clock.ts';
import { refusal } from '#kernel/errors.ts';
import { newId, newSupportCode } from '#kernel/ids.ts';
import type { Random } from '#kernel/random.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { Secret } from '#kernel/secret.ts';
import type { FieldCipher } from '#store/field-cipher.ts';
import type { Handle, Store, Tx } from '#store/store.ts';
import type { Platform, SecretInfo, Unit } from './party.ts';
import { checkName, checkUnitId, completePlatform, type PlatformInput } from './platform-input.ts';
import { type UnitProfileInput, unitProfile } from './profile.ts';
import * as rows from './repository.ts';
import { createPartySnapshots } from './repository-snapshot.ts';
import { newFileKey, newSecret } from './secrets.ts';
import type { Mode } from './url-policy.ts';

/** Connecting units, their platforms and credentials. Every read asks the database whether anything was changed, so a change holds from its commit on. */
export interface RelyingParties {
  unit(h: Handle, id: string): Promise<Unit | undefined>;
  units(h: Handle): Promise<Unit[]>;
  platform(h: Handle, unitId: string, orgcode: string): Promise<Platform | undefined>;
  platforms(h: Handle, unitId: string): Promise<Platform[]>;
  /** Both of one task, as of one moment. */
  parties(h: Handle, unitId: string, orgcode: string): Promise<Parties>;
  /** Oldest first, at most two: all verify what comes in, the first signs what goes out, so that a roll-over has no gap. */
  liveSecrets(h: Handle, unitId: string): Promise<Secret<string>[]>;
  secrets(h: Handle, unitId: string): Promise<SecretInfo[]>;
  /** 16 printable characters (readings L36). */
  fileKey(h: Handle, unitId: string): Promise<Secret<string> | undefined>;

  /** The one time both secrets leave. FIELD_INVALID: id taken or not allowed in a signed string. */
  addUnit(tx: Tx, input: UnitInput): Promise<Result<NewUnit>>;
  setUnit(tx: Tx, id: string, change: { name?: string; profile?: UnitProfileInput }): Promise<Result<Unit>>;
  setUnitStatus(tx: Tx, id: string, status: Unit['status']): Promise<Result<Unit>>;
  /** A second live secret beside the first. FIELD_INVALID: there are two already. */
  rotateSecret(tx: Tx, unitId: string): Promise<Result<{ id: string; secret: Secret<string> }>>;
  /** Without an id the oldest live one. FIELD_INVALID: it is the last one. */
  retireSecret(tx: Tx, unitId: string, secretId?: string): Promise<Result<SecretInfo>>;
  addPlatform(tx: Tx, input: PlatformInput): Promise<Result<Platform>>;
  /** Members left out stay as they are. */
  setPlatform(tx: Tx, unitId: string, orgcode: string, change: PlatformChange): Promise<Result<Platform>>;
}

export interface Parties {
  readonly unit: Unit | undefined;
  readonly platform: Platform | undefined;
}

export interface UnitInput {
  /** Left out: `CU-XXXX-XXXX`, random. */
  readonly id?: string;
  readonly name: string;
  readonly profile?: UnitProfileInput;
}

export interface NewUnit {
  readonly unit: Unit;
  readonly secret: Secret<string>;
  readonly fileKey: Secret<string>;
}

export type PlatformChange = Partial<Omit<PlatformInput, 'unitId' | 'orgcode'>> & { status?: Platform['status'] };

export interface RelyingPartyDeps {
  readonly store: Store;
  readonly cipher: FieldCipher;
  readonly clock: Clock;
  readonly random: Random;
  /** Decides which URLs may be registered; `production` when left out. */
  readonly mode?: Mode;
}

const secretPlace = (row: string) => ({ table: 'unit_secret', row, column: 'secret_sealed' }) as const;
const fileKeyPlace = (row: string) => ({ table: 'unit', row, column: 'file_key_sealed' }) as const;
const invalid = (field: string, label: string, reason: string) =>
  refused(refusal('FIELD_INVALID', { field, label, reason }));
const unknownUnit = () => refused(refusal('UNIT_UNKNOWN'));

export function createRelyingParties({ cipher, clock, random, mode = 'production' }: RelyingPartyDeps): RelyingParties {
  const snapshot = createPartySnapshots((id, sealed) => new Secret(cipher.openText(secretPlace(id), sealed)));

  /** Strictly later than `after`, so that the order of two secrets never hangs on a tie of milliseconds. */
  async function issueSecret(tx: Tx, unitId: string, after = 0): Promise<{ id: string; secret: Secret<string> }> {
    const id = newId('sec', random);
    const secret = newSecret(random);
    const at = Math.max(clock.now(), after + 1);
    await rows.insertSecret(tx, id, unitId, cipher.seal(secretPlace(id), secret), at);
    return { id, secret: new Secret(secret) };
  }

  async function changeUnit(tx: Tx, id: string, change: (unit: Unit) => Unit): Promise<Result<Unit>> {
    const unit = await rows.findUnit(tx, id);
    if (unit === undefined) return unknownUnit();
    const changed = change(unit);
    await rows.updateUnit(tx, changed, clock.now());
    return ok(changed);
  }

  return {
    unit: async (h, id) => (await snapshot(h)).units.get(id),
    units: async (h) => [...(await snapshot(h)).units.values()],
    platform: async (h, unitId, orgcode) => (await snapshot(h)).platform(unitId, orgcode),
    platforms: async (h, unitId) => [...(await snapshot(h)).platformsOf(unitId)],
    async parties(h, unitId, orgcode) {
      const { units, platform } = await snapshot(h);
      return { unit: units.get(unitId), platform: platform(unitId, orgcode) };
    },
    liveSecrets: async (h, unitId) => [...(await snapshot(h)).liveSecretsOf(unitId)],

    async secrets(h, unitId) {
      return (await rows.listSecrets(h, unitId)).map(({ sealed: _, unitId: __, ...info }) => info);
    },

    async fileKey(h, unitId) {
      const sealed = await rows.findFileKey(h, unitId);
      return sealed === undefined ? undefined : new Secret(cipher.openText(fileKeyPlace(unitId), sealed));
    },

    async addUnit(tx, { id = `CU-${newSupportCode(random)}`, name, profile = {} }) {
      const fault = checkUnitId(id) ?? checkName('name', '接入单位名称', name);
      if (fault !== undefined) return refused(fault);
      if ((await rows.findUnit(tx, id)) !== undefined) return invalid('caUnitId', '接入单位标识', `${id} 已登记`);
      const unit: Unit = { id, name, status: 'active', profile: unitProfile.parse(profile) };
      const fileKey = newFileKey(random);
      await rows.insertUnit(tx, unit, cipher.seal(fileKeyPlace(id), fileKey), clock.now());
      const { secret } = await issueSecret(tx, id);
      return ok({ unit, secret, fileKey: new Secret(fileKey) });
    },

    async setUnit(tx, id, change) {
      const fault = change.name === undefined ? undefined : checkName('name', '接入单位名称', change.name);
      if (fault !== undefined) return refused(fault);
      return changeUnit(tx, id, (unit) => ({
        ...unit,
        name: change.name ?? unit.name,
        profile: unitProfile.parse({ ...unit.profile, ...change.profile }),
      }));
    },

    setUnitStatus: (tx, id, status) => changeUnit(tx, id, (unit) => ({ ...unit, status })),

    async rotateSecret(tx, unitId) {
      if ((await rows.findUnit(tx, unitId)) === undefined) return unknownUnit();
      const live = (await rows.listSecrets(tx, unitId)).filter((row) => row.status === 'live');
      if (live.length >= 2) return invalid('secret', '密钥', '已有两个有效密钥，请先停用旧密钥');
      return ok(await issueSecret(tx, unitId, live[0]?.createdAt));
    },

    async retireSecret(tx, unitId, secretId) {
      if ((await rows.findUnit(tx, unitId)) === undefined) return unknownUnit();
      const live = (await rows.listSecrets(tx, unitId)).filter((row) => row.status === 'live');
      const chosen = secretId === undefined ? live[0] : live.find((row) => row.id === secretId);
      if (chosen === undefined) return invalid('secret', '密钥', '没有这个有效密钥');
      if (live.length < 2) return invalid('secret', '密钥', '这是最后一个有效密钥，请先签发新密钥');
      const retiredAt = clock.now();
      await rows.retireSecret(tx, chosen.id, retiredAt);
      return ok({ id: chosen.id, status: 'retired', createdAt: chosen.createdAt, retiredAt });
    },

    async addPlatform(tx, input) {
      if ((await rows.findUnit(tx, input.unitId)) === undefined) return unknownUnit();
      const complete = completePlatform(input, mode);
      if (!complete.ok) return complete;
      if ((await rows.findPlatform(tx, input.unitId, input.orgcode)) !== undefined) {
        return invalid('orgcode', '平台代码', `${input.orgcode} 已登记`);
      }
      const platform: Platform = { ...complete.value, status: 'active' };
      await rows.insertPlatform(tx, platform, clock.now());
      return ok(platform);
    },

    async setPlatform(tx, unitId, orgcode, { status, ...change }) {
      const present = await rows.findPlatform(tx, unitId, orgcode);
      if (present === undefined) return refused(refusal('PLATFORM_UNKNOWN', { orgcode }));
      const complete = completePlatform({ ...present, ...change }, mode);
      if (!complete.ok) return complete;
      const platform: Platform = { ...complete.value, status: status ?? present.status };
      await rows.updatePlatform(tx, platform, clock.now());
      return ok(platform);
    },
  };
}
