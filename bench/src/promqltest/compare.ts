/** Whether what a query gave is what a test file expects. */
import { type Labels, printLabels } from "@lockstep/promql/engine/labels";
import type { QueryResult, ResultValue } from "@lockstep/promql/engine/query";
import type { SequenceValue, SeriesLine } from "./series-notation.ts";
import type { EvalCommand, TextExpectation } from "./test-file.ts";

/** Relative difference that counts as equal, as Prometheus's own test tool has it. */
const TOLERANCE = 0.000001;
const SMALLEST_NORMAL = 2.2250738585072014e-308;

export type Difference = { readonly found: string; readonly expected: string };

export function almostEqual(a: number, b: number): boolean {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) && Number.isNaN(b);
  if (a === b) return true;
  const magnitude = Math.abs(a) + Math.abs(b);
  const difference = Math.abs(a - b);
  if (a === 0 || b === 0 || magnitude < SMALLEST_NORMAL) return difference < TOLERANCE * SMALLEST_NORMAL;
  return difference / Math.min(magnitude, Number.MAX_VALUE) < TOLERANCE;
}

/** Undefined where the result is as expected. */
export function resultDifference(command: EvalCommand, value: ResultValue): Difference | undefined {
  const { expected } = command;
  const found = printValue(value);
  const wanted = printExpected(command);
  const unequal = { found, expected: wanted };
  switch (value.type) {
    case "string":
      return expected.kind === "string" && expected.value === value.value ? undefined : unequal;
    case "scalar":
      return expected.kind === "scalar" && almostEqual(expected.value, value.value) ? undefined : unequal;
    case "vector":
      if (expected.kind !== "series") return unequal;
      return vectorFits(expected.series, value.samples, command.ordered) ? undefined : unequal;
    case "matrix":
      if (expected.kind !== "series") return unequal;
      return matrixFits(command, expected.series, value.series) ? undefined : unequal;
  }
}

function byKey(series: readonly SeriesLine[]): Map<string, SeriesLine> {
  return new Map(series.map((line) => [line.labels.key, line]));
}

function vectorFits(
  expected: readonly SeriesLine[],
  samples: readonly { labels: Labels; value: number }[],
  ordered: boolean,
): boolean {
  const wanted = byKey(expected);
  if (wanted.size !== samples.length) return false;
  return samples.every(({ labels, value }, i) => {
    if (ordered && expected[i]?.labels.key !== labels.key) return false;
    const first = wanted.get(labels.key)?.values[0];
    return first?.kind === "value" && almostEqual(first.value, value);
  });
}

function matrixFits(
  command: EvalCommand,
  expected: readonly SeriesLine[],
  series: readonly { labels: Labels; times: Float64Array; values: Float64Array }[],
): boolean {
  const { startMs, stepMs } = command.rangeVector ?? command;
  const wanted = byKey(expected);
  if (wanted.size !== series.length) return false;
  return series.every(({ labels, times, values }) => {
    const line = wanted.get(labels.key);
    if (line === undefined) return false;
    const points = line.values.flatMap((value, i) =>
      value.kind === "value" ? [{ time: startMs + i * stepMs, ...value }] : [],
    );
    if (points.length !== times.length) return false;
    return points.every(({ time, value }, i) => times[i] === time && almostEqual(value, values[i]!));
  });
}

/** What is wrong with warnings and infos; undefined where nothing is. */
export function annotationDifference(command: EvalCommand, result: QueryResult): Difference | undefined {
  return (
    textsDifference("warning", command.warn, command.noWarn, result.warnings) ??
    textsDifference("info", command.info, command.noInfo, result.infos)
  );
}

function textsDifference(
  what: string,
  expected: readonly TextExpectation[],
  none: boolean,
  found: readonly string[],
): Difference | undefined {
  const shown = found.length === 0 ? `no ${what}` : found.join(" | ");
  if (none && found.length > 0) return { found: shown, expected: `no ${what}` };
  if (expected.length === 0) return undefined;
  const wanted = `${what} ${expected.map(printText).join(" | ")}`;
  const allFound = expected.every((one) => found.some((text) => textFits(one, text)));
  const allExpected = found.every((text) => expected.some((one) => textFits(one, text)));
  return allFound && allExpected && found.length > 0 ? undefined : { found: shown, expected: wanted };
}

export function textFits(expected: TextExpectation, text: string): boolean {
  if (expected.message !== undefined) return expected.message === text;
  return expected.pattern === undefined || expected.pattern.test(text);
}

export function printText(expected: TextExpectation): string {
  return expected.message ?? expected.pattern?.source ?? "(any)";
}

function printNumber(value: number): string {
  return value === Number.POSITIVE_INFINITY ? "+Inf" : value === Number.NEGATIVE_INFINITY ? "-Inf" : String(value);
}

export function printValue(value: ResultValue): string {
  switch (value.type) {
    case "string":
      return JSON.stringify(value.value);
    case "scalar":
      return printNumber(value.value);
    case "vector":
      return (
        value.samples.map(({ labels, value: one }) => `${printLabels(labels)} ${printNumber(one)}`).join("\n") ||
        "nothing"
      );
    case "matrix":
      return (
        value.series
          .map(({ labels, times, values }) => {
            const points = [...values].map((one, i) => `${printNumber(one)}@${times[i]! / 1000}s`);
            return `${printLabels(labels)} ${points.join(" ")}`;
          })
          .join("\n") || "nothing"
      );
  }
}

function printExpected({ expected }: EvalCommand): string {
  if (expected.kind === "string") return JSON.stringify(expected.value);
  if (expected.kind === "scalar") return printNumber(expected.value);
  const lines = expected.series.map(
    ({ labels, values }) => `${printLabels(labels)} ${values.map(printItem).join(" ")}`,
  );
  return lines.join("\n") || "nothing";
}

function printItem(value: SequenceValue): string {
  return value.kind === "value" ? printNumber(value.value) : value.kind === "omitted" ? "_" : value.kind;
}
