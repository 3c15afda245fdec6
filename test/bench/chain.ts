import type { Gm } from '#crypto/gm.ts';
import { createGm } from '#crypto/provider.ts';
import { companies } from '#fixtures/pki/identities.ts';
import { buildWorldPki, type WorldPki } from '#fixtures/pki/world.ts';
import type { Bytes } from '#kernel/bytes.ts';
import { type Certificate, parseCertificate } from '#pki/certificate.ts';
import { type Crl, parseCrl } from '#pki/crl.ts';
import { type LinkCache, validatePath } from '#pki/path.ts';
import { judgeRevocation } from '#pki/revocation.ts';
import { perCpuSecond } from './cpu.ts';
import { against, number, type Report, shown, spread } from './figures.ts';
import { pick, type Scale } from './scale.ts';

const AIM = 1_000;
/** What one SM2 verification may cost at most for a chain check to be possible at all. */
const REVOKED = 20_000;

/**
 * (c) DER of a certificate never seen before → parsed, path to the root, usage, dates, both links' revocation from lists in memory.
 * "Issuer keys cached": the intermediate's own signature is remembered, as in a running hub; the certificate's is verified every time.
 */
export async function chainPart(scale: Scale): Promise<Report> {
  const gm = createGm();
  const prepared = await prepare(gm, pick(scale, 4, 200), pick(scale, 100, REVOKED));
  const cold: number[] = [];
  const known: number[] = [];
  const verify: number[] = [];
  const count = pick(scale, 8, 2_000);
  await check(prepared, 0, 'cold');
  for (let round = 1; round <= scale.rounds; round += 1) {
    scale.progress(`chain checks, round ${round} of ${scale.rounds}`);
    cold.push(await perCpuSecond(count, (index) => check(prepared, index, 'cold')));
    known.push(await perCpuSecond(count * 2, (index) => check(prepared, index, 'known')));
    verify.push(await perCpuSecond(count, (index) => bareVerify(prepared, index)));
  }
  const share = spread(cold.map((rate, round) => (rate / (verify[round] ?? Number.NaN)) * 100));
  const figures = {
    'chain.perSecond': spread(cold).median,
    'chain.knownPerSecond': spread(known).median,
    'chain.shareOfVerify': share.median,
  };
  return {
    figures,
    tables: [
      {
        title: 'c · full chain check with revocation, one core',
        head: ['', 'per second', 'aim', 'of one bare SM2 verification'],
        rows: [
          [
            'certificate never seen',
            shown(spread(cold)),
            `≥ ${number(AIM)} ${against(spread(cold).median, AIM)}`,
            shown(share, ' %'),
          ],
          ['certificate seen before (its link is remembered)', shown(spread(known)), '', ''],
          ['one SM2 verification alone (the limit of the first row)', shown(spread(verify)), '', ''],
        ],
        notes: [
          `per second of CPU time; parse, path of three, usage, dates, two revocation look-ups in lists of ${number(prepared.listed)} entries in memory`,
        ],
      },
    ],
  };
}

interface Prepared {
  readonly gm: Gm;
  readonly leaves: readonly Bytes[];
  readonly issuing: Certificate;
  readonly root: Certificate;
  readonly lists: ReadonlyMap<string, Crl>;
  readonly listed: number;
  readonly at: number;
}

async function prepare(gm: Gm, certificates: number, revoked: number): Promise<Prepared> {
  const pki: WorldPki = await buildWorldPki(gm, { now: Date.now, crlBase: () => 'http://crl.example' });
  const authority = pki.authority('beichen');
  const leaves: Bytes[] = [];
  for (let index = 0; index < certificates; index += 1)
    leaves.push((await pki.issueKeyPair({ authority: 'beichen', holder: companies.liaoning })).signCertificate);
  const thisUpdate = Date.now() - 60_000;
  const entries = Array.from({ length: revoked }, (_, index) => ({
    serial: (0x1000_0000_0000 + index).toString(16).toUpperCase(),
    at: thisUpdate,
    reason: 1,
  }));
  const issuing = must(parseCertificate(gm, authority.intermediate));
  const root = must(parseCertificate(gm, authority.root));
  const lists = new Map([
    [issuing.fingerprint, must(parseCrl(gm, await authority.issuingCa.crl({ thisUpdate, revoked: entries })))],
    [root.fingerprint, must(parseCrl(gm, await authority.rootCa.crl({ thisUpdate })))],
  ]);
  return { gm, leaves, issuing, root, lists, listed: revoked, at: Date.now() };
}

const caches = new Map<string, LinkCache>();

/** `cold`: only the issuers' own link may be remembered. */
function cacheOf(kind: 'cold' | 'known', { issuing, root }: Prepared): LinkCache {
  const made = caches.get(kind);
  if (made !== undefined) return made;
  const links = new Set<string>();
  const ofIssuer = `gm ${issuing.fingerprint} ${root.fingerprint}`;
  const cache: LinkCache = {
    has: (key) => links.has(key),
    add: (key) => {
      if (kind === 'known' || key === ofIssuer) links.add(key);
    },
  };
  caches.set(kind, cache);
  return cache;
}

async function check(prepared: Prepared, index: number, kind: 'cold' | 'known'): Promise<void> {
  const { gm, leaves, issuing, root, lists, at } = prepared;
  const certificate = must(parseCertificate(gm, leaves[index % leaves.length] as Bytes));
  const path = validatePath(gm, {
    certificate,
    anchors: [root],
    intermediates: [issuing],
    at,
    purpose: 'sign',
    cache: cacheOf(kind, prepared),
  });
  if (!path.ok) throw new Error(`a good path was refused: ${path.fault.code}`);
  const status = await judgeRevocation({
    verified: path.verified,
    crls: async (link) => lists.get(link.issuer.fingerprint),
    at,
    graceMs: 0,
  });
  if (status.status !== 'good') throw new Error(`a good certificate was called ${status.status}`);
}

function bareVerify({ gm, leaves, issuing }: Prepared, index: number): void {
  const certificate = parsed(gm, leaves, index);
  if (issuing.key.kind !== 'sm2') throw new Error('not an SM2 issuer');
  if (!gm.sm2.verify(issuing.key.publicKey, [certificate.tbs], certificate.signature))
    throw new Error('a good signature was refused');
}

const kept = new Map<number, Certificate>();

function parsed(gm: Gm, leaves: readonly Bytes[], index: number): Certificate {
  const at = index % leaves.length;
  const certificate = kept.get(at) ?? must(parseCertificate(gm, leaves[at] as Bytes));
  kept.set(at, certificate);
  return certificate;
}

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the builder made something unreadable');
  return value;
}
