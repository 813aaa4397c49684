import { MAX_EXPONENT } from "@lockstep/schemas/domain/sample";
import { highWord, lowWord, type SampleBlock } from "../sample-block.ts";
import { LineError, parseComment, parseSeries } from "./line.ts";
import { LineOrder } from "./line-order.ts";
import {
  type BadLine,
  type NewSeries,
  type PageCounts,
  PageError,
  type PageOptions,
  type PageSummary,
  type ResolvedSeries,
} from "./page.ts";
import { isBlankNumber, isBlankText } from "./sentinels.ts";
import { SeriesState } from "./series-state.ts";
import { parseFloatText, toDecimal } from "./value.ts";

const NEWLINE = 10;
const RETURN = 13;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const NINE = 57;
/** Digits that always fit a safe integer. */
const MAX_DIGITS = 15;
const POWERS = Array.from({ length: MAX_EXPONENT + 1 }, (_, e) => 10 ** e);
const TWO_32 = 4294967296;
const BAD_LINES_KEPT = 3;
/** A page with more bad lines than this, and than samples, is no exposition; reading on would only cost other targets. */
const MAX_BAD_LINES = 1000;

/**
 * Reads the pages of one target, as they stream in, into rows of a SampleBlock. Remembers every line it has seen by
 * its bytes before the value, in page order, so that a line seen before costs one comparison and one number.
 *
 * One page: `begin`, `feed` for each piece, then `finish`, or `fail` where the scrape failed.
 */
export class PageReader {
  readonly #options: PageOptions;
  readonly #order = new LineOrder<SeriesState>();
  readonly #series = new Map<string, SeriesState>();
  readonly #families = new Map<string, { type: string; unit: string }>();
  #unsent: NewSeries[] = [];
  #page = 0;
  /** The last page that came whole (0: none, or it failed since), and how many series of it can go stale. */
  #lastGood = 0;
  #tracked = 0;

  #block!: SampleBlock;
  #ts = 0;
  #tsLo = 0;
  #tsHi = 0;
  /** The pieces of a line whose end has not come yet. */
  #carry: Buffer[] = [];
  #carryBytes = 0;
  #skipping = false;
  #line = 0;
  #samples = 0;
  #kept = 0;
  #added = 0;
  #continuing = 0;
  #trackedNow = 0;
  #duplicates = 0;
  #badLines = 0;
  #badExamples: BadLine[] = [];

  constructor(options: PageOptions) {
    this.#options = options;
  }

  /** `block` takes the page's rows; `tsMs` is the time of samples without one of their own. */
  begin(tsMs: number, block: SampleBlock): void {
    this.#page++;
    this.#order.begin();
    this.#block = block;
    this.#ts = tsMs;
    this.#tsHi = highWord(tsMs);
    this.#tsLo = lowWord(tsMs, this.#tsHi);
    this.#dropCarry();
    this.#skipping = false;
    this.#line = this.#samples = this.#kept = this.#added = this.#continuing = 0;
    this.#trackedNow = this.#duplicates = this.#badLines = 0;
    this.#badExamples = [];
  }

  /** The next bytes of the page; the buffer may be reused after the call. Throws PageError. */
  feed(chunk: Buffer): void {
    let at = 0;
    if (this.#carryBytes > 0 || this.#skipping) {
      at = chunk.indexOf(NEWLINE) + 1;
      if (at === 0) {
        this.#hold(chunk);
        return;
      }
      if (!this.#skipping) this.#readCarry(chunk.subarray(0, at));
      this.#skipping = false;
    }
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    if (end > at) this.#readLines(chunk, at, end);
    const rest = Math.max(at, end);
    if (rest < chunk.length) this.#hold(chunk.subarray(rest));
  }

  #readCarry(ending: Buffer): void {
    const line = Buffer.concat([...this.#carry, ending]);
    this.#dropCarry();
    this.#readLines(line, 0, line.length);
  }

  #dropCarry(): void {
    this.#carry = [];
    this.#carryBytes = 0;
  }

  #hold(part: Buffer): void {
    if (this.#skipping) return;
    this.#carryBytes += part.length;
    if (this.#carryBytes <= this.#options.maxLineBytes) {
      this.#carry.push(Buffer.from(part));
      return;
    }
    this.#line++;
    this.#bad(`found a line longer than ${this.#options.maxLineBytes} bytes`);
    this.#dropCarry();
    this.#skipping = true;
  }

  /**
   * The end of a page that came whole: adds staleness markers for the series that are gone from it. Throws PageError
   * where none of its lines could be read (that is no exposition) or the sample limit is exceeded.
   */
  finish(): PageSummary {
    if (this.#carryBytes > 0) this.#readCarry(Buffer.from("\n"));
    if (this.#samples === 0 && this.#badLines > 0) {
      const { line, message } = this.#badExamples[0]!;
      throw new PageError(`none of ${this.#badLines} lines is a sample; line ${line}: ${message}`);
    }
    // Told at the end, so that it is known by how much.
    const { sampleLimit } = this.#options;
    if (sampleLimit > 0 && this.#kept > sampleLimit) {
      throw new PageError(
        `sample limit exceeded: ${this.#kept} samples after relabelling, the limit is ${sampleLimit}`,
      );
    }
    const stale = this.#continuing < this.#tracked ? this.#markStale(false) : 0;
    this.#tracked = this.#trackedNow;
    this.#lastGood = this.#page;
    if (this.#order.finish()) this.#forget();
    return {
      ...this.counts,
      stale,
      duplicates: this.#duplicates,
      badLines: this.#badLines,
      badExamples: this.#badExamples,
    };
  }

  /** What the page under way, or refused, had so far. */
  get counts(): PageCounts {
    return { samples: this.#samples, kept: this.#kept, added: this.#added };
  }

  /** The end of a failed scrape, or of the target: every series of the last good page goes stale at `tsMs`. */
  fail(tsMs: number, block: SampleBlock): number {
    this.#order.abandon();
    this.#ts = tsMs;
    this.#block = block;
    const stale = this.#markStale(true);
    this.#tracked = 0;
    this.#lastGood = 0;
    return stale;
  }

  /** Series whose labels have not gone to the log yet; they stay until `sent`. */
  get unsent(): readonly NewSeries[] {
    return this.#unsent;
  }

  /** Series held in memory. */
  get remembered(): number {
    return this.#series.size;
  }

  sent(count: number): void {
    this.#unsent = count === this.#unsent.length ? [] : this.#unsent.slice(count);
  }

  /** Puts every series of the last page on the unsent list again: the log gets labels anew when they are an hour old. */
  resend(): void {
    for (const { key, state } of this.#order.lines()) {
      if (state === undefined) continue;
      const resolved = this.#options.resolve(pageLabels(key));
      if (resolved !== "dropped") this.#unsent.push(this.#describe(resolved));
    }
  }

  /** `failed`: all series of the last good page are gone, those included that the broken page already had. */
  #markStale(failed: boolean): number {
    if (this.#lastGood === 0) return 0;
    let stale = 0;
    for (const state of this.#series.values()) {
      const was = state.seenIn === this.#lastGood || (failed && state.seenBefore === this.#lastGood);
      if (!was || state.ownTs !== -1) continue;
      this.#block.pushStale(state.metric, state.lo, state.hi, this.#ts);
      stale++;
    }
    return stale;
  }

  /** Bounds what is remembered of series that come and go. */
  #forget(): void {
    if (this.#series.size <= 2 * this.#trackedNow + 1000) return;
    for (const [id, state] of this.#series) if (this.#page - state.seenIn > 2) this.#series.delete(id);
  }

  /** Whole lines in [at, end); the byte before `end` is a line end. */
  #readLines(page: Buffer, from: number, end: number): void {
    let at = from;
    while (at < end) {
      this.#line++;
      const line = this.#order.expected(page, at, end);
      if (line === undefined) at = this.#readUnexpected(page, at);
      else if (line.comment) at += this.#order.lengthOfLast;
      else at = this.#readValue(page, at + this.#order.lengthOfLast, line.state);
    }
  }

  #readUnexpected(page: Buffer, at: number): number {
    const end = page.indexOf(NEWLINE, at);
    const last = page[end - 1] === RETURN && end > at ? end - 1 : end;
    const text = page.toString("latin1", at, last);
    const first = text.charCodeAt(0);
    if (first === 35 /* # */) this.#readComment(page.toString("latin1", at, end + 1), text);
    else if (text.trim() !== "") return this.#readNewSample(page, at, end, text);
    return end + 1;
  }

  #readComment(key: string, text: string): void {
    if (this.#order.find(key) !== undefined) return;
    const said = parseComment(text);
    if (said !== undefined && this.#families.size < this.#options.maxSamples) {
      const family = this.#families.get(said.family) ?? { type: "", unit: "" };
      this.#families.set(said.family, { ...family, [said.kind]: said.value });
    }
    this.#order.add(key, undefined, true);
  }

  #readNewSample(page: Buffer, at: number, end: number, text: string): number {
    try {
      const { labels, valueAt } = parseSeries(text);
      const key = text.slice(0, valueAt);
      const known = this.#order.find(key);
      // A line whose value turns out bad is remembered all the same: its labels were good, and next time it costs little.
      const line = known ?? this.#order.add(key, this.#resolve(labels), false);
      return this.#readValue(page, at + valueAt, line.state);
    } catch (error) {
      if (!(error instanceof LineError)) throw error;
      this.#bad(error.message);
      return end + 1;
    }
  }

  #resolve(labels: Map<string, string>): SeriesState | undefined {
    const resolved = this.#options.resolve(decodeLabels(labels));
    if (resolved === "dropped") return undefined;
    const id = `${resolved.hi}:${resolved.lo}`;
    const known = this.#series.get(id);
    if (known !== undefined) return known;
    const state = new SeriesState(resolved);
    this.#series.set(id, state);
    this.#unsent.push(this.#describe(resolved));
    return state;
  }

  #describe(resolved: ResolvedSeries): NewSeries {
    const name = resolved.labels.get("__name__") ?? "";
    const family = this.#families.get(name) ?? this.#families.get(name.replace(/_(?:bucket|count|sum|total)$/, ""));
    return { resolved, type: family?.type ?? "", unit: family?.unit ?? "" };
  }

  /** From the value's first byte; gives where the next line begins. The common form is read in place, without a string. */
  #readValue(page: Buffer, from: number, state: SeriesState | undefined): number {
    let at = from;
    let byte = page[at]!;
    const negative = byte === MINUS;
    if (negative) byte = page[++at]!;
    const digitsAt = at;
    let mantissa = 0;
    while (byte >= ZERO && byte <= NINE && at - digitsAt <= MAX_DIGITS) {
      mantissa = mantissa * 10 + (byte - ZERO);
      byte = page[++at]!;
    }
    let exponent = 0;
    let digits = at - digitsAt;
    if (byte === POINT && digits > 0) {
      const pointAt = at;
      let zeros = 0; // trailing so far: "34.156000" is 34156 with 3 decimals
      byte = page[++at]!;
      while (byte >= ZERO && byte <= NINE && at - digitsAt <= MAX_DIGITS + 1) {
        if (byte === ZERO) zeros++;
        else {
          mantissa = mantissa * POWERS[zeros + 1]! + (byte - ZERO);
          zeros = 0;
        }
        byte = page[++at]!;
      }
      exponent = at - pointAt - 1 - zeros;
      digits = at - digitsAt - 1;
    }
    if (byte !== NEWLINE || digits === 0 || digits > MAX_DIGITS || (negative && mantissa === 0)) {
      return this.#readOddValue(page, from, state);
    }
    this.#samples++;
    if (state !== undefined && !(state.blanks && isBlankNumber(mantissa) && exponent === 0 && !negative)) {
      state.ownTs = -1;
      if (this.#see(state)) {
        if (exponent > state.exponent) state.exponent = exponent;
        else if (exponent < state.exponent) {
          const scaled = mantissa * POWERS[state.exponent - exponent]!;
          if (scaled <= Number.MAX_SAFE_INTEGER) {
            mantissa = scaled;
            exponent = state.exponent;
          }
        }
        // What #pushDecimal does, without a call that would box its numbers.
        const whole = negative ? -mantissa : mantissa;
        const high = Math.floor(whole / TWO_32) | 0;
        const low = (whole - high * TWO_32) | 0;
        this.#block.pushWords(state.metric, state.lo, state.hi, this.#tsLo, this.#tsHi, low, high, exponent);
      }
    }
    if (this.#samples > this.#options.maxSamples) this.#tooMany();
    return at + 1;
  }

  /** Any other value: exponents, many digits, NaN, infinities, time stamps, and what is none. */
  #readOddValue(page: Buffer, from: number, state: SeriesState | undefined): number {
    const end = page.indexOf(NEWLINE, from);
    const text = page.toString("latin1", from, end).trim();
    if (state?.blanks && isBlankText(text)) {
      this.#samples++;
      return end + 1;
    }
    const [valueText, tsText, ...rest] = text.split(/[ \t]+/);
    const value = parseFloatText(valueText!);
    if (value === undefined || rest.length > 0 || (tsText !== undefined && !/^-?[0-9]{1,15}$/.test(tsText))) {
      const found = JSON.stringify(text.slice(0, 40));
      this.#bad(`found ${found}, expected a number and at most one time stamp in milliseconds`);
      return end + 1;
    }
    this.#samples++;
    if (this.#samples > this.#options.maxSamples) this.#tooMany();
    if (state === undefined || (state.blanks && (isBlankNumber(value) || isBlankText(valueText!)))) return end + 1;
    const ownTs = tsText !== undefined && this.#options.honorTimestamps ? Number(tsText) : -1;
    const repeated = ownTs !== -1 && ownTs === state.ownTs;
    state.ownTs = ownTs;
    if (this.#see(state) && !repeated) this.#pushValue(state, ownTs === -1 ? this.#ts : ownTs, value);
    return end + 1;
  }

  /** Notes that this page has the series; false where it had it already: the first sample counts, as in Prometheus. */
  #see(state: SeriesState): boolean {
    const page = this.#page;
    if (state.seenIn === page) {
      this.#duplicates++;
      return false;
    }
    if (state.seenIn === 0 || page - state.seenIn > 3) this.#added++;
    if (state.ownTs === -1) {
      this.#trackedNow++;
      if (state.seenIn === this.#lastGood) this.#continuing++;
    }
    state.seenBefore = state.seenIn;
    state.seenIn = page;
    this.#kept++;
    return true;
  }

  #pushValue(state: SeriesState, ts: number, value: number): void {
    const decimal = toDecimal(value);
    if (decimal === undefined) this.#block.pushFloat(state.metric, state.lo, state.hi, ts, value);
    else this.#pushDecimal(state, ts, decimal.mantissa, decimal.exponent);
  }

  #pushDecimal(state: SeriesState, ts: number, mantissa: number, exponent: number): void {
    if (exponent > state.exponent) state.exponent = exponent;
    else if (exponent < state.exponent) {
      const scaled = mantissa * POWERS[state.exponent - exponent]!;
      if (scaled <= Number.MAX_SAFE_INTEGER && scaled >= Number.MIN_SAFE_INTEGER) {
        this.#block.pushMantissa(state.metric, state.lo, state.hi, ts, scaled, state.exponent);
        return;
      }
    }
    this.#block.pushMantissa(state.metric, state.lo, state.hi, ts, mantissa, exponent);
  }

  #tooMany(): never {
    throw new PageError(`more than ${this.#options.maxSamples} samples on one page`);
  }

  #bad(message: string): void {
    if (this.#options.strict) throw new PageError(`line ${this.#line}: ${message}`);
    this.#badLines++;
    if (this.#badLines > MAX_BAD_LINES && this.#badLines > this.#samples) {
      throw new PageError(
        `more than ${MAX_BAD_LINES} bad lines, ${this.#samples} samples; line ${this.#line}: ${message}`,
      );
    }
    if (this.#badExamples.length < BAD_LINES_KEPT) this.#badExamples.push({ line: this.#line, message });
  }
}

function pageLabels(key: string): Map<string, string> {
  return decodeLabels(parseSeries(`${key} 0`).labels);
}

/** Lines are read as latin1, byte for byte; what is not ASCII in them is UTF-8. */
function decodeLabels(labels: Map<string, string>): Map<string, string> {
  const decoded = new Map<string, string>();
  for (const [name, value] of labels) decoded.set(decode(name), decode(value));
  return decoded;
}

function decode(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: tells ASCII, control characters included, from the rest
  return /^[\x00-\x7f]*$/.test(text) ? text : Buffer.from(text, "latin1").toString("utf8");
}
