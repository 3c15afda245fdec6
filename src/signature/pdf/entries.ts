/** Where an object stands. */
export type Entry =
  | { readonly in: 'file'; readonly offset: number; readonly generation: number }
  | { readonly in: 'stream'; readonly stream: number; readonly index: number }
  | { readonly in: 'free' };

/** Object number → place, of one cross-reference section. */
export type Entries = Pick<EntryTable, 'size' | 'get' | 'keys' | typeof Symbol.iterator>;

/** As bytes. */
const KINDS = { free: 0, file: 1, stream: 2 } as const;
const FIRST_ROOM = 64;

/**
 * Numbers in rows instead of objects in a map: a million entries, which deflate to 9 KB, take 25 MB here and would take 100 MB there. The last of
 * several entries of one number counts.
 */
export class EntryTable {
  private numbers = new Float64Array(FIRST_ROOM);
  private first = new Float64Array(FIRST_ROOM);
  private second = new Float64Array(FIRST_ROOM);
  private kinds = new Uint8Array(FIRST_ROOM);
  private rows = 0;
  /** Number → row, where numbers do not ascend, as those of every common producer do. */
  private index: Map<number, number> | undefined;

  get size(): number {
    return this.rows;
  }

  set(number: number, entry: Entry): void {
    const known = this.rowOf(number);
    const row = known ?? this.rows;
    if (known === undefined) this.append(number);
    this.kinds[row] = KINDS[entry.in];
    this.first[row] = entry.in === 'file' ? entry.offset : entry.in === 'stream' ? entry.stream : 0;
    this.second[row] = entry.in === 'file' ? entry.generation : entry.in === 'stream' ? entry.index : 0;
  }

  get(number: number): Entry | undefined {
    const row = this.rowOf(number);
    return row === undefined ? undefined : this.entryAt(row);
  }

  keys(): Iterable<number> {
    return this.numbers.subarray(0, this.rows);
  }

  *[Symbol.iterator](): IterableIterator<readonly [number, Entry]> {
    for (let row = 0; row < this.rows; row += 1) yield [this.numbers[row] ?? 0, this.entryAt(row)];
  }

  private append(number: number): void {
    if (this.rows === this.numbers.length) {
      this.numbers = doubled(this.numbers);
      this.first = doubled(this.first);
      this.second = doubled(this.second);
      const kinds = new Uint8Array(this.kinds.length * 2);
      kinds.set(this.kinds);
      this.kinds = kinds;
    }
    if (this.index === undefined && this.rows > 0 && number < (this.numbers[this.rows - 1] ?? 0))
      this.index = new Map(Array.from(this.keys(), (one, row) => [one, row]));
    this.index?.set(number, this.rows);
    this.numbers[this.rows] = number;
    this.rows += 1;
  }

  private rowOf(number: number): number | undefined {
    if (this.index !== undefined) return this.index.get(number);
    let [low, high] = [0, this.rows - 1];
    if (high < 0 || number > (this.numbers[high] ?? 0)) return undefined;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.numbers[middle] ?? 0) < number) low = middle + 1;
      else high = middle;
    }
    return this.numbers[low] === number ? low : undefined;
  }

  private entryAt(row: number): Entry {
    const [first, second] = [this.first[row] ?? 0, this.second[row] ?? 0];
    const kind = this.kinds[row];
    if (kind === KINDS.file) return { in: 'file', offset: first, generation: second };
    return kind === KINDS.stream ? { in: 'stream', stream: first, index: second } : { in: 'free' };
  }
}

function doubled(rows: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(rows.length * 2);
  larger.set(rows);
  return larger;
}
