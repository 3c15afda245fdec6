import { existsSync, type FSWatcher, mkdirSync, readdirSync, watch } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { Gm } from '#crypto/gm.ts';
import type { Logger } from '#kernel/log.ts';
import { readKeyFile } from './key-file.ts';
import { openSoftwareKey } from './software-key.ts';
import type { Token } from './token.ts';

export interface SlotChange {
  readonly event: 'plugged' | 'unplugged';
  readonly token: Token;
}

/** The keys plugged in at this PC. */
export interface Slots {
  list(): readonly { readonly token: Token; readonly file: string }[];
  /** Puts a key file in, also one outside the key directory; undefined when it holds no key. */
  plug(file: string): Token | undefined;
  /** Pulls the key of this id (or the beginning of one), label or file name; undefined when there is none or more than one. */
  unplug(name: string): Token | undefined;
  /** Answers how to stop listening. */
  subscribe(listener: (change: SlotChange) => void): () => void;
  close(): void;
}

/** Where the system's notice of a change is lost (network drives), the directory is still read this often. */
const POLL_MS = 2_000;
/** A copy arrives in several notices. */
const SETTLE_MS = 80;

/**
 * A directory as a hub of USB ports: adding or removing a `*.json` key file plugs or unplugs the key. A key pulled by command stays pulled until it is
 * plugged by command, or its file is taken away and put back.
 */
export function createSlots({ gm, keyDir, log }: { gm: Gm; keyDir: string; log: Logger }): Slots {
  mkdirSync(keyDir, { recursive: true, mode: 0o700 });
  const plugged = new Map<string, Token>();
  const extra = new Set<string>();
  const withheld = new Set<string>();
  const listeners = new Set<(change: SlotChange) => void>();

  const tell = (change: SlotChange): void => {
    for (const listener of listeners) listener(change);
  };
  const put = (file: string, token: Token): void => {
    plugged.set(file, token);
    tell({ event: 'plugged', token });
  };
  const take = (file: string, token: Token): void => {
    plugged.delete(file);
    tell({ event: 'unplugged', token });
  };

  const scan = (): void => {
    for (const file of withheld) if (!existsSync(file)) withheld.delete(file);
    const files = new Set([...filesIn(keyDir), ...extra].filter((file) => !withheld.has(file)));
    const ids = new Map([...files].map((file) => [file, readKeyFile(file)?.id]));
    for (const [file, token] of plugged) if (ids.get(file) !== token.id) take(file, token);
    for (const [file, id] of ids) {
      if (id === undefined || plugged.has(file)) continue;
      const twin = [...plugged.values()].some((token) => token.id === id);
      const token = twin ? undefined : openSoftwareKey(gm, file);
      if (token !== undefined) put(file, token);
    }
  };

  const safely = (): void => {
    try {
      scan();
    } catch (error) {
      log.warn({ err: error }, 'the key directory could not be read');
    }
  };
  const stop = watchDirectory(keyDir, safely, log);
  safely();

  return {
    list: () => [...plugged].map(([file, token]) => ({ token, file })),
    plug(path) {
      const file = resolve(path);
      const id = readKeyFile(file)?.id;
      if (id === undefined) return undefined;
      withheld.delete(file);
      extra.add(file);
      scan();
      return [...plugged.values()].find((token) => token.id === id);
    },
    unplug(name) {
      const matches = [...plugged].filter(([file, token]) => isNamed(name, file, token));
      const [file, token] = matches[0] ?? [];
      if (matches.length !== 1 || file === undefined || token === undefined) return undefined;
      extra.delete(file);
      withheld.add(file);
      take(file, token);
      return token;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      stop();
      listeners.clear();
      plugged.clear();
    },
  };
}

const filesIn = (directory: string): readonly string[] =>
  existsSync(directory)
    ? readdirSync(directory)
        .filter((name) => name.endsWith('.json') && !name.startsWith('.'))
        .sort()
        .map((name) => resolve(join(directory, name)))
    : [];

const isNamed = (name: string, file: string, token: Token): boolean =>
  token.label === name ||
  file === resolve(name) ||
  basename(file) === name ||
  basename(file, '.json') === name ||
  (name.length >= 8 && token.id.startsWith(name));

function watchDirectory(directory: string, changed: () => void, log: Logger): () => void {
  let settling: NodeJS.Timeout | undefined;
  const soon = (): void => {
    clearTimeout(settling);
    settling = setTimeout(changed, SETTLE_MS);
    settling.unref();
  };
  const poll = setInterval(changed, POLL_MS);
  poll.unref();
  let watcher: FSWatcher | undefined;
  try {
    watcher = watch(directory, { persistent: false }, soon);
    watcher.on('error', () => watcher?.close()); // the poll goes on
  } catch (error) {
    log.warn({ err: error }, 'the key directory cannot be watched; it is read every two seconds');
  }
  return () => {
    clearTimeout(settling);
    clearInterval(poll);
    watcher?.close();
  };
}
