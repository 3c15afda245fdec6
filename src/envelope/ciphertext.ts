import { ciphertextCandidates } from '#crypto/wire.ts';
import { type Bytes, fromBase64, fromHex } from '#kernel/bytes.ts';
import { type EnvelopedData, parseEnvelopedData } from '#pki/cms-enveloped.ts';

/** What `encData` turns out to be. */
export type Ciphertext =
  | { readonly kind: 'capsule'; readonly bytes: Bytes }
  | { readonly kind: 'envelope'; readonly bytes: Bytes; readonly envelope: EnvelopedData }
  /** An SM2 ciphertext of an old client in any layout of domain 1.2: it says nothing of its recipient, and the token gives the whole content. */
  | { readonly kind: 'bare'; readonly bytes: Bytes };

/** Base64 with or without line breaks and armour, or hex as some libraries print it. undefined: nothing that could ever be opened. */
export function readCiphertext(text: string, isCapsule: (bytes: Bytes) => boolean): Ciphertext | undefined {
  const plain = text.replace(/-----(BEGIN|END) [A-Z0-9 ]{1,40}-----/g, '').trim();
  for (const bytes of [fromHex(plain), fromBase64(plain)]) {
    if (bytes === undefined || bytes.length === 0) continue;
    const known = recognise(bytes, isCapsule);
    if (known !== undefined) return known;
  }
  return undefined;
}

function recognise(bytes: Bytes, isCapsule: (bytes: Bytes) => boolean): Ciphertext | undefined {
  if (isCapsule(bytes)) return { kind: 'capsule', bytes };
  const envelope = parseEnvelopedData(bytes);
  if (envelope !== undefined) return { kind: 'envelope', bytes, envelope };
  // A point of the curve stands in it: nothing else looks like that by chance.
  return ciphertextCandidates(bytes).length > 0 ? { kind: 'bare', bytes } : undefined;
}
