/** SM4 alone, without the curve arithmetic of the package's front door. */
declare module 'sm-crypto/src/sm4/index.js' {
  const sm4: {
    decrypt(
      ciphertext: readonly number[],
      key: readonly number[],
      options: {
        readonly mode: 'cbc';
        readonly iv: readonly number[];
        readonly padding: 'none';
        readonly output: 'array';
      },
    ): number[];
  };
  export default sm4;
}
