import { createSign, generateKeyPairSync } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { basicConstraints, crlDistributionPoints, identityExtension, signUsage } from '#fixtures/pki/extensions.ts';
import { type Company, companies } from '#fixtures/pki/identities.ts';
import type { SealOrder } from '#fixtures/pki/seal-maker.ts';
import type { PairRequest } from '#fixtures/pki/world.ts';
import { base64, fromBase64 } from '#kernel/bytes.ts';
import type { Result } from '#kernel/result.ts';
import type { Unit } from '#relying-party/party.ts';
import { bytesSource } from '#signature/pdf/source.ts';
import type { PrepareWish } from '#signature/prepare-wish.ts';
import type { ValidationReport } from '#signature/report/report.ts';
import { validatePdf } from '#signature/report/validate-pdf.ts';
import type { LocalSignRequest, SignatureRequest } from '#signature/requests.ts';
import type { Signatures } from '#signature/signatures.ts';
import { judgesOf } from '#signature/validation.ts';
import type { SigningSnapshot } from '#signature/view.ts';
import {
  gm,
  type HeldKey,
  type LoginWorld,
  newSecret,
  newTask,
  recordOf,
  until,
  unwrap,
} from '#test/identity/world.ts';
import { ringSeal } from './pdf/seal-picture.ts';

const DAY = 24 * 3600_000;

/** A key that signs documents: bytes in, the token's answer out. */
export interface SigningKey {
  /** Base64 DER. */
  readonly certificate: string;
  sign(bytes: Uint8Array): Promise<string>;
}

export const keyOf = ({ pair, certificate }: HeldKey): SigningKey => ({
  certificate,
  sign: async (bytes) => base64(await gm.sm2.sign(pair.signKey, [bytes])),
});

/** A key whose holder the unit has on record, with this seal (base64) beside it. */
export async function enrolled(
  world: LoginWorld,
  request: Partial<PairRequest> = {},
  seal: string = base64(ringSeal().bytes),
  unit: Unit = world.unit,
): Promise<HeldKey> {
  const key = await world.key(request);
  unwrap(await world.subscribers.synchronise(unit, { ...recordOf(key.pair, request), seal }));
  return key;
}

/** An RSA signing certificate beside an SM2 encryption certificate, as older keys have them; Bohai lets such keys sign. */
export async function rsaKey(world: LoginWorld, holder: Company = companies.liaoning): Promise<SigningKey> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = await world.key({ authority: 'bohai', holder });
  const now = world.clock.now();
  const crl = `${world.vendor.url}/bohai/crl/issuing.crl`;
  const certificate = await world.pki.authority('bohai').issuingCa.issue({
    subject: [
      ['C', 'CN'],
      ['CN', holder.unitName],
      ['O', holder.unitName],
      ['serialNumber', holder.unitCode],
    ],
    spki: publicKey.export({ format: 'der', type: 'spki' }),
    ...{ notBefore: now - DAY, notAfter: now + 365 * DAY },
    extensions: [
      ...[signUsage(), basicConstraints(false), identityExtension('1.2.86.11.7.1', `SF${holder.idNumber}`, 'raw')],
      crlDistributionPoints([crl]),
    ],
  });
  const { manifest } = (await world.authorities.find(world.store.read, 'bohai')) ?? {};
  if (manifest === undefined) throw new Error('no such vendor');
  await world.store.tx((tx) => world.authorities.changeManifest(tx, 'bohai', { ...manifest, allowNonGm: true }));
  const record = recordOf({ ...key.pair, signCertificate: certificate }, { holder });
  unwrap(await world.subscribers.synchronise(world.unit, { ...record, seal: base64(ringSeal().bytes) }));
  return {
    certificate: base64(certificate),
    sign: async (bytes) => createSign('sha256').update(bytes).sign(privateKey).toString('base64'),
  };
}

/** A seal (base64 of SESeal, v4 unless said otherwise) that the hub's seal maker made for these keys. */
export async function sealFor(
  world: LoginWorld,
  keys: readonly HeldKey[],
  more: Partial<SealOrder> = {},
): Promise<string> {
  const now = world.clock.now();
  const made = await world.pki.sealHouse.make({
    ...{ generation: 'v4', id: '21010000000001', name: '辽宁示例建设有限公司', type: 1 },
    signers: keys.map(({ pair }) => pair.signCertificate),
    ...{ createdAt: now - DAY, validFrom: now - DAY, validTo: now + 365 * DAY },
    picture: { format: 'PNG', data: ringSeal().bytes, width: 42, height: 42 },
    ...more,
  });
  return base64(made);
}

export async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 50_000) yield bytes.subarray(at, at + 50_000);
}

export interface SigningLink {
  readonly interaction: string;
  readonly token: string;
  readonly taskId: string;
}

/** What a trading system asks, as the broker hands it on. */
export async function requestOf(
  signatures: Signatures,
  pdf: Uint8Array,
  change: Partial<SignatureRequest> = {},
): Promise<SignatureRequest> {
  const document = unwrap(await signatures.stage(piecesOf(pdf)));
  const taskId = change.taskId ?? newTask();
  return {
    ...{ taskId, standBy: '招标办 2026-07', returnUrl: null, content: { taskId, sm3: document.sm3 }, document },
    ...{ name: '招标文件.pdf', wish: null, unitCode: null, answerAs: 'plain' },
    ...change,
  };
}

export async function start(
  world: LoginWorld,
  pdf: Uint8Array,
  change: Partial<SignatureRequest> = {},
  signatures: Signatures = world.signatures,
): Promise<SigningLink> {
  const request = await requestOf(signatures, pdf, change);
  return linkOf(request.taskId, unwrap(await signatures.startSignature(world.unit, world.platform, request)));
}

export async function startLocal(world: LoginWorld, change: Partial<LocalSignRequest> = {}): Promise<SigningLink> {
  const taskId = change.taskId ?? newTask();
  const request = { taskId, returnUrl: null, content: { taskId }, postBack: false, answerAs: 'plain' as const };
  const started = await world.signatures.startLocal(world.unit, world.platform, { ...request, ...change });
  return linkOf(taskId, unwrap(started));
}

const linkOf = (taskId: string, { interaction, pageUrl }: { interaction: string; pageUrl: string }): SigningLink => ({
  ...{ interaction, taskId },
  token: pageUrl.split('/').at(-1) ?? '',
});

type Places = Partial<Pick<PrepareWish, 'placements' | 'straddle' | 'reason' | 'version'>>;

/** One browser on signing pages, with keys as its holder's agent would use them. */
export class SigningPerson {
  readonly secret = newSecret();
  readonly #world: LoginWorld;
  readonly #signatures: Signatures;
  constructor(world: LoginWorld, signatures: Signatures = world.signatures) {
    this.#world = world;
    this.#signatures = signatures;
  }

  visit(interaction: string) {
    return { interaction, secret: this.secret };
  }

  async claim({ token }: SigningLink): Promise<SigningSnapshot> {
    return unwrap(await this.#signatures.claim({ token }, this.secret)).view;
  }

  async view(interaction: string): Promise<SigningSnapshot> {
    return unwrap(await this.#signatures.view(this.visit(interaction)));
  }

  /** Challenge, signature, identity. */
  async identify(interaction: string, key: SigningKey): Promise<Result<SigningSnapshot>> {
    const challenge = await this.#signatures.challenge(this.visit(interaction));
    if (!challenge.ok) return challenge;
    const signature = await key.sign(Buffer.from(challenge.value.text));
    return this.#signatures.identify(this.visit(interaction), { certificate: key.certificate, signature });
  }

  /** The first usable seal, once in the middle of the first page, unless said otherwise; `seal` null: invisible. */
  async prepare(interaction: string, places: Places & { seal?: string | null } = {}): Promise<Result<SigningSnapshot>> {
    const { seals } = await this.view(interaction);
    const seal = places.seal === undefined ? seals.find(({ refusal }) => refusal === null) : undefined;
    const id = places.seal === undefined ? (seal?.id ?? null) : places.seal;
    const { width = 0, height = 0 } = seals.find((one) => one.id === id)?.picture ?? {};
    const placements = id === null || places.straddle ? [] : [{ page: 0, x: 60, y: 60, width, height }];
    return this.#signatures.prepare(this.visit(interaction), { placements, straddle: null, ...places, seal: id });
  }

  async answer(interaction: string, key: SigningKey, last = true): Promise<Result<SigningSnapshot>> {
    const { prepared } = await this.view(interaction);
    const signature = await key.sign(fromBase64(prepared?.toSign ?? '') ?? Buffer.alloc(0));
    return this.#signatures.complete(this.visit(interaction), { prepared: prepared?.id ?? '', signature, last });
  }

  /** Identify, prepare, sign. */
  async sign(
    interaction: string,
    key: SigningKey,
    places: Places & { seal?: string | null } = {},
    last = true,
  ): Promise<SigningSnapshot> {
    unwrap(await this.identify(interaction, key));
    unwrap(await this.prepare(interaction, places));
    return unwrap(await this.answer(interaction, key, last));
  }

  async read(interaction: string, version?: number): Promise<Result<Buffer>> {
    const opened = await this.#signatures.document(this.visit(interaction), version);
    if (!opened.ok) return opened;
    const parts: Buffer[] = [];
    for await (const part of opened.value.stream()) parts.push(part);
    await opened.value.close();
    return { ok: true, value: Buffer.concat(parts) };
  }

  /** Waits until the page has nothing left to do. */
  end(interaction: string): Promise<SigningSnapshot> {
    return until(async () => {
      const view = await this.view(interaction);
      return ['claimed', 'proved'].includes(view.state) ? undefined : view;
    });
  }

  /** Claim, sign once, wait for the delivery; what the trading system has got. */
  async signAndDeliver(link: SigningLink, key: SigningKey, places: Places = {}): Promise<Buffer> {
    await this.claim(link);
    await this.sign(link.interaction, key, places);
    const { state } = await this.end(link.interaction);
    if (state !== 'succeeded') throw new Error(state);
    return signedFile(this.#world, link.taskId);
  }
}

/** The file of message 9, sent plain. */
export function signedFile(world: LoginWorld, taskId: string): Buffer {
  const message = message9(world, taskId).at(-1);
  return Buffer.from(String(message?.['attFile'] ?? ''), 'base64');
}

export const message9 = (world: LoginWorld, taskId: string) =>
  world.received.filter((message) => message['taskId'] === taskId && 'attFile' in message);

/** The hub's own report, with the time authority's certificates where the world has one. */
export const reportOf = (world: LoginWorld, pdf: Uint8Array): Promise<ValidationReport> =>
  validatePdf(
    {
      gm,
      judges: judgesOf({
        ...{ gm, trust: world.trust, clock: world.clock, timeAuthorities: world.signing.timeAuthorities },
        sealMakers: world.signing.seals.makers,
      }),
      now: world.clock.now(),
    },
    bytesSource(pdf),
  );

/** `verdict/standing`, one a signature. */
export const sketch = ({ signatures }: ValidationReport): string[] =>
  signatures.map(({ verdict, standing }) => `${verdict}/${standing}`);

/** Documents on disk. */
export const filesOf = (world: LoginWorld): string[] =>
  readdirSync(world.documents, { recursive: true, withFileTypes: true }).flatMap((one) =>
    one.isFile() ? [one.name] : [],
  );
