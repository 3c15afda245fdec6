import { plainPdf } from './base.ts';

const PIECE = 1024 * 1024;

/** A page and a picture of as many bytes as wanted, written piece by piece. */
export async function* largePdf(bytes: number): AsyncGenerator<Buffer> {
  const small = plainPdf().toString('latin1');
  const at = small.indexOf('xref\n');
  const head = `${small.slice(0, at)}6 0 obj\n<</Length ${bytes}>>\nstream\n`;
  const tail = '\nendstream\nendobj\n';
  yield Buffer.from(head, 'latin1');
  for (let left = bytes; left > 0; left -= PIECE) yield Buffer.alloc(Math.min(left, PIECE), 'picture');
  yield Buffer.from(tail);
  const start = head.length + bytes + tail.length;
  const row = `${String(at).padStart(10, '0')} 00000 n \n`;
  const table = small
    .slice(at)
    .replace('xref\n0 6', 'xref\n0 7')
    .replace('trailer', `${row}trailer`)
    .replace('/Size 6', '/Size 7')
    .replace(/startxref\n\d+/, `startxref\n${start}`);
  yield Buffer.from(table, 'latin1');
}
