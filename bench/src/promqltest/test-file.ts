/** The language of PromQL test files: load, clear, eval, and what an eval expects. */
import { durationMs } from "@lockstep/promql/parse/number";
import { parseNumber, parseSeries, type SeriesLine, unquote } from "./series-notation.ts";

export type LoadCommand = {
  readonly kind: "load";
  readonly line: number;
  readonly stepMs: number;
  readonly series: readonly SeriesLine[];
  /** Classic histograms are to be loaded as native ones too. */
  readonly withNativeHistograms: boolean;
  /** Lines of start timestamps (`metric@st`) came with the samples, an experimental feature. */
  readonly withStartTimestamps: boolean;
};

/** A text an error or an annotation must equal or match; neither takes any. */
export type TextExpectation = { readonly message?: string; readonly pattern?: RegExp };

export type Expected =
  | { readonly kind: "scalar"; readonly value: number }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "series"; readonly series: readonly SeriesLine[] };

export type EvalCommand = {
  readonly kind: "eval";
  readonly line: number;
  readonly expr: string;
  readonly isRange: boolean;
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
  readonly expected: Expected;
  /** An instant query whose result is a range vector with these times. */
  readonly rangeVector: { readonly startMs: number; readonly endMs: number; readonly stepMs: number } | undefined;
  readonly ordered: boolean;
  readonly fail: TextExpectation | undefined;
  readonly warn: readonly TextExpectation[];
  readonly info: readonly TextExpectation[];
  readonly noWarn: boolean;
  readonly noInfo: boolean;
};

export type Command = LoadCommand | EvalCommand | { readonly kind: "clear"; readonly line: number };

export class TestFileError extends Error {
  readonly line: number;
  constructor(line: number, message: string) {
    super(message);
    this.name = "TestFileError";
    this.line = line;
  }
}

const LOAD = /^load(_with_nhcb)?\s+(\S+)$/i;
const INSTANT = /^eval(?:_(fail|warn|ordered|info))?\s+instant\s+(?:at\s+(\S+)\s+)?(.+)$/i;
const RANGE = /^eval(?:_(fail|warn|info))?\s+range\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)\s+(.+)$/i;
const EXPECT = /^expect\s+(ordered|fail|warn|no_warn|info|no_info)(?:\s+(regex|msg):(.+))?$/;
const RANGE_VECTOR = /^expect range vector\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)$/;

/** Throws TestFileError at the first line that is no part of the language. */
export function parseTestFile(text: string): Command[] {
  const lines = text.split("\n").map((line) => (line.trim().startsWith("#") ? "" : line.trim()));
  const commands: Command[] = [];
  for (let at = 0; at < lines.length; ) {
    const line = at + 1;
    const head = lines[at++]!;
    if (head === "") continue;
    if (/^clear$/i.test(head)) {
      commands.push({ kind: "clear", line });
      continue;
    }
    const body: string[] = [];
    while (at < lines.length && lines[at] !== "") body.push(lines[at++]!);
    commands.push(parseBlock(head, body, line));
  }
  return commands;
}

function parseBlock(head: string, body: readonly string[], line: number): Command {
  try {
    if (/^load/i.test(head)) return parseLoad(head, body, line);
    if (/^eval/i.test(head)) return parseEval(head, body, line);
    throw new SyntaxError(`found ${JSON.stringify(head)}, expected load, clear or eval`);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new TestFileError(line, cause.message);
  }
}

function duration(text: string): number {
  if (/^[+-]?0$/.test(text)) return 0;
  const negative = text.startsWith("-");
  const ms = durationMs(negative ? text.slice(1) : text);
  if (ms === undefined) throw new SyntaxError(`found ${JSON.stringify(text)}, expected a duration such as 5m`);
  return negative ? -ms : ms;
}

function parseLoad(head: string, body: readonly string[], line: number): LoadCommand {
  const parts = LOAD.exec(head);
  if (parts === null) throw new SyntaxError(`found ${JSON.stringify(head)}, expected load <step>`);
  const lines = body.filter((text) => !/^[^\s]*@st(?:\s|$)/.test(text));
  return {
    kind: "load",
    line,
    stepMs: duration(parts[2]!),
    series: lines.map(parseSeries),
    withNativeHistograms: parts[1] !== undefined,
    withStartTimestamps: lines.length < body.length,
  };
}

type Expectations = {
  ordered: boolean;
  fail: TextExpectation | undefined;
  warn: TextExpectation[];
  info: TextExpectation[];
  noWarn: boolean;
  noInfo: boolean;
  rangeVector: EvalCommand["rangeVector"];
};

function parseEval(head: string, body: readonly string[], line: number): EvalCommand {
  const instant = INSTANT.exec(head);
  const range = instant === null ? RANGE.exec(head) : null;
  const mode = (instant ?? range)?.[1];
  const times = instant === null ? rangeTimes(range, head) : instantTimes(instant);
  const expectations: Expectations = {
    ordered: mode === "ordered",
    fail: mode === "fail" ? {} : undefined,
    warn: mode === "warn" ? [{}] : [],
    info: mode === "info" ? [{}] : [],
    noWarn: false,
    noInfo: false,
    rangeVector: undefined,
  };
  const series: SeriesLine[] = [];
  let expected: Expected = { kind: "series", series };
  for (const text of body) {
    if (readExpectation(text, expectations)) continue;
    if (text.startsWith("expect string")) {
      expected = { kind: "string", value: unquote(text.slice("expect string".length).trim()) };
      continue;
    }
    const number = parseNumber(text);
    if (number === undefined) series.push(parseSeries(text));
    else expected = { kind: "scalar", value: number };
  }
  return { kind: "eval", line, isRange: range !== null, ...times, expected, ...expectations };
}

function instantTimes(parts: RegExpExecArray) {
  const at = parts[2] === undefined ? 0 : duration(parts[2]);
  return { expr: parts[3]!, startMs: at, endMs: at, stepMs: 0 };
}

function rangeTimes(parts: RegExpExecArray | null, head: string) {
  if (parts === null) {
    throw new SyntaxError(`found ${JSON.stringify(head)}, expected eval instant at ... or eval range from ... to ...`);
  }
  return { expr: parts[5]!, startMs: duration(parts[2]!), endMs: duration(parts[3]!), stepMs: duration(parts[4]!) };
}

/** Whether the line was an expectation other than a result. */
function readExpectation(text: string, into: Expectations): boolean {
  const failure = /^expected_fail_(message|regexp)\s+(.*)$/.exec(text);
  if (failure !== null) {
    into.fail = failure[1] === "message" ? { message: failure[2]! } : { pattern: new RegExp(failure[2]!) };
    return true;
  }
  const times = RANGE_VECTOR.exec(text);
  if (times !== null) {
    into.rangeVector = { startMs: duration(times[1]!), endMs: duration(times[2]!), stepMs: duration(times[3]!) };
    return true;
  }
  const parts = EXPECT.exec(text);
  if (parts === null) return false;
  const [, what, form, argument] = parts;
  const expectation: TextExpectation =
    form === "msg" ? { message: argument!.trim() } : form === "regex" ? { pattern: new RegExp(argument!.trim()) } : {};
  if (what === "ordered") into.ordered = true;
  else if (what === "fail") into.fail = expectation;
  else if (what === "warn") into.warn.push(expectation);
  else if (what === "info") into.info.push(expectation);
  else if (what === "no_warn") into.noWarn = true;
  else into.noInfo = true;
  return true;
}
