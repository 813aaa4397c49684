import "server-only";
import { type Grid, type GridKind, gpuGrid } from "@lockstep/schemas/queries/gpu-grid";
import { MAX_SERIES_PARAMS } from "@lockstep/schemas/queries/gpu-named-series";
import type { Values } from "../fleet/grids.ts";
import { getStore } from "./store.ts";

export type GridSeries = { readonly metric: string; readonly series: string; readonly kind: GridKind };

/** Reads many series on one grid, levels and rates in one question each (more where there are very many). */
export async function readGrids(wanted: readonly GridSeries[], grid: Grid): Promise<ReadonlyMap<string, Values>> {
  const kinds: GridKind[] = ["last", "rate"];
  const parts = kinds.flatMap((kind) =>
    chunks(wanted.filter((row) => row.kind === kind)).map((rows) => ({ kind, rows })),
  );
  const answers = await Promise.all(
    parts.map(({ kind, rows }) => getStore().read(gpuGrid({ kind, series: rows, grid }))),
  );
  return new Map(answers.flat().map((row) => [row.series, row.values]));
}

/** At most this many questions: beyond, the newest series win (callers sort them first). */
const MAX_CHUNKS = 4;

function chunks<T>(rows: readonly T[]): T[][] {
  const parts: T[][] = [];
  for (let start = 0; start < rows.length && parts.length < MAX_CHUNKS; start += MAX_SERIES_PARAMS) {
    parts.push(rows.slice(start, start + MAX_SERIES_PARAMS));
  }
  return parts;
}
