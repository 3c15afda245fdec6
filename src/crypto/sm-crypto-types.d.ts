/** sm-crypto ships no types; this is the part the room uses. Bytes go in as arrays, hex comes out. */
declare module 'sm-crypto' {
  type Input = string | readonly number[] | Uint8Array;

  interface SmCrypto {
    readonly sm2: {
      /** With a hex seed: d = seed mod (n-1) + 1. */
      generateKeyPairHex(seed?: string, radix?: 16): { readonly privateKey: string; readonly publicKey: string };
      getPublicKeyFromPrivateKey(privateKey: string): string;
      /** `cipherMode` 1: C1C3C2, 0: C1C2C3; no 04 prefix. */
      doEncrypt(message: Input, publicKey: string, cipherMode?: 0 | 1): string;
      /** Only tests ask it: `shared` needs what it keeps to itself. */
      doDecrypt(ciphertext: string, privateKey: string, cipherMode: 0 | 1, options: { output: 'array' }): number[];
      doSignature(
        message: Input,
        privateKey: string,
        options: { hash: boolean; der: boolean; publicKey?: string; userId?: string },
      ): string;
      doVerifySignature(
        message: Input,
        signature: string,
        publicKey: string,
        options: { hash: boolean; der: boolean; userId?: string },
      ): boolean;
    };
    /** `key` as an array; hex out. */
    readonly sm3: (message: Input, options?: { mode: 'hmac'; key: readonly number[] }) => string;
    readonly sm4: {
      encrypt(plaintext: readonly number[], key: readonly number[], options: Sm4Options): number[];
      decrypt(ciphertext: readonly number[], key: readonly number[], options: Sm4Options): number[];
    };
  }

  interface Sm4Options {
    readonly mode?: 'cbc';
    readonly iv?: readonly number[];
    readonly padding: 'none';
    readonly output: 'array';
  }

  const smCrypto: SmCrypto;
  export default smCrypto;
}

/** Its curve, which the package's front door does not show. */
declare module 'sm-crypto/src/sm2/utils.js' {
  interface Big {
    toString(radix: 16): string;
    readonly constructor: new (text: string, radix: 16) => Big;
  }
  interface Point {
    multiply(k: Big): Point;
    getX(): { toBigInteger(): Big };
    getY(): { toBigInteger(): Big };
  }
  const utils: { generateEcparam(): { readonly curve: { decodePointHex(point: string): Point }; readonly n: Big } };
  export default utils;
}
