/** Runs one test file on one way. */
import { NotSupportedError } from "@lockstep/promql/engine/errors";
import type { QueryResult, ResultValue } from "@lockstep/promql/engine/query";
import { parseExpression } from "@lockstep/promql/parse/parse";
import { ParseError } from "@lockstep/promql/parse/parse-error";
import { annotationDifference, type Difference, printText, printValue, resultDifference, textFits } from "./compare.ts";
import { loadedSeries } from "./loaded-series.ts";
import { otherTimes, pinnedQuery } from "./pinned.ts";
import { type Command, type EvalCommand, parseTestFile, TestFileError } from "./test-file.ts";
import type { Way } from "./way.ts";

export type EvalOutcome =
  | { readonly kind: "passed" }
  | { readonly kind: "skipped"; readonly reason: string }
  | ({ readonly kind: "failed" } & Difference);

export type Outcome = EvalOutcome & { readonly line: number; readonly expr: string };

/** One outcome for each eval, and a failed one where the file itself cannot be read. */
export async function runFile(text: string, way: Way): Promise<Outcome[]> {
  let commands: Command[];
  try {
    commands = parseTestFile(text);
  } catch (cause) {
    if (!(cause instanceof TestFileError)) throw cause;
    return [{ kind: "failed", line: cause.line, expr: "", found: cause.message, expected: "a test file" }];
  }
  const outcomes: Outcome[] = [];
  let startTimestamps = false;
  await way.clear();
  for (const command of commands) {
    if (command.kind === "clear") {
      startTimestamps = false;
      await way.clear();
    } else if (command.kind === "load") {
      startTimestamps ||= command.withStartTimestamps;
      await way.load(loadedSeries(command));
    } else {
      const outcome = await runEval(command, way);
      const experimental = startTimestamps && outcome.kind === "failed";
      const judged: EvalOutcome = experimental ? { kind: "skipped", reason: "needs start timestamps" } : outcome;
      outcomes.push({ ...judged, line: command.line, expr: command.expr });
    }
  }
  return outcomes;
}

async function runEval(command: EvalCommand, way: Way): Promise<EvalOutcome> {
  const native =
    command.expected.kind === "series" &&
    command.expected.series.some(({ values }) => values.some(({ kind }) => kind === "histogram"));
  if (native) return { kind: "skipped", reason: "expects native histograms" };
  try {
    const outcome = judge(command, await query(command, way));
    if (outcome.kind !== "passed" || command.isRange) return outcome;
    const ranged = await alsoAsRange(command, way);
    return ranged.kind === "passed" ? await alsoPinned(command, way) : ranged;
  } catch (error) {
    return judgeError(command, error);
  }
}

async function query(command: EvalCommand, way: Way): Promise<QueryResult> {
  const { expr, startMs, endMs, stepMs, isRange } = command;
  return isRange ? way.range(expr, startMs, endMs, stepMs) : way.instant(expr, startMs);
}

function judge(command: EvalCommand, result: QueryResult): EvalOutcome {
  if (command.fail !== undefined) {
    return { kind: "failed", found: printValue(result.value), expected: `an error: ${printText(command.fail)}` };
  }
  const difference = resultDifference(command, result.value) ?? annotationDifference(command, result);
  return difference === undefined ? { kind: "passed" } : { kind: "failed", ...difference };
}

function judgeError(command: EvalCommand, error: unknown): EvalOutcome {
  if (!(error instanceof Error)) throw error;
  if (error instanceof NotSupportedError) return { kind: "skipped", reason: error.message };
  if (error instanceof ParseError && error.code === "experimental") return { kind: "skipped", reason: error.message };
  if (command.fail !== undefined && textFits(command.fail, error.message)) return { kind: "passed" };
  const expected = command.fail === undefined ? "a result" : `an error: ${printText(command.fail)}`;
  return { kind: "failed", found: `${error.name}: ${error.message}`, expected };
}

const MINUTE = 60_000;
/** Their value depends on the query's range, so the same moment in another range differs. */
const QUERY_FUNCTIONS = /(?:start|end|range|step)\(\)/;

/** The same moment as the middle step of a range query must give the same. */
async function alsoAsRange(command: EvalCommand, way: Way): Promise<EvalOutcome> {
  const { expr, startMs, expected, ordered, rangeVector } = command;
  if (expected.kind === "string" || ordered || rangeVector !== undefined || QUERY_FUNCTIONS.test(expr)) {
    return { kind: "passed" };
  }
  const { value } = await way.range(expr, startMs - MINUTE, startMs + MINUTE, MINUTE);
  const middle = middleOf(value, startMs, expected.kind === "scalar");
  const difference = resultDifference(command, middle);
  if (difference === undefined) return { kind: "passed" };
  return { kind: "failed", found: `in a range query: ${difference.found}`, expected: difference.expected };
}

/** Pinned by `@` to its moment, the query must give the same at any other. */
async function alsoPinned(command: EvalCommand, way: Way): Promise<EvalOutcome> {
  const { expr, startMs, rangeVector } = command;
  if (rangeVector !== undefined) return { kind: "passed" };
  const pinned = pinnedQuery(parseExpression(expr, { experimental: true }), startMs);
  if (pinned === undefined) return { kind: "passed" };
  for (const time of otherTimes(startMs)) {
    const { value } = await way.instant(pinned, time);
    const difference = resultDifference(command, value);
    if (difference === undefined) continue;
    return {
      kind: "failed",
      found: `of ${pinned} at ${time / 1000}s: ${difference.found}`,
      expected: difference.expected,
    };
  }
  return { kind: "passed" };
}

function middleOf(value: ResultValue, timeMs: number, isScalar: boolean): ResultValue {
  if (value.type !== "matrix") return value;
  const samples = value.series.flatMap(({ labels, times, values }) => {
    const at = times.indexOf(timeMs);
    return at < 0 ? [] : [{ labels, value: values[at]! }];
  });
  const [only] = samples;
  if (isScalar && only !== undefined) return { type: "scalar", value: only.value, timeMs };
  return { type: "vector", samples, timeMs };
}
