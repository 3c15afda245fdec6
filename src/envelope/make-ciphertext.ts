import { type Bytes, base64, fromBase64, utf8 } from '#kernel/bytes.ts';
import { HubError, refusal, refusalOf } from '#kernel/errors.ts';
import { limits } from '#kernel/limits.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { envelopeProfiles, makeEnvelopedData } from '#pki/cms-envelop.ts';
import { parseEnvelopedData } from '#pki/cms-enveloped.ts';
import type { JudgedRecipient } from './recipients.ts';
import type { Room } from './room.ts';

export interface MadeCiphertext {
  readonly bytes: Bytes;
  readonly madeBy: 'hub' | 'vendor';
  /** Keyed check of the content key; null: the vendor made it, and the hub never saw it. */
  readonly keyIndex: string | null;
}

/**
 * The vendor's own encrypt service where the operator has chosen it for that vendor and there is one recipient, else GB/T 35275 EnvelopedData. A vendor
 * that does not answer costs nobody his bid: the same key opens the hub's envelope, and the log says why it was made.
 */
export async function makeCiphertext(
  room: Room,
  recipients: readonly JudgedRecipient[],
  content: string,
): Promise<Result<MadeCiphertext>> {
  const bytes = utf8(content);
  try {
    return await makeFrom(room, recipients, bytes);
  } finally {
    bytes.fill(0);
  }
}

async function makeFrom(
  room: Room,
  recipients: readonly JudgedRecipient[],
  bytes: Bytes,
): Promise<Result<MadeCiphertext>> {
  const [only, second] = recipients;
  if (only !== undefined && second === undefined && wantsVendor(only, bytes)) {
    const made = await byVendor(room, only, bytes);
    if (made !== undefined) return ok({ bytes: made, madeBy: 'vendor', keyIndex: null });
  }
  const made = await makeEnvelopedData(room.gm, {
    content: bytes,
    recipients: recipients.map(({ verified }) => verified),
    profile: envelopeProfiles.gbt35275,
    random: room.random,
  });
  if (made.ok) {
    const keyIndex = room.vault.index.contentKey(made.contentKey);
    made.contentKey.fill(0);
    return ok({ bytes: made.der, madeBy: 'hub', keyIndex });
  }
  if (made.fault === 'algorithm-not-allowed') return refused(refusal('ALGORITHM_NOT_ALLOWED'));
  throw new HubError('INTERNAL', `envelope: ${made.fault}`);
}

const wantsVendor = ({ authority }: JudgedRecipient, content: Bytes): boolean =>
  authority.manifest.encryption === 'vendor' && content.length <= limits.vendorEncrypt;

/** undefined: no usable envelope came. What came is read as any caller's: it must be an envelope, and for somebody. */
async function byVendor(room: Room, recipient: JudgedRecipient, content: Bytes): Promise<Bytes | undefined> {
  const { authority, certificate } = recipient;
  try {
    const answer = await room.drivers.encrypt(authority, {
      recipient: base64(certificate.der),
      content: base64(content),
    });
    const bytes = answer.step === 'done' ? fromBase64(answer.envelope) : undefined;
    if (bytes !== undefined && parseEnvelopedData(bytes) !== undefined) return bytes;
    const why = answer.step === 'refused' ? answer.reason : 'not an envelope';
    room.log.warn({ authority: authority.id, why }, 'the vendor did not encrypt; the hub does');
  } catch (error) {
    const { code, detail } = refusalOf(error);
    room.log.warn({ authority: authority.id, code, detail }, 'the vendor did not encrypt; the hub does');
  }
  return undefined;
}
