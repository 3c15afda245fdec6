import type { Gm } from '#crypto/gm.ts';
import { type Bytes, utf8 } from '#kernel/bytes.ts';

/** One master key's derived keys. The master key itself never leaves this file. */
export interface KeySource {
  /** Stands in every sealed blob. */
  readonly id: string;
  /** 32 bytes, HKDF-SM3 with the purpose as info: one label, one use. */
  derive(label: string): Bytes;
}

/** The current key seals; every listed key still opens; the oldest one keys the look-up indexes. */
export interface Keyring extends KeySource {
  byId(id: string): KeySource | undefined;
  /** Stays the same through rotations, or rows could no longer be found: the last key of the list. */
  readonly indexing: KeySource;
}

export interface MasterKey {
  /** 1-32 characters of A-Z a-z 0-9 _ - */
  readonly id: string;
  /** At least 16 bytes of full entropy. */
  readonly key: Bytes;
}

const SALT = utf8('caihub/keyring/1');

/**
 * Newest first. To rotate, put a new key in front and keep the old ones; a key may go when nothing is sealed under it any more,
 * the last one never. Throws on an empty list, a bad id, a short key or an id given twice: the process must not start.
 */
export function createKeyring(gm: Gm, masterKeys: readonly MasterKey[]): Keyring {
  const sources = new Map<string, KeySource>();
  for (const { id, key } of masterKeys) {
    if (!/^[A-Za-z0-9_-]{1,32}$/.test(id)) throw new Error('a master key id must be 1-32 letters, digits, _ or -');
    if (key.length < 16) throw new Error(`master key ${id} is shorter than 16 bytes`);
    if (sources.has(id)) throw new Error(`master key id ${id} is given twice`);
    sources.set(id, sourceOf(gm, id, key));
  }
  const [current] = sources.values();
  const indexing = [...sources.values()].at(-1);
  if (!current || !indexing) throw new Error('no master key is configured');
  return { id: current.id, derive: current.derive, byId: (id) => sources.get(id), indexing };
}

function sourceOf(gm: Gm, id: string, master: Bytes): KeySource {
  const derived = new Map<string, Bytes>();
  return {
    id,
    derive: (label) => {
      const known = derived.get(label);
      if (known) return known;
      const key = gm.hkdfSm3(master, SALT, utf8(label), 32);
      derived.set(label, key);
      return key;
    },
  };
}
