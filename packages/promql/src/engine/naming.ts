/** What becomes of the metric name when an operation changes what its values mean. */
import type { Evaluation } from "./evaluation.ts";
import { withoutName } from "./labels.ts";
import type { Column } from "./value.ts";

/** The column with other values, its name dropped now or, with delayed name removal, marked to be. */
export function renamed(
  evaluation: Evaluation,
  column: Column,
  values: Float64Array,
  present: Uint8Array = column.present,
): Column {
  if (evaluation.delayedNames) return { labels: column.labels, dropName: true, values, present };
  return { labels: withoutName(column.labels), dropName: false, values, present };
}
