import type { ModelSummary } from "../data/models.ts";

export const SORTS = ["urgency", "name", "traffic", "latency", "distance", "missing", "estimated", "realised"] as const;
export type Sort = (typeof SORTS)[number];

/** Unknown values last. Figures from the largest, except performance, of which low is worse. */
export function sorted(models: readonly ModelSummary[], sort: Sort): readonly ModelSummary[] {
  if (sort === "urgency") return models;
  if (sort === "name") return [...models].sort((a, b) => (a.model < b.model ? -1 : 1));
  const value = VALUES[sort];
  const sign = sort === "estimated" || sort === "realised" ? 1 : -1;
  return [...models].sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    return sign * (x - y);
  });
}

const VALUES: Readonly<Record<Exclude<Sort, "urgency" | "name">, (model: ModelSummary) => number | null>> = {
  traffic: ({ rowsPerSecond }) => rowsPerSecond,
  latency: ({ latency }) => latency?.median ?? null,
  distance: ({ drift }) => (drift?.distance == null || !drift.threshold ? null : drift.distance / drift.threshold),
  missing: ({ drift }) => drift?.missingRate ?? null,
  estimated: ({ estimated }) => estimated?.auc ?? estimated?.accuracy ?? null,
  realised: ({ realised }) => realised?.auc ?? realised?.accuracy ?? null,
};
