import type { Authority } from '#drivers/authority.ts';
import type { Interaction } from '#interaction/interaction.ts';
import { HubError, type Refusal, refusal } from '#kernel/errors.ts';
import type { Platform } from '#relying-party/party.ts';
import type { InteractionState } from '#store/schema.ts';
import type { LoginView } from './api.ts';
import { pageError } from './page-error.ts';
import { authorityView, platformView } from './view-parts.ts';

/** What the room tells of every interaction, whatever it is about. */
interface VisitSnapshot {
  readonly interaction: Interaction;
  readonly state: InteractionState;
  readonly now: number;
  readonly platform: Platform | undefined;
  readonly authorities: readonly Authority[];
  readonly delivery: LoginView['delivery'];
  readonly next: LoginView['next'];
}

/** What every page of one interaction shows of it. Throws HubError INTERNAL for one that nobody has claimed: that has no view. */
export function visitView(snapshot: VisitSnapshot): Omit<LoginView, 'mobile'> {
  const { interaction, state, now, delivery, next } = snapshot;
  if (state === 'open') throw new HubError('INTERNAL', 'an unclaimed interaction has no view');
  const { id, version, supportCode, expiresAt } = interaction;
  const why = refusalShown(snapshot);
  return {
    ...{ interaction: id, version, state, supportCode, now, expiresAt, delivery, next },
    platform: platformView(snapshot.platform),
    authorities: snapshot.authorities.map(authorityView),
    error: why === null ? null : pageError(why, supportCode),
  };
}

function refusalShown({ interaction, state }: VisitSnapshot): Refusal | null {
  if (state === 'expired') return refusal('TASK_EXPIRED');
  return state === 'succeeded' ? null : interaction.refusal;
}
