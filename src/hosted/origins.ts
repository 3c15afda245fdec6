import type { Clock } from '#kernel/clock.ts';
import type { RelyingParties } from '#relying-party/relying-parties.ts';
import type { Store } from '#store/store.ts';

export interface PublicOrigins {
  /** Whether people reach this hub under `origin`: its own, or the publicUrl of an active platform (readings L55). */
  has(origin: string | undefined): Promise<boolean>;
  /** The origin whose host a request was sent to, else the hub's own. */
  ofHost(host: string | undefined): Promise<string>;
}

const KEEP_MS = 5_000;

/** Read from the database at most every 5 s: a platform registered by a command works without a restart. */
export function createPublicOrigins(deps: {
  store: Store;
  relyingParties: RelyingParties;
  publicUrl: string;
  clock: Clock;
}): PublicOrigins {
  let kept: { readonly at: number; readonly origins: Promise<ReadonlySet<string>> } | undefined;

  function origins(): Promise<ReadonlySet<string>> {
    const now = deps.clock.monotonic();
    if (kept !== undefined && now - kept.at < KEEP_MS) return kept.origins;
    const fresh = { at: now, origins: read() };
    kept = fresh;
    fresh.origins.catch(() => {
      if (kept === fresh) kept = undefined;
    });
    return fresh.origins;
  }

  async function read(): Promise<ReadonlySet<string>> {
    const found = new Set([deps.publicUrl]);
    for (const unit of await deps.relyingParties.units(deps.store.read)) {
      for (const platform of await deps.relyingParties.platforms(deps.store.read, unit.id)) {
        if (platform.publicUrl !== null && platform.status === 'active') found.add(platform.publicUrl);
      }
    }
    return found;
  }

  return {
    has: async (origin) => origin !== undefined && (origin === deps.publicUrl || (await origins()).has(origin)),
    ofHost: async (host) => [...(await origins())].find((origin) => new URL(origin).host === host) ?? deps.publicUrl,
  };
}
