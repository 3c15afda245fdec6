import type { Operation, SignedGrant } from '#agent/protocol.ts';
import type { Authority } from '#drivers/authority.ts';
import type { Judgement } from '#drivers/trust.ts';
import type { PageNote } from '#envelope/capsule-port.ts';
import { type ExchangeStatus, exchangeOf, isRunning, type VendorExchange } from '#interaction/exchange-state.ts';
import { isAgentNonce, signGrant } from '#interaction/grant.ts';
import { refusalOfJudgement } from '#interaction/judgement.ts';
import { offered } from '#interaction/offered.ts';
import { pageOrigin } from '#interaction/page-room.ts';
import type { SignedChallenge } from '#interaction/proof.ts';
import { sweep } from '#interaction/sweep.ts';
import { createVendorPoll } from '#interaction/vendor-poll.ts';
import { boundTo, type Visit } from '#interaction/visit.ts';
import { type Refusal, refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { type Certificate, readCertificateText } from '#pki/certificate.ts';
import type { RecordedBid } from '../minutes/record.ts';
import { type HallAct, isSigned } from './acts.ts';
import { type Asked, ask, askedOf, intentOf } from './ask.ts';
import * as bidder from './bidder-acts.ts';
import { Undone } from './decide.ts';
import type { ReportFact } from './facts.ts';
import { isProof } from './facts.ts';
import { minutesOf, type SignedMinutes } from './finish.ts';
import { mayDo } from './may.ts';
import { perform, whyNot } from './perform.ts';
import { pictureOf } from './picture.ts';
import { causeView } from './proposals-seen.ts';
import { recordOf } from './record-of.ts';
import { recoveryBack, recoveryTasks } from './recovery.ts';
import { notePage, report } from './report.ts';
import * as rows from './repository.ts';
import { createHallRoom, type Hall, type HallDeps, seal } from './room.ts';
import { type HallRole, has, type Seat } from './seat.ts';
import { type ShareKind, type ShareTask, shareBack, shareTask } from './shares.ts';
import { acceptSigned, beginMobile, callback, pollOne } from './signed.ts';
import { leave, officesOf, seatedAt, seatHere } from './sit.ts';
import { type HallSnapshot, snapshot } from './snapshot.ts';
import { sweepHalls } from './sweep.ts';
import { whoMay } from './who.ts';
import { factSentence, sourceOf } from './words.ts';

/** A question with its phone's road, where that was taken. */
export interface AskedNow extends Asked {
  readonly mobile: (VendorExchange & { readonly authority: string; readonly status: ExchangeStatus }) | null;
}

export interface Seen {
  readonly snapshot: HallSnapshot;
  readonly asked: AskedNow | null;
}

export interface ForecastCertificate {
  readonly key: string;
  readonly certificate: Certificate | undefined;
  readonly authority: Authority | undefined;
  readonly verdict: Judgement['verdict'];
  readonly refusal: Refusal | undefined;
  readonly roles: readonly HallRole[];
}

export type HallDesk = ReturnType<typeof createHall>;

const OPERATIONS: Readonly<Record<'ask' | 'share' | 'rehearse' | 'rewrap', readonly Operation[]>> = {
  ask: ['enumerate', 'certificates', 'sign-login'],
  share: ['enumerate', 'certificates', 'release'],
  rehearse: ['enumerate', 'certificates', 'rehearse'],
  rewrap: ['enumerate', 'certificates', 'rewrap'],
};

/** Everything that may be asked of the hall. Whoever has no seat is the audience. */
export function createHall(deps: HallDeps) {
  const hall = createHallRoom(deps);
  const poll = createVendorPoll(hall.page, (interaction) => pollOne(hall, interaction));

  const see = async (openingId: string, seat: Seat | undefined): Promise<Result<HallSnapshot>> => {
    const view = await snapshot(hall, openingId, seat);
    return view === undefined ? refused(refusal('OPENING_UNKNOWN')) : ok(view);
  };
  const seeFrom = async (seat: Seat): Promise<Result<HallSnapshot>> => see(seat.openingId, seat);
  const opening = async (id: string) => (await hall.openings.file(hall.store.read, id))?.opening;

  /** Acts of a seat: refused without one. */
  const seated = async <T>(visit: Visit, act: (seat: Seat) => Promise<Result<T>>): Promise<Result<T>> => {
    const seat = await seatedAt(hall, visit);
    return seat.ok ? act(seat.value) : seat;
  };
  const thenSee = (visit: Visit, act: (seat: Seat) => Promise<Result<unknown>>): Promise<Result<HallSnapshot>> =>
    seated(visit, async (seat) => {
      const done = await act(seat);
      return done.ok ? seeFrom(seat) : done;
    });

  return {
    /** Who sits at this browser, and what he sees. Changes nothing. */
    async open(openingId: string, secret: string | null): Promise<Result<HallSnapshot>> {
      return see(openingId, await seatHere(hall, openingId, secret));
    },
    async view(openingId: string, visit: Visit | null): Promise<Result<HallSnapshot>> {
      if (visit === null) return see(openingId, undefined);
      return seated(visit, (seat) =>
        seat.openingId === openingId ? seeFrom(seat) : Promise.resolve(refused(refusal('HALL_SEAT_ENDED'))),
      );
    },
    async sit(openingId: string, secret: string | null): Promise<Result<AskedNow>> {
      const found = await opening(openingId);
      if (found === undefined) return refused(refusal('OPENING_UNKNOWN'));
      const asked = await ask(hall, found, secret, { what: 'seat' });
      return asked.ok ? ok({ ...asked.value, mobile: null }) : asked;
    },
    leave: async (visit: Visit): Promise<Result<HallSnapshot>> => {
      const left = await leave(hall, visit);
      return left.ok ? see(left.value.openingId, undefined) : left;
    },

    /** `ask`: for a question's interaction; the others for a seat's. */
    async grant(visit: Visit, nonce: string, what: keyof typeof OPERATIONS): Promise<Result<SignedGrant>> {
      if (!isAgentNonce(nonce)) return refused(refusal('INPUT_NOT_ALLOWED', {}, 'agent nonce is not 64 hex digits'));
      const from = await originFor(visit, what);
      if (!from.ok) return from;
      return ok(await signGrant(hall, nonce, from.value, visit.interaction, OPERATIONS[what]));
    },
    /** What each plugged certificate would be here; a forecast, the signature decides. */
    async certificates(
      visit: Visit,
      shown: readonly { readonly key: string; readonly sign: string }[],
    ): Promise<Result<readonly ForecastCertificate[]>> {
      const bound = await boundTo(hall.page, visit);
      const intent = bound.ok ? intentOf(bound.value) : undefined;
      if (!bound.ok) return bound;
      const found = intent && (await opening(intent.opening));
      if (found === undefined) return refused(refusal('OPENING_UNKNOWN'));
      return ok(await Promise.all(shown.map((one) => forecast(hall, found, one))));
    },
    /** The signature over a question's text: the seat is taken, or the act done. */
    async signed(visit: Visit, signed: SignedChallenge): Promise<Result<HallSnapshot>> {
      const accepted = await acceptSigned(hall, visit, signed);
      return accepted.ok ? answered(visit) : accepted;
    },
    beginMobile: async (visit: Visit, authority: string): Promise<Result<AskedNow>> => {
      const begun = await beginMobile(hall, visit, authority);
      return begun.ok ? question(visit) : begun;
    },
    /** How a question stands; `snapshot` once it is answered. */
    async asked(visit: Visit): Promise<Result<{ asked: AskedNow | null; snapshot: HallSnapshot | null }>> {
      poll.hint(visit.interaction);
      const bound = await boundTo(hall.page, visit);
      if (!bound.ok) return bound;
      if (bound.value.state !== 'succeeded') {
        const asked = await question(visit);
        return asked.ok ? ok({ asked: asked.value, snapshot: null }) : asked;
      }
      const view = await answered(visit);
      return view.ok ? ok({ asked: null, snapshot: view.value }) : view;
    },

    /** Unsigned acts are done at once; a signed one answers the text that the seat's key signs. */
    async act(visit: Visit, act: HallAct): Promise<Result<Seen>> {
      return seated<Seen>(visit, async (seat) => {
        const picture = await pictureOf(hall, seat.openingId);
        if (picture === undefined) return refused(refusal('OPENING_UNKNOWN'));
        if (isSigned(act.act)) {
          if (!mayDo(seat, picture).some((may) => may.act === act.act)) return refused(whyNot(seat, picture, act));
          const asked = await ask(
            hall,
            picture.file.opening,
            visit.secret,
            { what: 'act', seat: seat.id, act },
            (tx, id) =>
              rows.insertAct(tx, {
                id,
                opening_id: seat.openingId,
                seat_id: seat.id,
                act_sealed: seal(hall, 'hall_act', id, 'act_sealed', act),
                state: 'asked',
                proof_sealed: '',
                created_at: hall.clock.now(),
                done_at: null,
              }),
          );
          const view = await seeFrom(seat);
          if (!asked.ok) return asked;
          if (!view.ok) return view;
          return ok({ snapshot: view.value, asked: { ...asked.value, mobile: null } });
        }
        const done = await undoable(() => hall.store.tx((tx) => perform(hall, tx, { seat, picture }, act)));
        if (!done.ok) return done;
        const view = await seeFrom(seat);
        return view.ok ? ok({ snapshot: view.value, asked: null }) : view;
      });
    },

    share: (visit: Visit, what: ShareKind): Promise<Result<ShareTask>> =>
      seated(visit, (seat) => shareTask(hall, seat, what)),
    shared: (visit: Visit, what: ShareKind, wrapped: string): Promise<Result<HallSnapshot>> =>
      thenSee(visit, (seat) => shareBack(hall, seat, what, wrapped)),

    recover: (visit: Visit, bid: string) => seated(visit, (seat) => recoveryTasks(hall, seat, bid)),
    recovered: (visit: Visit, capsule: string, wrapped: string): Promise<Result<HallSnapshot>> =>
      thenSee(visit, (seat) => recoveryBack(hall, seat, capsule, wrapped)),

    /** Host, supervisor and the bidder himself: what is known of a bid, and how well. */
    evidence: (visit: Visit, bidId: string) =>
      seated(visit, async (seat) => {
        const picture = await pictureOf(hall, seat.openingId);
        const bid = picture?.bids?.find((one) => one.id === bidId);
        const own = bid !== undefined && bid.subscriberId === seat.bidder?.subscriberId;
        const cause = bid === undefined ? null : causeView(bid);
        if (bid === undefined || cause === null || !(own || has(seat, 'host', 'supervisor')))
          return refused(refusal('HALL_NOT_YOURS', { who: whoMay('finish') }));
        const evidence = bid.facts.map((fact) => ({
          at: fact.at,
          from: sourceOf(fact),
          sentence: factSentence(fact),
          proof: isProof(fact),
          journal: fact.journal ?? null,
        }));
        return ok({ cause, evidence });
      }),

    decrypt: (visit: Visit) => seated(visit, (seat) => bidder.decryptPage(hall, seat)),
    rehearse: (visit: Visit) =>
      seated(visit, async (seat) => {
        const tests = await bidder.rehearse(hall, seat);
        return tests.ok ? ok({ tests: tests.value, holder: seat.bidder?.name ?? '' }) : tests;
      }),
    rehearsed: (visit: Visit, results: readonly { readonly id: string; readonly key: string }[]) =>
      seated(visit, async (seat) => {
        const opened = await bidder.rehearsed(hall, seat, results);
        if (!opened.ok) return opened;
        const view = await seeFrom(seat);
        return view.ok ? ok({ snapshot: view.value, opened: opened.value }) : view;
      }),
    rewraps: (visit: Visit) => seated(visit, (seat) => bidder.rewraps(hall, seat)),
    rewrapped: (visit: Visit, done: Parameters<typeof bidder.rewrapped>[2]) =>
      thenSee(visit, (seat) => bidder.rewrapped(hall, seat, done)),
    report: (visit: Visit, said: { what: ReportFact['what']; tail: string | null }) =>
      seated(visit, (seat) => report(hall, seat, said)),

    /** Vendors as the hall offers them: one sits and signs over `auth`; files are opened on a page of their own. */
    vendors: async (): Promise<Authority[]> =>
      offered(hall.drivers, await hall.authorities.list(hall.store.read), 'auth'),
    /** Vendor of a certificate; null: none that is known. */
    issuerOf: async (certificate: Certificate): Promise<string | null> =>
      (await hall.trust.issuerOf(certificate))?.id ?? null,
    /** Final minutes for whoever has a seat; undefined: not final. */
    minutes: async (openingId: string, secret: string | null): Promise<SignedMinutes | undefined> => {
      const seat = await seatHere(hall, openingId, secret);
      return seat === undefined ? undefined : minutesOf(hall, openingId);
    },
    /** One bid of the final minutes, for its own bidder and the officers. */
    statement: async (openingId: string, bidId: string, secret: string | null) => {
      const seat = await seatHere(hall, openingId, secret);
      const minutes = seat && (await minutesOf(hall, openingId));
      const picture = seat && (await pictureOf(hall, openingId));
      const bid = picture?.bids?.find((one) => one.id === bidId);
      if (seat === undefined || minutes === undefined || bid === undefined) return undefined;
      if (bid.subscriberId !== seat.bidder?.subscriberId && !has(seat, 'host', 'supervisor')) return undefined;
      const recorded = minutes.record.lots.flatMap((lot) => lot.bids).find((one: RecordedBid) => one.id === bidId);
      return recorded === undefined ? undefined : { minutes, bid: recorded };
    },

    /** Present version of each opening's hall, for the live channel. */
    async versions(ids: readonly string[]): Promise<Map<string, number>> {
      if (ids.length === 0) return new Map();
      const found = await rows.versionsOfHalls(hall.store.read, ids);
      return new Map(found.map((row) => [row.id, Number(row.version)]));
    },
    /** For the decryption pages' port. */
    noted: (capsules: readonly string[], note: PageNote): Promise<void> => notePage(hall, capsules, note),
    vendorCallback: (authority: string, exchange: string, message: Parameters<typeof callback>[3]) =>
      callback(hall, authority, exchange, message),
    pollVendors: () => poll.round(),
    sweep: async (): Promise<number> => (await sweep(hall.page)) + (await sweepHalls(hall)),
    /** The record as it would be signed now; for tests and the operator's console. */
    draft: async (openingId: string) => {
      const picture = await pictureOf(hall, openingId);
      return picture && recordOf(hall, picture, 1);
    },
  };

  /** The page that put a question, as it is now that the question is answered. */
  async function answered(visit: Visit): Promise<Result<HallSnapshot>> {
    const bound = await boundTo(hall.page, visit);
    if (!bound.ok) return bound;
    const intent = intentOf(bound.value);
    if (intent === undefined) return refused(refusal('LINK_INVALID'));
    return see(intent.opening, await seatHere(hall, intent.opening, visit.secret));
  }

  async function question(visit: Visit): Promise<Result<AskedNow>> {
    const bound = await boundTo(hall.page, visit);
    if (!bound.ok) return bound;
    const asked = await askedOf(hall, bound.value);
    if (!asked.ok) return asked;
    const exchange = exchangeOf(bound.value);
    const authority = bound.value.exchangeAuthority;
    if (exchange === undefined || authority === null || exchange.content === '')
      return ok({ ...asked.value, mobile: null });
    const over = isRunning(exchange) && exchange.expiresAt <= hall.clock.now();
    return ok({ ...asked.value, mobile: { ...exchange, status: over ? 'expired' : exchange.status, authority } });
  }

  async function originFor(visit: Visit, what: keyof typeof OPERATIONS): Promise<Result<string>> {
    if (what === 'ask') {
      const asked = await question(visit);
      if (!asked.ok) return asked;
      return originOf(asked.value.interaction.unitId, asked.value.interaction.orgcode);
    }
    const seat = await seatedAt(hall, visit);
    if (!seat.ok) return seat;
    const found = await opening(seat.value.openingId);
    const picture = await pictureOf(hall, seat.value.openingId);
    const acts: Readonly<Record<typeof what, readonly string[]>> = {
      share: ['check-in', 'release', 'recover'],
      rehearse: ['rehearse'],
      rewrap: ['rewrap'],
    };
    const may = picture === undefined ? [] : mayDo(seat.value, picture);
    if (found === undefined || !may.some((one) => acts[what].includes(one.act)))
      return refused(refusal('HALL_NOT_YOURS', { who: what === 'share' ? whoMay('release') : whoMay(what) }));
    return originOf(found.unitId, found.orgcode);
  }

  async function originOf(unitId: string, orgcode: string): Promise<Result<string>> {
    const platform = await hall.relyingParties.platform(hall.store.read, unitId, orgcode);
    return platform === undefined ? refused(refusal('PLATFORM_UNKNOWN', { orgcode })) : ok(pageOrigin(hall, platform));
  }
}

async function undoable(work: () => Promise<Result<void>>): Promise<Result<void>> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Undone) return error.result;
    throw error;
  }
}

async function forecast(
  hall: Hall,
  opening: Parameters<typeof officesOf>[2],
  { key, sign }: { readonly key: string; readonly sign: string },
): Promise<ForecastCertificate> {
  const certificate = readCertificateText(hall.gm, sign);
  if (certificate === undefined) {
    const why = refusal('CERTIFICATE_UNREADABLE', { field: 'certificate', label: '签名证书' });
    return { key, certificate, authority: undefined, verdict: 'invalid', refusal: why, roles: [] };
  }
  const judgement = await hall.trust.judge(certificate, 'sign');
  const authority = 'authority' in judgement ? judgement.authority : undefined;
  const why = refusalOfJudgement(judgement);
  const { roles } = await officesOf(hall, hall.store.read, opening, certificate);
  const no = why ?? (roles.length === 0 ? refusal('HALL_NO_OFFICE') : undefined);
  return { key, certificate, authority, verdict: judgement.verdict, refusal: no, roles };
}
