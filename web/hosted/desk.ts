import type { LoginView, PageApi, PageError } from '#hosted/api.ts';
import type { Api, Called } from './api.ts';
import type { Boot } from './boot.ts';
import type { AgentSession } from './dialects/dialect.ts';
import type { Model, Timing } from './model.ts';
import type { Page } from './render/page.ts';

/** What every part of the page's work shares: the model, its one writer, the hub and the keys. */
export interface Desk {
  readonly boot: Boot;
  readonly api: Api;
  readonly page: Page;
  model(): Model;
  change(patch: Partial<Model>): void;
  timing: Timing;
  session(): AgentSession | null;
  holdSession(session: AgentSession | null): void;
  /** A call that survives a silent or full hub: it is made again until there is an answer. */
  ask<N extends keyof PageApi>(name: N, request: PageApi[N]['request']): Promise<Answered<N>>;
  seen(view: LoginView): void;
  /** A call was refused: the end of the interaction, or a trouble of this page. */
  refused(error: PageError): void;
  refreshKeys(): Promise<void>;
  /** The hub's UTC now, milliseconds. */
  now(): number;
}

export type Value<N extends keyof PageApi> = Extract<PageApi[N]['answer'], { ok: true }>;
export type Answered<N extends keyof PageApi> =
  | { readonly ok: true; readonly value: Value<N> }
  | { readonly ok: false; readonly error: PageError };

const MOST_WAIT_MS = 5000;

/** Silence and crowding are waited out, and the page says so; only an answer ends the call. */
export async function persist<T>(
  desk: Desk,
  call: () => Promise<Called<T>>,
): Promise<{ ok: true; value: T } | { ok: false; error: PageError }> {
  for (let tries = 1; ; tries += 1) {
    const called = await call();
    if (called.ok || called.kind === 'refused') {
      if (desk.model().hub.kind !== 'open') desk.change({ hub: { kind: 'open' } });
      return called;
    }
    if (called.kind === 'busy') {
      desk.change({ hub: { kind: 'busy', error: called.error } });
      await pause(called.afterMs);
    } else {
      desk.change({ hub: { kind: 'lost', tries } });
      await pause(Math.min(1000 * tries, MOST_WAIT_MS));
    }
  }
}

/** Ends early when the browser says that the network is back. */
const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      window.removeEventListener('online', done);
      resolve();
    }
    window.addEventListener('online', done);
  });
