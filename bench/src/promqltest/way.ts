/** A way of running PromQL that test files are held against. */
import type { Labels } from "@lockstep/promql/engine/labels";
import type { QueryResult } from "@lockstep/promql/engine/query";
import type { SelectorSeries } from "@lockstep/promql/engine/series";

/** Samples of one series as a test file loads them; a later load of the same labels adds to them. */
export type LoadedSeries = SelectorSeries & { readonly labels: Labels };

/**
 * `instant` and `range` throw what the way throws for a query that fails; a NotSupportedError or a ParseError
 * `experimental` stands for what it does not do, and skips the eval.
 */
export type Way = {
  readonly name: string;
  load(series: readonly LoadedSeries[]): Promise<void> | void;
  clear(): Promise<void> | void;
  instant(expr: string, timeMs: number): Promise<QueryResult> | QueryResult;
  range(expr: string, fromMs: number, toMs: number, stepMs: number): Promise<QueryResult> | QueryResult;
};
