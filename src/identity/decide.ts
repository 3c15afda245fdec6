import type { EvidenceRoad } from '#interaction/evidence.ts';
import type { Interaction } from '#interaction/interaction.ts';
import { announce, partiesOf } from '#interaction/page-room.ts';
import type { VerifiedIdentity } from '#interaction/proof.ts';
import { base64 } from '#kernel/bytes.ts';
import { refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { tailOf } from '#pki/certificate.ts';
import type { Handle, Tx } from '#store/store.ts';
import type { EnrolledKey } from '#subscriber/find-for-login.ts';
import type { LoginVerified } from './event.ts';
import type { Room } from './room.ts';
import { ticketOf, ticketSm3 } from './ticket.ts';

/**
 * The decision, in one transaction: the login is proved, the result is in the outbox, the journal says so. Whatever was stopped since the evidence came
 * in (unit, platform, authority suspended; key cancelled; link reopened; login cancelled; life ended) stops it here.
 */
export async function decide(room: Room, identity: VerifiedIdentity, road: EvidenceRoad): Promise<Result<Interaction>> {
  return room.store.tx(async (tx) => {
    const enrolled = await stillAllowed(room, tx, identity);
    if (!enrolled.ok) return enrolled;
    const { challenge, authority } = identity;
    const proved = await room.interactions.change(
      tx,
      challenge.interaction,
      { states: ['claimed'], nonce: challenge.nonce, challengeUsed: true, liveAt: room.clock.now() },
      {
        state: 'proved',
        certificateId: enrolled.value.certificateId,
        authorityId: authority.id,
        exchange: null,
        refusal: null,
      },
    );
    if (proved === undefined) return refused(refusal('CHALLENGE_USED'));
    await record(room, tx, proved, identity, enrolled.value, road);
    announce(room, tx, proved);
    return ok(proved);
  });
}

/** Asked once more inside the transaction: a suspension or a cancelled key holds from its own commit on. */
async function stillAllowed(
  room: Room,
  h: Handle,
  { challenge, authority, key }: VerifiedIdentity,
): Promise<Result<EnrolledKey>> {
  const interaction = await room.interactions.find(h, challenge.interaction);
  if (interaction === undefined) return refused(refusal('TASK_ENDED'));
  const parties = await partiesOf(room, h, interaction);
  if (!parties.ok) return parties;
  const present = await room.authorities.find(h, authority.id);
  if (present?.status !== 'active') return refused(refusal('AUTHORITY_SUSPENDED', { authority: authority.name }));
  return room.subscribers.findForLogin(h, parties.value.unit, key.signCertificate);
}

async function record(
  room: Room,
  tx: Tx,
  proved: Interaction,
  identity: VerifiedIdentity,
  enrolled: EnrolledKey,
  road: EvidenceRoad,
): Promise<void> {
  await room.outbox.enqueue(tx, {
    kind: 'login.verified',
    unitId: proved.unitId,
    orgcode: proved.orgcode,
    interactionId: proved.id,
    stateVersion: proved.version,
    body: eventOf(room, proved, identity, enrolled),
    deadlineAt: proved.expiresAt,
    schedule: 'login',
  });
  await room.journal.append(tx, {
    kind: 'login.proved',
    unitId: proved.unitId,
    interactionId: proved.id,
    body: {
      road,
      authority: identity.authority.id,
      certificate: enrolled.certificateId,
      tail: tailOf(enrolled.signCertificate),
      stateVersion: proved.version,
    },
  });
}

function eventOf(room: Room, proved: Interaction, identity: VerifiedIdentity, enrolled: EnrolledKey): LoginVerified {
  const { signCertificate, encryptionCertificate, record } = enrolled;
  return {
    taskId: proved.taskId,
    standBy: proved.standBy,
    signCertificate: base64(signCertificate.der),
    encryptionCertificate: base64(encryptionCertificate.der),
    signSerial: signCertificate.serial,
    encryptionSerial: encryptionCertificate.serial,
    userName: record.userName,
    idNumber: record.idNumber,
    unitName: record.unitName,
    unitCode: record.unitCode,
    certificateEnds: signCertificate.notAfter,
    authorityId: identity.authority.id,
    authorityName: identity.authority.name,
    ticketSm3: ticketSm3(room, ticketOf(room, proved.id, identity.challenge.nonce)),
  };
}
