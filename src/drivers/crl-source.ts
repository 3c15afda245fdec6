import type { Gm } from '#crypto/gm.ts';
import type { Egress } from '#delivery/egress.ts';
import { type Bytes, fromBase64, fromUtf8 } from '#kernel/bytes.ts';
import type { Clock } from '#kernel/clock.ts';
import { limits } from '#kernel/limits.ts';
import type { Logger } from '#kernel/log.ts';
import type { Certificate } from '#pki/certificate.ts';
import { type Crl, parseCrl } from '#pki/crl.ts';
import { covers } from '#pki/crl-scope.ts';
import type { Store } from '#store/store.ts';
import type { Authority } from './authority.ts';
import { crlId, readCrl, writeCrl } from './crl-repository.ts';

/** A CRL that is still good is fetched again in the background after this long, so that a revocation shows before nextUpdate. */
const REFRESH_MS = 10 * 60_000;
/** After a fetch that failed nobody asks again for this long. */
const RETRY_MS = 10_000;
/** How far a vendor's clock may be ahead. */
const SKEW_MS = 5 * 60_000;

export interface CrlSource {
  /**
   * The newest verified CRL of `issuer` at the distribution points of `certificate`: from memory, the table, or the vendor (through egress,
   * its registered origins only). A stale one is returned only when no newer can be had: the caller judges its dates. undefined: none at all.
   */
  newest(request: { authority: Authority; certificate: Certificate; issuer: Certificate }): Promise<Crl | undefined>;
  /** Waits for refreshes in the background (stop, tests). */
  settled(): Promise<void>;
}

type DatedCrl = Crl & { readonly nextUpdate: number };

interface Entry {
  readonly url: string;
  readonly issuer: Certificate;
  crl: DatedCrl | undefined;
  loaded: Promise<void> | undefined;
  fetching: Promise<void> | undefined;
  /** Monotonic milliseconds: no fetch before. */
  notBefore: number;
}

export function createCrlSource(deps: { store: Store; gm: Gm; egress: Egress; clock: Clock; log: Logger }): CrlSource {
  const { store, gm, egress, clock, log } = deps;
  const entries = new Map<string, Entry>();

  function entryOf(issuer: Certificate, url: string): Entry {
    const id = crlId(gm, issuer, url);
    const entry = entries.get(id) ?? {
      url,
      issuer,
      crl: undefined,
      loaded: undefined,
      fetching: undefined,
      notBefore: 0,
    };
    entries.set(id, entry);
    return entry;
  }

  /** Once an entry; a database that did not answer is asked again next time. */
  function loaded(entry: Entry): Promise<void> {
    entry.loaded ??= load(entry).catch((error: unknown) => {
      entry.loaded = undefined;
      throw error;
    });
    return entry.loaded;
  }

  /** What the table holds is verified again: a row that was altered must not lift a revocation. */
  async function load(entry: Entry): Promise<void> {
    const row = await readCrl(store, crlId(gm, entry.issuer, entry.url));
    const crl = row && verified(row.der, entry.issuer);
    if (!crl) return;
    entry.crl = crl;
    entry.notBefore = clock.monotonic() + Math.max(0, REFRESH_MS - (clock.now() - row.fetchedAt));
  }

  function verified(der: Bytes, issuer: Certificate): DatedCrl | undefined {
    const crl = parseCrl(gm, der);
    return crl && isDated(crl) && crl.isIssuedBy(issuer) ? crl : undefined;
  }

  /** Single-flight; never throws: a failure leaves the older CRL and a pause. */
  function refresh(authority: Authority, entry: Entry): Promise<void> {
    if (clock.monotonic() < entry.notBefore) return entry.fetching ?? Promise.resolve();
    entry.fetching ??= fetch(authority, entry)
      .catch((error: unknown) => {
        entry.notBefore = clock.monotonic() + RETRY_MS;
        log.warn({ authority: authority.id, err: error }, 'CRL could not be kept');
      })
      .finally(() => {
        entry.fetching = undefined;
      });
    return entry.fetching;
  }

  async function fetch(authority: Authority, entry: Entry): Promise<void> {
    const reply = await egress.request({
      method: 'GET',
      url: entry.url,
      timeoutMs: limits.crlFetchTimeout,
      maxBytes: limits.crlBytes,
      allow: authority.manifest.egress,
    });
    entry.notBefore = clock.monotonic() + RETRY_MS;
    const fault = reply.ok ? await accept(entry, reply.status, reply.body) : `${reply.reason}: ${reply.detail}`;
    if (fault === undefined) entry.notBefore = clock.monotonic() + REFRESH_MS;
    else log.warn({ authority: authority.id, fault }, 'CRL was not renewed');
  }

  /** Verified before it is remembered anywhere; an older one than we have does not take its place. */
  async function accept(entry: Entry, status: number, body: Bytes): Promise<string | undefined> {
    if (status !== 200) return `status ${status}`;
    const crl = verified(unarmoured(body), entry.issuer);
    if (!crl) return 'not a CRL signed by the issuer';
    if (crl.thisUpdate > clock.now() + SKEW_MS) return 'from the future';
    if (entry.crl && crl.thisUpdate < entry.crl.thisUpdate) return 'older than the one at hand';
    entry.crl = crl;
    const { thisUpdate, nextUpdate } = crl;
    await writeCrl(store, gm, { ...entry, der: crl.der, thisUpdate, nextUpdate, fetchedAt: clock.now() });
    return undefined;
  }

  return {
    async newest({ authority, certificate, issuer }) {
      const all = certificate.crlUrls.filter((url) => /^https?:/i.test(url)).map((url) => entryOf(issuer, url));
      const best = (): DatedCrl | undefined =>
        newestOf(
          all.flatMap(({ crl }) => crl ?? []),
          certificate,
        );
      const isFresh = (): boolean => clock.now() < (best()?.nextUpdate ?? 0);
      await Promise.all(all.map(loaded));
      if (isFresh()) {
        for (const entry of all) void refresh(authority, entry);
        return best();
      }
      for (const entry of all) {
        await refresh(authority, entry);
        if (isFresh()) break;
      }
      return best();
    },
    async settled() {
      await Promise.all([...entries.values()].map((entry) => entry.fetching));
    },
  };
}

/** Without nextUpdate nobody could tell when it is stale (RFC 5280 5.1.2.5 demands it). */
const isDated = (crl: Crl): crl is DatedCrl => crl.nextUpdate !== null;

/** A vendor may split its list over several points: one that speaks of this certificate goes before one that does not. */
function newestOf(crls: readonly DatedCrl[], certificate: Certificate): DatedCrl | undefined {
  const covering = crls.filter((crl) => covers(crl.scope, certificate));
  return [...(covering.length > 0 ? covering : crls)].sort((a, b) => b.thisUpdate - a.thisUpdate)[0];
}

/** Some vendors publish PEM under a .crl address. */
function unarmoured(body: Bytes): Bytes {
  if (body[0] === 0x30) return body;
  const text = fromUtf8(body).match(/-----BEGIN X509 CRL-----([\s\S]+?)-----END X509 CRL-----/)?.[1];
  return (text && fromBase64(text)) || body;
}
