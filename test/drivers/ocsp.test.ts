import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AuthorityManifestInput } from '#drivers/authority.ts';
import { createTrust, type Trust } from '#drivers/trust.ts';
import { basicConstraints, crlDistributionPoints, signUsage } from '#fixtures/pki/extensions.ts';
import {
  type AnswerFlaws,
  createOcspResponder,
  type DelegateSpec,
  delegate,
  ocspAccess,
  refusal,
  type Said,
} from '#fixtures/pki/ocsp-responder.ts';
import type { Bytes } from '#kernel/bytes.ts';
import type { Certificate } from '#pki/certificate.ts';
import { quietLog } from '#test/support/store.ts';
import { DAY, gm, openTown, read, type TestClock, type Town, testClock, unwrap } from './support.ts';

/** A responder on loopback for keys of 北辰, with a counter and switches. */
async function openResponder(town: Town, clock: TestClock, spec: Partial<DelegateSpec> = {}) {
  const { signer, certificate } = await delegate(gm, town.pki.authority('beichen').issuingCa, {
    now: clock.now(),
    ...spec,
  });
  const said = new Map<string, Said>();
  const service = createOcspResponder(gm, {
    ...{ signer, responder: { name: read(certificate).subject.der }, certificates: [certificate], now: clock.now },
    statusOf: (serial) => said.get(serial) ?? { kind: 'good' },
  });
  const state: { asked: number; down: boolean; refuse: boolean; flaws: AnswerFlaws } = {
    ...{ asked: 0, down: false, refuse: false, flaws: {} },
  };
  const bodyOf = async (request: IncomingMessage): Promise<Bytes> => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    return Buffer.concat(parts);
  };
  const server = createServer(async (request, response) => {
    state.asked += 1;
    const body = await bodyOf(request);
    if (state.down) {
      response.writeHead(503).end();
      return;
    }
    const answer = state.refuse ? refusal(3) : await service.answer(body, state.flaws);
    response.writeHead(200, { 'content-type': 'application/ocsp-response' }).end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const manifest = (change: Partial<AuthorityManifestInput>): Promise<unknown> =>
    town.store.tx(async (tx) => {
      const base = town.manifestOf('beichen');
      const egress = { origins: [town.origin, origin], privateRanges: ['127.0.0.0/8'] };
      unwrap(await town.authorities.changeManifest(tx, 'beichen', { ...base, egress, ...change }));
    });
  return { origin, said, state, manifest, certificate: read(certificate), close: () => server.close() };
}

describe('the hub asks a vendor by OCSP', () => {
  let town: Town;
  let clock: TestClock;
  let trust: Trust;
  let responder: Awaited<ReturnType<typeof openResponder>>;

  beforeAll(async () => {
    clock = testClock();
    town = await openTown(clock);
    responder = await openResponder(town, clock);
  });
  afterAll(async () => {
    responder.close();
    await town.close();
  });
  beforeEach(async () => {
    await responder.manifest({ revocation: 'ocsp', ocsp: { url: `${responder.origin}/ocsp` } });
    Object.assign(responder.state, { asked: 0, down: false, refuse: false, flaws: {} });
    trust = createTrust({ ...town, gm, clock, log: quietLog });
  });

  /** A key; with `access` it names the responder itself. */
  const key = async (access = false, lists = true): Promise<Certificate> =>
    read(
      await town.pki.authority('beichen').issuingCa.issue({
        ...{ subject: [['CN', '示例公司']], spki: gm.sm2.spki(gm.sm2.generateKey().publicKey) },
        ...{ notBefore: clock.now() - DAY, notAfter: clock.now() + 100 * DAY },
        extensions: [
          ...[signUsage(), basicConstraints(false)],
          ...(access ? [ocspAccess(`${responder.origin}/aia`)] : []),
          ...(lists ? [crlDistributionPoints([`${town.origin}/beichen/crl/issuing.crl`])] : []),
        ],
      }),
    );
  const verdict = async (certificate: Certificate): Promise<string> => (await trust.judge(certificate, 'sign')).verdict;

  it('once for many logins at a time, and not again while the answer is fresh', async () => {
    const certificate = await key();
    expect(await Promise.all(Array.from({ length: 10 }, () => verdict(certificate)))).toEqual(Array(10).fill('valid'));
    clock.pass(9 * 60_000);
    expect([await verdict(certificate), responder.state.asked]).toEqual(['valid', 1]);
  });

  it('at the address in the certificate where the vendor has registered none', async () => {
    await responder.manifest({ revocation: 'ocsp' });
    expect([await verdict(await key(true)), responder.state.asked]).toEqual(['valid', 1]);
    expect(await trust.judge(await key(), 'sign')).toMatchObject({
      verdict: 'status-unavailable',
      detail: 'link 0: no OCSP address',
    });
  });

  it('and nowhere else than at registered origins', async () => {
    await responder.manifest({
      revocation: 'ocsp',
      egress: { origins: [town.origin], privateRanges: ['127.0.0.0/8'] },
    });
    expect([await verdict(await key(true)), responder.state.asked]).toEqual(['status-unavailable', 0]);
  });

  it('and refuses a revoked key, with its moment, at the latest ten minutes after the responder knows', async () => {
    const certificate = await key();
    expect(await verdict(certificate)).toBe('valid');
    const at = clock.now();
    responder.said.set(certificate.serial, { kind: 'revoked', at, reason: 1 });
    clock.pass(11 * 60_000);
    await trust.judge(certificate, 'sign'); // answered from before, asked behind it
    await trust.stop();
    expect(await trust.judge(certificate, 'sign')).toMatchObject({ verdict: 'revoked', at });
  });

  it('and takes unknown, silence, refusals and replays for no answer', async () => {
    const certificate = await key();
    responder.said.set(certificate.serial, { kind: 'unknown' });
    expect(await verdict(certificate)).toBe('status-unavailable');
    responder.state.refuse = true;
    expect(await verdict(await key())).toBe('status-unavailable');
    responder.state.refuse = false;
    responder.state.flaws = { nonce: Buffer.alloc(16, 7) };
    expect(await verdict(await key())).toBe('status-unavailable');
    responder.state.flaws = {};
    expect(await verdict(await key())).toBe('valid');
  });

  it('and takes an answer without its nonce only where the vendor may leave it out', async () => {
    responder.state.flaws = { nonce: null };
    expect(await verdict(await key())).toBe('valid');
    await responder.manifest({ revocation: 'ocsp', ocsp: { url: `${responder.origin}/ocsp`, nonce: 'required' } });
    expect(await verdict(await key())).toBe('status-unavailable');
  });

  it('and leaves a silent responder alone for ten seconds, then lives on the last answer for the grace and no longer', async () => {
    const known = await key();
    expect(await verdict(known)).toBe('valid'); // good for an hour, grace another hour
    responder.state.down = true;
    responder.state.asked = 0;
    expect([await verdict(await key()), await verdict(await key())]).toEqual(Array(2).fill('status-unavailable'));
    expect(responder.state.asked).toBe(1);
    clock.pass(3600_000 + 60_000);
    expect(await verdict(known)).toBe('valid');
    clock.pass(3600_000);
    expect(await verdict(known)).toBe('status-unavailable');
    responder.state.down = false;
    clock.pass(11_000);
    expect(await verdict(known)).toBe('valid');
  });

  it('falling back to the list where its policy says so, and only then', async () => {
    await responder.manifest({ revocation: 'ocsp-then-crl', ocsp: { url: `${responder.origin}/ocsp` } });
    responder.state.down = true;
    const certificate = await key();
    expect(await verdict(certificate)).toBe('valid');
    town.pki.revoke('beichen', certificate.serial);
    clock.pass(DAY); // a new list
    expect(await verdict(certificate)).toBe('revoked');
    expect(await verdict(await key(false, false))).toBe('status-unavailable');
    responder.state.down = false;
    clock.pass(11_000);
    expect(await verdict(await key(false, false))).toBe('valid');
  });
});

describe('a responder whose own certificate names a list', () => {
  it('is believed until it stands on that list', async () => {
    const clock = testClock();
    const town = await openTown(clock);
    const crlUrls = [`${town.origin}/beichen/crl/issuing.crl`];
    const responder = await openResponder(town, clock, { noCheck: false, crlUrls });
    await responder.manifest({ revocation: 'ocsp', ocsp: { url: `${responder.origin}/ocsp`, certIdHash: 'sha1' } });
    const certificate = read(town.pairs.beichen.signCertificate);
    const judge = async () =>
      (await createTrust({ ...town, gm, clock, log: quietLog }).judge(certificate, 'sign')).verdict;
    expect(await judge()).toBe('valid');
    town.pki.revoke('beichen', responder.certificate.serial);
    clock.pass(2 * DAY);
    expect(await judge()).toBe('status-unavailable');
    responder.close();
    await town.close();
  });
});
