import { type BinaryQuery, type SampleScope, sampleCondition } from "./prometheus.ts";

/** When the first sample of the scope was scraped. One row: Int64, Unix ms; how many there are, UInt64, 0 where it says nothing. */
export function observedFirst(scope: SampleScope): BinaryQuery {
  const condition = sampleCondition(scope);
  return {
    name: "observedFirst",
    sql: `SELECT toUnixTimestamp64Milli(min(ts)) AS firstAt, count() AS samples
FROM samples
WHERE ${condition.sql}`,
    params: condition.params,
  };
}
