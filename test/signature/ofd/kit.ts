/** A root with its list, a seal house, signers, and OFD documents that they sign: the front door of OFD validation for tests. */

import { guaranteeLetter, letterParts, type OfdParts, packed } from '#fixtures/ofd/letter.ts';
import { type OfdSigning, signOfd } from '#fixtures/ofd/sign.ts';
import { DAY, issuePair, type KeyPair } from '#fixtures/pki/authority.ts';
import { buildSealHouse } from '#fixtures/pki/seal-house.ts';
import { type Bytes, utf8 } from '#kernel/bytes.ts';
import { parseCrl } from '#pki/crl.ts';
import { OfdFault } from '#signature/ofd/fault.ts';
import { judgesOfFiles } from '#signature/offline/trust-files.ts';
import { bytesSource } from '#signature/pdf/source.ts';
import type { ValidationReport } from '#signature/report/report.ts';
import { validateDocument } from '#signature/validation.ts';
import { ca, gm, NOW, read } from '../../pki/support.ts';
import { ringSeal } from '../pdf/seal-picture.ts';

export { gm, NOW, read };
export const SIGNED_AT = NOW - 3_600_000;

export interface OfdWorld {
  readonly signer: KeyPair;
  readonly other: KeyPair;
  readonly expired: KeyPair;
  readonly root: Bytes;
  readonly crl: Bytes;
  readonly sealMakers: Bytes;
  readonly unsigned: OfdParts;
  /** A v4 seal that these certificates may use. */
  seal(...signers: readonly KeyPair[]): Promise<Bytes>;
  /** A seal by a maker whom nobody named. */
  strangeSeal(...signers: readonly KeyPair[]): Promise<Bytes>;
  /** One more signature with a seal of the signer's. */
  sealed(parts: OfdParts, by?: KeyPair, more?: Partial<OfdSigning>): Promise<OfdParts>;
  /** One more signature of type Sign. */
  signed(parts: OfdParts, by?: KeyPair, more?: Partial<OfdSigning>): Promise<OfdParts>;
  report(file: Bytes | OfdParts): Promise<ValidationReport>;
  /** What a person gets: the sentence, or the fault for which the file is not taken. */
  said(file: Bytes | OfdParts): Promise<string>;
}

/** `now`: UTC ms. */
export async function openOfdWorld(now = NOW): Promise<OfdWorld> {
  const valid = { notBefore: now - 100 * DAY, notAfter: now + 100 * DAY };
  const root = await ca('签名根', valid);
  const [house, stranger] = [await buildSealHouse(gm, now), await buildSealHouse(gm, now, '别家制章中心')];
  const holder = () => issuePair(gm, root, { subject: [['CN', '示例公司']], ...valid });
  const [signer, other] = [await holder(), await holder()];
  const expired = await issuePair(gm, root, {
    subject: [['CN', '到期公司']],
    ...{ notBefore: now - 50 * DAY, notAfter: now - DAY },
  });
  const crl = await root.crl({ thisUpdate: now - DAY, nextUpdate: now + DAY });
  const list = parseCrl(gm, crl);
  if (list === undefined) throw new Error('unreadable list');
  const judges = judgesOfFiles({
    ...{ gm, certificates: [read(root.certificate)], crls: [list], now },
    sealMakers: [read(house.root)],
  });
  const report: OfdWorld['report'] = (file) =>
    validateDocument({ gm, judges, now }, bytesSource(file instanceof Uint8Array ? file : packed(file)));
  const order = (signers: readonly KeyPair[]) => ({
    ...({ generation: 'v4', id: '2101000001', name: '保函专用章', type: 1 } as const),
    ...{ createdAt: now - 30 * DAY, validFrom: now - 30 * DAY, validTo: now + 300 * DAY },
    signers: signers.map(({ signCertificate }) => signCertificate),
    picture: { format: 'PNG', data: ringSeal().bytes, width: 40, height: 40 },
  });
  const seal: OfdWorld['seal'] = (...signers) => house.make(order(signers));
  const own = new Map<KeyPair, Bytes>();
  const signed: OfdWorld['signed'] = (parts, by = signer, more = {}) =>
    signOfd(gm, parts, { certificate: by.signCertificate, key: by.signKey, at: now - 3_600_000, ...more });
  return {
    ...{ signer, other, expired, crl, report, seal, signed },
    root: root.certificate,
    sealMakers: house.root,
    unsigned: letterParts(guaranteeLetter),
    strangeSeal: (...signers) => stranger.make(order(signers)),
    async sealed(parts, by = signer, more = {}) {
      const his = own.get(by) ?? (await seal(by));
      own.set(by, his);
      return signed(parts, by, { seal: his, ...more });
    },
    async said(file) {
      try {
        return (await report(file)).sentence;
      } catch (error) {
        if (error instanceof OfdFault) return error.fault;
        throw error;
      }
    },
  };
}

/** With these files put in, or taken out where there is nothing. */
export function changed(parts: OfdParts, changes: Readonly<Record<string, string | Bytes | null>>): OfdParts {
  const next = new Map(parts);
  for (const [name, content] of Object.entries(changes)) {
    if (content === null) next.delete(name);
    else next.set(name, typeof content === 'string' ? utf8(content) : content);
  }
  return next;
}

export const textOf = (parts: OfdParts, name: string): string => Buffer.from(parts.get(name) ?? []).toString('utf8');

/** One part rewritten; it must change. */
export function edited(parts: OfdParts, name: string, from: string | RegExp, to: string): OfdParts {
  const before = textOf(parts, name);
  const after = before.replace(from, to);
  if (after === before) throw new Error(`nothing changed in ${name}`);
  return changed(parts, { [name]: after });
}

export const failing = (report: ValidationReport): string[] =>
  report.signatures.flatMap(({ checks }) => checks.filter(({ result }) => result !== 'passed').map(({ id }) => id));

export const told = (report: ValidationReport): string[] =>
  report.signatures.flatMap(({ changes }) => changes.map(({ detail }) => detail));
