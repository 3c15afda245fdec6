import { type Bytes, equalBytes, utf8 } from '#kernel/bytes.ts';
import { isPoint, isPrivateScalar } from './curve.ts';
import type { Sm2PublicKey, Sm4Mode } from './gm.ts';
import { unmask } from './kdf.ts';
import type { Primitive, PrivateMaterial, Provider } from './primitives.ts';

/**
 * Known answers, one small set a primitive: a platform whose OpenSSL lacks or changed an algorithm is found at creation, not by a person at a login.
 * GB/T 32918.5 A.2 and A.3, GB/T 32905, GB/T 32907, RFC 8998 era drafts for CBC and CTR.
 */
const of = (text: string): Bytes => Buffer.from(text, 'hex');

const D = of('3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8');
const POINT = of(
  '0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13',
);
const Z = of('b2e14c5c79c6df5b85f4fe7ed8db7a262b9da7e07ccb0ea9f4747b8ccda8a4f3');
const MESSAGE = [utf8('message '), utf8('digest')];
const SIGNATURE = of(
  'f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa',
);
const CIPHERTEXT = {
  point: of(
    '0404ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73e858f9d81e5430a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df0',
  ),
  c3: of('59983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd8766'),
  c2: of('21886ca989ca9c7d58087307ca93092d651efa'),
};
const PLAINTEXT = utf8('encryption standard');
/** x2‖y2 of the same example. */
const SHARED = of(
  '335e18d751e51f040e27d468138b7ab1dc86ad7f981d7d416222fd6ab3ed230dab743ebcfb22d64f7b6ab791f70658f25b48fa93e54064fdbfbed3f0bd847ac9',
);
const SM4_KEY = of('0123456789abcdeffedcba9876543210');
const SM4_IV = of('000102030405060708090a0b0c0d0e0f');

/** A key pair as the gates would hand it over, made of the vector without asking a provider. */
const publicKey = (): Sm2PublicKey => ({ point: POINT }) as Sm2PublicKey;
const privateKey = (): PrivateMaterial => ({ d: D, publicKey: publicKey() });

/** Signatures and ciphertexts are random: what has already passed its own known answers judges them. */
export interface Referee {
  readonly verify: Pick<Provider, 'verify'> | undefined;
  readonly decrypt: Pick<Provider, 'shared'> | undefined;
  readonly sm3: Pick<Provider, 'sm3'> | undefined;
}

/** Whether this provider does this primitive right. Never throws. */
export function passes(provider: Provider, primitive: Primitive, referee: Referee): boolean {
  try {
    return tests[primitive](provider, referee);
  } catch {
    return false;
  }
}

const is = (actual: Bytes | undefined, expected: string): boolean =>
  actual !== undefined && equalBytes(actual, of(expected));

const tests: Record<Primitive, (provider: Provider, referee: Referee) => boolean> = {
  sm3: (use) => {
    const expected = '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0';
    return is(use.sm3([utf8('a'), utf8('bc')]), expected) && is(use.sm3Stream().update(utf8('abc')).digest(), expected);
  },
  'hmac-sm3': (use) =>
    is(
      use.hmacSm3(utf8('0123456789abcdef'), [utf8('abc')]),
      '7f121eb91c94ccf54bf5d4e639f4e96eaa77bb2f0f52f875fc7c17ca0688278c',
    ),
  'hkdf-sm3': (use) =>
    is(
      use.hkdfSm3(utf8('0123456789abcdef'), utf8('salt'), utf8('info'), 42),
      'f49d8ebc0b82d2470043091901c2f8f866a1ca874be73288db2fcdd21d41549d38487fe54ecab5083177',
    ),
  'pbkdf2-sm3': (use) =>
    is(
      use.pbkdf2Sm3(utf8('123456'), utf8('0123456789abcdef'), 3, 48),
      '19e8af6b1ec1a4686544f40d210cf9903dae728e76ffe1e8a283bc36e3963d8cb7198138f21bca496d5a18f083522b19',
    ),
  sm4: (use) => {
    const answers: readonly (readonly [Sm4Mode, string, string])[] = [
      ['ecb', '0123456789abcdeffedcba9876543210', '681edf34d206965e86b3e94f536e4246'],
      ['cbc', 'aaaaaaaabbbbbbbbccccccccdddddddd', '78ebb11cc40b0a48312aaeb2040244cb'],
      ['ctr', 'aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbb', 'ac3236cb970cc20791364c395a1342d1'],
    ];
    return answers.every(([mode, plain, cipher]) => {
      const iv = mode === 'ecb' ? null : SM4_IV;
      return (
        is(use.sm4Encrypt(mode, SM4_KEY, iv, of(plain), false), cipher) &&
        is(use.sm4Decrypt(mode, SM4_KEY, iv, of(cipher), false), plain) &&
        is(use.sm4Decrypt(mode, SM4_KEY, iv, use.sm4Encrypt(mode, SM4_KEY, iv, of(plain), true), true), plain)
      );
    });
  },
  'sm2-verify': verifies,
  // a signer that uses an empty id or no Z fails here
  'sm2-sign': (use, { verify }) => verify?.verify(publicKey(), Z, MESSAGE, use.sign(privateKey(), Z, MESSAGE)) === true,
  'sm2-decrypt': decrypts,
  'sm2-encrypt': (use, { decrypt, sm3 }) => {
    const sealed = use.encrypt(publicKey(), PLAINTEXT);
    if (decrypt === undefined || sm3 === undefined || !isPoint(sealed.point)) return false;
    const opened = unmask(sm3.sm3, decrypt.shared(D, sealed.point), sealed);
    return opened !== undefined && equalBytes(opened, PLAINTEXT);
  },
  'sm2-keygen': (use) => {
    const d = use.generate();
    return equalBytes(use.publicOf(D), POINT) && isPrivateScalar(d) && isPoint(use.publicOf(d));
  },
};

function verifies(use: Provider): boolean {
  const wrong = Buffer.from(SIGNATURE);
  wrong[63] = (wrong[63] ?? 0) ^ 1;
  return (
    use.verify(publicKey(), Z, MESSAGE, SIGNATURE) &&
    !use.verify(publicKey(), Z, MESSAGE, wrong) &&
    !use.verify(publicKey(), null, MESSAGE, SIGNATURE)
  );
}

function decrypts(use: Provider, { sm3 }: Referee): boolean {
  const shared = use.shared(D, CIPHERTEXT.point);
  if (sm3 === undefined || !equalBytes(shared, SHARED)) return false;
  const opened = unmask(sm3.sm3, shared, CIPHERTEXT);
  const wrong = unmask(sm3.sm3, shared, { ...CIPHERTEXT, c3: CIPHERTEXT.point.subarray(1, 33) });
  return opened !== undefined && equalBytes(opened, PLAINTEXT) && wrong === undefined;
}
