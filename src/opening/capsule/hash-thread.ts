/** Entry of the thread of content-hash.ts: hashes what it is sent, says how much it has done, answers the digest. */
import { parentPort } from 'node:worker_threads';
import { createGm } from '#crypto/provider.ts';

const hash = createGm().sm3Stream();
parentPort?.on('message', (piece: Uint8Array | 'digest') => {
  if (piece === 'digest') return parentPort?.postMessage(Uint8Array.from(hash.digest()));
  hash.update(piece);
  const { length } = piece;
  piece.fill(0);
  parentPort?.postMessage(length);
});
