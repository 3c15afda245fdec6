import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import smCrypto from 'sm-crypto';
import type { Gm, Sm4Mode } from '#crypto/gm.ts';
import { createGm } from '#crypto/provider.ts';
import { hex, utf8 } from '#kernel/bytes.ts';
import { perCpuSecond } from './cpu.ts';
import { against, number, type Report, ratios, shown, spread } from './figures.ts';
import { blockSpeed, opensslVersion, sm2Speed } from './openssl.ts';
import { pick, type Scale } from './scale.ts';

/** One core's known best here, assembly with vector units (GmSSL, gmsm): operations per second. */
const PHYSICAL = { sign: 122_000, verify: 17_800, encrypt: 15_300, decrypt: 18_900 } as const;
/** BouncyCastle 1.72 on Java 17, measured on a machine of this kind: operations per second. */
const BOUNCY_CASTLE = { sign: 2143, verify: 1738, encrypt: 640, decrypt: 859 } as const;
const AIMS = { sign: 30, verify: 60, encrypt: Number.NaN, decrypt: 15 } as const;

type Operation = keyof typeof PHYSICAL;
const OPERATIONS: readonly Operation[] = ['sign', 'verify', 'encrypt', 'decrypt'];

/** (a) SM2 through the hub's seam, gates included, against sm-crypto in the same process and `openssl speed` beside it. */
export async function sm2Part(scale: Scale): Promise<Report> {
  const gm = createGm();
  const ours = await oursOf(gm);
  const theirs = theirsOf();
  const measured: Record<Operation, { ours: number[]; theirs: number[] }> = {
    sign: { ours: [], theirs: [] },
    verify: { ours: [], theirs: [] },
    encrypt: { ours: [], theirs: [] },
    decrypt: { ours: [], theirs: [] },
  };
  const openssl: { sign: number[]; verify: number[] } = { sign: [], verify: [] };
  const version = opensslVersion();
  for (const operation of OPERATIONS) await perCpuSecond(pick(scale, 2, 300), ours[operation]);
  for (let round = 1; round <= scale.rounds; round += 1) {
    scale.progress(`SM2, round ${round} of ${scale.rounds}`);
    for (const operation of OPERATIONS) {
      measured[operation].ours.push(await perCpuSecond(pick(scale, 20, 1_500), ours[operation]));
      measured[operation].theirs.push(await perCpuSecond(pick(scale, 2, 30), theirs[operation]));
    }
    if (version === undefined) continue;
    const speed = sm2Speed(1);
    openssl.sign.push(speed.sign);
    openssl.verify.push(speed.verify);
  }

  const figures: Record<string, number> = {};
  const rows = OPERATIONS.map((operation) => {
    const mine = measured[operation];
    const times = spread(ratios(mine.ours, mine.theirs));
    const speed = spread(mine.ours);
    figures[`sm2.${operation}.times`] = times.median;
    figures[`sm2.${operation}.perSecond`] = speed.median;
    const share =
      operation === 'sign' || operation === 'verify'
        ? spread(ratios(mine.ours, openssl[operation])).median
        : Number.NaN;
    return [
      operation,
      shown(times, '×'),
      Number.isNaN(AIMS[operation]) ? '' : `≥ ${AIMS[operation]}× ${against(times.median, AIMS[operation])}`,
      Number.isNaN(share) ? '–' : `${number(share * 100)} %`,
      `${number((speed.median / PHYSICAL[operation]) * 100)} %`,
      `${number(speed.median / BOUNCY_CASTLE[operation])}×`,
      shown(speed),
      shown(spread(mine.theirs)),
    ];
  });
  return {
    figures,
    tables: [
      {
        title: 'a · SM2, 32-byte messages, one core',
        head: [
          '',
          'hub ÷ sm-crypto',
          'aim',
          'of openssl',
          'of the limit',
          '÷ BouncyCastle',
          'hub op/s',
          'sm-crypto op/s',
        ],
        rows,
        notes: [
          'per second of CPU time; hub: the whole seam with its range, curve and DER gates; sm-crypto 0.5.8 is given the public key, its fastest way',
          `openssl: \`openssl speed sm2\` of ${version ?? 'no openssl here'}; Node brings its own OpenSSL ${process.versions.openssl}`,
          `the limit and BouncyCastle 1.72 are of another day: GmSSL and gmsm assembly sign ${number(PHYSICAL.sign)}, verify ${number(PHYSICAL.verify)}, encrypt ${number(PHYSICAL.encrypt)}, decrypt ${number(PHYSICAL.decrypt)} op/s`,
        ],
      },
    ],
  };
}

type Operations = Readonly<Record<Operation, (index: number) => unknown>>;

const MESSAGES = Array.from({ length: 16 }, (_, index) => utf8(`message number ${index} of 32 bytes.`.padEnd(32, '.')));
const messageOf = (index: number) => MESSAGES[index % MESSAGES.length] ?? utf8('');

async function oursOf({ sm2 }: Gm): Promise<Operations> {
  const key = sm2.generateKey();
  const signatures = await Promise.all(MESSAGES.map((message) => sm2.sign(key, [message])));
  const ciphertexts = await Promise.all(MESSAGES.map((message) => sm2.encrypt(key.publicKey, message)));
  const of = <T>(list: readonly T[], index: number): T => list[index % list.length] as T;
  return {
    sign: (index) => sm2.sign(key, [messageOf(index)]),
    verify: (index) => right(sm2.verify(key.publicKey, [messageOf(index)], of(signatures, index))),
    encrypt: (index) => sm2.encrypt(key.publicKey, messageOf(index)),
    decrypt: async (index) => right((await sm2.decrypt(key, of(ciphertexts, index))).ok),
  };
}

function theirsOf(): Operations {
  const { sm2 } = smCrypto;
  const key = sm2.generateKeyPairHex();
  const options = { hash: true, der: true, publicKey: key.publicKey } as const;
  const arrays = MESSAGES.map((message) => [...message]);
  const signatures = arrays.map((message) => sm2.doSignature(message, key.privateKey, options));
  const ciphertexts = arrays.map((message) => sm2.doEncrypt(message, key.publicKey, 1));
  const of = <T>(list: readonly T[], index: number): T => list[index % list.length] as T;
  return {
    sign: (index) => sm2.doSignature(of(arrays, index), key.privateKey, options),
    verify: (index) => right(sm2.doVerifySignature(of(arrays, index), of(signatures, index), key.publicKey, options)),
    encrypt: (index) => sm2.doEncrypt(of(arrays, index), key.publicKey, 1),
    decrypt: (index) =>
      right(sm2.doDecrypt(of(ciphertexts, index), key.privateKey, 1, { output: 'array' }).length === 32),
  };
}

/** A figure of something that did not work would be a lie. */
function right(value: boolean): void {
  if (!value) throw new Error('a wrong answer was being measured');
}

const CHUNK = 64 * 1024;
const STREAMS = [
  { name: 'SM3', openssl: 'sm3' },
  { name: 'SM4-ECB', openssl: 'sm4-ecb', mode: 'ecb' },
  { name: 'SM4-CBC', openssl: 'sm4-cbc', mode: 'cbc' },
  { name: 'SM4-CTR', openssl: 'sm4-ctr', mode: 'ctr' },
] as const;

/** (b) A file through the hub's streams, 64 KB at a time, against `openssl speed` with its largest blocks. */
export async function streamPart(scale: Scale): Promise<Report> {
  const gm = createGm();
  const version = opensslVersion();
  const megabytes = pick(scale, 1, 32);
  const streams = STREAMS.slice(0, pick(scale, 2, STREAMS.length));
  const measured = streams.map(() => ({ ours: [] as number[], openssl: [] as number[] }));
  for (const stream of streams) await megabytesPerSecond(gm, stream, megabytes);
  for (let round = 1; round <= scale.rounds; round += 1) {
    scale.progress(`SM3 and SM4 streams, round ${round} of ${scale.rounds}`);
    for (const [index, stream] of streams.entries()) {
      measured[index]?.ours.push(await megabytesPerSecond(gm, stream, megabytes));
      if (version !== undefined) measured[index]?.openssl.push(blockSpeed(stream.openssl, 16_384, 1));
    }
  }
  const figures: Record<string, number> = {};
  const rows = streams.map(({ name }, index) => {
    const { ours, openssl } = measured[index] ?? { ours: [], openssl: [] };
    const share = spread(ratios(ours, openssl).map((ratio) => ratio * 100));
    figures[`${name}.share`] = share.median;
    figures[`${name}.megabytesPerSecond`] = spread(ours).median;
    return [
      name,
      shown(share, ' %'),
      `≥ 80 % ${against(share.median, 80)}`,
      shown(spread(ours)),
      shown(spread(openssl)),
    ];
  });
  return {
    figures,
    tables: [
      {
        title: 'b · SM3 and SM4 streams, one core',
        head: ['', 'hub of openssl', 'aim', 'hub MB/s', 'openssl MB/s'],
        rows,
        notes: [
          `per second of CPU time, ${megabytes} MB in 64 KB chunks through sm3Stream and through sm4Stream in a pipeline`,
          `openssl: \`openssl speed -evp … -bytes 16384\` of ${version ?? 'no openssl here'}`,
        ],
      },
    ],
  };
}

async function megabytesPerSecond(gm: Gm, stream: (typeof STREAMS)[number], megabytes: number): Promise<number> {
  const chunk = Buffer.alloc(CHUNK, 'stream');
  const chunks = (megabytes * 1_000_000) / CHUNK;
  if (!('mode' in stream)) {
    const hash = gm.sm3Stream();
    const rate = await perCpuSecond(chunks, () => hash.update(chunk));
    if (hex(hash.digest()).length !== 64) throw new Error('no digest');
    return (rate * CHUNK) / 1_000_000;
  }
  const mode: Sm4Mode = stream.mode;
  const key = Buffer.alloc(16, 'k');
  const cipher = gm.sm4Stream('encrypt', mode, key, mode === 'ecb' ? null : Buffer.alloc(16, 'i'));
  const source = Readable.from(
    (function* () {
      for (let index = 0; index < chunks; index += 1) yield chunk;
    })(),
    { objectMode: false },
  );
  let bytes = 0;
  const sink = new Writable({
    write(part: Buffer, _encoding, done) {
      bytes += part.length;
      done();
    },
  });
  return (await perCpuSecond(1, () => pipeline(source, cipher, sink))) * (bytes / 1_000_000);
}
