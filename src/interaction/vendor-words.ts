import type { Authority } from '#drivers/authority.ts';
import type { Prompt, VendorReason } from '#drivers/contract.ts';
import { HubError, type Refusal, refusal } from '#kernel/errors.ts';
import type { ExchangeStatus, RemoteMedium, VendorExchange } from './exchange-state.ts';

/** What of the driver's prompt the page can show on this road. */
export function shown(prompt: Prompt, exchange: VendorExchange, authority: Authority): Partial<VendorExchange> {
  switch (prompt.kind) {
    case 'qr':
      if (exchange.medium !== 'mobile') throw strange(prompt, exchange, authority);
      return {
        content: prompt.content,
        digits: prompt.digits,
        expiresAt: Math.min(prompt.expiresAt, exchange.expiresAt),
        status: prompt.status,
      };
    case 'redirect':
      if (exchange.medium !== 'page') throw strange(prompt, exchange, authority);
      // A person is led to the vendor's own registered hosts and nowhere else, whatever its service answers.
      if (!authority.manifest.egress.origins.includes(new URL(prompt.url).origin))
        throw strange(prompt, exchange, authority);
      return { content: prompt.url };
    case 'wait':
      return {};
    case 'agent':
      throw strange(prompt, exchange, authority);
  }
}

const strange = (prompt: Prompt, { medium }: VendorExchange, authority: Authority): HubError =>
  new HubError('AUTHORITY_UNAVAILABLE', `the ${medium} driver of ${authority.id} asked for ${prompt.kind}`, {
    params: { authority: authority.name },
  });

/** How the page shows an exchange that the vendor ended. */
export function statusOfReason(reason: VendorReason): ExchangeStatus {
  switch (reason) {
    case 'cancelled':
    case 'expired':
      return reason;
    case 'locked':
    case 'unavailable':
    case 'rejected':
      return 'failed';
  }
}

/** What the person reads of it; the vendor's own detail stays in the log. */
export function refusalOfReason(reason: VendorReason, authority: Authority, medium: RemoteMedium): Refusal {
  const params = { authority: authority.name };
  switch (reason) {
    case 'cancelled':
      return medium === 'mobile' ? refusal('MOBILE_CANCELLED') : refusal('VENDOR_PAGE_CANCELLED', params);
    case 'expired':
      return medium === 'mobile' ? refusal('MOBILE_EXPIRED') : refusal('VENDOR_PAGE_EXPIRED', params);
    case 'unavailable':
      return refusal('AUTHORITY_UNAVAILABLE', params);
    case 'locked':
      return refusal('AUTHORITY_REFUSED', { ...params, reason: LOCKED[medium] });
    case 'rejected':
      return refusal('AUTHORITY_REFUSED', { ...params, reason: REJECTED[medium] });
  }
}

const LOCKED: Readonly<Record<RemoteMedium, string>> = {
  mobile: '手机证书已锁定，请先解锁后重新扫码。',
  page: '您在该机构的账户已锁定，请先联系该机构解锁。',
};
const REJECTED: Readonly<Record<RemoteMedium, string>> = {
  mobile: '请确认手机证书可用后重新扫码。',
  page: '请确认您在该机构的证书可用后重新前往。',
};
