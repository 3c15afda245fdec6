import { createHash } from 'node:crypto';
import { readSignature, writeSignature } from '#crypto/wire.ts';
import type { Interaction } from '#interaction/interaction.ts';
import { refusalOfJudgement } from '#interaction/judgement.ts';
import { partiesOf } from '#interaction/page-room.ts';
import { actingOn, type Visit } from '#interaction/visit.ts';
import { type Bytes, fromBase64, fromHex, hex } from '#kernel/bytes.ts';
import { refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Certificate } from '#pki/certificate.ts';
import type { Unit } from '#relying-party/party.ts';
import type { HeldSeal } from '#subscriber/seals/held-seal.ts';
import { submission, submit } from './deliver.ts';
import { openDocument, removeFiles } from './documents.ts';
import { joined } from './pdf/source.ts';
import { signedPart } from './plan.ts';
import { certificateOf, namesOf, pieces, sealOf } from './prepare.ts';
import { forgetFiles, keepFiles } from './repository.ts';
import type { Room } from './room.ts';
import { finishSigning } from './sign/finish.ts';
import type { PendingSigning, SigningWish } from './sign/prepare.ts';
import type { KeptDocument, KeptSigner, MadeSignature, Prepared, Signing } from './signing.ts';
import { NoStamp, stampOf } from './stamp.ts';
import { inTx, signingOf, write } from './write.ts';

export interface KeyAnswer {
  readonly prepared: string;
  /** Base64. */
  readonly signature: string;
  /** Nothing more is signed on this page. */
  readonly last: boolean;
}

/**
 * The key's answer over what `prepare` gave it. Certificate and seal are judged again as of now, the bytes are hashed again, the signature is verified and
 * stamped; then one transaction makes it count. Of any number of answers one is taken.
 */
export async function complete(room: Room, visit: Visit, answer: KeyAnswer): Promise<Result<Interaction>> {
  const acting = await actingOn(room, visit);
  return acting.ok ? completeFor(room, acting.value, answer) : acting;
}

export const completeFor = (room: Room, interaction: Interaction, answer: KeyAnswer): Promise<Result<Interaction>> =>
  // Behind whatever else reads the whole document; an answer given twice finds the first one's work.
  room.turns.take(`${interaction.id} prepare`, () => completeOnce(room, interaction, answer));

interface Ready {
  readonly signing: Signing;
  readonly document: KeptDocument;
  readonly signer: KeptSigner;
  readonly prepared: Prepared;
}

async function completeOnce(room: Room, interaction: Interaction, answer: KeyAnswer): Promise<Result<Interaction>> {
  const parties = await partiesOf(room, room.store.read, interaction);
  if (!parties.ok) return parties;
  const signing = await signingOf(room, interaction.id);
  const ready = readyFor(signing, answer.prepared, room.clock.now());
  if (!ready.ok) return ready;
  const { document, signer, prepared } = ready.value;
  const certificate = certificateOf(room, signer);
  const signature = canonical(certificate, answer.signature);
  if (signature === undefined) return refused(refusal('SIGNATURE_NOT_TAKEN'));
  const judged = await room.trust.judge(certificate, 'sign');
  if (judged.verdict !== 'valid')
    return refused(refusalOfJudgement(judged) ?? refusal('CHAIN_INVALID', {}, judged.verdict));
  const seal = await sealFor(room, parties.value.unit, signer, prepared);
  if (!seal.ok) return seal;

  const chain = judged.verified.chain.slice(1, -1);
  const finished = await finish(room, { ...ready.value, certificate, signature, seal: seal.value, chain });
  if (!finished.ok) return finished;
  const { revision, timestamped } = finished.value;
  const signed = await hashWhole(room, document, prepared, revision, certificate);
  if (!signed.ok) return signed;
  return keepSigned(room, interaction, {
    ...ready.value,
    ...{ certificate, seal: seal.value, last: answer.last, revision, timestamped, sm3: signed.value },
  });
}

function readyFor(signing: Signing, wanted: string, now: number): Result<Ready> {
  const { document, signer, prepared } = signing;
  if (prepared === null || prepared.id !== wanted) return refused(refusal('SIGNING_USED'));
  if (signer === null) return refused(refusal('SIGNER_UNPROVED'));
  if (prepared.expiresAt <= now) return refused(refusal('SIGNING_EXPIRED'));
  if (document === null || document.sm3 !== prepared.sm3 || prepared.version !== signing.version + 1)
    return refused(refusal('DOCUMENT_CHANGED'));
  return ok({ signing, document, signer, prepared });
}

/** SM2 in any form a token emits, written as DER; RSA as it is. */
function canonical(certificate: Certificate, text: string): Bytes | undefined {
  const signature = fromBase64(text);
  if (signature === undefined || signature.length === 0) return undefined;
  if (certificate.key.kind !== 'sm2') return signature;
  const raw = readSignature(signature);
  return raw && writeSignature(raw);
}

const sealFor = (room: Room, unit: Unit, signer: KeptSigner, { seal }: Prepared): Promise<Result<HeldSeal | null>> =>
  seal === null ? Promise.resolve(ok(null)) : sealOf(room, unit, signer, seal.id);

interface Finishing extends Ready {
  readonly certificate: Certificate;
  readonly signature: Bytes;
  readonly seal: HeldSeal | null;
  readonly chain: readonly Certificate[];
}

async function finish(
  room: Room,
  { prepared, certificate, signature, seal, chain }: Finishing,
): Promise<Result<{ revision: Buffer; timestamped: boolean }>> {
  const { revision: kept, profile } = prepared;
  const bytes = await readRevision(room, kept.ref);
  const wish: SigningWish = {
    ...{ certificate, signer: '', at: prepared.at, picture: null, placements: [], timestamped: prepared.timestamped },
    container: seal?.seal ? { form: 'seal', seal: seal.seal } : { form: 'cms', profile },
  };
  const pending: PendingSigning = {
    revision: { ...kept, bytes },
    digest: fromHex(prepared.digest) ?? Buffer.alloc(0),
    toSign: fromBase64(prepared.toSign) ?? Buffer.alloc(0),
  };
  const { timeAuthority } = room;
  const stamp = async (value: Bytes): Promise<Bytes> => {
    if (timeAuthority === null) throw new NoStamp('no time authority');
    return stampOf(room, timeAuthority, value, prepared.algorithm === 'rsa' ? 'sha256' : 'sm3');
  };
  const finishWith = (more: { stamp?: typeof stamp }) =>
    finishSigning(room.gm, wish, pending, signature, { chain, ...more });
  let timestamped = prepared.timestamped && timeAuthority !== null;
  let finished: Awaited<ReturnType<typeof finishWith>>;
  try {
    finished = await finishWith(timestamped ? { stamp } : {});
  } catch (error) {
    if (!(error instanceof NoStamp)) throw error;
    room.log.warn({ detail: error.message }, 'the time authority gave no stamp');
    if (timeAuthority?.whenDown !== 'sign') return refused(refusal('TIMESTAMP_UNAVAILABLE', {}, error.message));
    timestamped = false;
    finished = await finishWith({});
  }
  if (finished.ok) return ok({ revision: finished.revision, timestamped });
  switch (finished.fault) {
    case 'key':
      return refused(refusal('SIGNATURE_NOT_TAKEN'));
    case 'algorithm-not-allowed':
      return refused(refusal('ALGORITHM_NOT_ALLOWED'));
    case 'no-room':
      return refused(refusal('INTERNAL', {}, 'a signature container was larger than its room'));
  }
}

async function readRevision(room: Room, ref: string): Promise<Buffer> {
  const open = await openDocument(room.files, [ref], '');
  try {
    return await open.read(0, open.size);
  } finally {
    await open.close();
  }
}

const PART = 1024 * 1024;

/**
 * Reads everything once more: what stands under the signature must be what was prepared (T10), and the whole gets its new digest. DOCUMENT_CHANGED where
 * the bytes on disk are not those that were shown.
 */
async function hashWhole(
  room: Room,
  document: KeptDocument,
  { digest, revision: { byteRange } }: Prepared,
  revision: Buffer,
  certificate: Certificate,
): Promise<Result<string>> {
  const refs = document.files.map(({ ref }) => ref);
  const open = await openDocument(room.files, refs, '');
  try {
    const whole = joined(open, revision);
    const all = room.gm.sm3Stream();
    const under = certificate.key.kind === 'sm2' ? room.gm.sm3Stream() : createHash('sha256');
    const [, start, end] = byteRange;
    for (let at = 0; at < whole.size; ) {
      // Parts end where the hole begins and ends, so that each is under the signature whole or not at all.
      const until = at < start ? start : at < end ? end : whole.size;
      const part = await whole.read(at, Math.min(PART, until - at));
      if (part.length === 0) break;
      all.update(part);
      if (at < start || at >= end) under.update(part);
      at += part.length;
    }
    return hex(under.digest()) === digest ? ok(hex(all.digest())) : refused(refusal('DOCUMENT_CHANGED'));
  } finally {
    await open.close();
  }
}

interface Signed extends Ready {
  readonly certificate: Certificate;
  readonly seal: HeldSeal | null;
  readonly last: boolean;
  readonly revision: Buffer;
  readonly timestamped: boolean;
  readonly sm3: string;
}

async function keepSigned(room: Room, interaction: Interaction, signed: Signed): Promise<Result<Interaction>> {
  const { signing, prepared, seal, certificate, revision, timestamped, sm3 } = signed;
  const { ref } = await room.files.write(pieces(revision), revision.length);
  const document: KeptDocument = {
    ...signed.document,
    files: [...signed.document.files, { ref, bytes: revision.length }],
    bytes: signed.document.bytes + revision.length,
    sm3,
  };
  const { places, straddle } = prepared;
  const made: MadeSignature = { seal: seal?.name ?? null, places, straddle, timestamped, at: room.clock.now() };
  const submitted = signed.last ? submission(room, signing) : { change: {}, set: {} };
  const kept = await inTx(room, async (tx, need) => {
    const { unit } = need(await partiesOf(room, tx, interaction));
    // A key that was cancelled and a vendor that was suspended while the document was hashed sign nothing.
    need(await room.subscribers.findForLogin(tx, unit, certificate));
    if ((await room.authorities.find(tx, signed.signer.authorityId))?.status !== 'active')
      need(refused(refusal('ISSUER_UNKNOWN', {}, 'authority suspended')));
    if (seal !== null)
      need(
        await room.seals.claimUse(tx, {
          ...{ seal, certificate, places, unitId: interaction.unitId },
          ...{ interactionId: interaction.id, documentSm3: sm3 },
        }),
      );
    await forgetFiles(tx, namesOf([prepared.revision.ref]));
    await keepFiles(tx, interaction.id, namesOf([ref]));
    const row = need(
      await write(room, tx, {
        ...{ interaction, signing, prepared: prepared.id },
        set: {
          version: prepared.version,
          document_sealed: room.vault.document(interaction.id, document),
          made_sealed: room.vault.made(interaction.id, [...signing.made, made]),
          ...{ prepared_id: null, prepared_sealed: null },
          ...submitted.set,
        },
        change: { refusal: null, exchange: null, ...submitted.change },
        journal: {
          kind: 'sign.signed',
          body: {
            prepared: prepared.id,
            certificate: signed.signer.certificateId,
            seal: seal?.id ?? null,
            ...{ places, straddle, timestamped },
            ...{ before: prepared.sm3, digest: prepared.digest, document: sm3 },
          },
        },
      }),
    );
    if (signed.last) await submit(room, tx, row, { ...signing, document });
    else await signedPart(room, tx, interaction.id, prepared);
    return row;
  });
  await removeFiles(room, [kept.ok ? prepared.revision.ref : ref]);
  return kept;
}
