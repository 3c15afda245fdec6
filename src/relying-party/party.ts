import type { UnitProfile } from './profile.ts';

/** A connecting unit: whoever was given a `caUnitId` (readings L4). */
export interface Unit {
  readonly id: string;
  readonly name: string;
  readonly status: 'active' | 'suspended';
  readonly profile: UnitProfile;
}

/** One platform (`orgcode`) of a unit (readings L5). */
export interface Platform {
  readonly unitId: string;
  readonly orgcode: string;
  readonly name: string;
  readonly status: 'active' | 'suspended';
  /** Origin and path under which the printed callback paths are appended; no trailing slash. */
  readonly callbackBase: string;
  /** Last segment of a printed callback path → absolute URL that replaces base + path (readings L55). */
  readonly callbackPaths: Readonly<Record<string, string>>;
  /** Exact strings; the first one is used when a request names none (readings L30). */
  readonly returnUrls: readonly string[];
  readonly homeUrl: string;
  /** Origin at which this platform's people reach the hub; null = the hub's own. */
  readonly publicUrl: string | null;
  /** Origins that may frame the signing pages besides those of home, return and callback URLs (readings L41). */
  readonly origins: readonly string[];
  /** CIDR ranges of private addresses registered for this platform's callbacks. */
  readonly privateRanges: readonly string[];
}

/** A secret as a list may show it: never the value. */
export interface SecretInfo {
  readonly id: string;
  readonly status: 'live' | 'retired';
  readonly createdAt: number;
  readonly retiredAt: number | null;
}

/** Absolute URL of one callback, e.g. `callbackUrl(platform, '/api/ca/feedbackResult')`. */
export function callbackUrl(platform: Platform, path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return platform.callbackPaths[name] ?? platform.callbackBase + path;
}

/** Origins that may show this platform's signing pages in a frame. */
export function frameOrigins(platform: Platform): string[] {
  const urls = [platform.homeUrl, ...platform.returnUrls, platform.callbackBase];
  return [...new Set([...platform.origins, ...urls.map((url) => new URL(url).origin)])];
}
