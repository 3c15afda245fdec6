/** What the browser says about reaching this computer's own addresses (Local Network Access). */
export type Permission = 'granted' | 'prompt' | 'denied' | 'not-needed';

const NAMES = ['loopback-network', 'local-network-access'];

/** Chromium 145 has `loopback-network`, 142 the older name; what knows neither asks nobody. */
export async function loopbackPermission(): Promise<{ state: Permission; watch(changed: () => void): void }> {
  for (const name of NAMES) {
    try {
      const status = await navigator.permissions.query({ name: name as PermissionName });
      return { state: status.state, watch: (changed) => status.addEventListener('change', changed) };
    } catch {
      // This browser does not know the name, or has no Permissions API here.
    }
  }
  return { state: 'not-needed', watch: () => undefined };
}

interface PolicyDocument {
  readonly featurePolicy?: { features(): readonly string[]; allowsFeature(name: string): boolean };
}

export const inFrame = (): boolean => window.top !== window.self;

/** In another site's frame without `allow="loopback-network"`: the socket would be refused however often the person said yes. */
export function framedWithoutPermission(): boolean {
  if (!inFrame()) return false;
  const policy = (document as unknown as PolicyDocument).featurePolicy;
  if (policy === undefined) return false;
  const known = policy.features();
  const asked = NAMES.filter((name) => known.includes(name));
  return asked.length > 0 && !asked.some((name) => policy.allowsFeature(name));
}

/** The hub itself on this computer (development, demo): loopback to loopback is never gated. */
export const onLoopback = (hostname: string): boolean => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
