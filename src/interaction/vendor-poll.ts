import { refusalOf } from '#kernel/errors.ts';
import type { PageRoom } from './page-room.ts';

const BETWEEN_MS = 1_000;
const BATCH = 64;

export interface VendorPoll {
  /** A page is looking: ask its vendor, without making the page wait. */
  hint(interaction: string): void;
  /** Asks for every exchange under way; for pages that wait on the live channel and for vendors that never call back. */
  round(): Promise<void>;
}

/** One question at a time and none sooner than 1 s after the last, for each exchange and process. */
export function createVendorPoll(room: PageRoom, resume: (interaction: string) => Promise<void>): VendorPoll {
  const askedAt = new Map<string, number>();
  const asking = new Set<string>();

  async function ask(interaction: string): Promise<void> {
    const now = room.clock.monotonic();
    if (asking.has(interaction) || now - (askedAt.get(interaction) ?? -BETWEEN_MS) < BETWEEN_MS) return;
    asking.add(interaction);
    askedAt.set(interaction, now);
    try {
      await resume(interaction);
    } catch (error) {
      // The exchange as stored is unharmed: the next round asks again until it ends by itself.
      const { code, detail } = refusalOf(error);
      room.log.warn({ interaction, code, detail }, 'vendor poll failed');
    } finally {
      asking.delete(interaction);
    }
  }

  function forget(): void {
    const now = room.clock.monotonic();
    for (const [interaction, at] of askedAt) if (now - at > 60_000) askedAt.delete(interaction);
  }

  return {
    hint: (interaction) => {
      void ask(interaction);
    },
    async round() {
      forget();
      const running = await room.interactions.exchanging(room.store.read, room.clock.now(), BATCH);
      await Promise.all(running.map(ask));
    },
  };
}
