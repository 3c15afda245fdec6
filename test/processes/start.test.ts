import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Core, openCore } from '#app/core.ts';
import { checkConfig, type HubConfig } from '#config/config.ts';
import { createGm } from '#crypto/provider.ts';
import { companies } from '#fixtures/pki/identities.ts';
import { buildWorldPki } from '#fixtures/pki/world.ts';
import { freePort } from '#fixtures/world/ports.ts';
import { base64 } from '#kernel/bytes.ts';
import { systemRandom } from '#kernel/random.ts';
import { parseCertificate } from '#pki/certificate.ts';
import { enrolmentsOfBefore } from '#test/support/old-enrolments.ts';
import { quietLog } from '#test/support/store.ts';
import { startHub } from '../../src/app.ts';
import { PNG } from '../subscriber/support.ts';

const MANY = 200;

describe('the start of the hub', () => {
  const folder = mkdtempSync(join(tmpdir(), 'caihub-start-'));
  let config: HubConfig;
  let core: Core;
  beforeAll(async () => {
    const port = await freePort();
    config = checkConfig(
      {
        mode: 'development',
        publicUrl: `http://127.0.0.1:${port}`,
        listen: { port },
        database: { kind: 'sqlite', file: 'hub.db' },
        masterKeys: [{ id: 'test', key: base64(systemRandom.bytes(32)) }],
        logLevel: 'silent',
      },
      folder,
    );
    core = await openCore(config, quietLog, { admin: true });
    const gm = createGm();
    const pki = await buildWorldPki(gm, { now: Date.now, crlBase: (id) => `http://127.0.0.1:1/${id}` });
    const pair = await pki.issueKeyPair({ authority: 'beichen', holder: companies.liaoning });
    const certificate = parseCertificate(gm, pair.signCertificate);
    if (certificate === undefined) throw new Error('no certificate');
    await enrolmentsOfBefore(core, certificate, MANY, { text: PNG, kind: 'png' });
  });
  afterAll(async () => {
    await core.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const adopted = async (): Promise<number> =>
    (await core.store.read.db.selectFrom('enrolment_seal').select('seal_id').execute()).length;

  it('does not wait for seals of before the library: they come behind it, a closed hub stops, the next one goes on', async () => {
    const first = await startHub(config);
    expect((await fetch(`${config.publicUrl}/readyz`)).status).toBe(200);
    expect(await adopted()).toBeLessThan(MANY);
    await first.close();
    const half = await adopted();
    expect(half).toBeLessThan(MANY);
    const second = await startHub(config);
    await vi.waitFor(async () => expect(await adopted()).toBe(MANY), { timeout: 30_000, interval: 20 });
    await second.close();
  });
});
