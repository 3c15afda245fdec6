import { HubError } from '#kernel/errors.ts';

/** The store refuses to open: shown to the operator as it stands, both languages, and the process ends. */
export class StoreStartError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.name = 'StoreStartError';
  }
}

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** A unique constraint, unique index or primary key said no: SQLite's extended codes, PostgreSQL's 23505. */
export function isUniqueViolation(error: unknown): boolean {
  const code = codeOf(error);
  return code === '23505' || code === 'SQLITE_CONSTRAINT_UNIQUE' || code === 'SQLITE_CONSTRAINT_PRIMARYKEY';
}

/** Locked, full, or the disk failed: nothing was written, and the same request may succeed when the operator has acted. */
const SQLITE_BUSY = /^SQLITE_(BUSY|LOCKED|FULL|IOERR|CANTOPEN|READONLY|PROTOCOL)/;
/** Connection (08), resources (53), cancelled or shut down (57), system (58), serialisation and deadlock (40), lock and idle time-outs. */
const POSTGRES_BUSY = /^(08...|53...|57...|58...|40001|40P01|55P03|25P0[34])$/;
const NETWORK_BUSY = /^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_)/;
/** node-postgres has no code for these. */
const DRIVER_BUSY =
  /^(Connection terminated|timeout exceeded when trying to connect|timeout expired|Query read timeout|Client has encountered|Client was closed|Cannot use a pool after)/;

/**
 * A database that cannot answer now becomes SERVICE_BUSY; constraint violations and our own mistakes pass through unchanged.
 * After a lost reply to COMMIT the outcome is unknown: the caller repeats with its own key (taskId), nobody assumes failure.
 */
export function databaseFault(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof HubError) return error;
  const code = codeOf(error);
  const busy =
    SQLITE_BUSY.test(code) ||
    POSTGRES_BUSY.test(code) ||
    NETWORK_BUSY.test(code) ||
    DRIVER_BUSY.test(error.message) ||
    ('syscall' in error && error.syscall === 'connect');
  if (!busy) return error;
  return new HubError('SERVICE_BUSY', `database: ${code || error.message}`, { params: { seconds: '5' }, cause: error });
}

/** The client is mid-query or gone: it must not return to the pool. */
export const isLostConnection = (error: unknown): boolean =>
  error instanceof Error && (DRIVER_BUSY.test(error.message) || /^(08...|57P0.|25P0[34])$/.test(codeOf(error)));
