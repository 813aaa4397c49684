/** count_values: how many series of a group have each value, the value as a label. */

import { plainDecimal } from "../../format-number.ts";
import type { Aggregation } from "../../parse/ast.ts";
import { quoted } from "../../parse/string.ts";
import { EvaluationError } from "../errors.ts";
import { groupLabels } from "../groups.ts";
import { type Labels, withLabel } from "../labels.ts";
import type { Column, Grid } from "../value.ts";

export function countValues(node: Aggregation, label: string, columns: readonly Column[], grid: Grid): Column[] {
  if (label === "" || !label.isWellFormed()) throw new EvaluationError(`invalid label name ${quoted(label)}`);
  const labelsOf = groupLabels(node, label);
  const counted = new Map<string, { labels: Labels; values: Float64Array; present: Uint8Array }>();
  for (const column of columns) {
    const ofText = new Map<string, { values: Float64Array; present: Uint8Array }>();
    for (let step = 0; step < grid.count; step++) {
      if (column.present[step] === 0) continue;
      const text = plainDecimal(column.values[step]!);
      let target = ofText.get(text);
      if (target === undefined) {
        const labels = labelsOf(withLabel(column.labels, label, text));
        const known = counted.get(labels.key);
        const fresh = known ?? { labels, values: new Float64Array(grid.count), present: new Uint8Array(grid.count) };
        if (known === undefined) counted.set(labels.key, fresh);
        ofText.set(text, fresh);
        target = fresh;
      }
      target.values[step]!++;
      target.present[step] = 1;
    }
  }
  return [...counted.values()].map((column) => ({ ...column, dropName: false }));
}
