/** One round of `bench seal` in a process of its own, so that its memory is its own: argv folder, bytes. Prints one JSON line. */
import { createReadStream, createWriteStream, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Gm } from '#crypto/gm.ts';
import { createGm } from '#crypto/provider.ts';
import { createAuthority, DAY, issuePair } from '#fixtures/pki/authority.ts';
import { base64, hex } from '#kernel/bytes.ts';
import { systemRandom } from '#kernel/random.ts';
import { contentHash } from '#opening/capsule/content-hash.ts';
import { joinKeys } from '#opening/capsule/keys.ts';
import { openCapsule } from '#opening/capsule/open.ts';
import { sealCapsule } from '#opening/capsule/seal.ts';
import { splitCapsule } from '#opening/capsule/structure.ts';
import { readTicketRecord } from '#opening/capsule/ticket.ts';
import { wrappedBytes } from '#opening/capsule/wraps.ts';
import { parseCertificate } from '#pki/certificate.ts';

export interface SealRound {
  readonly raw: Rate;
  readonly seal: Rate & { readonly above: number };
  readonly open: Rate & { readonly above: number };
}
export interface Rate {
  /** MB/s by the clock on the wall, by the CPU time of the main thread, and by that of the whole process. */
  readonly wall: number;
  readonly thread: number;
  readonly process: number;
}

const CHUNK = 64 * 1024;
const PIECE = 1024 * 1024;
const [folder = '', asked = ''] = process.argv.slice(2);
const size = Number(asked);
const capsuleFile = join(folder, 'capsule');
const gm = createGm();

const now = Date.now();
const validity = { notBefore: now - DAY, notAfter: now + DAY };
const authority = await createAuthority(gm, { subject: [['CN', 'CA']], ...validity });
const bidder = await issuePair(gm, authority, { subject: [['CN', '投标人']], ...validity });
const openingKey = gm.sm2.generateKey();
const recipient = parseCertificate(gm, bidder.encCertificate);
const ticket = readTicketRecord(gm, {
  type: 'sealing-ticket',
  v: 1,
  hub: 'https://hub.example',
  opening: 'opn',
  lot: 'lot',
  opensAt: now,
  keyModel: 'joint',
  openingKey: hex(openingKey.publicKey.point),
  recovery: null,
  issuedAt: now,
});
if (recipient === undefined || ticket === undefined) throw new Error('no ticket');

await seal(4 * PIECE);
await open(); // warm
global.gc?.();
const idle = process.memoryUsage.rss();
const round: SealRound = {
  raw: await timed(size, async () => raw(gm, size)),
  seal: await watched(() => seal(size)),
  open: await watched(open),
};
rmSync(capsuleFile, { force: true });
console.log(JSON.stringify(round));

/** What must be paid by anybody: SM4-CTR over everything and HMAC-SM3 over everything, one call each per 64 KiB, nothing kept. */
function raw({ hmacSm3, sm4Encrypt }: Gm, bytes: number): void {
  const key = systemRandom.bytes(16);
  const mac = systemRandom.bytes(32);
  const chunk = Buffer.alloc(CHUNK, 'bid');
  for (let at = 0; at < bytes; at += CHUNK) hmacSm3(mac, sm4Encrypt('ctr', key, mac.subarray(0, 16), chunk));
}

async function seal(bytes: number): Promise<void> {
  if (ticket === undefined || recipient === undefined) return;
  const sealed = await sealCapsule({
    gm,
    random: systemRandom,
    ticket,
    sealedBy: 'client',
    task: 'bench',
    bidder: '91210000000000000X',
    recipients: [recipient],
    content: contentOf(bytes),
    size: bytes,
    kind: 'file',
    signer: {
      name: { by: 'bidder', certificate: base64(bidder.signCertificate) },
      sign: (text) => gm.sm2.sign(bidder.signKey, [text]),
    },
    contentHash: contentHash(gm, bytes),
  });
  await pipeline(sealed.stream(), createWriteStream(capsuleFile));
}

/** As a file read by streams gives it: a fresh buffer for every piece. */
function* contentOf(bytes: number): Generator<Buffer> {
  for (let left = bytes; left > 0; left -= PIECE) yield Buffer.alloc(Math.min(left, PIECE), 'bid');
}

async function open(): Promise<void> {
  const { head, body } = await splitCapsule(gm, createReadStream(capsuleFile, { highWaterMark: PIECE }));
  const [forBidder, forOpening] = head.wraps;
  if (forBidder === undefined || forOpening === undefined) throw new Error('wraps');
  const kb = await gm.sm2.decrypt(bidder.encKey, wrappedBytes(forBidder));
  const ko = await gm.sm2.decrypt(openingKey, wrappedBytes(forOpening));
  const joined = kb.ok && ko.ok ? joinKeys(gm, head.header, kb.plaintext, ko.plaintext) : undefined;
  if (!joined?.ok) throw new Error('keys');
  const judge = (_: unknown, text: Uint8Array, signature: Uint8Array): boolean =>
    gm.sm2.verify(bidder.signKey.publicKey, [text], signature);
  const opened = await openCapsule({ gm, head, body, dek: joined.dek, judge });
  await pipeline(opened.content, new Writable({ write: (_chunk, _encoding, done) => done() }));
  opened.contentSm3();
}

async function timed(bytes: number, work: () => Promise<void>): Promise<Rate> {
  const began = { wall: performance.now(), thread: process.threadCpuUsage(), process: process.cpuUsage() };
  await work();
  const seconds = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1e6;
  const rate = (spent: number): number => bytes / 1e6 / Math.max(spent, 1e-6);
  return {
    wall: rate((performance.now() - began.wall) / 1000),
    thread: rate(seconds(process.threadCpuUsage(began.thread))),
    process: rate(seconds(process.cpuUsage(began.process))),
  };
}

/** Largest resident memory above the idle process while `work` runs, bytes. */
async function watched(work: () => Promise<void>): Promise<Rate & { above: number }> {
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, 20);
  const rate = await timed(size, work);
  clearInterval(watch);
  return { ...rate, above: Math.max(0, most - idle) };
}
