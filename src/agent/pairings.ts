import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { Gm } from '#crypto/gm.ts';
import { fromHex } from '#kernel/bytes.ts';
import { isoUtc } from '#kernel/clock.ts';
import { fingerprintOf, type HubIdentity } from './protocol.ts';

/** A hub that the person has compared and accepted: only its pages are served, only its grants are believed. */
export interface PinnedHub extends HubIdentity {
  /** ISO Z. */
  readonly pairedAt: string;
}

const identity = z.object({
  origin: z.string().max(300),
  publicKey: z.string().regex(/^04[0-9a-fA-F]{128}$/),
  fingerprint: z.string().max(100),
});
const schema = z.object({ hubs: z.array(identity.extend({ pairedAt: z.string() })).max(200) });

/** The pinned hubs of a pairing file; none when there is no such file. Throws when the file is damaged. */
export function readPairings(file: string): readonly PinnedHub[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  return schema.parse(JSON.parse(text)).hubs;
}

function write(file: string, hubs: readonly PinnedHub[]): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const beside = `${file}.${process.pid}.tmp`;
  writeFileSync(beside, `${JSON.stringify({ hubs }, null, 2)}\n`, { mode: 0o600 });
  renameSync(beside, file);
}

/** Pins a hub in place of an earlier pairing with the same origin. */
export function addPairing(file: string, hub: HubIdentity, now: number): PinnedHub {
  const pinned = { ...hub, pairedAt: isoUtc(now) };
  write(file, [...readPairings(file).filter(({ origin }) => origin !== hub.origin), pinned]);
  return pinned;
}

/** Whether there was such a pairing. */
export function removePairing(file: string, origin: string): boolean {
  const hubs = readPairings(file);
  const rest = hubs.filter((hub) => hub.origin !== origin);
  if (rest.length === hubs.length) return false;
  write(file, rest);
  return true;
}

/**
 * What a hub said of itself, checked: a well-formed origin equal to where it was fetched from, a key on the curve, and the fingerprint that we compute
 * from that key ourselves. Undefined when it is not a hub's word.
 */
export function checkIdentity(gm: Gm, said: unknown, fetchedFrom: string): HubIdentity | undefined {
  const parsed = identity.safeParse(said);
  if (!parsed.success || parsed.data.origin !== fetchedFrom || !isHubOrigin(fetchedFrom)) return undefined;
  const key = gm.sm2.importPublic(fromHex(parsed.data.publicKey) ?? Buffer.alloc(0));
  if (key === undefined) return undefined;
  const { origin, publicKey } = parsed.data;
  return { origin, publicKey: publicKey.toLowerCase(), fingerprint: fingerprintOf(gm, key) };
}

/** https, or http on this very machine (development). */
export function isHubOrigin(origin: string): boolean {
  if (!URL.canParse(origin)) return false;
  const url = new URL(origin);
  if (url.origin !== origin) return false;
  if (url.protocol === 'https:') return true;
  return url.protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
}

/** The same fingerprint whatever the separators and the case. */
export const sameFingerprint = (a: string, b: string): boolean => bare(a) === bare(b) && bare(a).length === 32;

const bare = (text: string): string => text.replace(/[^0-9a-zA-Z]/g, '').toUpperCase();
