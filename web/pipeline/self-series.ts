/** Lockstep's own series of the last minutes, by metric, and what they come to together. */
import type { PipelineRow } from "@lockstep/schemas/queries/pipeline-now";

export type SelfSeries = ReadonlyMap<string, readonly PipelineRow[]>;

export type Where = Readonly<Record<string, string>>;

export function selfSeries(rows: readonly PipelineRow[]): SelfSeries {
  return Map.groupBy(rows, (row) => row.metric);
}

export function select(series: SelfSeries, metric: string, where: Where = {}): readonly PipelineRow[] {
  const rows = series.get(metric) ?? [];
  const wanted = Object.entries(where);
  return wanted.length === 0 ? rows : rows.filter((row) => wanted.every(([name, value]) => row.labels[name] === value));
}

/** How far a counter rose in the window, from zero where it was born in it; null: not known. */
export function riseOf(row: PipelineRow): number | null {
  const born = row.born === 1 ? row.first : null;
  return row.rise === null ? born : row.rise + (born ?? 0);
}

/** Per second between the window's first and last sample; null: fewer than two. */
export function rateOf(row: PipelineRow): number | null {
  return row.rise === null || row.seconds <= 0 ? null : row.rise / row.seconds;
}

/** Together; null where none is known. */
export function sumOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0);
}

export function maxOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}

export const totalRate = (rows: readonly PipelineRow[]): number | null => sumOf(rows.map(rateOf));
export const totalRise = (rows: readonly PipelineRow[]): number | null => sumOf(rows.map(riseOf));
export const totalNow = (rows: readonly PipelineRow[]): number | null => sumOf(rows.map((row) => row.value));

/** Values of a label, sorted, of series that have not ended. */
export function valuesOf(rows: readonly PipelineRow[], label: string): string[] {
  const values = rows.flatMap((row) => (row.value === null ? [] : [row.labels[label] ?? ""]));
  return [...new Set(values)].filter((value) => value !== "").sort();
}
