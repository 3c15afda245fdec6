import { createGm } from '#crypto/provider.ts';
import { systemRandom } from '#kernel/random.ts';
import { createFieldCipher, type FieldCipher } from '#store/field-cipher.ts';
import { createKeyring } from '#store/keys.ts';

const gm = createGm();
export const cipher: FieldCipher = createFieldCipher(
  gm,
  createKeyring(gm, [{ id: 'k1', key: new Uint8Array(32).fill(7) }]),
  systemRandom,
);
