import type { PageApi, PageError } from '#hosted/api.ts';
import type { Api, Called, Routes, Value } from './api.ts';
import type { Boot } from './boot.ts';
import type { AgentSession } from './dialects/dialect.ts';
import type { Model, PageView } from './model.ts';
import type { SheetPage } from './render/sheet.ts';

/** What the work with keys and phones needs of any page: the model, its one writer, the page's own hands. */
export interface KeyDesk {
  readonly boot: Boot;
  readonly page: Pick<SheetPage<never>, 'takePin' | 'focusPin' | 'focusNotice' | 'announce'>;
  model(): Model;
  change(patch: Partial<Model>): void;
  session(): AgentSession | null;
  holdSession(session: AgentSession | null): void;
  seen(view: PageView): void;
  /** A call was refused: the end of the interaction, or a trouble of this page. */
  refused(error: PageError): void;
  refreshKeys(): Promise<void>;
  /** The hub's UTC now, milliseconds. */
  now(): number;
}

/** A page's desk: `A` its part of the hub's API, `M` all it knows. */
export interface Desk<A extends Routes<A> = PageApi, M extends Model = Model> extends KeyDesk {
  readonly api: Api<A>;
  readonly page: SheetPage<NonNullable<M['view']>>;
  model(): M;
  change(patch: Partial<M>): void;
  /** A call that survives a silent or full hub: it is made again until there is an answer. */
  ask<N extends keyof A & string>(name: N, request: A[N]['request']): Promise<Answered<Value<A, N>>>;
  seen(view: NonNullable<M['view']>): void;
}

export type Answered<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: PageError };

const MOST_WAIT_MS = 5000;

/** Silence and crowding are waited out, and the page says so; only an answer ends the call. */
export async function persist<T>(
  desk: Pick<KeyDesk, 'model' | 'change'>,
  call: () => Promise<Called<T>>,
): Promise<Answered<T>> {
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
