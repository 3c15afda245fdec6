import { fromHex, hex } from '#kernel/bytes.ts';
import { isoUtc } from '#kernel/clock.ts';
import { type Certificate, tailOf } from '#pki/certificate.ts';
import { announcements } from '../announce.ts';
import { recordSm3 } from '../capsule/record.ts';
import { wrapsOfCapsule } from '../capsules.ts';
import type { OpeningRecord, RecordedBid, RecordedDecision, RecordedFile, RecordedPerson } from '../minutes/record.ts';
import type { Outcome } from '../open-capsule.ts';
import type { Person } from '../opening.ts';
import { findCapsule } from '../repository-capsules.ts';
import { sharesOf } from '../repository-shares.ts';
import type { BidFile } from './bids.ts';
import { type Fact, factsOf, isProof } from './facts.ts';
import { isHolder } from './may.ts';
import { isOpened, type Picture, type SeenBid } from './picture.ts';
import type { Proposal, Speaker } from './proposal.ts';
import type { Hall } from './room.ts';
import { eventSentence, factSentence, sourceOf } from './words.ts';

/** The most evidence that is printed of one cause; the journal has the rest. */
const MOST_EVIDENCE = 50;
const line = (text: string, most = 500): string => text.replace(/[\p{Cc}\u2028\u2029]/gu, ' ').slice(0, most);
const instantOf = (at: number | null): string | null => (at === null ? null : isoUtc(at));

/** The opening as it went, in the words of the record: what minutes, the printed table and every statement are made of. */
export async function recordOf(hall: Hall, picture: Picture, revision: number): Promise<OpeningRecord> {
  const { room, relyingParties, store } = hall;
  const h = store.read;
  const { opening, lots, persons } = picture.file;
  const unit = await relyingParties.unit(h, opening.unitId);
  const platform = await relyingParties.platform(h, opening.unitId, opening.orgcode);
  const amendments = await announcements(room, h, opening.id);
  const names = await authorityNames(hall, persons);
  const head = await hall.journal.head(h);
  const events = await room.events.list(h, opening.id);
  const { terms } = opening;
  return {
    v: 1,
    type: 'opening-record',
    hub: hall.publicUrl,
    revision,
    madeAt: isoUtc(picture.now),
    opening: {
      id: opening.id,
      unit: line(unit?.name ?? opening.unitId),
      platform: line(platform?.name ?? opening.orgcode),
      project: line(terms.title),
      projectCode: line(terms.number, 200),
      tenderer: line(terms.tenderer, 200),
      agency: line(terms.agency, 200),
      place: line(terms.place, 200),
      keyModel: opening.keyModel,
      openingKey: opening.publicPoint === '' ? null : hex(hall.gm.sm3(fromHex(opening.publicPoint) ?? Buffer.alloc(0))),
      threshold: opening.threshold,
      announcedAt: isoUtc(amendments[0]?.at ?? opening.createdAt),
      opensAt: isoUtc(opening.opensAt),
      startedAt: instantOf(opening.releaseBeganAt),
      releasedAt: instantOf(opening.releasedAt),
      windowEnds: instantOf(opening.windowEndsAt),
      endedAt: isoUtc(opening.endedAt ?? picture.hall?.closed_at ?? picture.now),
      timeBasis: '平台时钟连续可信，与本次开标的事件记录一致',
      rules: { bidderCause: line(terms.rules.whenBidder ?? ''), otherCause: line(terms.rules.whenOthers ?? '') },
    },
    host: persons.filter((one) => one.role === 'host').map((one) => personOf(one, names))[0] ?? null,
    supervisors: persons.filter((one) => one.role === 'supervisor').map((one) => personOf(one, names)),
    custodians: await custodiansOf(hall, picture, names),
    lots: await Promise.all(
      lots.map(async (lot) => {
        const own = (picture.bids ?? []).filter((bid) => bid.lot === lot.code);
        const ended = picture.lotEnds.some((end) => end.lotId === lot.id);
        const aborted = opening.state === 'aborted' && !ended;
        const listed = ended || aborted ? [] : own;
        return {
          id: lot.code,
          name: line(lot.name || lot.code),
          outcome: ended ? ('below-minimum' as const) : aborted ? ('aborted' as const) : ('opened' as const),
          received: own.length,
          withdrawn: 0,
          bids: await Promise.all(listed.map((bid) => bidOf(hall, picture, bid))),
        };
      }),
    ),
    decisions: [...decisionsOf(picture.proposals)],
    timeline: events.flatMap((event) => {
      const said = eventSentence(event);
      return said === undefined
        ? []
        : [{ at: isoUtc(event.at), kind: event.kind, text: line(said.sentence), by: line(event.actor.name, 200) }];
    }),
    journal: { seq: head.seq, hash: head.hash },
  };
}

type Names = ReadonlyMap<string, string>;

/** CA of each officer's certificate, by the certificate's fingerprint. */
async function authorityNames(hall: Hall, persons: readonly Person[]): Promise<Names> {
  const named = await Promise.all(
    persons.map(async ({ signCertificate }): Promise<[string, string]> => {
      const authority = await hall.trust.issuerOf(signCertificate);
      return [signCertificate.fingerprint, authority?.name ?? ''];
    }),
  );
  return new Map(named);
}

const certificateOf = (certificate: Certificate, names: Names) => ({
  authority: line(names.get(certificate.fingerprint) ?? '', 100),
  tail: tailOf(certificate),
});

const personOf = (person: Person, names: Names): RecordedPerson => ({
  name: line(person.name),
  organisation: '',
  certificate: certificateOf(person.signCertificate, names),
});

async function custodiansOf(hall: Hall, { file }: Picture, names: Names): Promise<OpeningRecord['custodians']> {
  const shares = await sharesOf(hall.store.read, file.opening.id);
  const enough = shares.filter((share) => share.verdict === 'good').length >= file.opening.threshold;
  return file.persons.filter(isHolder).map((person) => {
    const own = shares.filter((share) => share.person_id === person.id);
    const verdict = own.find((share) => share.verdict === 'good') ?? own.at(-1);
    const share =
      verdict?.verdict === 'good' ? 'good' : verdict?.verdict === 'bad' ? 'bad' : enough ? 'unused' : 'absent';
    return {
      id: person.id,
      name: line(person.name),
      organisation: '',
      role: person.role === 'deputy' ? ('deputy' as const) : ('custodian' as const),
      deputyOf:
        person.role === 'deputy'
          ? (file.persons.find((one) => one.role === 'custodian' && one.seat === person.seat)?.id ?? null)
          : null,
      certificate: certificateOf(person.signCertificate, names),
      checkedInAt: instantOf(person.checkedInAt),
      releasedAt: instantOf(person.releasedAt),
      share,
    };
  });
}

export async function bidOf(hall: Hall, picture: Picture, bid: SeenBid): Promise<RecordedBid> {
  const first = bid.files[0];
  const authority = await hall.authorities.find(hall.store.read, bid.authorityId);
  const files = await Promise.all(bid.files.map((file) => fileOf(hall, bid, file)));
  const certificate = first === undefined ? null : await sealingCertificate(hall, first);
  const opened = bid.state === 'opened';
  const { response } = bid;
  return {
    id: bid.id,
    bidder: {
      name: line(bid.bidder),
      unitCode: first !== undefined && isOrganisation(first.record.bidder) ? line(first.record.bidder, 64) : '',
      certificate:
        certificate == null ? null : { authority: line(authority?.name ?? '', 100), tail: tailOf(certificate) },
    },
    state: opened ? 'opened' : 'not-opened',
    files,
    cause: opened || bid.cause === null ? null : causeOf(picture, bid.cause),
    response: response && {
      kind: response.kind,
      at: isoUtc(response.at),
      by: { name: line(response.by), organisation: '', certificate: null },
      text: line(response.text),
      answer: line(response.answer ?? ''),
    },
  };
}

/** 18 characters of a unified credit code that is no number of an ID (which begins with an area and a date of birth). */
const isOrganisation = (code: string): boolean => /^[0-9A-HJ-NPQRTUWXY]{18}$/.test(code) && !/^\d{17}[\dX]$/.test(code);

async function sealingCertificate(hall: Hall, file: BidFile): Promise<Certificate | undefined> {
  const wraps = await wrapsOfCapsule(hall.room, hall.store.read, file.capsuleId);
  const own = wraps.find(({ wrap, certificate }) => wrap.kind === 'bidder' && certificate !== null);
  return own?.certificate == null ? undefined : hall.room.vault.certificate(own.certificate);
}

async function fileOf(hall: Hall, bid: SeenBid, file: BidFile): Promise<RecordedFile> {
  const row = await findCapsule(hall.store.read, file.capsuleId);
  const opened = isOpened(file) && row?.outcome_sealed != null;
  const outcome = opened
    ? hall.room.vault.open<Outcome>('capsule', file.capsuleId, 'outcome_sealed', row.outcome_sealed ?? '')
    : null;
  const receipts = file.record.receipts;
  const taken = receipts.find((one) => one.record.event === 'sealed' || one.record.event === 'replaced') ?? receipts[0];
  const openedAt = factsOf(bid.facts, 'opened').find((fact) => fact.capsule === file.capsuleId)?.at ?? null;
  return {
    capsule: file.capsuleId,
    label: line(file.label),
    receipt: {
      sm3: taken === undefined ? hex(Buffer.alloc(32)) : recordSm3(hall.gm, taken.record),
      capsuleSm3: file.record.sm3,
      bytes: file.bytes,
      version: file.version,
      receivedAt: isoUtc(file.sealedAt),
      sealedBy: file.sealedBy,
    },
    state: opened ? 'opened' : 'not-opened',
    openedAt: instantOf(outcome?.openedAt ?? openedAt),
    openedBy: outcome?.by ?? null,
    deliveredAt: file.state === 'opened' ? instantOf(file.endedAt) : null,
    content: outcome === null ? null : { sm3: outcome.contentSm3, bytes: outcome.bytes },
  };
}

function causeOf(picture: Picture, cause: NonNullable<SeenBid['cause']>): NonNullable<RecordedBid['cause']> {
  return {
    party: cause.party,
    code: cause.kind,
    weight: cause.weight,
    text: line(cause.sentence),
    evidence: cause.evidence.slice(-MOST_EVIDENCE).map(evidenceOf),
    decidedAt: isoUtc(picture.now),
    decidedBy: 'hub',
  };
}

const evidenceOf = (fact: Fact) => ({
  at: isoUtc(fact.at),
  kind: fact.kind,
  text: line(factSentence(fact)),
  from: sourceOf(fact),
  proof: isProof(fact),
  journal: fact.journal ?? null,
});

function decisionsOf(proposals: readonly Proposal[]): RecordedDecision[] {
  const decided = proposals.filter((one) => one.state === 'confirmed' && one.decision !== null);
  return decided
    .sort((a, b) => (a.decidedAt ?? 0) - (b.decidedAt ?? 0))
    .map((one) => ({
      kind: decisionKind(one.kind),
      at: isoUtc(one.decidedAt ?? one.proposedAt),
      text: line(one.title),
      reason: line(one.reason),
      basis: line(one.basis),
      proposedBy: speakerOf(one.by),
      approvedBy: one.decision === null ? null : speakerOf(one.decision.by),
      bids: one.bid === null ? [] : [one.bid],
    }));
}

const speakerOf = ({ title, name, tail, authority }: Speaker): RecordedPerson => ({
  name: line(name === '' || name === title ? title : `${title} ${name}`),
  organisation: '',
  certificate: { authority: line(authority, 100), tail: line(tail, 16) },
});

function decisionKind(kind: Proposal['kind']): RecordedDecision['kind'] {
  switch (kind) {
    case 'extend':
      return 'extension';
    case 'remedy':
      return 'remedy';
    case 'abort':
      return 'abort';
    case 'postpone':
      return 'postponement';
    case 'time-override':
      return 'override';
  }
}
