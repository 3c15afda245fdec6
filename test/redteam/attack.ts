import type { Core } from '#app/core.ts';
import { fromBase64 } from '#kernel/bytes.ts';
import { splitCapsule } from '#opening/capsule/structure.ts';
import { wrappedBytes } from '#opening/capsule/wraps.ts';
import { type Ground, gm, type HandedIn } from './ground.ts';
import { familyOf, readFolder, readProcess } from './memory.ts';
import { createSearch } from './needles.ts';
import { openSealed } from './sealed-columns.ts';
import type { Truth } from './truth.ts';

export interface Spoils {
  /** Names of the secrets that were found anywhere. */
  readonly found: ReadonlySet<string>;
  /** Tasks of the capsules that what was found is enough for. */
  readonly opened: readonly string[];
  /** Wraps that one of the hub's own private keys opens. */
  readonly unwrapped: number;
  readonly processes: number;
  /** Bytes looked at. */
  readonly memory: number;
  readonly files: number;
  /** Sealed values that the master key opened, by column, and columns of which it did not open one. */
  readonly columns: ReadonlyMap<string, number>;
  readonly closed: ReadonlySet<string>;
}

/** Takes everything the machine has and sees what it opens. */
export async function attack(ground: Ground, core: Core, truth: Truth): Promise<Spoils> {
  const search = createSearch(truth.needles);
  const found = new Set<string>();
  const take = (piece: Uint8Array): void => search.scan(piece, found);
  const files = readFolder(ground.world.folder, take);
  const scalars: Uint8Array[] = [];
  const sealed = await openSealed(core.store, core.cipher, (place, value) => {
    take(value);
    if (place.column === 'private_sealed' || place.column === 'release_sealed') scalars.push(Buffer.from(value));
  });
  const family = familyOf(ground.hub.child.pid ?? 0);
  let memory = 0;
  for (const pid of family) memory += readProcess(pid, search.overlap, take);
  return {
    found,
    opened: ground.capsules.filter((capsule) => isEnough(capsule, found)).map(({ task }) => task),
    unwrapped: await tryHubKeys(ground, scalars),
    processes: family.length,
    memory,
    files,
    columns: sealed.opened,
    closed: sealed.closed,
  };
}

function isEnough({ task, bidder, opening }: HandedIn, found: ReadonlySet<string>): boolean {
  const has = (name: string): boolean => found.has(`${name}/${task}`);
  if (has('dek') || has('cipher') || has('content')) return true;
  const half = has('kb') || found.has(`bidder/${bidder.name}`);
  const shares = [0, 1, 2].filter((index) => found.has(`share/${opening}/${index}`)).length;
  return half && (has('ko') || found.has(`opening/${opening}`) || shares >= 2);
}

async function tryHubKeys({ capsules }: Ground, scalars: readonly Uint8Array[]): Promise<number> {
  const keys = scalars.flatMap((scalar) => gm.sm2.importPrivate(scalar.length === 32 ? scalar : decoded(scalar)) ?? []);
  let opened = 0;
  for (const { bytes } of capsules) {
    const { head } = await splitCapsule(gm, [bytes]);
    for (const wrap of head.wraps) {
      for (const key of keys) if ((await gm.sm2.decrypt(key, wrappedBytes(wrap))).ok) opened += 1;
    }
  }
  return opened;
}

const decoded = (text: Uint8Array): Uint8Array => fromBase64(Buffer.from(text).toString('latin1')) ?? Buffer.alloc(0);
