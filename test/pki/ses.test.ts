import { beforeAll, describe, expect, it } from 'vitest';
import { DAY, type KeyPair } from '#fixtures/pki/authority.ts';
import { makeSeal, type SealOrder } from '#fixtures/pki/seal-maker.ts';
import { type Bytes, utf8 } from '#kernel/bytes.ts';
import { type ESeal, judgeSeal, mayUseSeal, parseSeal } from '#pki/ses.ts';
import { judgeSealSignature, makeSealSignature, parseSealSignature, sealTbs } from '#pki/ses-signature.ts';
import { ca, gm, NOW, pair, read } from './support.ts';

let maker: KeyPair;
let signer: KeyPair;
let stranger: KeyPair;
beforeAll(async () => {
  const authority = await ca('制章人根');
  [maker, signer, stranger] = [await pair(authority), await pair(authority), await pair(authority)];
});

const picture = { format: 'PNG', data: utf8('not looked into here'), width: 40, height: 40 };
const order = (more: Partial<SealOrder> = {}): SealOrder => ({
  generation: 'v4',
  id: '21010000000001',
  name: '辽宁示例建设有限公司',
  type: 1,
  signers: [signer.signCertificate],
  createdAt: NOW - DAY,
  validFrom: NOW - DAY,
  validTo: NOW + DAY,
  picture,
  ...more,
});
const made = (more: Partial<SealOrder> = {}): Promise<Bytes> =>
  makeSeal(gm, { key: maker.signKey, certificate: maker.signCertificate }, order(more));
async function seal(more: Partial<SealOrder> = {}): Promise<ESeal> {
  const parsed = parseSeal(gm, await made(more));
  if (parsed === undefined) throw new Error('unreadable seal');
  return parsed;
}

describe('an electronic seal', () => {
  for (const generation of ['v1', 'v4', 'v5'] as const) {
    it(`of generation ${generation} is read, verified, and knows its signers`, async () => {
      const one = await seal({ generation });
      expect([one.generation, one.name, one.id, one.picture.width]).toEqual([
        generation,
        '辽宁示例建设有限公司',
        '21010000000001',
        40,
      ]);
      expect(judgeSeal(gm, one, NOW).ok).toBe(true);
      expect(mayUseSeal(gm, one, read(signer.signCertificate))).toBe(true);
      expect(mayUseSeal(gm, one, read(stranger.signCertificate))).toBe(false);
    });
  }

  it('may name its signers by digest, and be signed over three elements as some makers do', async () => {
    const one = await seal({ byDigest: true, signsWhole: true });
    expect(judgeSeal(gm, one, NOW).ok).toBe(true);
    expect(mayUseSeal(gm, one, read(signer.signCertificate))).toBe(true);
    expect(mayUseSeal(gm, one, read(stranger.signCertificate))).toBe(false);
  });

  it('counts to the second from its first to its last moment', async () => {
    const one = await seal();
    const at = (ms: number): unknown => {
      const judged = judgeSeal(gm, one, ms);
      return judged.ok ? 'ok' : judged.fault;
    };
    expect([at(one.validFrom - 1), at(one.validFrom), at(one.validTo), at(one.validTo + 1)]).toEqual([
      'not-yet-valid',
      'ok',
      'ok',
      'expired',
    ]);
  });

  it('with any one byte altered is unreadable or not the maker’s', async () => {
    for (const generation of ['v1', 'v4'] as const) {
      const der = await made({ generation });
      for (let i = 0; i < der.length; i += 1) {
        const other = Uint8Array.from(der);
        other[i] = (other[i] ?? 0) ^ 0x01;
        const parsed = parseSeal(gm, other);
        const verdict = parsed === undefined ? 'unreadable' : judgeSeal(gm, parsed, NOW);
        // A v4 maker does not sign the algorithm's name: what still verifies must be the same seal.
        if (typeof verdict === 'object' && verdict.ok) expect(sameInfo(parsed, der)).toBe(true);
      }
    }
  });
});

/** Whatever still verifies must be the same seal: picture, name, signers, dates. */
function sameInfo(parsed: ESeal | undefined, der: Bytes): boolean {
  const original = parseSeal(gm, der);
  return parsed !== undefined && original !== undefined && Buffer.from(parsed.info).equals(Buffer.from(original.info));
}

describe('a sealed document', () => {
  const hash = gm.sm3(utf8('the document'));
  async function sealed(by: KeyPair, more: Partial<SealOrder> = {}): Promise<Bytes> {
    const tbs = sealTbs({ seal: await seal(more), documentHash: hash, at: NOW, property: 'signature.pdf' });
    return makeSealSignature(tbs, read(by.signCertificate), await gm.sm2.sign(by.signKey, [tbs]));
  }
  const verdict = (der: Bytes, documentHash = hash, at = NOW): string => {
    const parsed = parseSealSignature(gm, der);
    if (parsed === undefined) return 'unreadable';
    const judged = judgeSealSignature(gm, parsed, documentHash, at);
    return judged.ok ? 'ok' : judged.fault;
  };

  it('verifies, also with a seal of the first generation inside', async () => {
    expect(verdict(await sealed(signer))).toBe('ok');
    expect(verdict(await sealed(signer, { generation: 'v1' }))).toBe('ok');
  });

  it('is refused for another document, a stranger’s key, and a seal whose time is over', async () => {
    expect(verdict(await sealed(signer), gm.sm3(utf8('another')))).toBe('document');
    expect(verdict(await sealed(stranger))).toBe('signer-not-in-seal');
    expect(verdict(await sealed(signer), hash, NOW + 2 * DAY)).toBe('seal-expired');
  });

  it('with any one byte altered is unreadable or refused, unless it says the same', async () => {
    const der = await sealed(signer);
    for (let i = 0; i < der.length; i += 1) {
      const other = Uint8Array.from(der);
      other[i] = (other[i] ?? 0) ^ 0x80;
      const parsed = parseSealSignature(gm, other);
      if (parsed === undefined || !judgeSealSignature(gm, parsed, hash, NOW).ok) continue;
      expect(Buffer.from(parsed.tbs).equals(Buffer.from(parseSealSignature(gm, der)?.tbs ?? []))).toBe(true);
    }
  });
});
