import { type Bytes, base64url, fromBase64url, hex } from '#kernel/bytes.ts';
import { refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { CapsuleTable } from '#store/schema-opening.ts';
import { openCapsule } from './capsule/open.ts';
import { capsuleOf } from './capsules.ts';
import type { Outcome } from './open-capsule.ts';
import * as rows from './repository-capsules.ts';
import type { Room } from './room.ts';
import { signatureJudge } from './signature-judge.ts';

/** How long an address is good, once. */
const LINK_LIFE_MS = 60 * 60_000;
/** How long after its opening a content can still be fetched; then its key is erased. */
export const CONTENT_LIFE_MS = 7 * 24 * 3600_000;
export const CONTENT_PATH = '/api/ca/ext/openings/content/';

export interface ContentLink {
  readonly capsuleId: string;
  readonly sm3: string;
  readonly size: number;
  readonly url: string;
  /** UTC ms. */
  readonly expiresAt: number;
}

/**
 * A fresh one-time address of an opened content; earlier ones stay good until used or expired. For the unit that handed the capsule in.
 * CAPSULE_UNKNOWN: not its capsule, not opened, a text (message 7 has brought it), or its time is over.
 */
export async function contentLink(room: Room, unitId: string, capsuleId: string): Promise<Result<ContentLink>> {
  const { store, vault, clock, random, gm, publicUrl } = room;
  const row = await rows.findCapsule(store.read, capsuleId);
  const outcome = row && fetchable(room, row);
  if (row?.owner_index !== vault.index.owner(unitId) || outcome === undefined)
    return refused(refusal('CAPSULE_UNKNOWN'));
  const token = random.bytes(32);
  const now = clock.now();
  const expiresAt = now + LINK_LIFE_MS;
  await store.tx(async (tx) => {
    await rows.insertLink(tx, {
      token_index: hex(gm.sm3(token)),
      capsule_id: capsuleId,
      unit_id: unitId,
      expires_at: expiresAt,
      used_at: null,
      created_at: now,
    });
    await room.journal.append(tx, { kind: 'content.offered', unitId, body: { capsule: capsuleId } });
  });
  const url = `${publicUrl}${CONTENT_PATH}${base64url(token)}`;
  return ok({ capsuleId, sm3: outcome.contentSm3, size: outcome.bytes, url, expiresAt });
}

function fetchable({ vault }: Room, row: CapsuleTable): Outcome | undefined {
  if (row.key_sealed === null || row.outcome_sealed === null) return undefined;
  return vault.open<Outcome>('capsule', row.id, 'outcome_sealed', row.outcome_sealed);
}

export interface Content {
  readonly size: number;
  readonly sm3: string;
  /** As the sealer named it; metadata, never a path. */
  readonly name: string | null;
  /** Throws before its end when the stored bytes were changed since: what was sent so far is then not the content. */
  readonly stream: AsyncIterable<Bytes>;
}

/** The content behind a one-time address: of any number of parallel calls one gets it. CONTENT_LINK_INVALID. */
export async function redeemContent(room: Room, token: string): Promise<Result<Content>> {
  const { gm, store, vault, clock, blobs } = room;
  const invalid = refused(refusal('CONTENT_LINK_INVALID'));
  const bytes = fromBase64url(token);
  if (bytes?.length !== 32) return invalid;
  const link = await store.tx(async (tx) => {
    const used = await rows.useLink(tx, hex(gm.sm3(bytes)), clock.now());
    if (used !== undefined)
      await room.journal.append(tx, {
        kind: 'content.fetched',
        unitId: used.unit_id,
        body: { capsule: used.capsule_id },
      });
    return used;
  });
  const row = link && (await rows.findCapsule(store.read, link.capsule_id));
  const outcome = row && fetchable(room, row);
  if (row === undefined || outcome === undefined || row.key_sealed === null) return invalid;
  const capsule = capsuleOf(room, row);
  const dek = vault.openBytes('capsule', row.id, 'key_sealed', row.key_sealed);
  const judge = await signatureJudge(room, capsule.record.unitId, () => undefined);
  const opened = await openCapsule({ gm, head: capsule.head, body: blobs.open(capsule.blobId), dek, judge });
  return ok({
    size: outcome.bytes,
    sm3: outcome.contentSm3,
    name: opened.preface.name,
    stream: wiping(opened.content, dek),
  });
}

async function* wiping(content: AsyncIterable<Bytes>, dek: Bytes): AsyncGenerator<Bytes> {
  try {
    yield* content;
  } finally {
    dek.fill(0);
  }
}
