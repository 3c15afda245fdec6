import type { Kysely } from 'kysely';
import type pg from 'pg';
import type { Transact } from './group-commit.ts';
import type { Run } from './prepared.ts';
import type { DB } from './schema.ts';

/** One opened database, of either kind. */
export interface Engine {
  /** Committed state; read-only. */
  readonly db: Kysely<DB>;
  /** The same for one finished statement. */
  readonly run: Run;
  /** One transaction by itself. */
  readonly plainly: Transact;
  /** For those who write the journal's chain: one after the other, in all processes. */
  readonly queued: Transact;
  /** For leases, which must be had while a long queue is worked off. */
  readonly apart: Transact;
  /** A connection of its own for LISTEN, where there are other processes to listen to. */
  readonly client?: () => pg.Client;
  /** Reads all of it for damage and says what it found; where the database looks after its own files it finds nothing. */
  inspect(): Promise<string | undefined>;
  close(): Promise<void>;
}
