import type { LocalService } from '../agent-view.ts';

/** What a hosted page is sent with. */
export interface PagePolicy {
  /** `https://hub.ca.example` */
  readonly publicOrigin: string;
  /** Loopback WebSocket URLs of every service, exact ports: nothing else on this computer may be reached (reliability T13). */
  readonly agentEndpoints: readonly string[];
  /** Those of them whose service draws PIN windows of its own; without it, all. */
  readonly windowEndpoints?: readonly string[];
  /** Registered origins that may frame the page; empty: nobody (T11). */
  readonly frameAncestors?: readonly string[];
  /** The page shows documents: the PDF reader's second thread may run. It answers to a policy of its own (assets.ts). */
  readonly viewer?: boolean;
}

/** What a policy must know of the services. */
export const endpointsOf = (
  services: readonly LocalService[],
): Required<Pick<PagePolicy, 'agentEndpoints' | 'windowEndpoints'>> => ({
  agentEndpoints: services.flatMap(({ endpoints }) => endpoints),
  windowEndpoints: services.flatMap(({ endpoints, dialect }) => (dialect.pinWindow ? endpoints : [])),
});

/**
 * Scripts and styles from the hub only, nothing inline, no form target, no plug-in. `connect-src` is the hub and the exact loopback addresses of the
 * services, so a PIN typed into the page can reach them and nobody else. `frame-src` is PIN dialogs of their own.
 */
export function pageHeaders(policy: PagePolicy): Record<string, string> {
  const live = policy.publicOrigin.replace(/^http/, 'ws');
  const windows = policy.windowEndpoints ?? policy.agentEndpoints;
  const frames = [...new Set(windows.map((url) => new URL(url.replace(/^ws/, 'http')).origin))];
  const ancestors = policy.frameAncestors ?? [];
  return {
    'content-security-policy': [
      "default-src 'none'",
      "script-src 'self'",
      // Standard fonts that a document names without bringing them, where this computer has none of their kind.
      ...(policy.viewer === true ? ["font-src 'self'"] : []),
      `worker-src ${policy.viewer === true ? "'self'" : "'none'"}`,
      "style-src 'self'",
      // The QR code is an inert picture made by the hub.
      "img-src 'self' data:",
      `connect-src 'self' ${[...new Set([live, ...policy.agentEndpoints.map((url) => new URL(url).origin)])].join(' ')}`,
      `frame-src ${frames.length === 0 ? "'none'" : frames.join(' ')}`,
      "form-action 'none'",
      "base-uri 'none'",
      `frame-ancestors ${ancestors.length === 0 ? "'none'" : ancestors.join(' ')}`,
    ].join('; '),
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cross-origin-opener-policy': 'same-origin',
    'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=()',
    'cache-control': 'no-store',
    ...(ancestors.length === 0 ? { 'x-frame-options': 'DENY' } : {}),
  };
}
