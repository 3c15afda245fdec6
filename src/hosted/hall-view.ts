import { ok, type Result } from '#kernel/result.ts';
import { isSigned } from '#opening/hall/acts.ts';
import type { AskedNow, HallDesk } from '#opening/hall/hall.ts';
import type { May } from '#opening/hall/may.ts';
import type { Needed } from '#opening/hall/needed.ts';
import type { HallSnapshot } from '#opening/hall/snapshot.ts';
import type { AuthorityView } from './api.ts';
import type { NeededCertificateView } from './hall-bids-api.ts';
import type { AskedView, HallView, MayDo } from './hall-view-api.ts';
import { pageError } from './page-error.ts';
import { authorityView, mobileView } from './view-parts.ts';

export interface HallViewDeps {
  readonly desk: Pick<HallDesk, 'vendors'>;
}

/** The page's wire form of the hall, for the seat whose snapshot it is. */
export async function hallView(
  deps: HallViewDeps,
  snapshot: HallSnapshot,
  supportCode: string,
  asked: AskedView | null = null,
): Promise<HallView> {
  const authorities = await vendors(deps);
  const { mine } = snapshot;
  const named = (needed: Needed): NeededCertificateView => neededView(needed, authorities);
  return {
    ...snapshot,
    supportCode,
    authorities,
    asked,
    incidents: snapshot.incidents.map((incident) => ({ ...incident, supportCode })),
    may: snapshot.may.map(mayView),
    mine: mine && {
      ...mine,
      bids: mine.bids.map((bid) => ({ ...bid, needed: bid.needed.map(named) })),
      rewrap: mine.rewrap.map((one) => ({ ...one, from: named(one.from), to: named(one.to) })),
    },
  };
}

export const vendors = async ({ desk }: HallViewDeps): Promise<AuthorityView[]> =>
  (await desk.vendors()).map(authorityView);

export const neededView = (
  { authorityId, ...needed }: Needed,
  authorities: readonly AuthorityView[],
): NeededCertificateView => ({
  ...needed,
  authority: authorities.find((one) => one.id === authorityId) ?? null,
});

/** The page's union is closed over what each act carries; the hall's list holds the same members as optional ones. */
const mayView = (may: May): MayDo => ({ ...may, signed: isSignedAct(may.act) }) as MayDo;

const isSignedAct = (act: May['act']): boolean =>
  act !== 'check-in' &&
  act !== 'release' &&
  act !== 'recover' &&
  act !== 'decrypt' &&
  act !== 'rehearse' &&
  act !== 'rewrap' &&
  isSigned(act);

export async function askedView(asked: AskedNow): Promise<AskedView> {
  const { interaction, intent, text, expiresAt, mobile } = asked;
  return {
    interaction: interaction.id,
    purpose: intent.what,
    text,
    expiresAt,
    mobile: await mobileView(mobile),
    error: interaction.refusal === null ? null : pageError(interaction.refusal, interaction.supportCode),
  };
}

export const viewOf = async (
  deps: HallViewDeps,
  result: Result<HallSnapshot>,
  supportCode: string,
): Promise<Result<{ view: HallView }>> =>
  result.ok ? ok({ view: await hallView(deps, result.value, supportCode) }) : result;
