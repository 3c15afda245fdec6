import type { Bytes } from '#kernel/bytes.ts';
import type { Certificate } from '#pki/certificate.ts';
import type { Unit } from '#relying-party/party.ts';
import type { Handle } from '#store/store.ts';
import { isVisible, judgeFor, pictureOf, stateRefusal } from './for-signer.ts';
import type { HeldSeal } from './held-seal.ts';
import type { SealRoom } from './library.ts';
import { sealMaterial } from './material.ts';
import * as rows from './repository.ts';

/** A vendor has no reason to bring more than a person has. */
const MOST = 20;
export const BROUGHT = 'brought_';

export async function broughtSeals(
  room: SealRoom,
  h: Handle,
  unit: Unit,
  certificate: Certificate,
  contents: readonly Bytes[],
): Promise<HeldSeal[]> {
  const { gm, clock, seals } = room;
  const held = new Map<string, HeldSeal>();
  for (const content of contents.slice(0, MOST)) {
    const material = sealMaterial(gm, content);
    if (material?.seal == null || held.has(material.sm3)) continue;
    const { seal, facts, sm3, validTo } = material;
    // Suspended in the library is suspended whichever way it comes.
    const kept = await rows.sealsWithContent(h, [seals.index.content(sm3)]);
    const state = stateRefusal(kept.filter((row) => isVisible(unit, row)));
    const refusal = state ?? (await judgeFor(room, seal, facts, certificate, clock.now()));
    held.set(sm3, {
      ...{ id: `${BROUGHT}${sm3}`, name: facts.name, kind: 'ses', source: 'vendor', seal, validTo, refusal },
      picture: pictureOf(facts, seal.picture.data),
    });
  }
  return [...held.values()];
}
