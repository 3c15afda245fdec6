import { createDispatcher } from '#delivery/dispatcher.ts';
import { createEgress } from '#delivery/egress.ts';
import { systemClock } from '#kernel/clock.ts';
import { createLog } from '#kernel/log.ts';
import { systemRandom } from '#kernel/random.ts';
import { openStore, type StoreOptions } from '#store/store.ts';
import { cipher } from './seal.ts';

/** A hub process reduced to its dispatcher, to be killed and stopped by killed.test.ts: `node hub-process.ts <options JSON> <receiver origin>`. */
const [, , options = '', origin = ''] = process.argv;
const log = createLog('fatal');
const store = await openStore(JSON.parse(options) as StoreOptions, { log });
createDispatcher({
  store,
  cipher,
  clock: systemClock,
  random: systemRandom,
  log,
  egress: createEgress({ log }),
  owner: `process-${process.pid}`,
  leaseMs: 1_000,
  encode: async (event) => ({
    url: `${origin}/${event.orgcode}`,
    headers: {},
    body: JSON.stringify(event.body),
    privateRanges: ['127.0.0.0/8'],
    read: (status) => (status === 200 ? 'delivered' : { retry: `status ${status}` }),
  }),
  outcome: async (tx, event, outcome) => {
    // the ledger of what the hubs believe, in the same transaction
    if (outcome.kind !== 'delivered') return;
    const row = { id: event.id, issuer_key: event.id, url: '', der: '', this_update: 0, next_update: 0, fetched_at: 0 };
    await tx.db.insertInto('crl').values(row).execute();
  },
}).start();
process.stdout.write('up\n');
