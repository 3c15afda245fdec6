import { closeSync, openSync, readSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';

/**
 * Durable commits while `work` runs, counted where they end up: frames of the write-ahead log that close a transaction. Our own open read
 * keeps the log from being folded back meanwhile. A transaction that wrote nothing leaves no frame and costs no flush, so it is not counted.
 */
export async function commitsDuring(file: string, work: () => Promise<unknown>): Promise<number> {
  const pin = new Database(file, { readonly: true });
  try {
    pin.exec('begin');
    pin.prepare('select count(*) from sqlite_schema').get();
    const before = readLog(`${file}-wal`);
    await work();
    const after = readLog(`${file}-wal`);
    // Another salt: the log began anew after our read, which it can do only before its first commit here.
    return before.salt === after.salt ? after.commits - before.commits : after.commits;
  } finally {
    pin.close();
  }
}

const HEADER = 32;
const FRAME_HEADER = 24;

/** https://www.sqlite.org/fileformat2.html section 4: a frame of a commit says the database's size, every other one says 0. */
function readLog(file: string): { salt: string; commits: number } {
  const handle = openSync(file, 'r');
  try {
    const size = statSync(file).size;
    const header = Buffer.alloc(HEADER);
    if (size < HEADER || readSync(handle, header, 0, HEADER, 0) < HEADER) return { salt: '', commits: 0 };
    const pageSize = header.readUInt32BE(8);
    const salt = header.subarray(16, 24).toString('hex');
    const frame = Buffer.alloc(FRAME_HEADER);
    let commits = 0;
    for (let at = HEADER; at + FRAME_HEADER + pageSize <= size; at += FRAME_HEADER + pageSize) {
      readSync(handle, frame, 0, FRAME_HEADER, at);
      if (frame.subarray(8, 16).toString('hex') !== salt) break; // left over from before the log began anew
      if (frame.readUInt32BE(4) !== 0) commits += 1;
    }
    return { salt, commits };
  } finally {
    closeSync(handle);
  }
}
