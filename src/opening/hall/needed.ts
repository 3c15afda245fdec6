import { beijingDate } from '#kernel/clock.ts';
import { type Certificate, tailOf } from '#pki/certificate.ts';
import { wrapsOfCapsule } from '../capsules.ts';
import type { SeenBid } from './picture.ts';
import type { Hall } from './room.ts';

/** A certificate that opens something; the edge adds its vendor's support links. */
export interface Needed {
  readonly holder: string;
  readonly authorityId: string | null;
  readonly tail: string;
  readonly notAfter: string;
  readonly expired: boolean;
  readonly renewed: boolean;
}

/** The certificates of a bid's wraps, each once: any one of them opens it. */
export async function neededFor(hall: Hall, bid: SeenBid, now: number): Promise<Needed[]> {
  const found = new Map<string, Certificate>();
  for (const file of bid.files)
    for (const { wrap, certificate } of await wrapsOfCapsule(hall.room, hall.store.read, file.capsuleId))
      if ((wrap.kind === 'bidder' || wrap.kind === 'rewrap') && certificate !== null) {
        const read = hall.room.vault.certificate(certificate);
        found.set(read.fingerprint, read);
      }
  return Promise.all([...found.values()].map((certificate) => neededOf(hall, certificate, bid.bidder, now)));
}

export async function neededOf(hall: Hall, certificate: Certificate, holder: string, now: number): Promise<Needed> {
  const authority = await hall.trust.issuerOf(certificate);
  return {
    holder,
    authorityId: authority?.id ?? null,
    tail: tailOf(certificate),
    notAfter: beijingDate(certificate.notAfter),
    expired: certificate.notAfter < now,
    renewed: false,
  };
}
