import type { SampleScope } from "@lockstep/schemas/queries/prometheus";
import { seriesLabels } from "@lockstep/schemas/queries/series-labels";
import type { ReadOptions, Store } from "@lockstep/store/client";
import { RowBinaryReader } from "@lockstep/store/row-binary";
import { formatLabels } from "./prometheus-json.ts";

/** A series id is the hash of its label set, so what is kept never goes out of date. */
export type KeptLabels = Map<bigint, string>;

/** About 100 MB of label sets as JSON; beyond, the oldest go. */
const MAX_KEPT_SERIES = 150_000;

export type LabelSource = {
  readonly store: Pick<Store, "readBinary">;
  readonly kept: KeptLabels;
  readonly options?: ReadOptions;
};

/** Label sets, as JSON, of all given series of the scope: those not kept are read at once. */
export async function labelsOf(
  { store, kept, options }: LabelSource,
  ids: readonly bigint[],
  scope: SampleScope,
): Promise<ReadonlyMap<bigint, string>> {
  const found = new Map<bigint, string>();
  for (const id of ids) {
    const labels = kept.get(id);
    if (labels !== undefined) found.set(id, labels);
  }
  if (found.size < ids.length) {
    // The samples may grow in number between the two queries, but no series of the first is missing in the second.
    const query = seriesLabels(scope.selectors, scope, ids.length + MAX_KEPT_SERIES);
    for (const [id, labels] of readLabelRows(await store.readBinary(query, options))) {
      found.set(id, labels);
      kept.set(id, labels);
    }
    for (const id of kept.keys()) {
      if (kept.size <= MAX_KEPT_SERIES) break;
      kept.delete(id);
    }
  }
  return found;
}

/** Rows of query `seriesLabels`. */
export function* readLabelRows(bytes: Buffer): Generator<[id: bigint, labels: string]> {
  const row = new RowBinaryReader(bytes);
  while (!row.done) {
    const id = row.u64();
    const names = row.array((reader) => reader.string());
    const values = row.array((reader) => reader.string());
    yield [id, formatLabels(names.map((name, index) => [name, values[index] ?? ""] as const))];
  }
}
