import { createGm } from '#crypto/provider.ts';
import { createAuthority, DAY, issuePair, type TestAuthority } from '#fixtures/pki/authority.ts';
import { type Bytes, base64, hex } from '#kernel/bytes.ts';
import { systemRandom } from '#kernel/random.ts';
import type { KeyModel } from '#opening/capsule/header.ts';
import { joinKeys } from '#opening/capsule/keys.ts';
import { openCapsule, type SignatureJudge } from '#opening/capsule/open.ts';
import { type CapsuleSigner, type SealRequest, sealCapsule } from '#opening/capsule/seal.ts';
import { beginIntake } from '#opening/capsule/structure.ts';
import { readTicket, type SealingTicket, signTicket, type TrustedTicket } from '#opening/capsule/ticket.ts';
import { bidderWraps, openingWrap, wrappedBytes } from '#opening/capsule/wraps.ts';
import { type Certificate, parseCertificate } from '#pki/certificate.ts';

export const gm = createGm();
export const NOW = Date.UTC(2026, 2, 18, 1, 30);
const validity = { notBefore: NOW - 100 * DAY, notAfter: NOW + 100 * DAY };

export type Pair = Awaited<ReturnType<typeof issuePair>>;
let authority: Promise<TestAuthority> | undefined;
const named = (common: string) =>
  [
    ['C', 'CN'],
    ['CN', common],
  ] as const;

/** One test CA for a whole test file. */
export async function holder(common: string): Promise<Pair> {
  authority ??= createAuthority(gm, { subject: named('示例认证'), ...validity });
  return issuePair(gm, await authority, { subject: named(common), ...validity });
}

export function read(der: Bytes): Certificate {
  const certificate = parseCertificate(gm, der);
  if (certificate === undefined) throw new Error('unreadable certificate');
  return certificate;
}

export const hubKey = gm.sm2.generateKey();
export const hubPoint = hex(hubKey.publicKey.point);
export const openingKey = gm.sm2.generateKey();

/** A ticket as a trading system holds it. */
export async function ticketOf(
  keyModel: KeyModel,
  recovery: { readonly threshold: number; readonly holders: readonly Pair[] } | null = null,
  more: Partial<SealingTicket> = {},
): Promise<TrustedTicket> {
  const signed = await signTicket(gm, hubKey, {
    type: 'sealing-ticket',
    v: 1,
    hub: 'https://hub.example',
    opening: 'opn-1',
    lot: 'lot-1',
    opensAt: NOW,
    keyModel,
    openingKey: keyModel === 'bidder' ? null : hex(openingKey.publicKey.point),
    recovery:
      recovery === null
        ? null
        : {
            threshold: recovery.threshold,
            custodians: recovery.holders.map(({ encCertificate }, index) => ({
              id: `rec-${index + 1}`,
              certificate: base64(encCertificate),
            })),
          },
    issuedAt: NOW - DAY,
    ...more,
  });
  const ticket = readTicket(gm, JSON.parse(JSON.stringify(signed)), [hubPoint]);
  if (ticket === undefined) throw new Error('ticket not readable');
  return ticket;
}

export function signerOf({ signKey, signCertificate }: Pair): CapsuleSigner {
  return {
    name: { by: 'bidder', certificate: base64(signCertificate) },
    sign: (text) => gm.sm2.sign(signKey, [text]),
  };
}

/** Takes the signature of exactly this bidder. */
export const judgeOf =
  ({ signKey, signCertificate }: Pair): SignatureJudge =>
  (signer, text, signature) =>
    signer.by === 'bidder' &&
    signer.certificate === base64(signCertificate) &&
    gm.sm2.verify(signKey.publicKey, [text], signature);

export async function seal(bidder: Pair, ticket: TrustedTicket, content: Bytes, more: Partial<SealRequest> = {}) {
  const sealed = await sealCapsule({
    gm,
    random: systemRandom,
    ticket,
    sealedBy: 'client',
    task: 'TASK-1',
    bidder: '91210000000000000X',
    recipients: [read(bidder.encCertificate)],
    content: [content],
    size: content.length,
    kind: 'file',
    signer: signerOf(bidder),
    ...more,
  });
  return gather(sealed.stream());
}

export async function gather(source: AsyncIterable<Bytes>): Promise<Buffer> {
  const parts: Bytes[] = [];
  for await (const part of source) parts.push(Buffer.from(part));
  return Buffer.concat(parts);
}

/** Both halves as their holders would give them back. */
export async function halvesOf(capsule: Bytes, bidder: Pair): Promise<{ kb: Bytes; ko: Bytes | null }> {
  const { head } = await beginIntake(gm, [capsule]);
  const [wrap] = bidderWraps(head.wraps);
  const kb = wrap && (await gm.sm2.decrypt(bidder.encKey, wrappedBytes(wrap)));
  const sealedKo = openingWrap(head.wraps);
  const ko = sealedKo && (await gm.sm2.decrypt(openingKey, wrappedBytes(sealedKo)));
  if (!kb?.ok || (ko !== undefined && !ko.ok)) throw new Error('a wrap does not open');
  return { kb: kb.plaintext, ko: ko?.plaintext ?? null };
}

/** Opens as the hub does after the release; throws CapsuleFault, or Error with the half that is wrong. */
export async function open(capsule: Bytes, bidder: Pair, halves?: { kb: Bytes; ko: Bytes | null }) {
  const { head, body } = await beginIntake(gm, [capsule]);
  const { kb, ko } = halves ?? (await halvesOf(capsule, bidder));
  const joined = joinKeys(gm, head.header, kb, ko);
  if (!joined.ok) throw new Error(`wrong ${joined.wrong}`);
  const opened = await openCapsule({ gm, head, body, dek: joined.dek, judge: judgeOf(bidder) });
  const content = await gather(opened.content);
  return { content, preface: opened.preface, sm3: opened.contentSm3() };
}
