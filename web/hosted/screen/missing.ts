import type { AuthorityView } from '#hosted/api.ts';
import { type Boot, fill } from '../boot.ts';
import type { AgentStatus, Card, Model } from '../model.ts';
import { type ServiceState, serviceOf } from '../services.ts';
import { type VendorLine, vendorLine } from './notices.ts';

/** Whose keys cannot be seen now although others can: for a person who looks for his own in vain. */
export interface MissingScreen {
  readonly title: string;
  readonly text: string;
  readonly vendors: readonly VendorLine[];
  /** Nothing else is there to look at. */
  readonly open: boolean;
}

const AWAY: Readonly<Record<AgentStatus, boolean>> = {
  idle: false,
  ask: false,
  asking: false,
  searching: false,
  connected: false,
  none: true,
  denied: true,
  framed: true,
  'not-paired': true,
  lost: true,
};

/** null: nobody's keys are hidden, or no program answers at all, which is a notice of its own. */
export function missingScreen(model: Model, boot: Boot, open: boolean): MissingScreen | null {
  if (model.agent !== 'connected') return null;
  const away = model.services.filter(({ status }) => AWAY[status]);
  const vendors = away.flatMap((service) => holdersOf(model, service));
  if (vendors.length === 0) return null;
  const { key, act } = boot.words;
  const unpaired = away.some(({ status }) => status === 'not-paired');
  return {
    title: key.missing,
    text: unpaired ? fill(key.missingUnpaired, { host: boot.host }) : key.missingText,
    vendors: vendors.map((vendor) => vendorLine(vendor, 'install', act.downloadOf)),
    open,
  };
}

/** Whose keys stand behind it: its vendors', or behind the hub's own agent everybody's without a program of his own. */
function holdersOf(model: Model, { view }: ServiceState): readonly AuthorityView[] {
  if (view.vendors.length > 0) return view.vendors;
  const elsewhere = model.services.flatMap((service) => service.view.vendors.map(({ id }) => id));
  const known = model.view?.authorities ?? [];
  return known.filter(({ id, media }) => media.includes('key') && !elsewhere.includes(id));
}

/** The program that stands in front of this vendor's keys is not there. */
export function isMissing(model: Model, authority: AuthorityView | null): boolean {
  const away = model.services.filter(({ status }) => AWAY[status]);
  return authority !== null && away.some((service) => holdersOf(model, service).some(({ id }) => id === authority.id));
}

/** The program that a card came from, where it has gone meanwhile. */
export function lostService(model: Model, card: Card): ServiceState | null {
  const service = model.services[serviceOf(card.handle)];
  return service === undefined || service.status === 'connected' ? null : service;
}
