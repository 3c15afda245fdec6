/** Splits a byte stream into lines without ever holding more than `max` bytes; `tooLong` is called once and nothing after it. */
export function lineReader(max: number, line: (text: string) => void, tooLong: () => void): (chunk: Buffer) => void {
  let held: Buffer[] = [];
  let size = 0;
  let closed = false;
  return (chunk) => {
    let rest = chunk;
    while (!closed) {
      const end = rest.indexOf(0x0a);
      const part = end < 0 ? rest : rest.subarray(0, end);
      size += part.length;
      if (size > max) {
        closed = true;
        held = [];
        tooLong();
        return;
      }
      held.push(part);
      if (end < 0) return;
      const text = Buffer.concat(held).toString('utf8');
      held = [];
      size = 0;
      rest = rest.subarray(end + 1);
      if (text.trim() !== '') line(text);
    }
  };
}
