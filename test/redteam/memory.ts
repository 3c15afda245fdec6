import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';

const PIECE = 4 * 1024 * 1024;

/** Everything that can be read of a process: what is mapped, what it was started with, what it holds open. Calls `take` with overlapping pieces; returns bytes read. */
export function readProcess(pid: number, overlap: number, take: (piece: Uint8Array) => void): number {
  let bytes = 0;
  for (const name of ['environ', 'cmdline']) {
    const text = readFileSync(`/proc/${pid}/${name}`);
    take(text);
    bytes += text.length;
  }
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  const buffer = Buffer.alloc(PIECE);
  try {
    for (const { start, end } of regionsOf(pid)) {
      for (let at = start; at < end; ) {
        const length = Number(end - at < BigInt(PIECE) ? end - at : BigInt(PIECE));
        let read = 0;
        try {
          read = readSync(memory, buffer, 0, length, at);
        } catch {
          break; // guard pages and device memory say EIO
        }
        if (read === 0) break;
        take(buffer.subarray(0, read));
        bytes += read;
        at += BigInt(read > overlap && at + BigInt(read) < end ? read - overlap : read);
      }
    }
  } finally {
    closeSync(memory);
    buffer.fill(0);
  }
  for (const fd of readdirSync(`/proc/${pid}/fd`)) bytes += readOpenFile(`/proc/${pid}/fd/${fd}`, take);
  return bytes;
}

function regionsOf(pid: number): { start: bigint; end: bigint }[] {
  return readFileSync(`/proc/${pid}/maps`, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, start, end, mode, name = ''] = /^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+\s*(.*)$/.exec(line) ?? [];
      if (start === undefined || end === undefined || !mode?.startsWith('r') || /^\[v/.test(name)) return [];
      // what is mapped from a program's file and cannot be written is that file
      if (name.startsWith('/') && !mode.includes('w')) return [];
      return [{ start: BigInt(`0x${start}`), end: BigInt(`0x${end}`) }];
    });
}

/** Also files that have been removed and live on in a handle. */
function readOpenFile(path: string, take: (piece: Uint8Array) => void): number {
  try {
    if (!statSync(path).isFile() || readlinkSync(path).startsWith('/usr/')) return 0;
    const content = readFileSync(path);
    take(content);
    return content.length;
  } catch {
    return 0; // closed meanwhile
  }
}

/** A process and all below it. */
export function familyOf(pid: number): number[] {
  const parents = readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const fields = readFileSync(`/proc/${name}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ');
      return [{ pid: Number(name), parent: Number(fields[1]) }];
    } catch {
      return [];
    }
  });
  const family = [pid];
  for (const one of family) family.push(...parents.filter(({ parent }) => parent === one).map((child) => child.pid));
  return family;
}

/** Every file below a folder. */
export function readFolder(folder: string, take: (piece: Uint8Array) => void): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const content = readFileSync(join(entry.parentPath, entry.name));
    take(content);
    bytes += content.length;
  }
  return bytes;
}
