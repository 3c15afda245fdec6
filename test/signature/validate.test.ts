import { beforeAll, describe, expect, it } from 'vitest';
import type { Judgement } from '#drivers/trust.ts';
import type { KeyPair, TestAuthority } from '#fixtures/pki/authority.ts';
import { makeSeal } from '#fixtures/pki/seal-maker.ts';
import { createTsa, issueTsa } from '#fixtures/pki/tsa.ts';
import type { Bytes } from '#kernel/bytes.ts';
import type { Certificate } from '#pki/certificate.ts';
import { validatePath } from '#pki/path.ts';
import { parseSeal } from '#pki/ses.ts';
import { type TimestampCheck, verifyTimestamp } from '#pki/timestamp.ts';
import { makeTimestampRequest } from '#pki/timestamp-request.ts';
import { parseTimestampResponse } from '#pki/timestamp-response.ts';
import { documentOf } from '#signature/pdf/document.ts';
import { makeRevision } from '#signature/pdf/revision.ts';
import { bytesSource } from '#signature/pdf/source.ts';
import type { ValidationReport } from '#signature/report/report.ts';
import { validatePdf } from '#signature/report/validate-pdf.ts';
import { finishSigning } from '#signature/sign/finish.ts';
import { prepareSigning, type SigningWish } from '#signature/sign/prepare.ts';
import { ca, gm, NOW, pair, read } from '../pki/support.ts';
import { plainPdf } from './pdf/base.ts';
import { ringSeal } from './pdf/seal-picture.ts';

let root: TestAuthority;
let signer: KeyPair;
let other: KeyPair;
let maker: KeyPair;
beforeAll(async () => {
  root = await ca('签名根');
  [signer, other, maker] = [await pair(root), await pair(root), await pair(root)];
});

const path = (certificate: Certificate, carried: readonly Certificate[] = [], purpose: 'sign' | 'timestamp' = 'sign') =>
  validatePath(gm, { certificate, intermediates: carried, anchors: [read(root.certificate)], at: NOW, purpose });

/** The hub's trust stands behind this in the product; here the test root is all there is. */
const judges = {
  async certificate(certificate: Certificate): Promise<Judgement> {
    const result = path(certificate);
    if (!result.ok) return { verdict: 'unknown-issuer' };
    return { verdict: 'valid', authority: { name: '示例认证' } as never, verified: result.verified };
  },
  /** Whoever stands under the root may make seals here; who may in a hub is src/subscriber/seals' to say. */
  maker: () => 'listed' as const,
  timestamp: (token: Bytes, data: TimestampCheck['data']) =>
    verifyTimestamp(gm, {
      token,
      data,
      nonce: null,
      judge: (certificate, carried) => path(certificate, carried, 'timestamp'),
      allowNonGm: false,
      at: NOW,
    }),
};
const report = (pdf: Bytes): Promise<ValidationReport> => validatePdf({ gm, judges, now: NOW }, bytesSource(pdf));

const wish = (by: KeyPair, more: Partial<SigningWish> = {}): SigningWish => ({
  certificate: read(by.signCertificate),
  signer: '辽宁示例建设有限公司',
  at: NOW,
  container: { form: 'cms', profile: 'gbt35275Attributes' },
  placements: [{ page: 0, x: 120, y: 200, width: 40, height: 40 }],
  picture: ringSeal(),
  timestamped: false,
  ...more,
});

async function signed(
  pdf: Buffer,
  by: KeyPair,
  more: Partial<SigningWish> = {},
  stamp?: (signature: Bytes) => Promise<Bytes>,
): Promise<Buffer> {
  const wanted = wish(by, more);
  const pending = await prepareSigning(gm, bytesSource(pdf), wanted);
  const signature = await gm.sm2.sign(by.signKey, [pending.toSign]);
  const done = await finishSigning(gm, wanted, pending, signature, { chain: [], ...(stamp && { stamp }) });
  if (!done.ok) throw new Error(done.fault);
  return Buffer.concat([pdf, done.revision]);
}

const failing = (one: ValidationReport) =>
  one.signatures.flatMap(({ checks }) => checks.filter(({ result }) => result !== 'passed').map(({ id }) => id));

describe('a signing', () => {
  it('does not take another key’s answer', async () => {
    const pending = await prepareSigning(gm, bytesSource(plainPdf()), wish(signer));
    const foreign = await gm.sm2.sign(other.signKey, [pending.toSign]);
    expect(await finishSigning(gm, wish(signer), pending, foreign, { chain: [] })).toEqual({ ok: false, fault: 'key' });
  });

  it('shows the token signed attributes, never a bare digest', async () => {
    const { toSign, digest } = await prepareSigning(gm, bytesSource(plainPdf()), wish(signer));
    expect([toSign[0], toSign.length > 100, Buffer.from(toSign).includes(Buffer.from(digest))]).toEqual([
      0x31,
      true,
      true,
    ]);
  });
});

describe('the validation report', () => {
  it('calls an SM2 signature valid, names its signer, and still does after a second party has signed', async () => {
    const once = await report(await signed(plainPdf(), signer));
    expect([once.sentence, failing(once)]).toEqual(['签名有效', []]);
    const twice = await report(await signed(await signed(plainPdf(), signer), other));
    expect([twice.sentence, failing(twice)]).toEqual(['签名有效', []]);
    expect(twice.signatures.map(({ standing, coverage }) => [standing, coverage.whole])).toEqual([
      ['extended', false],
      ['unchanged', true],
    ]);
  });

  it('takes the time of a timestamp before the signer’s own word', async () => {
    const one = await report(await signed(plainPdf(), signer, { timestamped: true }, stampedBy(await demoTsa())));
    expect([one.sentence, one.signatures[0]?.time?.source]).toEqual(['签名有效', 'timestamp']);
  });

  it('says that the document was changed afterwards when a page was', async () => {
    const file = await signed(plainPdf(), signer);
    const content = { kind: 'new-stream', dict: new Map(), data: Buffer.from('BT ET') } as const;
    const changed = Buffer.concat([file, makeRevision(await documentOf(file), new Map([[5, content]])).bytes]);
    const one = await report(changed);
    expect([one.verdict, one.sentence]).toEqual(['valid-changed', '签名有效，但签署后文件有改动']);
    expect(one.signatures[0]?.changes[0]?.detail).toBe('第 1 页的内容在签署后改变');
  });

  it('calls the signature invalid when one byte of the signed text was changed', async () => {
    const file = await signed(plainPdf(), signer);
    file[file.indexOf('Page 1')] = 0x51;
    const one = await report(file);
    expect([one.sentence, failing(one)]).toEqual(['签名无效', ['digest']]);
  });

  it('cannot judge a signature whose issuer is not known', async () => {
    const stranger = await pair(await ca('别家根'));
    const one = await report(await signed(plainPdf(), stranger));
    expect([one.sentence, failing(one)]).toEqual(['无法判定', ['chain']]);
  });

  it('says so when there is no signature', async () => {
    expect((await report(plainPdf())).sentence).toBe('文件中没有电子签名');
  });

  it('judges an electronic seal’s signature: its document, its maker, its list of signers', async () => {
    const make = async (by: KeyPair) => {
      const seal = parseSeal(gm, await orderedSeal());
      if (seal === undefined) throw new Error('unreadable seal');
      return report(await signed(plainPdf(), by, { container: { form: 'seal', seal } }));
    };
    const good = await make(signer);
    expect([good.sentence, good.signatures[0]?.seal]).toEqual(['签名有效', { name: '合同专用章', generation: 'v4' }]);
    const stolen = await make(other);
    expect([stolen.sentence, failing(stolen)]).toEqual(['签名无效', ['seal']]);
  });
});

async function demoTsa() {
  const key = gm.sm2.generateKey();
  const certificate = await issueTsa(root, { spki: gm.sm2.spki(key.publicKey), now: NOW });
  return createTsa(gm, { certificate, key, now: () => NOW - 1000 });
}

const stampedBy =
  (tsa: Awaited<ReturnType<typeof demoTsa>>) =>
  async (data: Bytes): Promise<Bytes> => {
    const request = makeTimestampRequest({ hash: 'sm3', hashed: gm.sm3(data), nonce: Uint8Array.of(1) });
    const response = parseTimestampResponse(await tsa.answer(request));
    if (response?.kind !== 'granted') throw new Error('no token');
    return response.token;
  };

const orderedSeal = (): Promise<Bytes> =>
  makeSeal(
    gm,
    { key: maker.signKey, certificate: maker.signCertificate },
    {
      generation: 'v4',
      id: '2101000001',
      name: '合同专用章',
      type: 1,
      signers: [signer.signCertificate],
      createdAt: NOW - 1000,
      validFrom: NOW - 1000,
      validTo: NOW + 1000,
      picture: { format: 'PNG', data: ringSeal().bytes, width: 40, height: 40 },
    },
  );
