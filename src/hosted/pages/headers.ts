/** What a hosted page is sent with. */
export interface PagePolicy {
  /** `https://hub.ca.example` */
  readonly publicOrigin: string;
  /** Loopback WebSocket URLs of the agent, exact ports: nothing else on this computer may be reached (reliability T13). */
  readonly agentEndpoints: readonly string[];
  /** Registered origins that may frame the page; empty: nobody (T11). */
  readonly frameAncestors?: readonly string[];
  /** The page shows documents: the PDF reader's second thread may run. It answers to a policy of its own (assets.ts). */
  readonly viewer?: boolean;
}

/**
 * Scripts and styles from the hub only, nothing inline, no form target, no plug-in. `connect-src` is the hub and the agent's exact loopback
 * addresses, so a PIN typed into the page can reach the agent and nobody else. `frame-src` is the agent's own PIN dialog.
 */
export function pageHeaders(policy: PagePolicy): Record<string, string> {
  const live = policy.publicOrigin.replace(/^http/, 'ws');
  const frames = [...new Set(policy.agentEndpoints.map((url) => new URL(url.replace(/^ws/, 'http')).origin))];
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
      `connect-src 'self' ${[live, ...policy.agentEndpoints.map((url) => new URL(url).origin)].join(' ')}`,
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
