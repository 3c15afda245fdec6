import { sql } from 'kysely';
import type { Migration } from '../migrate.ts';

/** Nonces of header-signed requests, so that none is taken twice: not after a restart, not by a second hub process. */
export const nonce: Migration = {
  name: '0005-nonce',
  up: async (db, dialect) => {
    const [bigint, strict] = dialect === 'sqlite' ? ['integer', 'strict'] : ['bigint', ''];
    await sql
      .raw(
        `create table request_nonce (unit_id text not null, nonce text not null, expires_at ${bigint} not null,
          primary key (unit_id, nonce)) ${strict}`,
      )
      .execute(db);
    await sql.raw('create index request_nonce_expired on request_nonce (expires_at)').execute(db);
  },
};
