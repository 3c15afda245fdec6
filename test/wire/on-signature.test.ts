import { describe, expect, it } from 'vitest';
import { createGm } from '#crypto/provider.ts';
import { type Bytes, base64, concat, fromUtf8, hex, utf8 } from '#kernel/bytes.ts';
import { systemRandom } from '#kernel/random.ts';
import { Secret } from '#kernel/secret.ts';
import { deliveryHeaders } from '#wire/feedback.ts';
import { interfaces } from '#wire/interfaces.ts';
import { readMembers } from '#wire/members.ts';
import { signedMessage } from '#wire/message.ts';
import { onSignatureBody } from '#wire/on-signature.ts';
import { canonicalAround, canonicalString, type SignProfile, signatureOf } from '#wire/sign.ts';
import { signedStream, signingStream } from '#wire/sign-stream.ts';

const gm = createGm();
const secret = new Secret('0123456789abcdef');
async function* pieces(bytes: Bytes, size: number): AsyncIterable<Bytes> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
const members = { caUnitId: 'LN-BIZ-0001', taskId: 'T1', orgcode: '210000', standBy: '{"a":"“引号”\\"\\n"}' };

describe('message 9', () => {
  it.each<SignProfile['sign']>(['hmac-sm3', 'sm3', 'sm2'])(
    'streamed is the message in one piece, to the byte: %s',
    async (sign) => {
      const profile: SignProfile = { sign, allMembers: false };
      for (const standBy of [members.standBy, null]) {
        const text = base64(systemRandom.bytes(5000));
        const attFile = { length: text.length, open: () => pieces(utf8(text), 999) };
        const delivery = { id: 'out_1', stateVersion: 5, timestamp: 1_773_797_400_000 };
        const { body, headers, digest } = await onSignatureBody(
          gm,
          profile,
          secret,
          { ...members, standBy, attFile },
          delivery,
        );
        const values = { ...members, attFile: text };
        const { standBy: _, ...without } = values;
        const said = standBy === null ? without : values;
        const parts: Bytes[] = [];
        for await (const part of body.open()) parts.push(part);
        const sent = concat(...parts);
        const whole = JSON.stringify(signedMessage(gm, profile, secret, 'onSignature', said));
        expect(fromUtf8(sent)).toBe(whole);
        expect(body.length).toBe(sent.length);
        expect(headers).toEqual(deliveryHeaders(gm, secret, { ...delivery, body: whole }));
        expect(digest).toBe(hex(gm.sm3(utf8(canonicalString(Object.entries(said))))));
      }
    },
  );
});

describe('a sign over a text too large to hold', () => {
  const unitKey = gm.sm2.generateKey();
  const other = new Secret('another-secret');
  const canonical = (text: string) => canonicalString(Object.entries({ ...members, attFile: text }));
  const around = canonicalAround(Object.entries({ ...members, attFile: 'x' }), 'attFile');
  const verify = (profile: SignProfile, given: string, text: string, secrets = [other, secret]) =>
    signedStream(gm, profile, secrets, [around], given, pieces(utf8(text), 64));

  it.each<SignProfile['sign']>(['hmac-sm3', 'sm3'])(
    'is right by any live secret, in hex and in base64, and wrong for any other text: %s',
    async (sign) => {
      const [text, profile] = ['QUJD'.repeat(1000), { sign, allMembers: false }];
      const signature = signatureOf(gm, sign, secret, canonical(text));
      const digest = hex(gm.sm3(utf8(canonical(text))));
      expect(await verify(profile, hex(signature), text)).toBe(digest);
      expect(await verify(profile, hex(signature).toUpperCase(), text)).toBe(digest);
      expect(await verify(profile, base64(signature), text)).toBe(digest);
      expect(await verify(profile, hex(signature), `${text}QUJD`)).toBeUndefined();
      expect(await verify(profile, hex(signature), text, [other])).toBeUndefined();
      expect(await verify(profile, 'no signature', text)).toBeUndefined();
      expect(
        hex(
          signingStream(gm, sign, secret)
            .update(utf8(canonical(text)))
            .digest(),
        ),
      ).toBe(hex(signature));
    },
  );

  it('is right by the unit’s own SM2 key', async () => {
    const text = 'QUJD'.repeat(1000);
    const profile: SignProfile = { sign: 'sm2', allMembers: false, signKey: hex(unitKey.publicKey.point) };
    const signature = base64(await gm.sm2.sign(unitKey, [utf8(canonical(text))]));
    expect(await verify(profile, signature, text)).toBe(hex(gm.sm3(utf8(canonical(text)))));
    expect(await verify(profile, signature, 'QUJD')).toBeUndefined();
    expect(await verify({ ...profile, signKey: '' }, signature, text)).toBeUndefined();
    expect(await verify(profile, 'AAAA', text)).toBeUndefined();
  });

  it('has the text where its name belongs, whatever stands before and behind it', () => {
    for (const names of [['attFile'], ['AAA', 'attFile'], ['attFile', 'zzz'], ['AAA', 'attFile', 'zzz', 'sign']]) {
      const entries = names.map((name) => [name, name === 'attFile' ? 'x' : 'v'] as const);
      const { before, after } = canonicalAround(entries, 'attFile');
      const filled = entries.map(([name, value]) => [name, name === 'attFile' ? 'QUJD' : value] as const);
      expect(`${before}QUJD${after}`).toBe(canonicalString(filled));
    }
    const read = readMembers(interfaces.onSignature.request, { ...members, attFile: 'x', sign: 's' });
    expect(read.ok).toBe(true);
  });
});
