import { sql } from 'kysely';
import type { Migration } from '../migrate.ts';

/** Which documents may be signed once on a machine without a network, and which have been. */
export const offline: Migration = {
  name: '0011-offline',
  up: async (db, dialect) => {
    const [strict, time] = dialect === 'sqlite' ? ['strict', 'integer'] : ['', 'bigint'];
    const columns = [
      'id text primary key',
      'unit_id text not null references unit (id)',
      'document_sm3 text not null',
      `bytes ${time} not null`,
      'certificate_sm3 text',
      `created_at ${time} not null`,
      `expires_at ${time} not null`,
      `used_at ${time}`,
      'result_sm3 text',
    ];
    await sql.raw(`create table offline_job (${columns.join(', ')}) ${strict}`).execute(db);
  },
};
