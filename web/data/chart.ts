import type { ChartGroup } from "../fleet/catalog.ts";
import type { Values } from "../fleet/grids.ts";
import type { Unit } from "../format/unit.ts";

export type ChartLine = { readonly name: string; readonly values: Values };

/** What a time chart draws; values lie on the page's one grid of times. */
export type ChartData = {
  readonly id: string;
  readonly group: ChartGroup;
  readonly title: string;
  readonly unit: Unit;
  readonly lines: readonly ChartLine[];
};
