import { BLOCK_TABLES } from "@lockstep/schemas/blocks/tables";
import { MAX_EXPONENT, RAW_EXPONENT, STALE_NAN_HIGH, STALE_NAN_LOW } from "@lockstep/schemas/domain/sample";
import { NativeWriter } from "./native.ts";

const TWO_32 = 4294967296;
const POWERS = Array.from({ length: MAX_EXPONENT + 1 }, (_, e) => 10 ** e);
const float = new Float64Array(1);
const floatWords = new Int32Array(float.buffer);

/** The two words of a safe integer's 64-bit two's complement, signed. */
export function highWord(integer: number): number {
  return Math.floor(integer / TWO_32) | 0;
}
export function lowWord(integer: number, high: number): number {
  return (integer - high * TWO_32) | 0;
}

/**
 * Rows of table `samples` as growing columns. 64-bit columns are kept as pairs of signed 32-bit words (low first, as they
 * lie in a Native block on every machine Node runs on): V8 passes those without boxing them, so a row allocates nothing.
 */
export class SampleBlock {
  #rows = 0;
  #capacity: number;
  #metric: Int32Array;
  #series: Int32Array;
  #ts: Int32Array;
  #m: Int32Array;
  #e: Int8Array;

  constructor(capacity = 1024) {
    this.#capacity = capacity;
    this.#metric = new Int32Array(capacity);
    this.#series = new Int32Array(capacity * 2);
    this.#ts = new Int32Array(capacity * 2);
    this.#m = new Int32Array(capacity * 2);
    this.#e = new Int8Array(capacity);
  }

  get rows(): number {
    return this.#rows;
  }

  /** `value` rounded to `exponent` decimals (0..18); what has no safe mantissa there (NaN, 1e300) keeps its 64 bits instead. */
  push(metric: number, seriesLo: number, seriesHi: number, tsMs: number, value: number, exponent: number): void {
    const mantissa = Math.round(value * POWERS[exponent]!);
    if (mantissa !== 0 && Number.isSafeInteger(mantissa)) {
      this.pushMantissa(metric, seriesLo, seriesHi, tsMs, mantissa, exponent);
    } else if (mantissa === 0 && !Object.is(value, -0)) {
      this.pushMantissa(metric, seriesLo, seriesHi, tsMs, 0, exponent);
    } else {
      this.pushFloat(metric, seriesLo, seriesHi, tsMs, value);
    }
  }

  /** The value `mantissa / 10^exponent`; mantissa is a safe integer. */
  pushMantissa(metric: number, seriesLo: number, seriesHi: number, tsMs: number, mantissa: number, exponent: number) {
    const high = highWord(mantissa);
    this.#pushAt(metric, seriesLo, seriesHi, tsMs, lowWord(mantissa, high), high, exponent);
  }

  /** A value by its bits: NaN, infinities, -0 and whatever a decimal mantissa does not carry exactly. */
  pushFloat(metric: number, seriesLo: number, seriesHi: number, tsMs: number, value: number): void {
    float[0] = value;
    this.#pushAt(metric, seriesLo, seriesHi, tsMs, floatWords[0]!, floatWords[1]!, RAW_EXPONENT);
  }

  pushStale(metric: number, seriesLo: number, seriesHi: number, tsMs: number): void {
    this.#pushAt(metric, seriesLo, seriesHi, tsMs, STALE_NAN_LOW, STALE_NAN_HIGH, RAW_EXPONENT);
  }

  #pushAt(metric: number, seriesLo: number, seriesHi: number, tsMs: number, mLo: number, mHi: number, e: number): void {
    const tsHi = highWord(tsMs);
    this.pushWords(metric | 0, seriesLo | 0, seriesHi | 0, lowWord(tsMs, tsHi), tsHi, mLo, mHi, e);
  }

  /** The hot path's form: every argument a signed 32-bit integer. */
  pushWords(
    metric: number,
    seriesLo: number,
    seriesHi: number,
    tsLo: number,
    tsHi: number,
    mLo: number,
    mHi: number,
    e: number,
  ): void {
    const row = this.#rows;
    if (row === this.#capacity) this.#grow(row + 1);
    const pair = row * 2;
    this.#metric[row] = metric;
    this.#series[pair] = seriesLo;
    this.#series[pair + 1] = seriesHi;
    this.#ts[pair] = tsLo;
    this.#ts[pair + 1] = tsHi;
    this.#m[pair] = mLo;
    this.#m[pair + 1] = mHi;
    this.#e[row] = e;
    this.#rows = row + 1;
  }

  append(other: SampleBlock): void {
    const row = this.#rows;
    const rows = other.#rows;
    if (row + rows > this.#capacity) this.#grow(row + rows);
    this.#metric.set(other.#metric.subarray(0, rows), row);
    this.#series.set(other.#series.subarray(0, rows * 2), row * 2);
    this.#ts.set(other.#ts.subarray(0, rows * 2), row * 2);
    this.#m.set(other.#m.subarray(0, rows * 2), row * 2);
    this.#e.set(other.#e.subarray(0, rows), row);
    this.#rows = row + rows;
  }

  #grow(needed: number): void {
    this.#capacity = Math.max(needed, this.#capacity * 2);
    const grown = new SampleBlock(this.#capacity);
    grown.append(this);
    this.#metric = grown.#metric;
    this.#series = grown.#series;
    this.#ts = grown.#ts;
    this.#m = grown.#m;
    this.#e = grown.#e;
  }

  reset(): void {
    this.#rows = 0;
  }

  /** Forgets rows from `rows` on: a page that failed half-way leaves nothing. */
  truncate(rows: number): void {
    this.#rows = Math.min(this.#rows, rows);
  }

  /** The rows as one `Native` block of table `samples`, in a buffer of its own. */
  encode(): Uint8Array {
    const rows = this.#rows;
    const data = [
      this.#metric.subarray(0, rows),
      this.#series.subarray(0, rows * 2),
      this.#ts.subarray(0, rows * 2),
      this.#m.subarray(0, rows * 2),
      this.#e.subarray(0, rows),
    ];
    const { columns } = BLOCK_TABLES.samples;
    const writer = new NativeWriter(rows * 29 + 256);
    writer.blockHeader(columns.length, rows);
    columns.forEach((column, i) => {
      writer.columnHeader(column);
      writer.bytes(data[i]!);
    });
    return writer.finish();
  }
}
