import { refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Platform } from './party.ts';

/**
 * Where the browser goes after a login: the wanted URL when it is registered character by character, the first registered one when
 * none is wanted, null when the platform has none (the page then ends with 请返回交易系统页面继续). Readings L30.
 */
export function chooseReturnUrl(platform: Platform, wanted?: string): Result<string | null> {
  if (wanted === undefined) return ok(platform.returnUrls[0] ?? null);
  if (platform.returnUrls.includes(wanted)) return ok(wanted);
  return refused(refusal('RETURN_URL_UNREGISTERED', {}, 'standBy.hub.returnUrl is not one of the registered URLs'));
}
