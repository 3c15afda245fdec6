import { get as getHttp } from 'node:http';
import { get as getHttps } from 'node:https';
import { rootCertificates } from 'node:tls';
import type { Gm } from '#crypto/gm.ts';
import { checkIdentity, isHubOrigin } from './pairings.ts';
import { HUB_IDENTITY_PATH, type HubIdentity } from './protocol.ts';

export type FetchedIdentity =
  | { readonly ok: true; readonly hub: HubIdentity }
  | { readonly ok: false; readonly reason: 'address' | 'unreachable' | 'not-a-hub'; readonly detail: string };

const MAX_BODY = 16 * 1024;
const TIMEOUT_MS = 10_000;

/**
 * Asks a hub who it is. Nothing is believed yet: the person compares the fingerprint with one that came by another road. `ca`: PEM of a private root,
 * in addition to the system's.
 */
export async function fetchHubIdentity(gm: Gm, address: string, ca?: string): Promise<FetchedIdentity> {
  const origin = URL.canParse(address) ? new URL(address).origin : '';
  if (!isHubOrigin(origin)) {
    return { ok: false, reason: 'address', detail: 'the address must be https, or http on this machine' };
  }
  let body: string;
  try {
    body = await fetchText(`${origin}${HUB_IDENTITY_PATH}`, ca);
  } catch (error) {
    return { ok: false, reason: 'unreachable', detail: error instanceof Error ? error.message : 'unknown' };
  }
  const hub = checkIdentity(gm, parse(body), origin);
  return hub === undefined
    ? { ok: false, reason: 'not-a-hub', detail: 'no hub identity for this origin there' }
    : { ok: true, hub };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Status 200 only, no redirects, bounded. */
function fetchText(url: string, ca: string | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    const get = url.startsWith('https:') ? getHttps : getHttp;
    const request = get(
      url,
      { timeout: TIMEOUT_MS, agent: false, ...(ca !== undefined && { ca: [...rootCertificates, ca] }) },
      (reply) => {
        const parts: Buffer[] = [];
        let size = 0;
        reply.on('data', (part: Buffer) => {
          size += part.length;
          if (size > MAX_BODY) request.destroy(new Error('the answer is too large'));
          else parts.push(part);
        });
        reply.on('error', reject);
        reply.on('end', () => {
          if (reply.statusCode === 200 && size <= MAX_BODY) resolve(Buffer.concat(parts).toString('utf8'));
          else reject(new Error(`the address answered ${reply.statusCode}, ${size} bytes`));
        });
      },
    );
    request.on('timeout', () => request.destroy(new Error('no answer within 10 s')));
    request.on('error', reject);
  });
}
