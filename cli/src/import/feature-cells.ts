/** Decides the cells of every feature of an import, from all of its rows and from what the model has already. */
import { importKnownCells } from "@lockstep/schemas/queries/import-known-cells";
import {
  type ImportProfileRow,
  importFrequent,
  importProfile,
  importQuantiles,
} from "@lockstep/schemas/queries/import-profile";
import type { Store } from "@lockstep/store/client";
import { StartError } from "../start/start-error.ts";
import type { ObservationsAsked } from "./arguments.ts";
import { placeOf } from "./checked-rows.ts";
import type { Columns, Feature } from "./columns.ts";
import { type CountedPlan, planFeature, quantilePlan } from "./feature-plan.ts";

export type CountedFeature = {
  readonly feature: Feature;
  readonly cells: CountedPlan & { readonly missing: number };
};

export type FeatureCellsOptions = {
  readonly asked: ObservationsAsked;
  readonly columns: Columns;
  readonly edges: ReadonlyMap<string, readonly number[]> | undefined;
  readonly store: Store;
  readonly table: string;
  readonly rows: number;
};

/** Quantiles of more are taken from a part of the rows, always the same. */
const QUANTILE_ROWS = 4_000_000;
/** How frequent a value is, a smaller part tells as well. */
const FREQUENT_ROWS = 1_000_000;
const DEFAULT_CELLS = 20;

/** The score is last. Throws StartError for a column that cannot be counted as it has to. */
export async function featureCells(options: FeatureCellsOptions): Promise<CountedFeature[]> {
  const { asked, columns, store } = options;
  const known = await store.read(importKnownCells({ model: asked.model }));
  const counted: CountedFeature[] = [];
  for (const feature of [...columns.features, ...(columns.score === undefined ? [] : [columns.score])]) {
    const before = known.find((row) => row.kind === feature.kind && row.feature === feature.feature);
    counted.push({ feature, cells: await cellsOf(options, feature, before) });
  }
  return counted;
}

async function cellsOf(
  { asked, edges, store, table, rows }: FeatureCellsOptions,
  feature: Feature,
  known: { readonly bounds: readonly number[] } | undefined,
): Promise<CountedFeature["cells"]> {
  const { column } = feature;
  const [profile] = await store.read(importProfile({ table, column }));
  if (profile === undefined) throw new Error(`importProfile gave no row for ${column} of ${table}`);
  const plan = planFeature(feature, profile, rows, known, edges?.get(feature.feature));
  const { missing } = profile;
  if (plan.form === "refused") {
    throw new StartError(
      `${placeOf(asked, plan.file, plan.line)}, ${feature.feature}: found ${JSON.stringify(plan.found)}, expected ${plan.expected}`,
      { exitCode: 2 },
    );
  }
  if (plan.form !== "quantiles") return { ...plan, missing };
  const cells = typeof asked.bins === "number" ? asked.bins : DEFAULT_CELLS;
  return { ...(await quantileCells({ store, table, rows, column, cells, profile })), missing };
}

type QuantileCells = Pick<FeatureCellsOptions, "store" | "table" | "rows"> & {
  readonly column: string;
  readonly cells: number;
  readonly profile: ImportProfileRow;
};

async function quantileCells({ store, table, rows, column, cells, profile }: QuantileCells): Promise<CountedPlan> {
  const every = (most: number) => Math.max(1, Math.ceil(rows / most));
  const [found] = await store.read(importFrequent({ table, column, cells, every: every(FREQUENT_ROWS) }));
  const frequent = found?.values ?? [];
  const others = Math.max(1, cells - frequent.length);
  const [quantiles] = await store.read(
    importQuantiles({ table, column, cells: others, every: every(QUANTILE_ROWS), except: frequent }),
  );
  const { least, most, integers, missing } = profile;
  return quantilePlan({ least, most, whole: integers === rows - missing, frequent, edges: quantiles?.edges ?? [] });
}
