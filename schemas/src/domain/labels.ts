/** A label set. A Map, not an object: `__proto__` is a legal label name. Order carries no meaning. */
export type Labels = ReadonlyMap<string, string>;

export const METRIC_NAME = "__name__";

/** Names in the order Prometheus sorts them: by bytes, which for valid label names is by code unit. */
export function sortedEntries(labels: Labels): [string, string][] {
  return [...labels].sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
}
