import type { DecryptSnapshot, ShownItem } from '#envelope/view.ts';
import { beijingDate } from '#kernel/clock.ts';
import { HubError, type Refusal, refusal } from '#kernel/errors.ts';
import { tailOf } from '#pki/certificate.ts';
import { certificateHolder } from './certificate-view.ts';
import type { DecryptItemView, DecryptView, NeededKey } from './decrypt-api.ts';
import { authorityView, mobileView, platformView } from './login-view.ts';
import { pageError } from './page-error.ts';

/** The page's wire form of a decryption. What another browser may not read is not in the snapshot. */
export async function decryptView(snapshot: DecryptSnapshot): Promise<DecryptView> {
  const { interaction, platform, state, now } = snapshot;
  if (state === 'open') throw new HubError('INTERNAL', 'an unclaimed decryption has no view');
  const why = refusalShown(snapshot);
  return {
    interaction: interaction.id,
    version: interaction.version,
    state,
    platform: platformView(platform),
    supportCode: interaction.supportCode,
    now,
    expiresAt: interaction.expiresAt,
    // startdecrypt before the gate is refused, so whatever has a page may be opened.
    opensAt: null,
    authorities: snapshot.authorities.map(authorityView),
    items: snapshot.items.map((shown) => itemView(shown, interaction.supportCode)),
    mobile: await mobileView(snapshot.mobile),
    delivery: snapshot.delivery,
    error: why === null ? null : pageError(why, interaction.supportCode),
    next: snapshot.next,
  };
}

function refusalShown({ interaction, state }: DecryptSnapshot): Refusal | null {
  if (state === 'expired') return refusal('TASK_EXPIRED');
  return state === 'succeeded' ? null : interaction.refusal;
}

function itemView({ item, needed }: ShownItem, supportCode: string): DecryptItemView {
  const waiting = item.state === 'waiting' || item.state === 'failed';
  return {
    id: item.id,
    interaction: item.interactionId,
    name: item.words.name,
    kind: item.kind === 'capsule' ? 'capsule' : 'envelope',
    bytes: item.bytes,
    state: item.state,
    wraps: waiting ? item.wraps.map(({ id, wrapped }) => ({ id, wrapped })) : [],
    needed: needed.map(neededKey),
    error: item.refusal === null ? null : pageError(item.refusal, supportCode),
  };
}

const neededKey = ({ certificate, authority, expired, renewed }: ShownItem['needed'][number]): NeededKey => ({
  holder: certificateHolder(certificate, authority).holder,
  authority: authority === undefined ? null : authorityView(authority),
  tail: tailOf(certificate),
  notAfter: beijingDate(certificate.notAfter),
  expired,
  renewed,
});
