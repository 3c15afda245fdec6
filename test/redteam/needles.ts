/** Many known secrets looked for in much memory: each as bytes, hex in both cases and base64 in its three alignments, one and two bytes a character. */

export interface Needle {
  /** What it is and whose: `kb/cap_…`. */
  readonly name: string;
  readonly value: Uint8Array;
}

export interface Search {
  /** Longest form: what successive pieces of a haystack must overlap by. */
  readonly overlap: number;
  /** Adds the names found in `hay` to `found`. */
  scan(hay: Uint8Array, found: Set<string>): void;
}

export function createSearch(needles: readonly Needle[]): Search {
  const forms = needles.flatMap(({ name, value }) => formsOf(value).map((bytes) => ({ name, bytes })));
  // Two looks before a comparison: a bit for the first three bytes, then the first four as a number.
  const first = new Uint8Array(1 << 21);
  const byStart = new Map<number, { name: string; bytes: Buffer }[]>();
  for (const form of forms) {
    const start = form.bytes.readUInt32BE();
    const three = start >>> 8;
    first[three >>> 3] = (first[three >>> 3] ?? 0) | (1 << (three & 7));
    byStart.set(start, [...(byStart.get(start) ?? []), form]);
  }
  return {
    overlap: Math.max(4, ...forms.map(({ bytes }) => bytes.length)),
    scan(hay, found) {
      const view = Buffer.from(hay.buffer, hay.byteOffset, hay.byteLength);
      let start = 0;
      for (let at = 0; at < view.length; at += 1) {
        start = ((start << 8) | (view[at] ?? 0)) >>> 0;
        if (at < 3) continue;
        const three = start >>> 8;
        if (((first[three >>> 3] ?? 0) & (1 << (three & 7))) === 0) continue;
        for (const { name, bytes } of byStart.get(start) ?? []) {
          if (view.compare(bytes, 0, bytes.length, at - 3, Math.min(view.length, at - 3 + bytes.length)) === 0)
            found.add(name);
        }
      }
    },
  };
}

function formsOf(value: Uint8Array): Buffer[] {
  const bytes = Buffer.from(value);
  const hex = bytes.toString('hex');
  const texts = [hex, hex.toUpperCase(), ...base64Forms(bytes)];
  const urls = base64Forms(bytes).map((text) => text.replaceAll('+', '-').replaceAll('/', '_'));
  const distinct = [...new Set([...texts, ...urls])];
  return [
    bytes,
    ...distinct.map((text) => Buffer.from(text, 'latin1')),
    ...distinct.map((text) => Buffer.from(text, 'utf16le')),
  ];
}

/** What of a value's base64 does not depend on its neighbours, wherever in a longer text it starts. */
function base64Forms(bytes: Buffer): string[] {
  return [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const from = shift === 0 ? 0 : shift + 1;
    const whole = Math.floor(((shift + bytes.length) * 8) / 6);
    return text.slice(from, whole);
  });
}
