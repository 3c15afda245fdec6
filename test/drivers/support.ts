import { createGm } from '#crypto/provider.ts';
import { createEgress, type Egress } from '#delivery/egress.ts';
import type { AuthorityManifestInput } from '#drivers/authority.ts';
import { createAuthorities } from '#drivers/repository.ts';
import { companies } from '#fixtures/pki/identities.ts';
import { buildWorldPki, type VendorId } from '#fixtures/pki/world.ts';
import { keyServiceUrl } from '#fixtures/world/key-service/service.ts';
import { freePort } from '#fixtures/world/ports.ts';
import { encryptService } from '#fixtures/world/vendor/encrypt-service.ts';
import type { PagePerson } from '#fixtures/world/vendor/options.ts';
import { sealOffice } from '#fixtures/world/vendor/seal-office.ts';
import { startVendorService, type VendorService } from '#fixtures/world/vendor/service.ts';
import { hex } from '#kernel/bytes.ts';
import type { Clock } from '#kernel/clock.ts';
import { systemRandom } from '#kernel/random.ts';
import type { Result } from '#kernel/result.ts';
import { type Certificate, parseCertificate } from '#pki/certificate.ts';
import { createFieldCipher } from '#store/field-cipher.ts';
import { createKeyring } from '#store/keys.ts';
import { openStore, type Store } from '#store/store.ts';
import { quietLog } from '#test/support/store.ts';

export const gm = createGm();
export const DAY = 86_400_000;
export const cipher = createFieldCipher(
  gm,
  createKeyring(gm, [{ id: 'k1', key: systemRandom.bytes(32) }]),
  systemRandom,
);

export interface TestClock extends Clock {
  /** Milliseconds. */
  pass(time: number): void;
}

export function testClock(): TestClock {
  let now = Date.UTC(2026, 2, 18, 1, 30);
  let monotonic = 0;
  return {
    now: () => now,
    monotonic: () => monotonic,
    pass(time) {
      now += time;
      monotonic += time;
    },
  };
}

/** Wall time set, durations real: for tests with processes in them. */
export const runningClock = (): Clock => {
  const start = Date.UTC(2026, 2, 18, 1, 30) - performance.now();
  return { now: () => Math.round(start + performance.now()), monotonic: () => performance.now() };
};

export const support = {
  hotline: '10000000001',
  install: 'https://vendor.example/install',
  renew: 'https://vendor.example/renew',
  unlock: 'https://vendor.example/unlock',
};

export const SECRETS: Readonly<Record<VendorId, string>> = {
  beichen: 'beichen-secret-0123456789',
  bohai: 'bohai-secret-0123456789ab',
  qinglan: 'qinglan-secret-0123456789',
  bailu: 'bailu-secret-0123456789ab',
};

/** What the person of the vendor with pages of its own types there. */
export const PAGE_ACCOUNT = { account: 'qinglan-001', pin: '246810' };

/** The vendors with their outside services over loopback, registered in a database of their own. */
export async function openTown(clock: Clock, options: { egress?: (egress: Egress) => Egress; store?: Store } = {}) {
  const store = options.store ?? (await openStore({ kind: 'sqlite', file: ':memory:' }, { log: quietLog }));
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const pki = await buildWorldPki(gm, {
    now: clock.now,
    crlBase: (id) => `${origin}/${id}/crl`,
    vendors: ['beichen', 'bohai', 'qinglan', 'bailu'],
  });
  const returnKey = gm.sm2.generateKey();
  const pairs = {
    beichen: await pki.issueKeyPair({ authority: 'beichen', holder: companies.liaoning }),
    bohai: await pki.issueKeyPair({ authority: 'bohai', holder: companies.dalian }),
    qinglan: await pki.issueKeyPair({ authority: 'qinglan', holder: companies.anshan }),
    bailu: await pki.issueKeyPair({ authority: 'bailu', holder: companies.hunan }),
  };
  const second = await pki.issueKeyPair({ authority: 'qinglan', holder: companies.hunan });
  const office = sealOffice(pki.sealHouse, clock.now);
  const made = await office.make({
    name: '示例公司公章',
    kind: 'organisation',
    design: { shape: 'round', around: '示例公司' },
    signers: [Buffer.from(pairs.qinglan.signCertificate).toString('base64')],
  });
  const people: PagePerson[] = [
    {
      ...PAGE_ACCOUNT,
      key: { holder: '示例公司', ...pairs.qinglan },
      seals: [{ ...made, id: made.number, der: made.seal }],
    },
    { account: 'qinglan-002', pin: PAGE_ACCOUNT.pin, key: { holder: '另一公司', ...second }, seals: [] },
  ];
  const vendor: VendorService = await startVendorService({
    gm,
    host: '127.0.0.1',
    port,
    now: clock.now,
    timestamp: (request) => pki.timeAuthority.answer(request),
    authorities: pki.authorities.map(({ id, name, crls, ocsp }) => ({
      id,
      name,
      ocsp,
      ...(id === 'bohai' && { encrypt: encryptService(gm, pki.authority(id), clock.now) }),
      secret: SECRETS[id],
      hotline: support.hotline,
      crls,
      mobileKeys: id === 'qinglan' || id === 'bailu' ? [] : [{ holder: '示例公司', ...pairs[id] }],
      ...(id === 'qinglan' && {
        pages: { returnKey, people },
      }),
    })),
  });
  const authorities = createAuthorities({ store, cipher, gm, clock });
  const egress = (options.egress ?? ((real) => real))(createEgress({ log: quietLog }));
  const drivers = { key: 'standard-key', mobile: 'mobile-scan' };
  const ownPages = { media: ['page'], drivers: { page: 'vendor-page' } } as const;
  const ownProgram = {
    media: ['key'],
    drivers: { key: 'sof-service' },
    agent: { endpoints: [keyServiceUrl(21051)] },
  } as const;
  const manifestOf = (id: VendorId): AuthorityManifestInput => ({
    ...(id === 'qinglan' ? ownPages : id === 'bailu' ? ownProgram : { media: ['key', 'mobile'], drivers }),
    support,
    graceMs: 3600_000,
    identity: pki.authority(id).identity,
    driverConfig: {
      apiBase: vendor.apiBase(id),
      ...(id === 'qinglan' && { returnKey: hex(returnKey.publicKey.point) }),
    },
    egress: { origins: [origin], privateRanges: ['127.0.0.0/8'] },
  });
  for (const { id, name, root, intermediate } of pki.authorities) {
    await store.tx(async (tx) => {
      const secrets = { secret: SECRETS[id] };
      const driver = { qinglan: 'vendor-page', bailu: 'sof-service', beichen: 'mobile-scan', bohai: 'mobile-scan' }[id];
      unwrap(await authorities.add(tx, { id, name, driver, manifest: manifestOf(id), secrets }));
      unwrap(await authorities.addCertificate(tx, id, 'root', root));
      unwrap(await authorities.addCertificate(tx, id, 'intermediate', intermediate));
    });
  }
  const authority = async (id: VendorId) => {
    const found = await authorities.find(store.read, id);
    if (!found) throw new Error(`no ${id}`);
    return found;
  };
  return {
    store,
    pki,
    pairs,
    vendor,
    authorities,
    authority,
    egress,
    manifestOf,
    origin,
    async close() {
      egress.close();
      await vendor.close();
      await store.close();
    },
  };
}

export type Town = Awaited<ReturnType<typeof openTown>>;

export function read(der: Uint8Array): Certificate {
  const certificate = parseCertificate(gm, der);
  if (!certificate) throw new Error('unreadable certificate');
  return certificate;
}

export function unwrap<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.refusal));
  return result.value;
}
