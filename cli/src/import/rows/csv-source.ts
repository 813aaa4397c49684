/** CSV with a line of names: delimiter by that line, rows checked against it. */
import { CsvError, CsvRecords, type FieldSink } from "./csv-records.ts";
import { type TextFile, wrong } from "./open-rows.ts";
import type { RowBlock } from "./row-block.ts";
import type { ReadRowsOptions, RowSource } from "./row-source.ts";

const DELIMITERS = [",", "\t", ";", "|"] as const;
const MAX_COLUMNS = 10_000;

/** Throws StartError where the first line does not name columns. */
export function csvSource(file: TextFile): RowSource {
  const { delimiter, columns } = headerOf(file);
  return { format: "CSV", columns, size: file.size, read: (options) => read(file, delimiter, columns, options) };
}

function headerOf(file: TextFile): { delimiter: number; columns: readonly string[] } {
  const end = file.head.indexOf("\n");
  const line = file.head.subarray(0, end === -1 ? file.head.length : end).toString("utf8");
  const counts = DELIMITERS.map((delimiter) => line.split(delimiter).length);
  const delimiter = DELIMITERS[counts.indexOf(Math.max(...counts))]!.charCodeAt(0);
  const columns = firstRecord(file, delimiter).map((name) => name.trim());
  const at = columns.findIndex((name, i) => name !== "" && columns.indexOf(name) !== i);
  if (at !== -1) throw wrong(file.name, `line 1: found two columns "${columns[at]}", expected names that differ`);
  if (columns.length > MAX_COLUMNS)
    throw wrong(file.name, `line 1: found ${columns.length} columns, expected at most ${MAX_COLUMNS}`);
  if (columns.every((name) => name === "" || Number.isFinite(Number(name)))) {
    throw wrong(file.name, `line 1: found ${JSON.stringify(line.slice(0, 80))}, expected the names of the columns`);
  }
  return { delimiter, columns };
}

function firstRecord(file: TextFile, delimiter: number): string[] {
  const fields: string[] = [];
  let done = false;
  const records = new CsvRecords(delimiter, {
    field: (_, source, from, to) => {
      if (!done) fields.push(Buffer.from(source.subarray(from, to)).toString("utf8"));
    },
    record: () => {
      done = true;
    },
  });
  try {
    records.push(file.head);
    if (!done) records.end();
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    if (!done) throw wrong(file.name, `line ${error.line}: ${error.message}`, error);
  }
  return fields;
}

async function* read(
  file: TextFile,
  delimiter: number,
  columns: readonly string[],
  { wanted, block, onBytes }: ReadRowsOptions,
): AsyncGenerator<RowBlock> {
  const rows = new Rows(file, columns, wanted, block);
  const records = new CsvRecords(delimiter, rows);
  const told = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof CsvError)) throw error;
      throw wrong(file.name, `line ${error.line}: ${error.message}`, error);
    }
  };
  for await (const chunk of file.content(onBytes)) {
    told(() => records.push(chunk));
    yield* rows.full();
  }
  told(() => records.end());
  yield* rows.all();
}

/** Records into blocks. */
class Rows implements FieldSink {
  readonly #file: TextFile;
  readonly #columns: readonly string[];
  /** Of each field of the file, which column of the block it is; -1: none. */
  readonly #places: Int32Array;
  readonly #block: () => RowBlock;
  #current: RowBlock;
  #full: RowBlock[] = [];
  #isHeader = true;

  constructor(file: TextFile, columns: readonly string[], wanted: readonly string[], block: () => RowBlock) {
    this.#file = file;
    this.#columns = columns;
    this.#places = Int32Array.from(columns, (name) => wanted.indexOf(name));
    this.#block = block;
    this.#current = block();
  }

  field(index: number, source: Uint8Array, from: number, to: number): void {
    if (this.#isHeader) return;
    const place = this.#places[index];
    if (place !== undefined && place >= 0) this.#current.put(place, source, from, to);
  }

  record(fields: number, line: number): void {
    if (this.#isHeader) {
      this.#isHeader = false;
      return;
    }
    if (fields !== this.#columns.length) {
      const expected = `${this.#columns.length}, as line 1 names`;
      throw wrong(this.#file.name, `line ${line}: found ${fields} fields, expected ${expected}`);
    }
    this.#current.endRow(line);
    if (!this.#current.isFull) return;
    this.#full.push(this.#current);
    this.#current = this.#block();
  }

  *full(): Generator<RowBlock> {
    const full = this.#full;
    this.#full = [];
    yield* full;
  }

  *all(): Generator<RowBlock> {
    yield* this.full();
    if (this.#current.rows > 0) yield this.#current;
  }
}
