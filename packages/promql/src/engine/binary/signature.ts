/** Which series of two vectors match each other. */
import type { VectorMatching } from "../../parse/ast.ts";
import { type Labels, only, without } from "../labels.ts";

/** The labels that two series must share to match. */
export function matchedLabels(matching: VectorMatching): (labels: Labels) => Labels {
  if (matching.on) {
    const names = new Set(matching.labels);
    return (labels) => only(labels, names);
  }
  const names = new Set([...matching.labels, "__name__"]);
  return (labels) => without(labels, names);
}

/** Indexes of the items that fall under each key, keys in the order of their first item. */
export function indexesBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, number[]> {
  const indexes = new Map<string, number[]>();
  items.forEach((item, i) => {
    const key = keyOf(item);
    const list = indexes.get(key);
    if (list === undefined) indexes.set(key, [i]);
    else list.push(i);
  });
  return indexes;
}
