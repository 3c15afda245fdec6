import type { Authority } from '#drivers/authority.ts';
import type { Prompt, VendorReason } from '#drivers/contract.ts';
import { HubError, type Refusal, refusal } from '#kernel/errors.ts';
import type { ExchangeStatus, VendorExchange } from './exchange-state.ts';

/** What of the driver's prompt the page can show on this road. */
export function shown(prompt: Prompt, exchange: VendorExchange, authority: Authority): Partial<VendorExchange> {
  switch (prompt.kind) {
    case 'qr':
      return {
        content: prompt.content,
        digits: prompt.digits,
        expiresAt: Math.min(prompt.expiresAt, exchange.expiresAt),
        status: prompt.status,
      };
    case 'wait':
      return {};
    case 'agent':
    case 'redirect':
      throw new HubError('AUTHORITY_UNAVAILABLE', `the mobile driver of ${authority.id} asked for ${prompt.kind}`, {
        params: { authority: authority.name },
      });
  }
}

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
export function refusalOfReason(reason: VendorReason, authority: Authority): Refusal {
  const params = { authority: authority.name };
  switch (reason) {
    case 'cancelled':
      return refusal('MOBILE_CANCELLED');
    case 'expired':
      return refusal('MOBILE_EXPIRED');
    case 'unavailable':
      return refusal('AUTHORITY_UNAVAILABLE', params);
    case 'locked':
      return refusal('AUTHORITY_REFUSED', { ...params, reason: '手机证书已锁定，请先解锁后重新扫码。' });
    case 'rejected':
      return refusal('AUTHORITY_REFUSED', { ...params, reason: '请确认手机证书可用后重新扫码。' });
  }
}
