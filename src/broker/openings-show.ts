import { base64 } from '#kernel/bytes.ts';
import { isoUtc } from '#kernel/clock.ts';
import type { Json, JsonObject } from '#kernel/json.ts';
import type { SignedAmendment } from '#opening/announce.ts';
import type { CapsuleFacts } from '#opening/capsule-facts.ts';
import type { OpeningFile, Person } from '#opening/opening.ts';
import { writeReference } from '#opening/reference.ts';
import { tailOf } from '#pki/certificate.ts';

/** Answers of the opening interfaces. Nothing here says who bids, or how many, at any time: that is the hall's and the minutes'. */

export function showOpening(
  file: OpeningFile,
  publicUrl: string,
  announcements: readonly SignedAmendment[],
): JsonObject {
  const { opening, lots, persons } = file;
  const { terms } = opening;
  return {
    openingId: opening.id,
    taskId: terms.taskId,
    state: opening.state,
    title: terms.title,
    number: terms.number,
    lots: lots.map(({ code, name }) => ({ code, name })),
    opensAt: isoUtc(opening.opensAt),
    closesAt: isoUtc(opening.closesAt),
    windowMinutes: opening.windowMs / 60_000,
    windowEndsAt: opening.windowEndsAt === null ? null : isoUtc(opening.windowEndsAt),
    keyModel: opening.keyModel,
    openingKey: opening.publicPoint === '' ? null : opening.publicPoint,
    threshold: opening.threshold,
    recoveryThreshold: opening.recoveryThreshold,
    persons: persons.map(showPerson),
    rules: { ...terms.rules, remedies: [...terms.rules.remedies] },
    hall: `${publicUrl}/hall/${opening.id}`,
    announcements: announcements.map(({ signed }) => signed as unknown as Json),
  };
}

const showPerson = ({ role, seat, name, signCertificate, checkedInAt, releasedAt }: Person): JsonObject => ({
  role,
  seat,
  name,
  tail: tailOf(signCertificate),
  checkedInAt: checkedInAt === null ? null : isoUtc(checkedInAt),
  releasedAt: releasedAt === null ? null : isoUtc(releasedAt),
});

export function showCapsule(facts: CapsuleFacts): JsonObject {
  const { receipts, keys, rehearsals, outcome, sealedAt, opensAt, ...same } = facts;
  return {
    ...same,
    encData: base64(writeReference(facts)),
    sealedAt: isoUtc(sealedAt),
    opensAt: isoUtc(opensAt),
    keys: keys.map((key) => ({ ...key, notAfter: isoUtc(key.notAfter) })),
    rehearsals: rehearsals.map((one) => ({ ...one, at: isoUtc(one.at) })),
    outcome: outcome && { ...outcome, openedAt: isoUtc(outcome.openedAt) },
    receipts: receipts as unknown as Json,
  };
}
