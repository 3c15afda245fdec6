import { type Bytes, fromBase64, fromHex } from '#kernel/bytes.ts';

/** What a unit sent as its seal: an electronic seal a seal maker signed, a mere picture, something else, or nothing. */
export type SealKind = 'ses' | 'png' | 'jpg' | 'gif' | 'opaque' | 'none';

/** Looks at the first bytes only (readings L22): whether a SES seal holds is judged where it is used, never here. */
export function sniffSeal(text: string): SealKind {
  const bare = text.trim().replace(/^data:[\w/+.-]*;base64,/i, '');
  if (bare === '') return 'none';
  // Hex is also base64 letter by letter: whichever reading makes sense.
  const kinds = [fromBase64(bare), fromHex(bare)].flatMap((bytes) => (bytes === undefined ? [] : [kindOf(bytes)]));
  return kinds.find((kind) => kind !== 'opaque') ?? 'opaque';
}

function kindOf(bytes: Bytes): SealKind {
  if (startsWith(bytes, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) return 'png';
  if (startsWith(bytes, [0xff, 0xd8, 0xff])) return 'jpg';
  if (startsWith(bytes, [0x47, 0x49, 0x46, 0x38])) return 'gif';
  return isElectronicSeal(bytes) ? 'ses' : 'opaque';
}

const startsWith = (bytes: Bytes, head: readonly number[]): boolean => head.every((byte, i) => bytes[i] === byte);

/** SESeal ::= SEQUENCE { eSealInfo SEQUENCE { header SEQUENCE { ID IA5String "ES", … (GM/T 0031, GB/T 38540). */
function isElectronicSeal(bytes: Bytes): boolean {
  let at = 0;
  for (let level = 0; level < 3; level += 1) {
    if (bytes[at] !== 0x30) return false;
    const first = bytes[at + 1] ?? 0;
    if (first === 0x80 || first > 0x84) return false;
    at += 2 + (first > 0x80 ? first - 0x80 : 0);
  }
  return startsWith(bytes.subarray(at), [0x16, 0x02, 0x45, 0x53]);
}
