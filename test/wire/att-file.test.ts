import { describe, expect, it } from 'vitest';
import { createGm } from '#crypto/provider.ts';
import { type Bytes, base64, concat, fromUtf8, utf8 } from '#kernel/bytes.ts';
import { HubError } from '#kernel/errors.ts';
import { systemRandom } from '#kernel/random.ts';
import { Secret } from '#kernel/secret.ts';
import { type FileForm, signedFileForm, type UnitProfile } from '#relying-party/profile.ts';
import { attFileLength, readAttFile, writeAttFile } from '#wire/att-file.ts';

const gm = createGm();
const fileKey = new Secret('0123456789abcdef');
const key = utf8('0123456789abcdef');
const pdf = (size: number): Bytes => concat(utf8('%PDF-1.7\n'), systemRandom.bytes(size));

async function* pieces(bytes: Bytes, size: number): AsyncIterable<Bytes> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
async function all(source: AsyncIterable<Bytes>): Promise<Bytes> {
  const parts: Bytes[] = [];
  for await (const part of source) parts.push(part);
  return concat(...parts);
}
const read = async (
  text: string,
  profile: Pick<UnitProfile, 'attFile' | 'plainFiles'> = { attFile: 'sm4-cbc', plainFiles: false },
  size = 5,
) => {
  try {
    const { form, content } = await readAttFile(gm, profile, fileKey, pieces(utf8(text), size));
    return { form, content: await all(content) };
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    return error.refusal.code;
  }
};
const wholeBlocks = [0, 1, 6, 7, 8, 22, 23, 24, 4096, 100_003];

describe('a file in a message', () => {
  it.each<FileForm>(['sm4-cbc', 'sm4-ecb', 'plain'])(
    'comes back as it was written, and is as long as was said: %s',
    async (form) => {
      for (const size of wholeBlocks) {
        const [content, iv] = [pdf(size), systemRandom.bytes(16)];
        for (const step of [1000, 17]) {
          const text = await all(writeAttFile(gm, form, fileKey, iv, pieces(content, step)));
          expect(text.length).toBe(attFileLength(form, content.length));
          expect(await read(fromUtf8(text), { attFile: form, plainFiles: false }, 4099)).toEqual({
            form,
            content: Buffer.from(content),
          });
        }
      }
    },
  );

  it('is base64(IV ‖ SM4-CBC), as a trading system makes it in one piece', async () => {
    const [content, iv] = [pdf(500), systemRandom.bytes(16)];
    const whole = base64(concat(iv, gm.sm4Encrypt('cbc', key, iv, content)));
    expect(fromUtf8(await all(writeAttFile(gm, 'sm4-cbc', fileKey, iv, pieces(content, 7))))).toBe(whole);
    expect(await read(whole.replace(/.{76}/g, '$&\r\n'))).toMatchObject({ form: 'sm4-cbc' });
  });

  it('is refused in the clear, unless the profile says that it may', async () => {
    const text = base64(pdf(100));
    expect(await read(text)).toBe('FILE_NOT_ENCRYPTED');
    expect(await read(text, { attFile: 'sm4-ecb', plainFiles: true })).toMatchObject({ form: 'plain' });
    expect(await read(base64(utf8('PK\u0003\u0004 ofd')))).toBe('FILE_NOT_ENCRYPTED');
  });

  it.each<[string, Bytes, string]>([
    ['an OFD document', utf8('PK\u0003\u0004 ofd'), 'DOCUMENT_FORMAT'],
    ['a text', utf8('plain text, no document'), 'FILE_KEY_WRONG'],
    ['nothing', new Uint8Array(), 'FILE_KEY_WRONG'],
  ])('is refused when what was encrypted is %s', async (_, content, code) => {
    const iv = systemRandom.bytes(16);
    expect(await read(base64(concat(iv, gm.sm4Encrypt('cbc', key, iv, content))))).toBe(code);
  });

  it('is refused when it was encrypted otherwise: another key, another mode, no IV, cut off', async () => {
    const [content, iv] = [pdf(5000), systemRandom.bytes(16)];
    const right = concat(iv, gm.sm4Encrypt('cbc', key, iv, content));
    const wrong: Bytes[] = [
      concat(iv, gm.sm4Encrypt('cbc', utf8('fedcba9876543210'), iv, content)),
      gm.sm4Encrypt('ecb', key, null, content),
      right.subarray(16),
      right.subarray(0, 16),
      right.subarray(0, 8),
      right.subarray(0, right.length - 16),
      right.subarray(0, right.length - 1),
      concat(right.subarray(0, 2000), right.subarray(2016)),
    ];
    const codes = await Promise.all(wrong.map((bytes) => read(base64(bytes), undefined, 4096)));
    // A block lost in the middle is nothing that a mode without integrity can notice; the document's own structure will.
    expect(codes.slice(0, -1)).toEqual(Array(7).fill('FILE_KEY_WRONG'));
    expect(await read(base64(content), { attFile: 'plain', plainFiles: false })).toMatchObject({ form: 'plain' });
    expect(await read(base64(right), { attFile: 'plain', plainFiles: false })).toBe('DOCUMENT_NOT_PDF');
  });

  it.each(['A', 'AAAAA', 'AA=A', 'AAA=AAAA', '====', 'AAB='])('is refused as no base64: %s', async (text) => {
    for (const size of [1, 3, 100])
      expect(await read(text, { attFile: 'plain', plainFiles: false }, size)).toBe('FIELD_INVALID');
  });

  it('goes back in the form in which it came, unless the profile says another', () => {
    const forms: [UnitProfile['signedFile'], UnitProfile['attFile'], FileForm | undefined, FileForm][] = [
      ['mirror', 'sm4-cbc', 'plain', 'plain'],
      ['mirror', 'sm4-ecb', undefined, 'sm4-ecb'],
      ['plain', 'sm4-cbc', 'sm4-cbc', 'plain'],
      ['sm4', 'plain', 'plain', 'sm4-cbc'],
      ['sm4', 'sm4-ecb', 'plain', 'sm4-ecb'],
    ];
    for (const [signedFile, attFile, came, form] of forms)
      expect(signedFileForm({ signedFile, attFile }, came)).toBe(form);
  });
});
