import type { Gm } from '#crypto/gm.ts';
import { type Bytes, base64, fromBase64, hex, utf8 } from '#kernel/bytes.ts';
import { type Certificate, spkiFingerprint } from '#pki/certificate.ts';
import type { Store } from '#store/store.ts';

/** SM3 of (issuer SPKI ‖ URL), hex: the same address under another issuer's key is another row. */
export const crlId = (gm: Gm, issuer: Certificate, url: string): string => hex(gm.sm3(issuer.spki, utf8(url)));

export async function readCrl(store: Store, id: string): Promise<{ der: Bytes; fetchedAt: number } | undefined> {
  const row = await store.read.db
    .selectFrom('crl')
    .select(['der', 'fetched_at'])
    .where('id', '=', id)
    .executeTakeFirst();
  const der = row && fromBase64(row.der);
  return der && { der, fetchedAt: Number(row.fetched_at) };
}

/** Keeps the newer of the two: another hub process may have fetched meanwhile. The CRL must have been verified. */
export async function writeCrl(
  store: Store,
  gm: Gm,
  crl: { issuer: Certificate; url: string; der: Bytes; thisUpdate: number; nextUpdate: number; fetchedAt: number },
): Promise<void> {
  const row = {
    id: crlId(gm, crl.issuer, crl.url),
    issuer_key: spkiFingerprint(gm, crl.issuer),
    url: crl.url,
    der: base64(crl.der),
    this_update: crl.thisUpdate,
    next_update: crl.nextUpdate,
    fetched_at: crl.fetchedAt,
  };
  const { id, issuer_key, url, ...newer } = row;
  await store.tx((tx) =>
    tx.db
      .insertInto('crl')
      .values(row)
      .onConflict((conflict) => conflict.column('id').doUpdateSet(newer).where('crl.this_update', '<=', crl.thisUpdate))
      .execute(),
  );
}
