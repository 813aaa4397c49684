/** What is the same for every part of one query. */
import type { VectorSelector } from "../parse/ast.ts";
import type { Annotations } from "./annotations.ts";
import type { SelectorSeries } from "./series.ts";

export type Evaluation = {
  /** The series of each selector of the tree, by identity. */
  readonly data: ReadonlyMap<VectorSelector, readonly SelectorSeries[]>;
  /** What `@ start()` and `@ end()` mean. */
  readonly queryStartMs: number;
  readonly queryEndMs: number;
  readonly queryStepMs: number;
  readonly lookbackMs: number;
  /** The step of a subquery that names none. */
  readonly defaultStepMs: number;
  /** Metric names go away at the end of the query rather than in each operation, a feature flag of Prometheus. */
  readonly delayedNames: boolean;
  readonly annotations: Annotations;
  /** Throws where the query has had its time or its memory; called with the number of values about to be made. */
  readonly spend: (values: number) => void;
};
