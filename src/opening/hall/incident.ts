import { type Fact, factsOf } from './facts.ts';

/** 同一机构 5 分钟内 3 家以上 */
export interface IncidentRule {
  readonly bids: number;
  readonly withinMs: number;
}

export const DEFAULT_INCIDENT: IncidentRule = { bids: 3, withinMs: 5 * 60_000 };

export interface Incident {
  readonly authority: string;
  readonly name: string;
  /** Ids of the bids that failed with this vendor in the densest span. */
  readonly bids: readonly string[];
  readonly since: number;
  readonly until: number;
  readonly evidence: number;
}

interface Failure {
  readonly bid: string;
  readonly at: number;
  readonly name: string;
}

/** Vendors with whom `rule.bids` different bids failed within `rule.withinMs`: the span with the most bids, one incident a vendor. */
export function incidentsOf(
  bids: readonly { readonly bid: string; readonly facts: readonly Fact[] }[],
  rule: IncidentRule = DEFAULT_INCIDENT,
): Incident[] {
  const byVendor = new Map<string, Failure[]>();
  for (const { bid, facts } of bids)
    for (const fact of factsOf(facts, 'vendor-failed')) {
      const failures = byVendor.get(fact.authority) ?? [];
      byVendor.set(fact.authority, [...failures, { bid, at: fact.at, name: fact.name }]);
    }
  return [...byVendor].flatMap(([authority, failures]) => densest(authority, failures, rule) ?? []);
}

function densest(authority: string, failures: readonly Failure[], rule: IncidentRule): Incident | undefined {
  const sorted = [...failures].sort((a, b) => a.at - b.at);
  const inside = new Map<string, number>();
  let best: Incident | undefined;
  let from = 0;
  for (const [index, last] of sorted.entries()) {
    inside.set(last.bid, (inside.get(last.bid) ?? 0) + 1);
    for (let first = sorted[from]; first !== undefined && last.at - first.at > rule.withinMs; first = sorted[from]) {
      const left = (inside.get(first.bid) ?? 1) - 1;
      if (left === 0) inside.delete(first.bid);
      else inside.set(first.bid, left);
      from += 1;
    }
    if (inside.size < rule.bids || inside.size < (best?.bids.length ?? 0)) continue;
    const since = sorted[from]?.at ?? last.at;
    best = { authority, name: last.name, bids: [...inside.keys()], since, until: last.at, evidence: index - from + 1 };
  }
  return best;
}
