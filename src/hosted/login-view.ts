import type { Authority } from '#drivers/authority.ts';
import type { LoginSnapshot } from '#identity/view.ts';
import type { ShownExchange } from '#interaction/exchange-state.ts';
import { HubError, type Refusal, refusal } from '#kernel/errors.ts';
import type { Platform } from '#relying-party/party.ts';
import type { AuthorityView, LoginView, MobileView } from './api.ts';
import { pageError } from './page-error.ts';
import { qrSvg } from './qr.ts';

/** The page's wire form of a login. `bound` false is in the snapshot already: it holds nothing that another browser may not read. */
export async function loginView(snapshot: LoginSnapshot): Promise<LoginView> {
  const { interaction, platform, state } = snapshot;
  if (state === 'open') throw new HubError('INTERNAL', 'an unclaimed login has no view');
  const why = refusalShown(snapshot);
  return {
    interaction: interaction.id,
    version: interaction.version,
    state,
    platform: platformView(platform),
    supportCode: interaction.supportCode,
    now: snapshot.now,
    expiresAt: interaction.expiresAt,
    authorities: snapshot.authorities.map(authorityView),
    mobile: await mobileView(snapshot.mobile),
    delivery: snapshot.delivery,
    error: why === null ? null : pageError(why, interaction.supportCode),
    next: snapshot.next,
  };
}

function refusalShown({ interaction, state }: LoginSnapshot): Refusal | null {
  if (state === 'expired') return refusal('TASK_EXPIRED');
  return state === 'succeeded' ? null : interaction.refusal;
}

export const platformView = (platform: Platform | undefined): LoginView['platform'] => ({
  name: platform?.name ?? '交易系统',
  host: platform === undefined ? '' : new URL(platform.homeUrl).host,
  homeUrl: platform?.homeUrl ?? '',
});

export const authorityView = ({ id, name, manifest }: Authority): AuthorityView => ({
  id,
  name,
  media: manifest.media,
  support: manifest.support,
});

export async function mobileView(mobile: ShownExchange | null): Promise<MobileView | null> {
  if (mobile === null) return null;
  const { authority, medium, status, digits, expiresAt, content } = mobile;
  const openUrl = isWebAddress(content) ? content : null;
  if (medium === 'page') return { authority, medium, status, digits, expiresAt, openUrl, qrSvg: '' };
  return { authority, medium, status, digits, expiresAt, openUrl, qrSvg: await qrSvg(content) };
}

/** Only http(s): the content is the vendor's, and a link of another scheme would run in our page. */
const isWebAddress = (text: string): boolean => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
