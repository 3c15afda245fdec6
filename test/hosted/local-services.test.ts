import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuthorityManifestInput } from '#drivers/authority.ts';
import type { Authorities } from '#drivers/repository.ts';
import { createAuthorities } from '#drivers/repository.ts';
import { allServices, vendorServices } from '#hosted/agent-view.ts';
import { endpointsOf, pageHeaders } from '#hosted/pages/headers.ts';
import { openStore, type Store } from '#store/store.ts';
import { cipher, gm, support, testClock } from '#test/drivers/support.ts';
import { quietLog } from '#test/support/store.ts';

const OWN = 'ws://127.0.0.1:21160/ca-agent/v1';
const PROGRAM = 'ws://127.0.0.1:21051/sofapp/';
const dialects = new Map([
  ['standard-key', { module: 'standard-key', pinWindow: true }],
  ['sof-service', { module: 'sof-service', pinWindow: false }],
]);

let store: Store;
let authorities: Authorities;
beforeAll(async () => {
  store = await openStore({ kind: 'sqlite', file: ':memory:' }, { log: quietLog });
  authorities = createAuthorities({ store, cipher, gm, clock: testClock() });
});
afterAll(() => store.close());

const add = (id: string, driver: string, manifest: Partial<AuthorityManifestInput>) =>
  store.tx((tx) =>
    authorities.add(tx, { id, name: `机构${id}`, driver, manifest: { media: ['key'], support, ...manifest } }),
  );
const agent = { endpoints: [PROGRAM] };
const services = async () => allServices([OWN], await vendorServices({ store, authorities, dialects }));

describe('the programs in front of keys that a page may reach', () => {
  it('are the hub’s own agent alone where no vendor has one', async () => {
    await add('beichen', 'standard-key', {});
    expect(await services()).toEqual([
      { endpoints: [OWN], dialect: { module: 'standard-key', pinWindow: true }, vendors: [] },
    ]);
  });

  it('are those of active vendors of keys, two vendors of one program together', async () => {
    await add('bailu', 'sof-service', { agent });
    await add('bailu-two', 'mobile-scan', { agent, drivers: { key: 'sof-service' } });
    await add('qinglan', 'vendor-page', { agent, media: ['page'] });
    await add('unknown', 'no-such-driver', { agent });
    const [, program, ...more] = await services();
    expect(more).toEqual([]);
    expect(program).toMatchObject({ endpoints: [PROGRAM], dialect: { module: 'sof-service' } });
    expect(program?.vendors.map(({ id }) => id)).toEqual(['bailu', 'bailu-two']);
  });

  it('are all that the page’s policy lets it connect to; only those with windows of their own may be framed', async () => {
    const policy = pageHeaders({ publicOrigin: 'https://hub.ca.example', ...endpointsOf(await services()) });
    const csp = policy['content-security-policy'] ?? '';
    expect(/connect-src ([^;]*)/.exec(csp)?.[1]).toBe(
      "'self' wss://hub.ca.example ws://127.0.0.1:21160 ws://127.0.0.1:21051",
    );
    expect(/frame-src ([^;]*)/.exec(csp)?.[1]).toBe('http://127.0.0.1:21160');
  });

  it('are no longer reached once their vendor is suspended', async () => {
    await store.tx((tx) => authorities.suspend(tx, 'bailu'));
    await store.tx((tx) => authorities.suspend(tx, 'bailu-two'));
    expect(await services()).toHaveLength(1);
  });

  it.each([
    'ws://192.168.1.9:21051/sofapp/',
    'wss://wss.singlewindow.example:61231/',
    'ws://127.0.0.1.evil.example:21051/',
    'ws://127.0.0.1/sofapp/',
    "ws://127.0.0.1:21051/'; script-src *",
    'http://127.0.0.1:7256/',
  ])('are never registered at %s', async (endpoint) => {
    const refused = await add('elsewhere', 'sof-service', { agent: { endpoints: [endpoint] } });
    expect(refused).toMatchObject({ ok: false, refusal: { code: 'FIELD_INVALID' } });
  });
});
