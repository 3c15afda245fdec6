/** One round of `bench documents` in a process of its own, so that its memory is its own: argv folder, bytes (0: validate only). Prints one JSON line. */
import { createWriteStream } from 'node:fs';
import { appendFile, open, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGm } from '#crypto/provider.ts';
import { createAuthority, DAY, issuePair } from '#fixtures/pki/authority.ts';
import { parseCertificate } from '#pki/certificate.ts';
import { judgesOfFiles } from '#signature/offline/trust-files.ts';
import { bytesSource, fileSource } from '#signature/pdf/source.ts';
import { sm3Of } from '#signature/report/digest-range.ts';
import { validatePdf } from '#signature/report/validate-pdf.ts';
import { finishSigning } from '#signature/sign/finish.ts';
import { prepareSigning, type SigningWish } from '#signature/sign/prepare.ts';
import { plainPdf } from '../signature/pdf/base.ts';
import { largePdf } from '../signature/pdf/large.ts';
import { ringSeal } from '../signature/pdf/seal-picture.ts';

export interface DocumentRound {
  /** MB/s by the CPU time of the main thread, and by the clock. */
  readonly raw: number;
  readonly rawWall: number;
  readonly sign: number;
  readonly signWall: number;
  /** Bytes above the idle process while signing. */
  readonly above: number;
  /** Milliseconds: 100 pages, five signatures. */
  readonly validate: number;
}

const PIECE = 1024 * 1024;
const [folder = '', asked = '0'] = process.argv.slice(2);
const size = Number(asked);
const gm = createGm();
const now = Date.now();
const validity = { notBefore: now - DAY, notAfter: now + DAY };
const authority = await createAuthority(gm, { subject: [['CN', 'CA']], ...validity });
const signer = await issuePair(gm, authority, { subject: [['CN', '签章人']], ...validity });
const [certificate, root] = [signer.signCertificate, authority.certificate].map((der) => parseCertificate(gm, der));
if (certificate === undefined || root === undefined) throw new Error('certificates');
const wish: SigningWish = {
  ...{ certificate, signer: '签章人', at: now, picture: ringSeal(), timestamped: false },
  container: { form: 'cms', profile: 'gbt35275Attributes' },
  placements: [{ page: 0, x: 100, y: 200, width: 40, height: 40 }],
};

const validate = size === 0 ? await validation() : 0;
const signing = size === 0 ? { raw: 0, rawWall: 0, sign: 0, signWall: 0, above: 0 } : await signings();
console.log(JSON.stringify({ ...signing, validate } satisfies DocumentRound));

async function signings(): Promise<Omit<DocumentRound, 'validate'>> {
  const warm = join(folder, 'warm.pdf');
  await pipeline(Readable.from(largePdf(4 * PIECE)), createWriteStream(warm));
  await sign(warm);
  const file = join(folder, `${size}.pdf`);
  await pipeline(Readable.from(largePdf(size)), createWriteStream(file));
  global.gc?.();
  const idle = process.memoryUsage.rss();
  const raw = await timed(() => raw3(file));
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, 5);
  const signed = await timed(() => sign(file));
  most = Math.max(most, process.memoryUsage.rss());
  clearInterval(watch);
  return {
    ...{ raw: raw.thread, rawWall: raw.wall, sign: signed.thread, signWall: signed.wall },
    above: Math.max(0, most - idle),
  };
}

/** What must be paid by anybody: each byte read once and digested once. */
async function raw3(file: string): Promise<void> {
  const handle = await open(file, 'r');
  try {
    const source = await fileSource(handle);
    await sm3Of(gm, source, [[0, source.size]]);
  } finally {
    await handle.close();
  }
}

/** Prepare, sign, embed, append; then the file is as it was. */
async function sign(file: string): Promise<void> {
  const handle = await open(file, 'r');
  try {
    const source = await fileSource(handle);
    const pending = await prepareSigning(gm, source, wish);
    const signature = await gm.sm2.sign(signer.signKey, [pending.toSign]);
    const done = await finishSigning(gm, wish, pending, signature, { chain: [] });
    if (!done.ok) throw new Error(done.fault);
    await appendFile(file, done.revision);
    await truncate(file, source.size);
  } finally {
    await handle.close();
  }
}

async function validation(): Promise<number> {
  let pdf = plainPdf(Array.from({ length: 100 }, () => ({})));
  for (let i = 0; i < 5; i += 1) {
    const place = { page: i * 20, x: 20 + i * 30, y: 200, width: 40, height: 40 };
    const pending = await prepareSigning(gm, bytesSource(pdf), { ...wish, placements: [place] });
    const signature = await gm.sm2.sign(signer.signKey, [pending.toSign]);
    const done = await finishSigning(gm, wish, pending, signature, { chain: [] });
    if (!done.ok) throw new Error(done.fault);
    pdf = Buffer.concat([pdf, done.revision]);
  }
  const judges = judgesOfFiles({ sealMakers: [], gm, certificates: root === undefined ? [] : [root], crls: [], now });
  const judge = () => validatePdf({ gm, judges, now }, bytesSource(pdf));
  await judge(); // warm
  const began = performance.now();
  const report = await judge();
  const spent = performance.now() - began;
  if (report.signatures.length !== 5 || report.verdict === 'invalid') throw new Error(report.sentence);
  return spent;
}

async function timed(work: () => Promise<void>): Promise<{ wall: number; thread: number }> {
  const began = { wall: performance.now(), thread: process.threadCpuUsage() };
  await work();
  const { user, system } = process.threadCpuUsage(began.thread);
  const rate = (seconds: number): number => size / 1e6 / Math.max(seconds, 1e-6);
  return { wall: rate((performance.now() - began.wall) / 1000), thread: rate((user + system) / 1e6) };
}
