/** Series that aggregate into one, by their labels. */
import type { Aggregation } from "../parse/ast.ts";
import { type Labels, NO_LABELS, only, without } from "./labels.ts";
import type { Column } from "./value.ts";

export type Grouping = {
  /** The group of each column. */
  readonly groupOf: Int32Array;
  readonly labels: readonly Labels[];
  /** Whether a member is still to lose its name. */
  readonly dropNames: readonly boolean[];
};

/** The labels of the group that a series of these labels falls into. */
export function groupLabels(node: Aggregation, extra?: string): (labels: Labels) => Labels {
  if (node.without) {
    const dropped = new Set([...node.grouping, "__name__"]);
    return (labels) => without(labels, dropped);
  }
  const kept = new Set(extra === undefined ? node.grouping : [...node.grouping, extra]);
  return kept.size === 0 ? () => NO_LABELS : (labels) => only(labels, kept);
}

export function groupColumns(node: Aggregation, columns: readonly Column[]): Grouping {
  const groupOf = new Int32Array(columns.length);
  const labels: Labels[] = [];
  const dropNames: boolean[] = [];
  const indexes = new Map<string, number>();
  const labelsOf = groupLabels(node);
  columns.forEach((column, i) => {
    const own = labelsOf(column.labels);
    let group = indexes.get(own.key);
    if (group === undefined) {
      group = labels.length;
      indexes.set(own.key, group);
      labels.push(own);
      dropNames.push(false);
    }
    groupOf[i] = group;
    if (column.dropName) dropNames[group] = true;
  });
  return { groupOf, labels, dropNames };
}
