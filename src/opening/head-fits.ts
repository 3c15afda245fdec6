import { fromHex, hex } from '#kernel/bytes.ts';
import type { CapsuleHead } from './capsule/head.ts';
import { recoveryWraps } from './capsule/wraps.ts';
import type { Opening, Person } from './opening.ts';
import { type Room, seatName } from './room.ts';

/** What a capsule must say of itself to be taken in for this bid. */
export interface Expected {
  readonly opening: Opening;
  readonly recovery: readonly Person[];
  readonly lot: string;
  readonly taskId: string;
  readonly sealedBy: 'client' | 'hub';
}

/**
 * Why this head does not belong to this bid, in words for the integrator; undefined: it does. A head that was made for another opening, lot, task or key
 * would open nothing in the hall, and one made for another bid would be that bid's content under a second name.
 */
export function misfit(
  { gm, publicUrl }: Room,
  { header, wraps }: CapsuleHead,
  expected: Expected,
): string | undefined {
  const { opening, lot, taskId, sealedBy } = expected;
  if (header.hub !== publicUrl) return '不是为本互认平台密封';
  if (header.opening !== opening.id) return '不是为本开标项目密封';
  if (header.lot !== lot) return '标段不同';
  if (header.task !== taskId) return '任务标识不同';
  if (header.keyModel !== opening.keyModel) return '密钥方式不同';
  if (header.sealedBy !== sealedBy) return '密封方式不同';
  // Earlier than the present time is a ticket from before a postponement: the gate takes the later of the two.
  if (header.opensAt > opening.opensAt) return '开标时间不同';
  const point = fromHex(opening.publicPoint) ?? Buffer.alloc(0);
  if (header.openingKey !== (opening.publicPoint === '' ? null : hex(gm.sm3(point)))) return '开标密钥不同';
  const { recovery } = header.commitments;
  if (recovery === null) return undefined;
  if (recovery.threshold !== opening.recoveryThreshold) return '恢复人数不同';
  const named = new Map(recoveryWraps(wraps).map((wrap) => [wrap.custodian, wrap.certificateSm3]));
  const right = expected.recovery.every(
    (person) => named.get(seatName(person.seat)) === person.encryptionCertificate?.fingerprint,
  );
  return right && named.size === expected.recovery.length ? undefined : '恢复托管人不同';
}
