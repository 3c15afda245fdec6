import type { Journal } from '#audit/journal.ts';
import type { Gm } from '#crypto/gm.ts';
import type { Egress } from '#delivery/egress.ts';
import type { Authorities } from '#drivers/repository.ts';
import type { Clock } from '#kernel/clock.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { Random } from '#kernel/random.ts';
import type { Result } from '#kernel/result.ts';
import type { RelyingParties } from '#relying-party/relying-parties.ts';
import type { Mode } from '#relying-party/url-policy.ts';
import type { Store, Tx } from '#store/store.ts';
import type { SealLibrary } from '#subscriber/seals/library.ts';
import type { Subscribers } from '#subscriber/subscribers.ts';

/** What the admin commands work on: a store opened beside a running hub, and two mouths. */
export interface AdminContext {
  readonly mode: Mode;
  /** The hub's own origin, for what to do next. */
  readonly publicUrl: string;
  readonly store: Store;
  readonly gm: Gm;
  readonly clock: Clock;
  readonly random: Random;
  readonly journal: Journal;
  readonly relyingParties: RelyingParties;
  readonly authorities: Authorities;
  readonly subscribers: Subscribers;
  readonly seals: SealLibrary;
  readonly egress: Egress;
  /** Bytes of a file the administrator names. Throws when it cannot be read. */
  readFile(name: string): Uint8Array;
  out(line: string): void;
  err(line: string): void;
}

/** One change of an administrator: what `work` writes and the journal's line, together or not at all. */
export async function recorded<T>(
  context: AdminContext,
  entry: (value: T) => { kind: string; unitId?: string; body?: JsonObject },
  work: (tx: Tx) => Promise<Result<T>>,
): Promise<Result<T>> {
  const undo = new Undo<T>();
  try {
    return await context.store.tx(async (tx) => {
      const result = await work(tx);
      if (!result.ok) throw undo.because(result);
      await context.journal.append(tx, entry(result.value));
      return result;
    });
  } catch (error) {
    if (error === undo && undo.result !== undefined) return undo.result;
    throw error;
  }
}

/** Carries a refusal out of a transaction, which only an exception rolls back. */
class Undo<T> extends Error {
  result: Result<T> | undefined;
  because(result: Result<T>): this {
    this.result = result;
    return this;
  }
}
