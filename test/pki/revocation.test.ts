import { describe, expect, it } from 'vitest';
import { DAY, type TestAuthority } from '#fixtures/pki/authority.ts';
import { buildCrl, type CrlSpec, withBrokenSignature } from '#fixtures/pki/builder.ts';
import {
  authorityKeyId,
  basicConstraints,
  caUsage,
  crlDistributionPoints,
  extension,
  signUsage,
} from '#fixtures/pki/extensions.ts';
import { rsaSigner, sm2Signer } from '#fixtures/pki/signer.ts';
import { type Bytes, utf8 } from '#kernel/bytes.ts';
import { type Crl, parseCrl, verifyCrl } from '#pki/crl.ts';
import { bitString, boolean, derNull, explicit, implicit, integer, oid, sequence, time } from '#pki/der-writer.ts';
import { oids } from '#pki/oids.ts';
import type { VerifiedCertificate } from '#pki/path.ts';
import { judgeRevocation } from '#pki/revocation.ts';
import { ca, gm, judge, keyUsageOf, leaf, NOW, read } from './support.ts';

const HOUR = 3_600_000;
const root = await ca('根');
const issuing = await ca('签发', { issuer: root, pathLength: 0, serial: '1001' });
const POINT = 'http://crl.beichen.example/issuing-3.crl';
const person = await leaf(issuing, {
  serial: '2002ABCD',
  extensions: [signUsage(), basicConstraints(false), crlDistributionPoints([POINT])],
});

function verify(
  certificate: Bytes,
  authority: TestAuthority = issuing,
  anchor: TestAuthority = root,
): VerifiedCertificate {
  const question = { certificate, intermediates: [authority.certificate], anchors: [anchor.certificate] };
  const result = judge(question, { allowNonGm: true });
  if (!result.ok) throw new Error(result.fault.code);
  return result.verified;
}
const verified = verify(person);
const parse = (der: Bytes): Crl => {
  const crl = parseCrl(gm, der);
  if (crl === undefined) throw new Error('unreadable list');
  return crl;
};
const fresh = { thisUpdate: NOW - HOUR, nextUpdate: NOW + HOUR };
const rootList = parse(await root.crl(fresh));

/** The status when the intermediate publishes this list and the root a fresh empty one. */
async function status(
  list: Bytes | undefined,
  options: { upper?: Crl | undefined; at?: number; graceMs?: number } = {},
) {
  const own = list === undefined ? undefined : parseCrl(gm, list);
  const answer = await judgeRevocation({
    verified,
    crls: async ({ depth }) => (depth === 0 ? own : 'upper' in options ? options.upper : rootList),
    at: options.at ?? NOW,
    graceMs: options.graceMs ?? 0,
  });
  return answer.status === 'unavailable' ? answer.detail.replace(/^link \d: /, '') : answer.status;
}
const listed = (entry: Partial<CrlSpec['revoked'][number]> = {}) =>
  issuing.crl({ ...fresh, revoked: [{ serial: '2002ABCD', at: NOW - DAY, ...entry }] });
const scoped = (...parts: Bytes[]) =>
  issuing.crl({
    ...fresh,
    extensions: [authorityKeyId(issuing.keyId), extension(oids.issuingDistributionPoint, sequence(...parts), true)],
  });
const yes = (n: number) => implicit(n, Uint8Array.of(0xff));
const pointName = (url: string) => explicit(0, explicit(0, implicit(6, utf8(url))));

describe('the status of a verified certificate', () => {
  it('is good when every issuer below the anchor has a fresh list without it', async () => {
    expect(await status(await issuing.crl(fresh))).toBe('good');
    const other = [{ serial: '2002ABCE', at: NOW - DAY }];
    expect(await status(await issuing.crl({ ...fresh, revoked: other }))).toBe('good');
  });

  it('is revoked with time, reason and tail of the serial', async () => {
    const crl = parse(await listed({ reason: 1 }));
    const answer = await judgeRevocation({
      verified,
      crls: async ({ depth }) => (depth === 0 ? crl : rootList),
      at: NOW,
      graceMs: 0,
    });
    expect(answer).toEqual({ status: 'revoked', at: NOW - DAY, reason: 'keyCompromise', serialTail: 'ABCD' });
  });

  it('is revoked when an intermediate on its path is, whatever its own list says or lacks', async () => {
    const upper = parse(await root.crl({ ...fresh, revoked: [{ serial: '1001', at: NOW - DAY, reason: 2 }] }));
    expect(await status(await issuing.crl(fresh), { upper })).toBe('revoked');
    expect(await status(undefined, { upper })).toBe('revoked');
  });

  it('is revoked on hold, and good again after removeFromCRL', async () => {
    expect(await status(await listed({ reason: 6 }))).toBe('revoked');
    expect(await status(await listed({ reason: 8 }))).toBe('good');
  });

  it('before the moment of revocation was good', async () => {
    expect(await status(await listed({ at: NOW + 1000 }))).toBe('good');
    expect(await status(await listed({ at: NOW }))).toBe('revoked');
  });

  it('is unavailable for want of any list of the path', async () => {
    expect(await status(undefined)).toBe('no revocation list');
    expect(await status(await issuing.crl(fresh), { upper: undefined })).toBe('no revocation list');
  });

  it('is unavailable from a list that has ended, once its grace is over', async () => {
    const list = await issuing.crl({ thisUpdate: NOW - DAY, nextUpdate: NOW - HOUR });
    expect(await status(list)).toBe('the revocation list is out of date');
    expect(await status(list, { graceMs: HOUR - 1 })).toBe('the revocation list is out of date');
    expect(await status(list, { graceMs: HOUR })).toBe('good');
    expect(await status(await issuing.crl({ thisUpdate: NOW + HOUR }))).toBe('the revocation list is from the future');
    const endless = await buildCrl(
      { issuer: issuing.subject, thisUpdate: NOW - HOUR, revoked: [], extensions: [] },
      issuing.signer,
    );
    expect(await status(endless)).toBe('the revocation list does not say when it ends');
  });

  it('is unavailable from a forged list, or one of another issuer', async () => {
    const foreign = 'the revocation list is not of this issuer';
    const twin = await ca('签发', { issuer: root, pathLength: 0 });
    expect(await status(withBrokenSignature(await listed()))).toBe(foreign);
    expect(await status(await root.crl(fresh))).toBe(foreign);
    expect(await status(await twin.crl(fresh))).toBe(foreign);
    const forged = { issuer: issuing.subject, ...fresh, revoked: [], extensions: [] };
    expect(await status(await buildCrl(forged, sm2Signer(gm, gm.sm2.generateKey())))).toBe(foreign);
  });

  it('is unavailable when the list bears another name or key identifier, though the key be the same', async () => {
    const foreign = 'the revocation list is not of this issuer';
    const other = await ca('别名', { issuer: root });
    expect(await status(await issuing.crl({ ...fresh, issuer: other.subject }))).toBe(foreign);
    expect(await status(await issuing.crl({ ...fresh, extensions: [authorityKeyId(other.keyId)] }))).toBe(foreign);
    expect(await status(await issuing.crl({ ...fresh, extensions: [] }))).toBe('good');
  });

  it('never comes from the list of another CA that revoked the same serial', async () => {
    const other = await ca('他人', { issuer: root });
    const list = await other.crl({ ...fresh, revoked: [{ serial: '2002ABCD', at: NOW - DAY }] });
    expect(await status(list)).toBe('the revocation list is not of this issuer');
  });

  it('needs a path that was verified here', async () => {
    const own = parse(await issuing.crl(fresh));
    const ask = async (path: VerifiedCertificate) => {
      const crls = async ({ depth }: { depth: number }) => (depth === 0 ? own : rootList);
      return (await judgeRevocation({ verified: path, crls, at: NOW, graceMs: 0 })).status;
    };
    expect([await ask(verified), await ask({ ...verified } as VerifiedCertificate)]).toEqual(['good', 'unavailable']);
  });
});

describe('the scope of a list', () => {
  const uncovered = 'the revocation list does not cover this certificate';
  it('for users only, authorities only, or one distribution point is respected', async () => {
    expect(await status(await scoped(yes(1)))).toBe('good');
    expect(await status(await scoped(yes(2)))).toBe(uncovered);
    expect(await status(await scoped(pointName(POINT)))).toBe('good');
    expect(await status(await scoped(pointName('http://crl.beichen.example/issuing-4.crl')))).toBe(uncovered);
  });

  it('for users only covers a certificate that says nothing of being a CA', async () => {
    const bare = verify(await leaf(issuing, { extensions: [signUsage()] }));
    const ask = async (list: Bytes) => {
      const own = parse(list);
      const crls = async ({ depth }: { depth: number }) => (depth === 0 ? own : rootList);
      return (await judgeRevocation({ verified: bare, crls, at: NOW, graceMs: 0 })).status;
    };
    expect([await ask(await scoped(yes(1))), await ask(await scoped(yes(2)))]).toEqual(['good', 'unavailable']);
  });

  it('that this hub does not process makes the list unusable', async () => {
    expect(await status(await scoped(yes(4)))).toBe('no revocation list'); // indirect
    expect(await status(await scoped(yes(5)))).toBe('no revocation list'); // attribute certificates
    expect(await status(await scoped(implicit(3, Uint8Array.of(1, 0x80))))).toBe('no revocation list'); // some reasons
    expect(await status(await scoped(implicit(1, Uint8Array.of(0))))).toBe('no revocation list'); // says no, which DER leaves out
    expect(await status(await scoped(implicit(1, Uint8Array.of(0xff, 0xff))))).toBe('no revocation list');
    expect(await status(await scoped(explicit(0, sequence())))).toBe('no revocation list'); // named by directory
  });
});

describe('a list is not read at all', () => {
  const unreadable = async (spec: Partial<CrlSpec>) =>
    parseCrl(gm, await issuing.crl({ ...fresh, ...spec })) === undefined;
  it('with an unknown critical extension, of the list or of one entry', async () => {
    const strange = (critical: boolean) => extension('1.2.3.4', derNull(), critical);
    expect(await unreadable({ extensions: [strange(true)] })).toBe(true);
    expect(await unreadable({ extensions: [strange(false)] })).toBe(false);
    const entry = (critical: boolean) => [{ serial: '05', at: NOW, extensions: [strange(critical)] }];
    expect(await unreadable({ revoked: entry(true) })).toBe(true);
    expect(await unreadable({ revoked: entry(false) })).toBe(false);
  });

  it('when it is a delta list, marked critical or not', async () => {
    for (const critical of [true, false]) {
      expect(await unreadable({ extensions: [extension(oids.deltaCrlIndicator, integer(1), critical)] })).toBe(true);
    }
  });

  it('when an indirect entry names another issuer', async () => {
    const other = extension(oids.certificateIssuer, sequence(), true);
    expect(await unreadable({ revoked: [{ serial: '05', at: NOW, extensions: [other] }] })).toBe(true);
  });

  it('when its shape is another', async () => {
    const { signer, subject } = issuing;
    const times = [time(NOW), time(NOW + HOUR)];
    const tail = explicit(0, sequence(extension(oids.crlNumber, integer(7))));
    const reads = async (tbs: Bytes, ...extra: Bytes[]) =>
      parseCrl(gm, sequence(tbs, signer.algorithm, bitString(await signer.sign(tbs)), ...extra)) !== undefined;
    const tbs = (...parts: Bytes[]) => sequence(...parts);
    const two = [integer(1), signer.algorithm, subject, ...times];
    expect(await reads(tbs(...two, tail))).toBe(true);
    expect(await reads(tbs(signer.algorithm, subject, ...times))).toBe(true); // version 1
    expect(await reads(tbs(signer.algorithm, subject, ...times, tail))).toBe(false); // which has no extensions
    expect(await reads(tbs(integer(2), signer.algorithm, subject, ...times, tail))).toBe(false); // version 3
    expect(await reads(tbs(...two, tail, tail))).toBe(false);
    expect(await reads(tbs(...two, explicit(1, sequence())))).toBe(false);
    expect(await reads(tbs(...two, explicit(0, sequence(), sequence())))).toBe(false);
    expect(await reads(tbs(...two, tail), derNull())).toBe(false);
    expect(await reads(tbs(integer(1), sequence(oid(oids.ecdsaSha256)), subject, ...times))).toBe(false); // two algorithms
    expect(await reads(tbs(...two, sequence(sequence(integer(5), time(NOW), sequence(), derNull()))))).toBe(false);
    expect(await reads(tbs(...two, sequence(sequence(Uint8Array.of(2, 1, 0xff), time(NOW)))))).toBe(false);
    expect(await reads(tbs(...two, sequence(sequence(Uint8Array.of(2, 1, 0x80), time(NOW)))))).toBe(false);
    expect(await reads(tbs(...two, sequence(sequence())))).toBe(false);
    expect(await reads(tbs(...two, sequence(sequence(integer(5)))))).toBe(false);
    expect(await reads(tbs(...two, sequence(integer(5))))).toBe(false);
  });

  it('when a certificate comes in its place', () => {
    expect(parseCrl(gm, person)).toBeUndefined();
    expect(parseCrl(gm, boolean(true))).toBeUndefined();
  });
});

describe('the issuer of a list', () => {
  it('may sign lists only when its usage says so', async () => {
    const noLists = await ca('不签列表', {
      issuer: root,
      extensions: [basicConstraints(true), keyUsageOf('keyCertSign')],
    });
    const both = await ca('都签', { issuer: root, extensions: [basicConstraints(true), caUsage()] });
    expect(verifyCrl(gm, parse(await noLists.crl(fresh)), read(noLists.certificate))).toBe(false);
    expect(verifyCrl(gm, parse(await both.crl(fresh)), read(both.certificate))).toBe(true);
  });

  it('may be an RSA authority', async () => {
    const rsa = await ca('老', { signer: rsaSigner() });
    const crl = parse(await rsa.crl({ ...fresh, revoked: [{ serial: '2002ABCD', at: NOW - DAY }] }));
    expect(verifyCrl(gm, crl, read(rsa.certificate))).toBe(true);
    expect(verifyCrl(gm, crl, read(root.certificate))).toBe(false);
  });

  it('publishes a hundred thousand entries, and one is found', async () => {
    const revoked = Array.from({ length: 100_000 }, (_, i) => ({
      serial: (0x10000000 + i).toString(16),
      at: NOW - DAY,
    }));
    const crl = parse(await issuing.crl({ ...fresh, revoked }));
    expect([crl.size, crl.entry('10000007')?.at, crl.entry('2002ABCD')]).toEqual([100_000, NOW - DAY, undefined]);
    expect(verifyCrl(gm, crl, read(issuing.certificate))).toBe(true);
    const neighbours = Array.from({ length: 2000 }, (_, i) => crl.entry((0x2000000000 + i).toString(16)));
    expect(neighbours.every((entry) => entry === undefined)).toBe(true);
  });

  it('does not take a serial for its beginning', async () => {
    const crl = parse(await issuing.crl({ ...fresh, revoked: [{ serial: '2002AB', at: NOW - DAY }] }));
    const longer = Array.from({ length: 256 }, (_, i) => crl.entry(`2002AB${i.toString(16).padStart(2, '0')}`));
    expect([crl.entry('2002AB')?.reason, longer.every((entry) => entry === undefined)]).toEqual(['unspecified', true]);
    expect([crl.entry('2002'), crl.entry(''), crl.entry('not hex'), crl.number]).toEqual([
      undefined,
      undefined,
      undefined,
      '01',
    ]);
  });

  it('lists a serial whose first bit is set, and takes the last of two entries', async () => {
    const twice = [
      { serial: 'C0FFEE', at: NOW - DAY, reason: 6 },
      { serial: 'C0FFEE', at: NOW - HOUR, reason: 1 },
    ];
    const crl = parse(await issuing.crl({ ...fresh, revoked: twice }));
    expect([crl.size, crl.entry('C0FFEE')]).toEqual([1, { at: NOW - HOUR, reason: 'keyCompromise' }]);
  });
});
