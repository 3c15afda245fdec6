import type { Interaction } from '#interaction/interaction.ts';
import { actingOn, endOf, type Visit } from '#interaction/visit.ts';
import { refusal } from '#kernel/errors.ts';
import { limits } from '#kernel/limits.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Tx } from '#store/store.ts';
import { changePlan, findSigning } from './repository.ts';
import type { Room } from './room.ts';
import type { KeptPlan, Prepared } from './signing.ts';
import { inTx, signingOf } from './write.ts';

/**
 * Keeps what the person has placed, for a page that is loaded again or goes on in another window. Only the browser that holds the claim, while somebody has
 * proved himself. Answers the new revision. PLAN_CHANGED: another window has kept one since `revision`; DOCUMENT_CHANGED: it is for another version. A draft
 * is no act: nothing of it stands in the journal, and the page's version stays.
 */
export async function keepPlan(room: Room, visit: Visit, plan: KeptPlan, revision: number): Promise<Result<number>> {
  const acting = await actingOn(room, visit);
  if (!acting.ok) return acting;
  const signing = await signingOf(room, visit.interaction);
  if (signing.signer === null) return refused(refusal('SIGNER_UNPROVED'));
  if (plan.version !== signing.version) return refused(refusal('DOCUMENT_CHANGED'));
  const places = plan.seals.reduce((sum, { at }) => sum + at.length, 0);
  if (places > limits.sealPlaces)
    return refused(refusal('PLACEMENT_INVALID', { reason: `一次最多 ${limits.sealPlaces} 处` }));
  const sealed = room.vault.plan(visit.interaction, plan);
  return inTx(room, async (tx, need) => {
    const expect = { interactionId: visit.interaction, version: plan.version, revision };
    if (!(await changePlan(tx, expect, sealed))) need(await lost(tx, plan));
    need(await stillOpen(room, tx, acting.value));
    return revision + 1;
  });

  async function lost(tx: Tx, { version }: KeptPlan): Promise<Result<never>> {
    const row = await findSigning(tx, visit.interaction);
    return refused(refusal(row?.version === version ? 'PLAN_CHANGED' : 'DOCUMENT_CHANGED'));
  }
}

/** Touches the row as every writer does, so that an end that was written meanwhile wins; nobody is told. */
async function stillOpen(room: Room, tx: Tx, interaction: Interaction): Promise<Result<void>> {
  const { id, generation } = interaction;
  const expect = { states: ['claimed'], generation, liveAt: room.clock.now() } as const;
  if ((await room.interactions.change(tx, id, expect, { quiet: true })) !== undefined) return ok(undefined);
  const present = await room.interactions.find(tx, id);
  return refused((present && endOf(present, room.clock.now())) ?? refusal('LINK_SUPERSEDED'));
}

/** What has just been signed is part of the document; the rest of the plan is for the version that carries it. In the transaction that made it so. */
export async function signedPart(room: Room, tx: Tx, interactionId: string, signed: Prepared): Promise<void> {
  const row = await findSigning(tx, interactionId);
  if (row === undefined) return;
  const { kept } = room.vault.open(row).plan;
  if (kept === null) return;
  const left = without(kept, signed);
  await changePlan(tx, { interactionId, version: row.version }, room.vault.plan(interactionId, left));
}

function without(plan: KeptPlan, { seal, version }: Prepared): KeptPlan {
  // Made for a document that was exchanged meanwhile: it stays as old as it is.
  if (plan.version !== version - 1) return plan;
  if (seal === null) return { ...plan, version, invisible: false };
  return {
    ...plan,
    version,
    seals: plan.seals.filter((one) => one.seal !== seal.id),
    straddle: plan.straddle?.seal === seal.id ? null : plan.straddle,
  };
}
