import type { Bytes } from '#kernel/bytes.ts';
import { refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Unit } from '#relying-party/party.ts';
import type { Handle, Tx } from '#store/store.ts';
import { isShared } from '../sharing.ts';
import { writeOnce } from '../write.ts';
import { keepSeal, POWERS } from './bring.ts';
import { pictureFault, sealFault } from './judge.ts';
import type { SealRoom } from './library.ts';
import { type SealMaterial, sealMaterial } from './material.ts';
import * as rows from './repository.ts';
import { type SealFile, sealFile } from './seal-file.ts';

export interface Registered {
  readonly seal: SealFile;
  /** False: this unit had it already. */
  readonly created: boolean;
}

/** Judged before anything is written: the maker and his signature, dates, picture, and that those whom it names are one known organisation. */
export async function registerSeal(room: SealRoom, unit: Unit, content: Bytes): Promise<Result<Registered>> {
  const { gm, clock, store } = room;
  const material = sealMaterial(gm, content);
  if (material?.seal == null) return refused(refusal('SEAL_UNREADABLE'));
  const fault = (await sealFault(room, material.seal, clock.now())) ?? pictureFault(material.facts);
  if (fault !== null) return refused(fault);
  return writeOnce(store, async (tx) => {
    const owner = await ownerOf(room, tx, unit, material);
    if (!owner.ok) return owner;
    const kept = await keepSeal(room, tx, { unitId: unit.id, ownerIndex: owner.value.ownerIndex, material });
    if (!kept.registered) await enter(room, tx, unit, kept.id, owner.value, material);
    const row = await rows.sealById(tx, kept.id);
    if (row === undefined) return refused(refusal('SEAL_UNKNOWN'));
    return ok({ seal: await sealFile(room, tx, row), created: !kept.registered });
  });
}

interface Owner {
  readonly ownerIndex: string;
  /** Certificates of the maker's list that are on record here. */
  readonly known: ReadonlySet<string>;
}

/** The organisation whose certificates the maker's list names. */
async function ownerOf(room: SealRoom, h: Handle, unit: Unit, material: SealMaterial): Promise<Result<Owner>> {
  const indexes = material.signers.map(({ fingerprint }) => room.seals.index.certificate(fingerprint));
  const found = await enrolledOwners(h, unit, indexes);
  const owners = new Set(found.map(({ owner_index }) => owner_index));
  const [ownerIndex] = owners;
  if (ownerIndex === undefined) return refused(refusal('SEAL_HOLDER_UNKNOWN'));
  if (owners.size > 1) return refused(refusal('SEAL_HOLDERS_DIFFER'));
  return ok({ ownerIndex, known: new Set(found.map(({ certificate_index }) => certificate_index)) });
}

/** Active records of these certificates that this unit may rely on. */
export async function enrolledOwners(h: Handle, unit: Unit, certificateIndexes: readonly string[]) {
  const found = await rows.ownersOf(h, certificateIndexes);
  const shared = isShared(unit.profile);
  return found.filter(
    (one) => one.status === 'active' && (one.unit_id === unit.id || (shared && isShared(one.unit_profile))),
  );
}

async function enter(
  { seals, clock, journal }: SealRoom,
  tx: Tx,
  unit: Unit,
  sealId: string,
  { known }: Owner,
  { signers, facts }: SealMaterial,
): Promise<void> {
  const at = clock.now();
  await rows.markRegistered(tx, sealId, at);
  await rows.givePowers(
    tx,
    signers.flatMap(({ fingerprint, tail }) => {
      const certificateIndex = seals.index.certificate(fingerprint);
      const powers = known.has(certificateIndex) ? POWERS : (['use'] as const);
      return powers.map((power) => ({
        ...{ seal_id: sealId, certificate_index: certificateIndex, power, tail },
        ...{ given_by: 'maker' as const, given_at: at, withdrawn_at: null, withdrawn_by: null },
      }));
    }),
  );
  const body = { seal: sealId, generation: facts.ses?.generation ?? '', maker: facts.ses?.makerTail ?? '' };
  await journal.append(tx, { kind: 'seal.registered', unitId: unit.id, body });
}
