import type { Gm } from '#crypto/gm.ts';
import { type Bytes, base64, concat, utf8 } from '#kernel/bytes.ts';
import { isoUtc } from '#kernel/clock.ts';
import type { JsonObject } from '#kernel/json.ts';
import { limits } from '#kernel/limits.ts';
import type { Random } from '#kernel/random.ts';
import type { Secret } from '#kernel/secret.ts';
import { signedFileForm, type UnitProfile } from '#relying-party/profile.ts';
import { feedbackBody } from './feedback.ts';
import { signedMessage } from './message.ts';
import type { SignProfile } from './sign.ts';

/** taskId of every marked message begins so; no login ever has such a taskId's result. */
export const TEST_PREFIX = 'caihub-test-';

export interface TestParty {
  readonly caUnitId: string;
  readonly orgcode: string;
  readonly profile: SignProfile & Pick<UnitProfile, 'attFile' | 'signedFile'>;
  readonly secret: Secret<string>;
  readonly fileKey: Secret<string>;
}

/** Names nobody, certifies nothing: a receiver that parses it before it looks at `standBy.hub.test` will notice. */
const NO_CERTIFICATE = base64(utf8('caihub-test: not a certificate'));
const MARK = JSON.stringify({ hub: { test: true } });

/** Message 4, marked; `wrongly` signed with a secret nobody has, to see whether the receiver looks. */
export function testFeedback(gm: Gm, party: TestParty, taskId: string, now: number, secret = party.secret): JsonObject {
  const { caUnitId, orgcode } = party;
  const result = {
    orgcode,
    caUnitId,
    taskId,
    signCertSn: '00',
    idNumber: '000000000000000000',
    signCert: NO_CERTIFICATE,
    encCert: NO_CERTIFICATE,
    encCertSn: '00',
    unitName: '联通测试（不是真实用户）',
    unitCode: '000000000000000000',
  };
  const hub = {
    ticketSm3: '0'.repeat(64),
    ticketExpires: isoUtc(now + limits.ticketLife),
    stateVersion: 0,
    userName: '联通测试',
    certEndTime: '2000-01-01 00:00:00',
    caVendor: '联通测试',
    test: true as const,
  };
  return feedbackBody(gm, party.profile, secret, result, hub, null);
}

/** Message 7, marked. */
export function testDecrypt(gm: Gm, party: TestParty, taskId: string, decData: string): JsonObject {
  const values = { taskId, decData, encCert: NO_CERTIFICATE, encCertSn: '00', standBy: MARK };
  return signedMessage(gm, party.profile, party.secret, 'decrypt', values);
}

/** Message 9, marked; the file is a one-page PDF, in the form in which signed files go to this unit (readings L36, L37). */
export function testOnSignature(gm: Gm, party: TestParty, taskId: string, random: Random): JsonObject {
  const { caUnitId, orgcode } = party;
  const values = { caUnitId, taskId, orgcode, attFile: base64(testFile(gm, party, random)), standBy: MARK };
  return signedMessage(gm, party.profile, party.secret, 'onSignature', values);
}

function testFile(gm: Gm, { profile, fileKey }: TestParty, random: Random): Bytes {
  const key = utf8(fileKey.reveal());
  const iv = random.bytes(16);
  switch (signedFileForm(profile)) {
    case 'plain':
      return utf8(EMPTY_PDF);
    case 'sm4-ecb':
      return gm.sm4Encrypt('ecb', key, null, utf8(EMPTY_PDF));
    case 'sm4-cbc':
      return concat(iv, gm.sm4Encrypt('cbc', key, iv, utf8(EMPTY_PDF)));
  }
}

const EMPTY_PDF = [
  '%PDF-1.4',
  '1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj',
  '2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj',
  '3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj',
  'trailer<</Root 1 0 R>>',
  '%%EOF\n',
].join('\n');
