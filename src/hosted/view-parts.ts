import type { Authority } from '#drivers/authority.ts';
import type { ShownExchange } from '#interaction/exchange-state.ts';
import type { Platform } from '#relying-party/party.ts';
import type { AuthorityView, LoginView, MobileView } from './api.ts';
import { qrSvg } from './qr.ts';

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
