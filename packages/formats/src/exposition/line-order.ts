/**
 * The lines of a target's last page in their order: for each its key (the bytes before the value; of a comment the
 * whole line) and what was made of it. Exporters keep their order, so the next line of a page is nearly always the one
 * at the same place in the page before, and is then told by one comparison of bytes.
 */
export type Line<S> = {
  /** The key's bytes as a latin1 string. */
  readonly key: string;
  /** undefined: a comment, or a series that relabelling drops. */
  readonly state: S | undefined;
  readonly comment: boolean;
  /** Place in the order, -1 while it is in none. */
  place: number;
};

export class LineOrder<S> {
  readonly #known = new Map<string, Line<S>>();
  #lines: Line<S>[] = [];
  /** The keys of #lines, one after another; #ends[i] is where key i ends. */
  #keys: Buffer = Buffer.alloc(0);
  #starts = new Int32Array(1);
  #place = 0;
  /** The order of the page being read, from where it first differs from the last. */
  #changed: Line<S>[] | undefined;

  begin(): void {
    this.#place = 0;
    this.#changed = undefined;
  }

  /**
   * The line expected next, if it is what stands in `page` at `at`; `lengthOfLast` is then its key's length.
   * `end` bounds the bytes that may be read.
   */
  expected(page: Buffer, at: number, end: number): Line<S> | undefined {
    const place = this.#place;
    const start = this.#starts[place]!;
    const length = this.#starts[place + 1]! - start;
    if (!(length <= end - at)) return undefined; // also past the last line, where length is NaN
    if (this.#keys.compare(page, at, at + length, start, start + length) !== 0) return undefined;
    this.lengthOfLast = length;
    this.#place = place + 1;
    const line = this.#lines[place]!;
    if (this.#changed !== undefined) this.#changed.push(line);
    return line;
  }

  lengthOfLast = 0;

  /** A line that was not the expected one; goes on behind its place in the last page. */
  find(key: string): Line<S> | undefined {
    const line = this.#known.get(key);
    if (line !== undefined) this.#divert(line);
    return line;
  }

  add(key: string, state: S | undefined, comment: boolean): Line<S> {
    const line: Line<S> = { key, state, comment, place: -1 };
    this.#known.set(key, line);
    this.#divert(line);
    return line;
  }

  #divert(line: Line<S>): void {
    this.#changed ??= this.#lines.slice(0, this.#place);
    this.#changed.push(line);
    if (line.place >= 0) this.#place = line.place + 1;
  }

  /** The page came whole: its order is the next one's. True where it differed. */
  finish(): boolean {
    if (this.#changed === undefined) return false;
    for (const line of this.#lines) line.place = -1;
    this.#lines = this.#changed;
    this.#changed = undefined;
    this.#starts = new Int32Array(this.#lines.length + 1);
    let bytes = 0;
    this.#lines.forEach((line, place) => {
      line.place = place;
      bytes += line.key.length;
      this.#starts[place + 1] = bytes;
    });
    this.#keys = Buffer.allocUnsafe(bytes);
    this.#lines.forEach((line, place) => {
      this.#keys.write(line.key, this.#starts[place]!, "latin1");
    });
    if (this.#known.size > 2 * this.#lines.length + 1000) this.#forgetUnordered();
    return true;
  }

  abandon(): void {
    this.#changed = undefined;
  }

  #forgetUnordered(): void {
    for (const [key, line] of this.#known) if (line.place === -1) this.#known.delete(key);
  }

  lines(): readonly Line<S>[] {
    return this.#lines;
  }
}
