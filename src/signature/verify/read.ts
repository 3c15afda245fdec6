import type { Gm, SignerId } from '#crypto/gm.ts';
import { type Bytes, fromBase64, fromHex, utf8 } from '#kernel/bytes.ts';
import { refusal } from '#kernel/errors.ts';
import type { JsonObject } from '#kernel/json.ts';
import { limits } from '#kernel/limits.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { readCertificateText } from '#pki/certificate.ts';
import { type DigestAlgorithm, digestAlgorithms, type SignedContent, type VerifyRequest } from './request.ts';

const MEMBERS = new Set(['text', 'content', 'digest', 'signature', 'certificate', 'signerId']);
const invalid = (field: string, label: string, reason: string): Result<never> =>
  refused(refusal('FIELD_INVALID', { field, label, reason }));

/**
 * A request of the verification service as JSON: `text` (UTF-8) or `content` (base64) or `digest` {algorithm, value hex, of}, `signature` (base64, hex
 * or PEM), `certificate`, `signerId`. FIELD_MISSING, FIELD_INVALID, CERTIFICATE_UNREADABLE; a member that is not one of these is refused, so
 * that a slip of the pen is not a signature that "holds" over nothing.
 */
export function readVerifyRequest(gm: Gm, body: JsonObject): Result<VerifyRequest> {
  const strange = Object.keys(body).find((name) => !MEMBERS.has(name));
  if (strange !== undefined) return invalid(strange.slice(0, 40), '未知的参数', '不是本接口的参数');
  const { signature: text, certificate: pem, signerId } = body;
  if (typeof text !== 'string' || text === '')
    return refused(refusal('FIELD_MISSING', { field: 'signature', label: '签名值' }));
  const signature = bytesOf(text);
  if (signature === undefined) return invalid('signature', '签名值', '应为 Base64、十六进制或 PEM');
  const content = readContent(body);
  if (!content.ok) return content;
  const certificate = typeof pem === 'string' && pem !== '' ? readCertificateText(gm, pem) : null;
  if (certificate === undefined)
    return refused(refusal('CERTIFICATE_UNREADABLE', { field: 'certificate', label: '签名证书' }));
  const id = readId(signerId);
  if (id === undefined) return invalid('signerId', '签名者标识', '应为不超过 1024 个字符的文本');
  return ok({ content: content.value, signature, certificate, signerId: id });
}

function readContent({ text, content, digest }: JsonObject): Result<SignedContent | null> {
  const given = [text, content, digest].filter((one) => one !== undefined && one !== null);
  if (given.length === 0) return ok(null);
  if (given.length > 1) return invalid('text', '原文', 'text、content、digest 只能提交一个');
  if (typeof text === 'string') return ok({ kind: 'bytes', bytes: utf8(text) });
  if (typeof content === 'string') {
    const bytes = content === '' ? new Uint8Array(0) : fromBase64(content);
    return bytes === undefined ? invalid('content', '原文', '应为 Base64') : ok({ kind: 'bytes', bytes });
  }
  if (typeof digest !== 'object' || digest === null || Array.isArray(digest))
    return invalid('digest', '杂凑值', '应为 {"algorithm","value","of"}');
  const { algorithm, value, of = 'content', ...rest } = digest as JsonObject;
  const length = typeof algorithm === 'string' && Object.hasOwn(digestAlgorithms, algorithm);
  if (!length || Object.keys(rest).length > 0)
    return invalid('digest', '杂凑值', `algorithm 应为 ${Object.keys(digestAlgorithms).join('、')} 之一`);
  const bytes = typeof value === 'string' ? (fromHex(value) ?? fromBase64(value)) : undefined;
  const name = algorithm as DigestAlgorithm;
  if (bytes?.length !== digestAlgorithms[name]) return invalid('digest', '杂凑值', 'value 的长度与算法不符');
  if (of !== 'content' && of !== 'e') return invalid('digest', '杂凑值', 'of 应为 content 或 e');
  return ok({ kind: 'digest', algorithm: name, value: bytes, of });
}

/** Left out: the default id of the standard. Empty: a vendor that signs without Z. */
function readId(id: JsonObject[string] | undefined): SignerId | undefined {
  if (id === undefined || id === null) return 'default';
  if (typeof id !== 'string' || id.length > 1024) return undefined;
  return id === '' ? 'no-z' : utf8(id);
}

const PEM = /^-----BEGIN [A-Z0-9 ]{1,40}-----([A-Za-z0-9+/=\s]*)-----END [A-Z0-9 ]{1,40}-----$/;

/** An even run of hex digits as long as the shortest signature is hex: no base64 of that length lacks every other letter. */
function bytesOf(text: string): Bytes | undefined {
  if (text.length > 2 * limits.jsonBody) return undefined;
  const trimmed = text.trim();
  if (trimmed.startsWith('-----')) {
    const body = PEM.exec(trimmed)?.[1];
    return nonEmpty(body === undefined ? undefined : fromBase64(body));
  }
  const compact = trimmed.replace(/[\s:]+/g, '');
  const isHex = compact.length >= 128 && compact.length % 2 === 0 && /^[0-9a-fA-F]+$/.test(compact);
  return nonEmpty(isHex ? fromHex(compact) : fromBase64(trimmed));
}

const nonEmpty = (bytes: Bytes | undefined): Bytes | undefined => (bytes?.length ? bytes : undefined);
