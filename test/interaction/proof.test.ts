import { generateKeyPairSync, randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signUsage } from '#fixtures/pki/extensions.ts';
import { challengeText, newNonce } from '#interaction/challenge.ts';
import { type ConsumedChallenge, consumeChallenge, prove, type VerifiedIdentity } from '#interaction/proof.ts';
import { createInteractions } from '#interaction/repository.ts';
import { base64, fromBase64 } from '#kernel/bytes.ts';
import { systemRandom } from '#kernel/random.ts';
import type { Result } from '#kernel/result.ts';
import { openStore } from '#store/store.ts';
import { person } from '#test/identity/people.ts';
import { codeOf, gm, type HeldKey, type LoginWorld, newTask, openLoginWorld, unwrap } from '#test/identity/world.ts';
import { quietLog } from '#test/support/store.ts';

describe('proof', () => {
  let world: LoginWorld;
  let key: HeldKey;
  let consumed: ConsumedChallenge;
  let text: string;
  let signature: string;

  beforeAll(async () => {
    world = await openLoginWorld(await openStore({ kind: 'sqlite', file: ':memory:' }, { log: quietLog }));
    key = await world.enrolledKey();
    consumed = unwrap(await consume());
    text = challengeText(consumed.challenge);
    signature = await key.sign(text);
  });
  afterAll(async () => {
    await world.close();
    await world.store.close();
  });

  /** The challenge of a fresh login, taken out of circulation. */
  async function consume(): Promise<Result<ConsumedChallenge>> {
    const { interaction, token } = await world.start(newTask());
    const who = person(world);
    unwrap(await who.claim(token));
    unwrap(await world.logins.challenge({ interaction, secret: who.secret }));
    const interactions = createInteractions(world, 'login');
    const found = await interactions.find(world.store.read, interaction);
    if (found === undefined) throw new Error('no interaction');
    const deps = { interactions, clock: world.clock };
    const first = await world.store.tx((tx) => consumeChallenge(deps, tx, found, world.publicUrl));
    expect(codeOf(await world.store.tx((tx) => consumeChallenge(deps, tx, found, world.publicUrl)))).toBe(
      'CHALLENGE_USED',
    );
    return first;
  }

  const judge = (signed: { certificate?: string; signature?: string; text?: string }, authority?: string) =>
    askedOf(authority).then((asked) =>
      prove({ ...world, gm }, consumed, { certificate: key.certificate, signature, ...signed }, asked),
    );
  const askedOf = async (id?: string) => {
    const authority = id === undefined ? undefined : await world.authorities.find(world.store.read, id);
    return authority === undefined ? { unit: world.unit } : { unit: world.unit, authority };
  };

  it('names vendor and enrolled key of the very challenge that was signed', async () => {
    const proved = unwrap(await judge({ text }, 'beichen'));
    expect(proved.authority.id).toBe('beichen');
    expect(proved.challenge).toEqual(consumed.challenge);
    expect(proved.key.signCertificate.serial).toBe(key.serial);
  });

  it('is not made when the driver speaks of another text, whatever the signature says', async () => {
    expect(codeOf(await judge({ text: `${text} ` }))).toBe('CHALLENGE_WRONG');
    expect(codeOf(await judge({ text: '' }))).toBe('CHALLENGE_WRONG');
  });

  it('is not made when another vendor was asked', async () => {
    expect(codeOf(await judge({ text }, 'bohai'))).toBe('AUTHORITY_REFUSED');
  });

  it('is not made with an RSA key', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const now = world.clock.now();
    const der = await world.pki.authority('beichen').issuingCa.issue({
      subject: [['CN', '某公司']],
      spki: rsa.publicKey.export({ type: 'spki', format: 'der' }),
      notBefore: now - 1000,
      notAfter: now + 1_000_000,
      extensions: [signUsage()],
    });
    expect(codeOf(await judge({ certificate: base64(der) }))).toBe('ALGORITHM_NOT_ALLOWED');
  });

  it('is never made of damaged evidence, however a driver vouches for it (T16)', async () => {
    const damaged = (good: string): string => {
      const bytes = Buffer.from(fromBase64(good) ?? []);
      const at = randomInt(bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << randomInt(8));
      return base64(bytes.subarray(0, randomInt(4) === 0 ? randomInt(bytes.length) : bytes.length));
    };
    for (let i = 0; i < 400; i += 1) {
      const what =
        i % 2 === 0 ? { signature: damaged(signature), text } : { certificate: damaged(key.certificate), text };
      const result = await judge(what);
      expect([what, result.ok]).toEqual([what, false]);
    }
  });

  it('cannot be made by hand: neither proof nor consumed challenge has another constructor', () => {
    const challenge = { ...consumed.challenge, nonce: newNonce(systemRandom) };
    // @ts-expect-error the brand is a symbol that no other file can name
    const forged: ConsumedChallenge = { challenge };
    // @ts-expect-error the same
    const identity: VerifiedIdentity = { challenge, authority: {}, key: {} };
    expect([forged, identity]).toHaveLength(2);
  });
});
