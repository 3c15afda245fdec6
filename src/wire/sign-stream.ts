import type { Gm, Sm3Stream } from '#crypto/gm.ts';
import { type Bytes, equalBytes, fromBase64, fromHex, hex, utf8 } from '#kernel/bytes.ts';
import type { Secret } from '#kernel/secret.ts';
import { hmacSm3Stream } from './hmac-stream.ts';
import { type CanonicalAround, decodeSign, type SignProfile } from './sign.ts';

/** `sign` of a message one of whose members is too large to hold: the value goes by once, whatever the algorithm and however many secrets. */

/** What `signatureOf` makes of a string, of one that comes piece by piece. `sm2`: as there, by the shared secret. */
export function signingStream(gm: Gm, algorithm: SignProfile['sign'], secret: Secret<string>): Sm3Stream {
  switch (algorithm) {
    case 'hmac-sm3':
    case 'sm2':
      return hmacSm3Stream(gm, utf8(secret.reveal()));
    case 'sm3': {
      const hash = gm.sm3Stream();
      return {
        update(part) {
          hash.update(part);
          return this;
        },
        digest: () => hash.update(utf8(`&key=${secret.reveal()}`)).digest(),
      };
    }
  }
}

/**
 * The lower hex SM3 of the string that `given` signs; undefined: of none. As `signedString`, over the strings around a value that `value` brings;
 * every secret and string is computed and compared in constant time.
 */
export async function signedStream(
  gm: Gm,
  profile: SignProfile,
  secrets: readonly Secret<string>[],
  canonicals: readonly CanonicalAround[],
  given: string,
  value: AsyncIterable<Bytes>,
): Promise<string | undefined> {
  const judges = canonicals.flatMap((canonical) =>
    profile.sign === 'sm2'
      ? [sm2Judge(gm, profile.signKey ?? '', canonical, given)]
      : secrets.map((secret) => digestJudge(gm, profile.sign, secret, canonical, given)),
  );
  for await (const piece of value) for (const judge of judges) judge.update(piece);
  const verdicts = judges.map((judge) => judge.end());
  return verdicts.findLast((verdict) => verdict !== undefined);
}

interface Judge {
  update(piece: Bytes): void;
  /** SM3 of the string when it is the signed one. */
  end(): string | undefined;
}

function digestJudge(
  gm: Gm,
  algorithm: SignProfile['sign'],
  secret: Secret<string>,
  { before, after }: CanonicalAround,
  given: string,
): Judge {
  const presented = decodeSign(given);
  const [running, plain] = [signingStream(gm, algorithm, secret), gm.sm3Stream()];
  const update = (piece: Bytes): void => {
    running.update(piece);
    plain.update(piece);
  };
  update(utf8(before));
  return {
    update,
    end() {
      update(utf8(after));
      const [expected, digest] = [running.digest(), hex(plain.digest())];
      return presented !== undefined && equalBytes(expected, presented) ? digest : undefined;
    },
  };
}

function sm2Judge(gm: Gm, signKey: string, { before, after }: CanonicalAround, given: string): Judge {
  const key = gm.sm2.importPublic(fromHex(signKey) ?? new Uint8Array());
  const signature = fromBase64(given.trim());
  const [signed, plain] = [gm.sm3Stream(), gm.sm3Stream()];
  if (key !== undefined) signed.update(gm.sm2.z(key));
  const update = (piece: Bytes): void => {
    signed.update(piece);
    plain.update(piece);
  };
  update(utf8(before));
  return {
    update,
    end() {
      update(utf8(after));
      const [e, digest] = [signed.digest(), hex(plain.digest())];
      if (key === undefined || signature === undefined) return undefined;
      return gm.sm2.verifyDigest(key, e, signature) ? digest : undefined;
    },
  };
}
