import type { DecryptSnapshot, ShownItem } from '#envelope/view.ts';
import { beijingDate } from '#kernel/clock.ts';
import { tailOf } from '#pki/certificate.ts';
import { certificateHolder } from './certificate-view.ts';
import type { DecryptItemView, DecryptView, NeededKey } from './decrypt-api.ts';
import { pageError } from './page-error.ts';
import { authorityView, mobileView } from './view-parts.ts';
import { visitView } from './visit-view.ts';

/** The page's wire form of a decryption. What another browser may not read is not in the snapshot. */
export async function decryptView(snapshot: DecryptSnapshot): Promise<DecryptView> {
  const { supportCode } = snapshot.interaction;
  return {
    ...visitView(snapshot),
    // startdecrypt before the gate is refused, so whatever has a page may be opened.
    opensAt: null,
    items: snapshot.items.map((shown) => itemView(shown, supportCode)),
    mobile: await mobileView(snapshot.mobile),
  };
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
