import type { Interaction } from '#interaction/interaction.ts';
import { partiesOf } from '#interaction/page-room.ts';
import { actingOn, type Visit } from '#interaction/visit.ts';
import { base64, fromBase64, hex } from '#kernel/bytes.ts';
import { refusal } from '#kernel/errors.ts';
import { newId } from '#kernel/ids.ts';
import { limits } from '#kernel/limits.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { type Certificate, parseCertificate } from '#pki/certificate.ts';
import { extractIdentity } from '#pki/identity.ts';
import { readPicture } from '#pki/picture.ts';
import type { Unit } from '#relying-party/party.ts';
import { nameOfSealed } from '#store/sealed-files.ts';
import type { HeldSeal } from '#subscriber/seals/held-seal.ts';
import { openDocument, removeFiles } from './documents.ts';
import { PdfFault } from './pdf/objects.ts';
import type { Placement } from './pdf/placement.ts';
import { placesOf } from './places.ts';
import type { PrepareWish } from './prepare-wish.ts';
import { forgetFiles, keepFiles } from './repository.ts';
import type { Room } from './room.ts';
import { type ContainerForm, type PendingSigning, prepareSigning, type SigningWish } from './sign/prepare.ts';
import { type KeptDocument, type KeptSigner, type Prepared, pageSizesOf, type Signing } from './signing.ts';
import { refusalOf } from './validation.ts';
import { inTx, signingOf, write } from './write.ts';

/** Signatures that one page makes: each is a file of its own and a container in the document. */
const MOST_MADE = 50;
const REASON_LENGTH = 100;

/**
 * Makes the revision for one signature of the person who has proved himself, and what his key must sign for it. Every place, the seal and his power over it
 * are judged here; `complete` judges seal and certificate again. What was prepared before is over.
 */
export async function prepare(room: Room, visit: Visit, wish: PrepareWish): Promise<Result<Interaction>> {
  const acting = await actingOn(room, visit);
  if (!acting.ok) return acting;
  // One after the other: each reads the whole document.
  return room.turns.take(`${visit.interaction} prepare`, () => prepareOnce(room, acting.value, wish));
}

async function prepareOnce(room: Room, interaction: Interaction, wish: PrepareWish): Promise<Result<Interaction>> {
  const parties = await partiesOf(room, room.store.read, interaction);
  if (!parties.ok) return parties;
  const signing = await signingOf(room, interaction.id);
  const { document, signer } = signing;
  if (signer === null) return refused(refusal('SIGNER_UNPROVED'));
  if (document === null) return refused(refusal('DOCUMENT_MISSING'));
  if (wish.version !== undefined && wish.version !== signing.version) return refused(refusal('DOCUMENT_CHANGED'));
  if (signing.made.length >= MOST_MADE) return refused(refusal('SIGNATURES_FULL', { most: String(MOST_MADE) }));
  const planned = await plan(room, parties.value.unit, { signer, document, wish });
  if (!planned.ok) return planned;

  const pending = await revise(room, document, planned.value.signing);
  if (!pending.ok) return pending;
  return keepPrepared(room, interaction, signing, { ...planned.value, pending: pending.value });
}

interface Plan {
  readonly signing: SigningWish;
  readonly seal: HeldSeal | null;
  readonly straddle: boolean;
}

async function plan(
  room: Room,
  unit: Unit,
  { signer, document, wish }: { signer: KeptSigner; document: KeptDocument; wish: PrepareWish },
): Promise<Result<Plan>> {
  const certificate = certificateOf(room, signer);
  const seal = wish.seal === null ? ok(null) : await sealOf(room, unit, signer, wish.seal);
  if (!seal.ok) return seal;
  const placed = placesFor(document, seal.value, wish);
  if (!placed.ok) return placed;
  const container = containerOf(unit, certificate, seal.value);
  if (!container.ok) return container;
  const picture = seal.value === null ? null : readPicture(seal.value.picture.bytes);
  if (typeof picture === 'string') return refused(refusal('SEAL_PICTURE', { reason: '图案文件已损坏' }));
  const reason = plainReason(wish.reason);
  return ok({
    seal: seal.value,
    straddle: wish.straddle !== null,
    signing: {
      ...{ certificate, container: container.value, picture, placements: placed.value },
      ...(reason !== '' && { reason }),
      signer: await holderOf(room, certificate, signer),
      // Whole seconds: the document, the attributes and the seal say the same.
      at: Math.floor(room.clock.now() / 1000) * 1000,
      timestamped: room.timeAuthority !== null,
    },
  });
}

/** His own, judged afresh: one that the library keeps, or one that his vendor keeps for him. */
export async function sealOf(room: Room, unit: Unit, signer: KeptSigner, id: string): Promise<Result<HeldSeal>> {
  const certificate = certificateOf(room, signer);
  const seal =
    (await room.seals.find(room.store.read, unit, certificate, id)) ??
    (await broughtBy(room, unit, signer)).find((one) => one.id === id);
  if (seal === undefined) return refused(refusal('SEAL_NOT_YOURS'));
  return seal.refusal === null ? ok(seal) : refused(seal.refusal);
}

export async function broughtBy(room: Room, unit: Unit, signer: KeptSigner): Promise<readonly HeldSeal[]> {
  const seals = signer.seals.flatMap((one) => fromBase64(one) ?? []);
  if (seals.length === 0) return [];
  return room.seals.brought(room.store.read, unit, certificateOf(room, signer), seals);
}

export function certificateOf(room: Pick<Room, 'gm'>, signer: Pick<KeptSigner, 'certificate'>): Certificate {
  const der = fromBase64(signer.certificate);
  const certificate = der && parseCertificate(room.gm, der);
  if (certificate === undefined) throw new Error('the certificate of a signer does not parse any more');
  return certificate;
}

function placesFor(document: KeptDocument, seal: HeldSeal | null, wish: PrepareWish): Result<readonly Placement[]> {
  if (seal === null) {
    const nothing = wish.placements.length === 0 && wish.straddle === null;
    return nothing ? ok([]) : refused(refusal('PLACEMENT_INVALID', { reason: '没有选择印章' }));
  }
  const places = placesOf(pageSizesOf(document), seal.picture, wish);
  // ISO 32000-2 12.8.2.2: such a document takes signatures, and no remarks; further places are remarks.
  if (places.ok && document.certification === 2 && places.value.length > 1)
    return refused(refusal('PLACEMENT_INVALID', { reason: '文件已经认证，一次签章只能盖一处' }));
  return places;
}

/** A seal's signature (GB/T 38540) is SM2 alone; RSA keys sign in the RFC's family, which their readers know. */
function containerOf(unit: Unit, certificate: Certificate, seal: HeldSeal | null): Result<ContainerForm> {
  const { kind } = certificate.key;
  if (kind !== 'sm2' && kind !== 'rsa') return refused(refusal('ALGORITHM_NOT_ALLOWED'));
  if (seal === null || seal.seal === null)
    return ok({ form: 'cms', profile: kind === 'rsa' ? 'rfc5652' : cmsOf(unit) });
  return kind === 'sm2' ? ok({ form: 'seal', seal: seal.seal }) : refused(refusal('SEAL_ALGORITHM'));
}

const cmsOf = ({ profile }: Unit): 'gbt35275Attributes' | 'rfc5652' =>
  profile.signature === 'rfc5652' ? 'rfc5652' : 'gbt35275Attributes';

const plainReason = (reason = ''): string =>
  [...reason.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ').trim()].slice(0, REASON_LENGTH).join('');

async function holderOf(room: Room, certificate: Certificate, { authorityId }: KeptSigner): Promise<string> {
  const authority = await room.authorities.find(room.store.read, authorityId);
  const identity = extractIdentity(certificate, authority?.manifest.identity);
  const named = identity.kind === 'organisation' ? identity.unitName : identity.personName;
  return named ?? certificate.subject.get('CN') ?? '';
}

async function revise(room: Room, document: KeptDocument, wish: SigningWish): Promise<Result<PendingSigning>> {
  const refs = document.files.map(({ ref }) => ref);
  const open = await openDocument(room.files, refs, document.name);
  try {
    return ok(await prepareSigning(room.gm, open, wish));
  } catch (error) {
    if (error instanceof PdfFault) return refused(refusalOf(error));
    throw error;
  } finally {
    await open.close();
  }
}

async function keepPrepared(
  room: Room,
  interaction: Interaction,
  signing: Signing,
  { signing: wish, seal, straddle, pending }: Plan & { pending: PendingSigning },
): Promise<Result<Interaction>> {
  const { revision } = pending;
  const { ref } = await room.files.write(pieces(revision.bytes), revision.bytes.length);
  const prepared: Prepared = {
    id: newId('sgn', room.random),
    version: signing.version + 1,
    sm3: signing.document?.sm3 ?? '',
    toSign: base64(pending.toSign),
    digest: hex(pending.digest),
    algorithm: wish.certificate.key.kind === 'rsa' ? 'rsa' : 'sm2',
    expiresAt: Math.min(room.clock.now() + limits.preparedLife, interaction.expiresAt),
    revision: {
      ref,
      byteRange: revision.byteRange,
      contentsAt: revision.contentsAt,
      room: revision.room,
      fieldName: revision.fieldName,
    },
    seal: seal === null ? null : { id: seal.id, name: seal.name },
    // A straddle seal counts once, whatever the pages it lies over.
    places: wish.placements.filter(({ strip }) => strip === undefined).length,
    straddle,
    at: wish.at,
    timestamped: wish.timestamped,
    profile: wish.container.form === 'cms' ? wish.container.profile : 'gbt35275Attributes',
  };
  const old = signing.prepared === null ? [] : [signing.prepared.revision.ref];
  const kept = await inTx(room, async (tx, need) => {
    await forgetFiles(tx, namesOf(old));
    await keepFiles(tx, interaction.id, namesOf([ref]));
    return need(
      await write(room, tx, {
        ...{ interaction, signing },
        set: { prepared_id: prepared.id, prepared_sealed: room.vault.prepared(interaction.id, prepared) },
        change: { refusal: null },
        journal: {
          kind: 'sign.prepared',
          body: {
            prepared: prepared.id,
            seal: seal?.id ?? null,
            places: prepared.places,
            document: prepared.sm3,
            digest: prepared.digest,
          },
        },
      }),
    );
  });
  await removeFiles(room, kept.ok ? old : [ref]);
  return kept;
}

export const namesOf = (refs: readonly string[]): string[] => refs.flatMap((ref) => nameOfSealed(ref) ?? []);

export async function* pieces(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
}
const PIECE = 1024 * 1024;
