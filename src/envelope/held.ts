import type { OpenedContent } from './event.ts';

/** Opened contents that stand in this process's memory and nowhere else, until message 7 is through. */
export interface Held {
  put(item: string, content: OpenedContent): void;
  get(item: string): OpenedContent | undefined;
  drop(item: string): void;
  items(): string[];
}

export function createHeld(): Held {
  const contents = new Map<string, OpenedContent>();
  return {
    put: (item, content) => void contents.set(item, content),
    get: (item) => contents.get(item),
    drop: (item) => void contents.delete(item),
    items: () => [...contents.keys()],
  };
}

/** How long a holder's word counts after he last gave it; a hub that has stopped for longer has lost what it held. */
export const HOLD_MS = 15_000;
