import { NumberColumn } from "./number-column.ts";
import { type SkippedRow, type StepTrace, stepTraceColumns, type Worker } from "./step-trace.ts";

export class StepTraceError extends Error {
  override readonly name = "StepTraceError";
}

type Row = Record<string, unknown>;

const maxRows = 20_000_000;
const maxSkippedShown = 20;
/** Of dp_rank, stage and rank: larger layouts than any known, small enough that a wild value cannot size an array. */
const maxPlace = 1_000_000;
const maxInt32 = 2 ** 31 - 1;

/**
 * Reads rows with the columns `stepTraceColumns` (numbers or bigints, as readers of Parquet give them; times in seconds).
 * Rows that cannot be read are left out and told in `skipped`. Throws StepTraceError where there is no readable row, a
 * column is missing, or there are more than 20 million rows.
 */
export function readStepTrace(rows: Iterable<Row>): StepTrace {
  const reading = new Reading();
  let row = 0;
  for (const each of rows) {
    if (row === 0) requireColumns(each);
    if (row === maxRows)
      throw new StepTraceError(`step trace: more than ${maxRows} rows. Give fewer steps of it at a time.`);
    reading.add(each, row++);
  }
  return reading.finish(row);
}

function requireColumns(first: Row): void {
  const missing = stepTraceColumns.filter((column) => !(column in first));
  if (missing.length === 0) return;
  throw new StepTraceError(
    `step trace, row 0: found the columns ${Object.keys(first).slice(0, 30).join(", ") || "(none)"}, ` +
      `expected also ${missing.join(", ")}. Is this a step trace?`,
  );
}

class Reading {
  readonly #dpRank = new NumberColumn(Int32Array);
  readonly #stage = new NumberColumn(Int32Array);
  readonly #rank = new NumberColumn(Int32Array);
  readonly #step = new NumberColumn(Float64Array);
  readonly #optype = new NumberColumn(Int32Array);
  readonly #startS = new NumberColumn(Float64Array);
  readonly #durationS = new NumberColumn(Float64Array);
  readonly #seq = new NumberColumn(Int32Array);
  readonly #modelChunk = new NumberColumn(Int32Array);
  readonly #microBatch = new NumberColumn(Int32Array);
  readonly #globalModelChunk = new NumberColumn(Int32Array);
  readonly #optypes = new Map<string, number>();
  readonly #skipped: SkippedRow[] = [];
  #skippedRows = 0;

  add(row: Row, at: number): void {
    try {
      this.#append(row);
    } catch (error) {
      if (!(error instanceof BadCell)) throw error;
      this.#skippedRows++;
      if (this.#skipped.length < maxSkippedShown)
        this.#skipped.push({ row: at, column: error.column, found: error.found, expected: error.expected });
    }
  }

  #append(row: Row): void {
    // All cells are read before any is kept: a row is there whole or not at all.
    const dpRank = whole(row, "dp_rank", maxPlace);
    const stage = whole(row, "stage", maxPlace);
    const rank = whole(row, "rank", maxPlace);
    const step = whole(row, "step", Number.MAX_SAFE_INTEGER);
    const optype = name(row, "optype");
    const startS = seconds(row, "start_ts");
    const durationS = seconds(row, "duration");
    if (durationS < 0) throw new BadCell("duration", row["duration"], "seconds of 0 or more");
    const seq = placeOrNone(row, "seq_id");
    const modelChunk = placeOrNone(row, "mc");
    const microBatch = placeOrNone(row, "mb_id");
    const globalModelChunk = placeOrNone(row, "gmc");
    this.#dpRank.push(dpRank);
    this.#stage.push(stage);
    this.#rank.push(rank);
    this.#step.push(step);
    this.#optype.push(this.#optypeIndex(optype));
    this.#startS.push(startS);
    this.#durationS.push(durationS);
    this.#seq.push(seq);
    this.#modelChunk.push(modelChunk);
    this.#microBatch.push(microBatch);
    this.#globalModelChunk.push(globalModelChunk);
  }

  #optypeIndex(optype: string): number {
    const known = this.#optypes.get(optype);
    if (known !== undefined) return known;
    this.#optypes.set(optype, this.#optypes.size);
    return this.#optypes.size - 1;
  }

  finish(rows: number): StepTrace {
    if (this.#rank.length === 0) throw new StepTraceError(this.#nothingRead(rows));
    const dpRank = this.#dpRank.finish();
    const stage = this.#stage.finish();
    const rank = this.#rank.finish();
    const { workers, worker } = workersOf(dpRank, stage, rank);
    const steps = distinct(this.#step.finish());
    const optypes = [...this.#optypes.keys()].sort();
    const sortedPlace = [...this.#optypes.keys()].map((each) => optypes.indexOf(each));
    return {
      length: rank.length,
      worker,
      dpRank,
      stage,
      rank,
      step: placesOf(this.#step.finish(), steps),
      optype: this.#optype.finish().map((place) => sortedPlace[place]!),
      startS: this.#startS.finish(),
      durationS: this.#durationS.finish(),
      seq: this.#seq.finish(),
      modelChunk: this.#modelChunk.finish(),
      microBatch: this.#microBatch.finish(),
      globalModelChunk: this.#globalModelChunk.finish(),
      dpSize: workers.reduce((size, each) => Math.max(size, each.dpRank + 1), 0),
      stages: workers.reduce((size, each) => Math.max(size, each.stage + 1), 0),
      workers,
      ranks: distinct(rank),
      steps,
      optypes,
      skippedRows: this.#skippedRows,
      skipped: this.#skipped,
    };
  }

  #nothingRead(rows: number): string {
    const first = this.#skipped[0];
    if (first === undefined) return `step trace: found ${rows} rows, expected at least one.`;
    return (
      `step trace: none of ${rows} rows could be read. Row ${first.row}, ${first.column}: ` +
      `found ${first.found}, expected ${first.expected}.`
    );
  }
}

/** Control flow inside this file only: it ends the reading of one row. */
class BadCell extends Error {
  readonly column: string;
  readonly found: string;
  readonly expected: string;

  constructor(column: string, found: unknown, expected: string) {
    super(column);
    this.column = column;
    this.found = shown(found);
    this.expected = expected;
  }
}

function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 60));
  return value === null || typeof value !== "object" ? String(value) : `a value of type ${typeof value}`;
}

/** NaN where it is no number. */
function numberIn(value: unknown): number {
  if (typeof value === "number") return value;
  return typeof value === "bigint" ? Number(value) : Number.NaN;
}

function whole(row: Row, column: string, max: number): number {
  const value = numberIn(row[column]);
  if (Number.isInteger(value) && value >= 0 && value <= max) return value;
  throw new BadCell(column, row[column], `a whole number from 0 to ${max}`);
}

function placeOrNone(row: Row, column: string): number {
  const cell = row[column];
  if (cell === null || cell === undefined) return -1;
  const value = numberIn(cell);
  // A column with gaps that went through a data frame holds NaN for "none".
  if (typeof cell === "number" && Number.isNaN(cell)) return -1;
  if (Number.isInteger(value) && value >= -1 && value <= maxInt32) return value;
  throw new BadCell(column, cell, `a whole number from 0 to ${maxInt32}, or -1 for none`);
}

function seconds(row: Row, column: string): number {
  const value = numberIn(row[column]);
  if (Number.isFinite(value)) return value;
  throw new BadCell(column, row[column], "seconds");
}

function name(row: Row, column: string): string {
  const value = row[column];
  if (typeof value === "string" && value.length > 0 && value.length <= 200) return value;
  throw new BadCell(column, value, "a name of 1 to 200 characters");
}

function distinct(values: Int32Array | Float64Array): number[] {
  return [...new Set<number>(values)].sort((a, b) => a - b);
}

function placesOf(values: Float64Array, sorted: readonly number[]): Int32Array {
  const place = new Map(sorted.map((value, index) => [value, index]));
  return Int32Array.from(values, (value) => place.get(value)!);
}

function workersOf(dpRank: Int32Array, stage: Int32Array, rank: Int32Array) {
  const keys = new Map<string, number>();
  const found: Worker[] = [];
  const unsorted = Int32Array.from(rank, (number, row) => {
    const each: Worker = { dpRank: dpRank[row]!, stage: stage[row]!, rank: number };
    const key = `${each.dpRank}/${each.stage}/${each.rank}`;
    const known = keys.get(key);
    if (known !== undefined) return known;
    keys.set(key, found.length);
    found.push(each);
    return found.length - 1;
  });
  const order = found.map((_, index) => index).sort((a, b) => byPlace(found[a]!, found[b]!));
  const place = new Int32Array(found.length);
  order.forEach((index, at) => {
    place[index] = at;
  });
  return { workers: order.map((index) => found[index]!), worker: unsorted.map((index) => place[index]!) };
}

function byPlace(a: Worker, b: Worker): number {
  return a.dpRank - b.dpRank || a.stage - b.stage || a.rank - b.rank;
}
