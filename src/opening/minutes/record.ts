import { z } from 'zod';

/**
 * The opening record (开标记录): what happened at one opening, in full and signed by the hub. Canonical JSON (capsule/canonical.ts); the printed
 * 开标记录表 and every statement on a bid are made of it, and whoever holds it needs neither the hub nor a network to check it.
 *
 * Times are UTC, `2026-03-18T01:30:00.000Z`. Texts are one line for people. Nothing here is content of a bid, a key, a share or a number of an ID.
 */

const line = (most: number) =>
  z
    .string()
    .max(most)
    .regex(/^[^\p{Cc}\u2028\u2029]*$/u);
/** A name or sentence; never empty. */
const text = line(500).min(1);
const instant = z.iso.datetime({ precision: 3 });
const sm3 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().min(0);

/** Whose the cause was. `unknown` is allowed; a false accusation never is (design 8). */
export const causeParties = ['bidder', 'platform', 'vendor', 'network', 'unknown'] as const;
export type CauseParty = (typeof causeParties)[number];

/** A certificate as people may be told of it. */
const certificate = z.strictObject({
  authority: line(100),
  /** Last characters of the serial. */
  tail: line(16),
});

/** One thing that is known of a bid. `kind` is the hub's word for it. */
const evidence = z.strictObject({
  at: instant,
  kind: line(80).min(1),
  text,
  from: z.enum(['hub', 'page', 'vendor', 'custodian', 'platform']),
  /** false: somebody's report, which proves nothing. */
  proof: z.boolean(),
  /** Row of the hash-chained journal, where it stands there. */
  journal: count.nullable(),
});

const person = z.strictObject({ name: text, organisation: line(200), certificate: certificate.nullable() });

const custodian = z.strictObject({
  id: line(64).min(1),
  name: text,
  organisation: line(200),
  role: z.enum(['custodian', 'deputy']),
  /** Of whom a deputy stands in for: his id. */
  deputyOf: line(64).nullable(),
  certificate: certificate.nullable(),
  checkedInAt: instant.nullable(),
  releasedAt: instant.nullable(),
  /** `good`: it joined · `bad`: it misses its commitment · `absent`: never released · `unused`: enough had come before. */
  share: z.enum(['good', 'bad', 'absent', 'unused']),
});

const cause = z.strictObject({
  party: z.enum(causeParties),
  /** Stable word for programs: `WRONG_KEY`, `VENDOR_WIDE`. */
  code: line(80).min(1),
  /** `proved` by the hub's own evidence · `reported`: only a page says so · `open`: nothing speaks for anybody. */
  weight: z.enum(['proved', 'reported', 'open']),
  /** What happened, one sentence. */
  text,
  evidence: z.array(evidence).max(50),
  decidedAt: instant,
  /** `hub`: by rule · `persons`: two persons decided otherwise, their reason stands in `text`. */
  decidedBy: z.enum(['hub', 'persons']),
});

/** One sealed capsule of a bid. */
const file = z.strictObject({
  capsule: line(64).min(1),
  /** What people call it: 技术标. */
  label: text,
  receipt: z.strictObject({
    /** SM3 of the receipt's canonical record. */
    sm3,
    /** SM3 of the whole capsule. */
    capsuleSm3: sm3,
    bytes: count,
    /** 1 = never replaced. */
    version: z.int().min(1),
    receivedAt: instant,
    sealedBy: z.enum(['client', 'hub']),
  }),
  state: z.enum(['opened', 'not-opened']),
  openedAt: instant.nullable(),
  /** By which key: the bidder's own, one it was re-wrapped to, or a quorum of recovery custodians. */
  openedBy: z.enum(['own-key', 'rewrapped-key', 'recovery']).nullable(),
  /** When the trading system took the content. */
  deliveredAt: instant.nullable(),
  /** Of the content, as opened. */
  content: z.strictObject({ sm3, bytes: count }).nullable(),
});

/** One bidder's bid for one lot: all its files. */
export const bidSchema = z.strictObject({
  id: line(64).min(1),
  bidder: z.strictObject({
    name: text,
    /** Unified credit code; '' for a person, whose number is not printed. */
    unitCode: line(64),
    /** The encryption certificate it was sealed to. */
    certificate: certificate.nullable(),
  }),
  /** `opened`: every file of it. */
  state: z.enum(['opened', 'not-opened']),
  files: z.array(file).min(1).max(200),
  /** Of a bid that did not open; null for one that did. */
  cause: cause.nullable(),
  /** What the bidder put on record after the opening, and the host's answer to an objection. */
  response: z
    .strictObject({
      kind: z.enum(['confirmed', 'objected']),
      at: instant,
      by: person,
      text: line(500),
      answer: line(500),
    })
    .nullable(),
});

const lot = z.strictObject({
  id: line(128).min(1),
  name: text,
  /** `below-minimum`: fewer than three, ended before any release; its capsules stay closed and none is listed. */
  outcome: z.enum(['opened', 'below-minimum', 'aborted']),
  /** Bids in time that were not withdrawn. */
  received: count,
  withdrawn: count,
  bids: z.array(bidSchema).max(20_000),
});

/** Window extensions, postponements, remedies, aborts: what two persons decided. */
const decision = z.strictObject({
  kind: z.enum(['extension', 'postponement', 'amendment', 'remedy', 'override', 'abort']),
  at: instant,
  /** What was decided: 解密窗口延长 10 分钟. */
  text,
  reason: text,
  /** 招标文件第三章 5.2.4; '' where none was named. */
  basis: line(500),
  proposedBy: person,
  /** null where the rule asks for one person only. */
  approvedBy: person.nullable(),
  /** Bids it is about; [] = all. */
  bids: z.array(line(64)).max(20_000),
});

/** What was announced, and how it went. */
export const openingSchema = z.strictObject({
  id: line(128).min(1),
  /** Trading system and platform that held it. */
  unit: text,
  platform: text,
  project: text,
  projectCode: line(200),
  tenderer: line(200),
  agency: line(200),
  place: line(200),
  keyModel: z.enum(['bidder', 'joint', 'quorum']),
  /** SM3 of the opening's public point; null for the key model `bidder`. */
  openingKey: sm3.nullable(),
  /** Custodians needed; 0 for the key model `bidder`. */
  threshold: count,
  /** As first announced, and as it held in the end. */
  announcedAt: instant,
  opensAt: instant,
  startedAt: instant.nullable(),
  releasedAt: instant.nullable(),
  windowEnds: instant.nullable(),
  endedAt: instant,
  /** What made the time believed: `时间戳 …`, `两位托管人的时间声明`, `本机时钟连续可信`. */
  timeBasis: line(300),
  /** The tender document's own words on a bid that does not open; '' = it says nothing, and then nothing is said of consequences. */
  rules: z.strictObject({ bidderCause: line(500), otherCause: line(500) }),
});

const schema = z.strictObject({
  v: z.literal(1),
  type: z.literal('opening-record'),
  /** Public origin of the hub. */
  hub: text,
  /** 1, 2, …: a record made anew (an objection came in) supersedes the earlier ones. */
  revision: z.int().min(1),
  madeAt: instant,
  opening: openingSchema,
  host: person.nullable(),
  supervisors: z.array(person).max(20),
  custodians: z.array(custodian).max(64),
  lots: z.array(lot).min(1).max(500),
  decisions: z.array(decision).max(2_000),
  /** In order of time, told to people: 09:30:00 到达开标时间. */
  timeline: z.array(z.strictObject({ at: instant, kind: line(80).min(1), text, by: line(200) })).max(20_000),
  /** Head of the hub's journal when it was made: seq and hash. */
  journal: z.strictObject({ seq: count, hash: sm3 }),
});

export type OpeningRecord = Readonly<z.infer<typeof schema>>;
export type RecordedLot = OpeningRecord['lots'][number];
export type RecordedBid = RecordedLot['bids'][number];
export type RecordedFile = RecordedBid['files'][number];
export type RecordedDecision = OpeningRecord['decisions'][number];
export type RecordedPerson = NonNullable<OpeningRecord['host']>;

/** The record if the value is one in form; undefined otherwise. Says nothing of its signature. */
export function readRecord(value: unknown): OpeningRecord | undefined {
  const parsed = schema.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

/** Our own mistake, named: throws when what is about to be signed is no record. */
export const checkRecord = (record: OpeningRecord): OpeningRecord => schema.parse(record);
