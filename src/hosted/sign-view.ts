import { base64 } from '#kernel/bytes.ts';
import { beijingDate, beijingDateTime } from '#kernel/clock.ts';
import { tailOf } from '#pki/certificate.ts';
import { pageSizesOf } from '#signature/signing.ts';
import type { SigningSnapshot } from '#signature/view.ts';
import { maskId } from '#subscriber/mask.ts';
import type { HeldSeal } from '#subscriber/seals/held-seal.ts';
import { certificateHolder } from './certificate-view.ts';
import { pageError } from './page-error.ts';
import type { DocumentView, PreparedView, SealView, SignerView, SignMobileView, SignView } from './sign-api.ts';
import { authorityView, mobileView } from './view-parts.ts';
import { visitView } from './visit-view.ts';

/** The page's wire form of a signing. What another browser may not read is not in the snapshot. */
export async function signView(snapshot: SigningSnapshot): Promise<SignView> {
  const { supportCode } = snapshot.interaction;
  const { mobile } = snapshot;
  return {
    ...visitView(snapshot),
    mode: snapshot.mode,
    largest: snapshot.largest,
    document: snapshot.document === null ? null : documentView(snapshot.document),
    wish: snapshot.wish,
    demanded: snapshot.demanded === null ? null : maskId(snapshot.demanded),
    signer: snapshot.signer === null ? null : signerView(snapshot.signer),
    seals: snapshot.seals.map((seal) => sealView(seal, supportCode)),
    prepared: snapshot.prepared === null ? null : preparedView(snapshot.prepared),
    made: snapshot.made,
    plan: snapshot.plan,
    mobile: mobile === null ? null : await signMobileView(mobile),
  };
}

function documentView(document: NonNullable<SigningSnapshot['document']>): DocumentView {
  const existing = document.existing ?? [];
  const changed = existing.some(({ verdict }) => verdict === 'valid-changed');
  return {
    version: document.version,
    name: document.name,
    bytes: document.bytes,
    sm3: document.sm3,
    pages: pageSizesOf(document),
    signatures: existing.map(({ signer, at, verdict }) => ({
      signer,
      at: at === null ? null : beijingDateTime(at).slice(0, 'YYYY-MM-DD HH:mm'.length),
      verdict,
    })),
    notes: [...document.notes, ...(changed ? (['changed-after-signing'] as const) : [])],
  };
}

const signerView = ({ certificate, authority, road }: NonNullable<SigningSnapshot['signer']>): SignerView => ({
  ...certificateHolder(certificate, authority),
  authority: authorityView(authority),
  tail: tailOf(certificate),
  notAfter: beijingDate(certificate.notAfter),
  road,
});

const sealView = (seal: HeldSeal, supportCode: string): SealView => ({
  id: seal.id,
  name: seal.name,
  kind: seal.kind,
  width: seal.picture.width,
  height: seal.picture.height,
  picture: `data:image/${seal.picture.format};base64,${base64(seal.picture.bytes)}`,
  validTo: seal.validTo === null ? null : beijingDate(seal.validTo),
  usable: seal.refusal === null,
  error: seal.refusal === null ? null : pageError(seal.refusal, supportCode),
});

const preparedView = (prepared: NonNullable<SigningSnapshot['prepared']>): PreparedView => ({
  id: prepared.id,
  seal: prepared.seal?.id ?? null,
  version: prepared.version,
  toSign: prepared.toSign,
  digest: prepared.digest,
  algorithm: prepared.algorithm,
  expiresAt: prepared.expiresAt,
});

async function signMobileView(mobile: NonNullable<SigningSnapshot['mobile']>): Promise<SignMobileView | null> {
  const shown = await mobileView(mobile);
  return shown === null ? null : { ...shown, step: mobile.step };
}
