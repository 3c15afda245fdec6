import type { Context } from 'hono';
import { setCookie } from 'hono/cookie';
import { isBrowserSecret } from '#interaction/browser.ts';

/** Kept by the browser alone: http-only, this host only, not sent along by other sites' forms and frames. */
export interface BrowserCookie {
  readonly name: string;
  /** From a `Cookie` header; null when there is none of ours or it is not of our making. */
  read(header: string | undefined): string | null;
  /** `framed`: the page stands in another site's frame, where only a cookie of that very frame's partition arrives; on https alone. */
  give(c: Context, secret: string, framed?: boolean): void;
}

/**
 * `__Host-` on https: no subdomain and no http page can plant it (T07). Chromium 86/109 drop `__Host-` on http loopback, so development there uses a
 * plainly named one (readings L56); production has no http.
 */
export function browserCookie(https: boolean): BrowserCookie {
  const name = https ? '__Host-caihub' : 'caihub-dev';
  const base = { path: '/', httpOnly: true, secure: https } as const;
  return {
    name,
    read: (header) => cookieIn(header, name) ?? (https ? cookieIn(header, FRAMED) : null),
    give: (c, secret, framed = false) => {
      if (!framed) setCookie(c, name, secret, { ...base, sameSite: 'Lax' });
      else if (https) setCookie(c, FRAMED, secret, { ...base, sameSite: 'None', partitioned: true });
    },
  };
}

const FRAMED = '__Host-caihub-framed';

function cookieIn(header: string | undefined, name: string): string | null {
  for (const part of header?.split(';') ?? []) {
    const equals = part.indexOf('=');
    if (equals < 0 || part.slice(0, equals).trim() !== name) continue;
    const value = part.slice(equals + 1).trim();
    if (isBrowserSecret(value)) return value;
  }
  return null;
}
