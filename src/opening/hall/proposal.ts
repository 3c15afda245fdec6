import type { HallProposalTable } from '#store/schema-hall.ts';
import type { ProposalKind, RemedyKind } from './acts.ts';
import { type Hall, unseal } from './room.ts';

/** Who proposed or decided, as the record names him. */
export interface Speaker {
  /** Office or seat. */
  readonly id: string;
  readonly title: string;
  readonly name: string;
  readonly tail: string;
  readonly authority: string;
}

/** What is proposed; sealed in its row. */
export interface ProposalRecord {
  readonly title: string;
  readonly reason: string;
  readonly basis: string;
  readonly remedy: RemedyKind | null;
  readonly bid: string | null;
  readonly bidder: string | null;
  readonly capsules: readonly string[];
  readonly minutes: number | null;
  readonly until: number | null;
  readonly by: Speaker;
  /** Bidder's own request that it answers. */
  readonly asked: boolean;
}

export interface DecisionRecord {
  readonly by: Speaker;
  readonly opinion: string;
}

export interface Proposal extends ProposalRecord {
  readonly id: string;
  readonly kind: ProposalKind;
  readonly state: HallProposalTable['state'];
  readonly proposerIndex: string;
  readonly proposedAt: number;
  readonly decision: (DecisionRecord & { readonly at: number }) | null;
  readonly decidedAt: number | null;
  readonly lapsesAt: number;
}

export const proposalOf = (hall: Hall, row: HallProposalTable, now: number): Proposal => ({
  ...unseal<ProposalRecord>(hall, 'hall_proposal', row.id, 'record_sealed', row.record_sealed),
  id: row.id,
  kind: row.kind,
  state: row.state === 'waiting' && row.lapses_at <= now ? 'lapsed' : row.state,
  proposerIndex: row.proposer_index,
  proposedAt: row.created_at,
  decision:
    row.decision_sealed === null
      ? null
      : {
          ...unseal<DecisionRecord>(hall, 'hall_proposal', row.id, 'decision_sealed', row.decision_sealed),
          at: row.decided_at ?? row.created_at,
        },
  decidedAt: row.decided_at,
  lapsesAt: row.lapses_at,
});
