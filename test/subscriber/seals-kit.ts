import { randomBytes } from 'node:crypto';
import { PNG } from 'pngjs';
import type { KeyPair } from '#fixtures/pki/authority.ts';
import type { SealOrder } from '#fixtures/pki/seal-maker.ts';
import { type Bytes, base64 } from '#kernel/bytes.ts';
import type { Unit } from '#relying-party/party.ts';
import type { HeldSeal } from '#subscriber/seals/held-seal.ts';
import type { SealActor } from '#subscriber/seals/state.ts';
import { certificate, DAY, type Desk } from './support.ts';

/** A red square ring on nothing. */
export function ring(size = 60, red = 200): Buffer {
  const png = new PNG({ width: size, height: size });
  for (let i = 0; i < size * size; i += 1) {
    const [x, y] = [i % size, Math.floor(i / size)];
    const inRing = Math.min(x, y, size - 1 - x, size - 1 - y) < 4;
    png.data.set(inRing ? [red, 20, 20, 255] : [0, 0, 0, 0], i * 4);
  }
  return PNG.sync.write(png);
}

/** A picture that no deflate makes small. */
export function noise(side: number): Buffer {
  const png = new PNG({ width: side, height: side });
  png.data.set(randomBytes(png.data.length));
  return PNG.sync.write(png);
}

/** What a maker is asked for here, unless said otherwise: a company's round seal of a year. */
export const orderOf = (desk: Desk, signers: readonly KeyPair[], more: Partial<SealOrder> = {}): SealOrder => ({
  generation: 'v4',
  id: '21010000000001',
  name: '辽宁示例建设有限公司',
  type: 1,
  signers: signers.map((pair) => pair.signCertificate),
  createdAt: desk.clock.now() - DAY,
  validFrom: desk.clock.now() - DAY,
  validTo: desk.clock.now() + 365 * DAY,
  picture: { format: 'PNG', data: ring(), width: 40, height: 40 },
  ...more,
});

export const makeFor = (desk: Desk, signers: readonly KeyPair[], more: Partial<SealOrder> = {}): Promise<Bytes> =>
  desk.sealHouse.make(orderOf(desk, signers, more));

export const sealText = (der: Bytes): string => base64(der);

/** What the holder of this key sees at this unit. */
export const seen = (desk: Desk, unit: Unit, pair: KeyPair): Promise<readonly HeldSeal[]> =>
  desk.seals.forSigner(desk.store.read, unit, certificate(pair.signCertificate));

/** `name kind source REFUSAL`, one a seal. */
export const sketch = async (desk: Desk, unit: Unit, pair: KeyPair): Promise<string[]> =>
  (await seen(desk, unit, pair)).map(({ kind, source, refusal }) => `${kind} ${source} ${refusal?.code ?? 'ok'}`);

export const person = (unit: Unit, pair: KeyPair): SealActor => ({
  kind: 'person',
  unit,
  certificate: certificate(pair.signCertificate),
});

export const use = (
  desk: Desk,
  unit: Unit,
  pair: KeyPair,
  seal: HeldSeal,
  more: { documentSm3?: string; places?: number } = {},
) =>
  desk.store.tx((tx) =>
    desk.seals.claimUse(tx, {
      ...{ seal, unitId: unit.id, interactionId: 'int_1', certificate: certificate(pair.signCertificate) },
      ...{ documentSm3: '00'.repeat(32), places: 1, ...more },
    }),
  );
