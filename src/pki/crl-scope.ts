import type { Bytes } from '#kernel/bytes.ts';
import type { Certificate } from './certificate.ts';
import { contextConstructed, contextPrimitive, readDer, tags } from './der.ts';
import { childrenOf } from './der-values.ts';
import { uris } from './extensions.ts';

/** Which certificates a list speaks for (IssuingDistributionPoint, RFC 5280 5.2.5). */
export interface CrlScope {
  readonly only: 'all' | 'users' | 'authorities';
  /** Empty: not bound to a distribution point. */
  readonly urls: readonly string[];
}

const EVERYTHING: CrlScope = { only: 'all', urls: [] };

/**
 * Reads the scope. Refused, because this hub does not process them: indirect lists, lists for some reasons only, lists of attribute certificates,
 * and points named otherwise than by URI.
 */
export function readScope(value: Bytes | undefined): CrlScope | undefined {
  if (value === undefined) return EVERYTHING;
  let only: CrlScope['only'] = 'all';
  let urls: readonly string[] = [];
  const parts = childrenOf(readDer(value), tags.sequence);
  if (parts === undefined) return undefined;
  for (const part of parts) {
    const yes = part.content[0] === 0xff && part.content.length === 1;
    if (part.tag === contextConstructed(0)) {
      urls = uris(part);
      if (urls.length === 0) return undefined;
    } else if (only === 'all' && yes && part.tag === contextPrimitive(1)) only = 'users';
    else if (only === 'all' && yes && part.tag === contextPrimitive(2)) only = 'authorities';
    else return undefined;
  }
  return { only, urls };
}

/** Does a list of this scope answer for this certificate? */
export function covers(scope: CrlScope, certificate: Certificate): boolean {
  const ca = certificate.basicConstraints?.ca ?? false;
  if (scope.only === 'users' && ca) return false;
  if (scope.only === 'authorities' && !ca) return false;
  return scope.urls.length === 0 || scope.urls.some((url) => certificate.crlUrls.includes(url));
}
