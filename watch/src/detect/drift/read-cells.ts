/** Rows of histograms out of RowBinary; by the hundred thousand, text would take most of the time. */
import type { DriftCellsRow } from "@lockstep/schemas/queries/drift-cells";
import type { BinaryQuery } from "@lockstep/schemas/queries/prometheus";
import type { Store } from "@lockstep/store/client";
import { RowBinaryReader } from "@lockstep/store/row-binary";

/** Rejects with a StoreError. */
export async function readCells(
  store: Pick<Store, "readBinary">,
  query: BinaryQuery,
  signal: AbortSignal,
): Promise<DriftCellsRow[]> {
  const reader = new RowBinaryReader(await store.readBinary(query, { signal }));
  const rows: DriftCellsRow[] = [];
  const texts = new Map<string, string>();
  let bounds: readonly number[] = [];
  // Names and edges repeat from row to row: one of each is kept.
  const text = () => {
    const read = reader.string();
    const known = texts.get(read);
    if (known === undefined) texts.set(read, read);
    return known ?? read;
  };
  const edges = () => {
    const read = numbers(reader);
    if (read.length !== bounds.length || read.some((edge, at) => edge !== bounds[at])) bounds = read;
    return bounds;
  };
  while (!reader.done) rows.push(rowOf(reader, text, edges));
  return rows;
}

function rowOf(reader: RowBinaryReader, text: () => string, edges: () => readonly number[]): DriftCellsRow {
  return {
    model: text(),
    version: text(),
    replica: text(),
    kind: text(),
    feature: text(),
    sinceAt: reader.int64(),
    untilAt: reader.int64(),
    bounds: edges(),
    counts: numbers(reader),
    scale: reader.nullable((each) => each.i32()) ?? null,
    zeroThreshold: reader.f64(),
    zeroCount: reader.f64(),
    positiveOffset: reader.i32(),
    positive: numbers(reader),
    negativeOffset: reader.i32(),
    negative: numbers(reader),
    names: reader.array(text),
    ofNames: numbers(reader),
    missing: reader.f64(),
    labelled: numbers(reader),
    positives: numbers(reader),
    scoreSums: numbers(reader),
  };
}

function numbers(reader: RowBinaryReader): number[] {
  const values: number[] = [];
  for (let left = reader.length(); left > 0; left--) values.push(reader.f64());
  return values;
}
