/** A root, signers under it, documents that they sign, and reports on them: the front door of the signature room for tests. */
import type { Judgement } from '#drivers/trust.ts';
import type { KeyPair, TestAuthority } from '#fixtures/pki/authority.ts';
import type { Bytes } from '#kernel/bytes.ts';
import type { Certificate } from '#pki/certificate.ts';
import { assembleDetached, attributesToSign } from '#pki/cms-detached.ts';
import { validatePath } from '#pki/path.ts';
import { verifyTimestamp } from '#pki/timestamp.ts';
import { documentOf } from '#signature/pdf/document.ts';
import { fillContents, prepareSignature, type SigningPlan } from '#signature/pdf/prepare.ts';
import { makeRevision } from '#signature/pdf/revision.ts';
import type { NewObject } from '#signature/pdf/serialise.ts';
import { bytesSource, joined } from '#signature/pdf/source.ts';
import { digestRanges } from '#signature/report/digest-range.ts';
import type { Judges } from '#signature/report/judge-contents.ts';
import type { ValidationReport } from '#signature/report/report.ts';
import { validatePdf } from '#signature/report/validate-pdf.ts';
import { finishSigning } from '#signature/sign/finish.ts';
import { prepareSigning, type SigningWish } from '#signature/sign/prepare.ts';
import { ca, gm, NOW, pair, read } from '../pki/support.ts';

export { gm, NOW };

export interface Signing {
  readonly root: TestAuthority;
  signer(): Promise<KeyPair>;
  /** One more signature behind the document. */
  sign(pdf: Buffer, by: KeyPair, more?: Partial<SigningWish>): Promise<Buffer>;
  /** The same, certifying the document: what may be changed later. */
  certify(pdf: Buffer, by: KeyPair, level: 1 | 2 | 3, more?: Partial<SigningPlan>): Promise<Buffer>;
  report(pdf: Bytes): Promise<ValidationReport>;
  readonly judges: Judges;
}

export async function openSigning(): Promise<Signing> {
  const root = await ca('签名根');
  const path = (certificate: Certificate, carried: readonly Certificate[], purpose: 'sign' | 'timestamp') =>
    validatePath(gm, { certificate, intermediates: carried, anchors: [read(root.certificate)], at: NOW, purpose });
  const judges: Judges = {
    async certificate(certificate: Certificate): Promise<Judgement> {
      const result = path(certificate, [], 'sign');
      if (!result.ok) return { verdict: 'unknown-issuer' };
      return { verdict: 'valid', authority: { name: '示例认证' } as never, verified: result.verified };
    },
    maker: () => 'listed',
    timestamp: (token, data) =>
      verifyTimestamp(gm, {
        ...{ token, data, nonce: null, allowNonGm: false, at: NOW },
        judge: (certificate, carried) => path(certificate, carried, 'timestamp'),
      }),
  };
  return {
    root,
    judges,
    signer: () => pair(root),
    report: (pdf) => validatePdf({ gm, judges, now: NOW }, bytesSource(pdf)),
    async sign(pdf, by, more = {}) {
      const wish: SigningWish = {
        ...{ certificate: read(by.signCertificate), signer: '辽宁示例建设有限公司', at: NOW, timestamped: false },
        container: { form: 'cms', profile: 'gbt35275Attributes' },
        placements: [{ page: 0, x: 120, y: 200, width: 40, height: 40 }],
        picture: null,
        ...more,
      };
      const pending = await prepareSigning(gm, bytesSource(pdf), wish);
      const signature = await gm.sm2.sign(by.signKey, [pending.toSign]);
      const done = await finishSigning(gm, wish, pending, signature, { chain: [] });
      if (!done.ok) throw new Error(done.fault);
      return Buffer.concat([pdf, done.revision]);
    },
    async certify(pdf, by, level, more = {}) {
      const plan: SigningPlan = {
        ...{ signer: '发起方', at: NOW, subFilter: 'adbe.pkcs7.detached', room: 8192, placements: [], picture: null },
        certification: level,
        ...more,
      };
      const prepared = await prepareSignature(await documentOf(pdf), plan);
      const [, start, end, rest] = prepared.byteRange;
      const whole = joined(bytesSource(pdf), prepared.bytes);
      const ranges = [
        [0, start],
        [end, rest],
      ] as const;
      const { sm3 = new Uint8Array() } = await digestRanges(gm, whole, ranges, ['sm3']);
      const certificate = read(by.signCertificate);
      const wanted = { certificate, digest: sm3, signingTime: NOW, profile: 'rfc5652' as const };
      const signature = await gm.sm2.sign(by.signKey, [attributesToSign(gm, wanted)]);
      const made = assembleDetached(gm, wanted, signature, { certificates: [] });
      if (!made.ok) throw new Error('not assembled');
      return Buffer.concat([pdf, fillContents(prepared, made.der) ?? Buffer.alloc(0)]);
    },
  };
}

/** One more revision with these objects, unsigned: what an attacker, or an editor, appends. */
export async function revised(pdf: Buffer, objects: ReadonlyMap<number, NewObject>): Promise<Buffer> {
  return Buffer.concat([pdf, makeRevision(await documentOf(pdf), objects).bytes]);
}
