import { pipeline, Readable, type Transform } from 'node:stream';
import type { Gm } from '#crypto/gm.ts';
import { type Bytes, concat, utf8 } from '#kernel/bytes.ts';
import { HubError } from '#kernel/errors.ts';
import { limits } from '#kernel/limits.ts';
import type { Secret } from '#kernel/secret.ts';
import type { FileForm, UnitProfile } from '#relying-party/profile.ts';
import { base64Length, decodedBase64, encodedBase64, NotBase64 } from './base64-stream.ts';
import { interfaces } from './interfaces.ts';

/** `attFile` 密文附件流: a file as a member of a message, read and written piece by piece (readings L36, L37). */

const IV = 16;
const BLOCK = 16;

/** Characters of an attFile with the largest file in it. */
export const LONGEST_ATT_FILE = base64Length(limits.document + IV + BLOCK);

/** Bytes that are looked at to say what a file is; `%PDF-` stands within the first 1 024. */
const HEAD = 1024;

/**
 * The file in an attFile, and in which form it came. Throws, here or while it is read: FIELD_INVALID for a text that is no base64, FILE_NOT_ENCRYPTED for a PDF
 * that came in the clear although the profile says otherwise, FILE_KEY_WRONG where what the file key opens is no document, DOCUMENT_FORMAT for a document of
 * another kind than PDF, DOCUMENT_NOT_PDF. What was read before a throw at the end is not to be used.
 */
export async function readAttFile(
  gm: Gm,
  profile: Pick<UnitProfile, 'attFile' | 'plainFiles'>,
  fileKey: Secret<string>,
  text: AsyncIterable<Bytes>,
): Promise<{ readonly form: FileForm; readonly content: AsyncIterable<Bytes> }> {
  const bytes = await headed(spoken(decodedBase64(text)));
  const came = kindOf(bytes.head);
  if (profile.attFile === 'plain') return { form: 'plain', content: onlyPdf(bytes, 'DOCUMENT_NOT_PDF') };
  if (came !== 'unknown') {
    if (!profile.plainFiles) throw new HubError('FILE_NOT_ENCRYPTED', 'attFile came in the clear');
    return { form: 'plain', content: onlyPdf(bytes, 'DOCUMENT_NOT_PDF') };
  }
  const opened = await headed(decrypted(gm, profile.attFile, fileKey, bytes.whole()));
  return { form: profile.attFile, content: onlyPdf(opened, 'FILE_KEY_WRONG') };
}

/** A file as attFile: base64 on one line. The same `iv` (16 bytes) gives the same text, so it is fresh for each message. */
export function writeAttFile(
  gm: Gm,
  form: FileForm,
  fileKey: Secret<string>,
  iv: Bytes,
  content: AsyncIterable<Bytes>,
): AsyncIterable<Bytes> {
  return encodedBase64(encrypted(gm, form, fileKey, iv, content));
}

/** Characters that `writeAttFile` gives of so many bytes. */
export function attFileLength(form: FileForm, bytes: number): number {
  const padded = (Math.floor(bytes / BLOCK) + 1) * BLOCK;
  switch (form) {
    case 'plain':
      return base64Length(bytes);
    case 'sm4-ecb':
      return base64Length(padded);
    case 'sm4-cbc':
      return base64Length(IV + padded);
  }
}

async function* encrypted(
  gm: Gm,
  form: FileForm,
  fileKey: Secret<string>,
  iv: Bytes,
  content: AsyncIterable<Bytes>,
): AsyncIterable<Bytes> {
  if (form === 'plain') return yield* content;
  const key = utf8(fileKey.reveal());
  if (form === 'sm4-ecb') return yield* through(content, gm.sm4Stream('encrypt', 'ecb', key, null));
  yield iv;
  yield* through(content, gm.sm4Stream('encrypt', 'cbc', key, iv));
}

async function* decrypted(
  gm: Gm,
  form: Exclude<FileForm, 'plain'>,
  fileKey: Secret<string>,
  source: AsyncIterable<Bytes>,
): AsyncIterable<Bytes> {
  const key = utf8(fileKey.reveal());
  const wrong = (cause?: unknown) => new HubError('FILE_KEY_WRONG', 'attFile cannot be decrypted', { cause });
  if (form === 'sm4-ecb') return yield* opening(through(source, gm.sm4Stream('decrypt', 'ecb', key, null)), wrong);
  const { head, rest } = await cut(source, IV);
  if (head.length < IV) throw wrong();
  yield* opening(through(rest, gm.sm4Stream('decrypt', 'cbc', key, head)), wrong);
}

/** A cipher's own complaint, wrong length or padding, says no more than that it was the wrong key. */
async function* opening(source: AsyncIterable<Bytes>, wrong: (cause: unknown) => HubError): AsyncIterable<Bytes> {
  try {
    yield* source;
  } catch (error) {
    throw error instanceof HubError ? error : wrong(error);
  }
}

async function* through(source: AsyncIterable<Bytes>, transform: Transform): AsyncIterable<Bytes> {
  const readable = Readable.from(source, { objectMode: false });
  yield* pipeline(readable, transform, () => undefined) as AsyncIterable<Bytes>;
}

async function* spoken(source: AsyncIterable<Bytes>): AsyncIterable<Bytes> {
  try {
    yield* source;
  } catch (error) {
    if (!(error instanceof NotBase64)) throw error;
    const field = interfaces.startSignature.request.find(({ name }) => name === 'attFile');
    const params = { field: 'attFile', label: field?.zh ?? '', reason: '应为 Base64' };
    throw new HubError('FIELD_INVALID', 'attFile is no base64', { params });
  }
}

interface Headed {
  readonly head: Bytes;
  /** Everything, the head included. Once. */
  whole(): AsyncIterable<Bytes>;
}

async function headed(source: AsyncIterable<Bytes>): Promise<Headed> {
  const { head, rest } = await cut(source, HEAD);
  return {
    head,
    async *whole() {
      yield head;
      yield* rest;
    },
  };
}

/** The first bytes, fewer only where there are no more, and what comes behind them. */
async function cut(source: AsyncIterable<Bytes>, length: number): Promise<{ head: Bytes; rest: AsyncIterable<Bytes> }> {
  const iterator = source[Symbol.asyncIterator]();
  let read: Bytes = new Uint8Array();
  while (read.length < length) {
    const { value, done } = await iterator.next();
    if (done) break;
    read = concat(read, value);
  }
  const behind = read.subarray(length);
  async function* rest(): AsyncIterable<Bytes> {
    if (behind.length > 0) yield behind;
    yield* { [Symbol.asyncIterator]: () => iterator };
  }
  return { head: read.subarray(0, length), rest: rest() };
}

/** `PK…` are OFD and office documents; two letters alone a random IV can have, four bytes hardly. */
function kindOf(head: Bytes): 'pdf' | 'zip' | 'unknown' {
  const text = Buffer.from(head).toString('latin1');
  if (text.includes('%PDF-')) return 'pdf';
  return text.startsWith('PK\u0003\u0004') ? 'zip' : 'unknown';
}

function onlyPdf({ head, whole }: Headed, otherwise: 'DOCUMENT_NOT_PDF' | 'FILE_KEY_WRONG'): AsyncIterable<Bytes> {
  switch (kindOf(head)) {
    case 'pdf':
      return whole();
    case 'zip':
      throw new HubError('DOCUMENT_FORMAT', 'attFile is a document of another kind');
    case 'unknown':
      throw new HubError(otherwise, 'attFile is no PDF');
  }
}
