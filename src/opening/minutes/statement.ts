import { z } from 'zod';
import type { Gm } from '#crypto/gm.ts';
import { recordSm3 } from '../capsule/record.ts';
import { bidSchema, type OpeningRecord, openingSchema, type RecordedBid } from './record.ts';
import { partyNames, weightNames } from './words.ts';

const sentence = z.string().max(2_000);

const schema = z.strictObject({
  v: z.literal(1),
  type: z.literal('bid-statement'),
  hub: z.string().min(1).max(500),
  /** SM3 of the opening record it is taken from. */
  of: z.string().regex(/^[0-9a-f]{64}$/),
  revision: z.int().min(1),
  madeAt: z.iso.datetime({ precision: 3 }),
  opening: openingSchema,
  lot: z.strictObject({ id: z.string().max(128), name: z.string().max(500) }),
  bid: bidSchema,
  /** What this paper says, in the order in which it is printed. */
  says: z.strictObject({ outcome: sentence, cause: sentence, consequence: sentence }),
});

/** What a bidder is given of his own bid: the same facts as in the record, and nothing of anybody else's. */
export type BidStatement = Readonly<z.infer<typeof schema>>;

export function readStatement(value: unknown): BidStatement | undefined {
  const parsed = schema.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

/** Undefined: no such bid in this record. */
export function statementOf(gm: Gm, record: OpeningRecord, bidId: string): BidStatement | undefined {
  for (const lot of record.lots) {
    const bid = lot.bids.find(({ id }) => id === bidId);
    if (bid === undefined) continue;
    const { hub, revision, madeAt, opening } = record;
    const says = { outcome: outcomeOf(bid), cause: causeOf(bid), consequence: consequenceOf(bid, opening.rules) };
    const { id, name } = lot;
    const of = recordSm3(gm, record);
    return { v: 1, type: 'bid-statement', hub, of, revision, madeAt, opening, lot: { id, name }, bid, says };
  }
  return undefined;
}

function outcomeOf({ bidder, files, state }: RecordedBid): string {
  const opened = files.filter((file) => file.state === 'opened').length;
  const whose = `${bidder.name} 的投标文件共 ${files.length} 份`;
  if (state === 'opened') return `${whose}，在开标中全部解密。`;
  return opened === 0
    ? `${whose}，在解密窗口内均未解密。`
    : `${whose}，在解密窗口内解密 ${opened} 份，${files.length - opened} 份未解密。`;
}

function causeOf({ cause }: RecordedBid): string {
  if (cause === null) return '';
  return `未解密的原因：${partyNames[cause.party]}（${weightNames[cause.weight]}）。${cause.text}`;
}

/** Consequences are the tender document's to name, and are named only in its own words, for a cause that the hub's own evidence proves. */
function consequenceOf({ cause }: RecordedBid, rules: OpeningRecord['opening']['rules']): string {
  if (cause === null) return '';
  if (cause.party === 'unknown' || cause.weight !== 'proved') return '原因没有证明，本说明不作责任认定。';
  const rule = cause.party === 'bidder' ? rules.bidderCause : rules.otherCause;
  if (rule === '') return '招标文件对此没有规定，本说明不作法律后果的认定。';
  return `招标文件规定：“${rule}”。是否适用，由招标人依法认定。`;
}
