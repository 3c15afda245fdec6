import type { BidFile } from './bids.ts';
import type { Fact } from './facts.ts';

/** What the capsule's own row says of the last try to open it, as a fact. Codes are those of open-capsule.ts. */
export function outcomeFacts(file: BidFile): Fact[] {
  const at = file.updatedAt;
  const capsule = file.capsuleId;
  if (file.state === 'opened') return [{ kind: 'opened', at, capsule }];
  switch (file.outcome) {
    case 'damaged':
    case 'format':
    case 'length':
    case 'digest':
      return [{ kind: 'capsule-differs', at, capsule, what: 'digest' }];
    case 'chunk':
    case 'content':
    case 'signature':
    case 'broken':
      return [{ kind: 'body-broken', at, capsule }];
    default:
      return [];
  }
}
